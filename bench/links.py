"""One client's connection over each transport, on plain sockets: the load costs little itself.

A link sends texts, and reads bytes in which the texts for it can be found.
"""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Optional

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _masked(payload: bytes) -> bytes:
    """A client's text frame with a mask of zeros (RFC 6455, section 5.3)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, 0x80 | size)) + b"\0\0\0\0" + payload
    return struct.pack("!BBH", 0x81, 0x80 | 126, size) + b"\0\0\0\0" + payload


class Link(ABC):
    """One connection to `http://127.0.0.1:PORT/PATH`."""

    def __init__(self, port: int, path: str) -> None:
        self.socket = self.connect(port)

    def connect(self, port: int) -> socket.socket:
        """The connection it reads from."""
        return _connect(port)

    @abstractmethod
    def send(self, text: str) -> None:
        """Send one text."""

    def read(self) -> bytes:
        """What has come, at least a byte of it; may be nothing that has a text in it."""
        data = self.socket.recv(1 << 16)
        if not data:
            raise SystemExit("the server closed")
        return data

    def read_until(self, end: bytes) -> bytes:
        """What comes up to these bytes."""
        data = b""
        while end not in data:
            data += self.read()
        return data


class Lines(Link):
    """A TCP connection with a text on each line."""

    def send(self, text: str) -> None:
        """See Link."""
        self.socket.sendall(f"{text}\r\n".encode())


class WebSocket(Link):
    """A WebSocket with a text in each frame."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(port, path)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        self.read_until(b"\r\n\r\n")

    def send(self, text: str) -> None:
        """See Link."""
        self.socket.sendall(_masked(text.encode()))


def _session(path: str) -> str:
    return f"{path}/0/{os.urandom(6).hex()}"


class SockJSWebSocket(WebSocket):
    """SockJS's frames on a WebSocket."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(port, _session(path) + "/websocket")

    def send(self, text: str) -> None:
        """See Link."""
        super().send(json.dumps([text]))


class _HTTP(Link):
    """One connection for all requests that receive; those of all links of the process that send
    share another one."""

    request = ""
    opening = b"o\n"
    _sending: ClassVar[Optional[socket.socket]] = None

    def __init__(self, port: int, path: str) -> None:
        super().__init__(port, path)
        self._port = port
        session = _session(path)
        rest = f"HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length:"
        method, _, transport = self.request.partition(" ")
        self._ask = f"{method} {session}/{transport} {rest} 0\r\n\r\n".encode()
        self._post = f"POST {session}/xhr_send {rest}"
        self.socket.sendall(self._ask)
        self.read_until(self.opening)

    def send(self, text: str) -> None:
        """See Link."""
        if _HTTP._sending is None:
            _HTTP._sending = _connect(self._port)
        body = json.dumps([text])
        _HTTP._sending.sendall(f"{self._post} {len(body)}\r\n\r\n{body}".encode())
        answer = _HTTP._sending.recv(1 << 16)
        if not answer.startswith(b"HTTP/1.1 204"):
            raise SystemExit(f"the server refused: {answer!r}")


class _Streaming(_HTTP):
    """A response for many frames; then another one is asked for."""

    _end = b""

    def read(self) -> bytes:
        """See Link."""
        data = super().read()
        self._end = (self._end + data)[-len(_LAST_CHUNK) :]
        if self._end == _LAST_CHUNK:
            self.socket.sendall(self._ask)
        return data


class XHRStreaming(_Streaming):
    """`xhr_streaming`."""

    request = "POST xhr_streaming"


class EventSource(_Streaming):
    """`eventsource`."""

    request = "GET eventsource"
    opening = b"data: o"


class XHR(_HTTP):
    """`xhr`: a response for each frame, and at once another request."""

    request = "POST xhr"
    _response = b""

    def read(self) -> bytes:
        """See Link."""
        body = self._read_body()
        if body:
            self.socket.sendall(self._ask)
        return body

    def _read_body(self) -> bytes:
        self._response += super().read()
        head, complete, body = self._response.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not complete or length is None or len(body) < int(length[1]):
            return b""
        self._response = b""
        return body


class Absent(XHR):
    """A session that was opened by `xhr`, between two polls: all share one connection."""

    _shared: ClassVar[Optional[socket.socket]] = None

    def connect(self, port: int) -> socket.socket:
        """See Link."""
        if Absent._shared is None:
            Absent._shared = _connect(port)
        return Absent._shared

    def read(self) -> bytes:
        """See Link."""
        return self._read_body()


LINKS: dict[str, Callable[[int, str], Link]] = {
    "line": Lines,
    "raw": WebSocket,
    "websocket": SockJSWebSocket,
    "xhr_streaming": XHRStreaming,
    "eventsource": EventSource,
    "xhr": XHR,
    "absent": Absent,
}
