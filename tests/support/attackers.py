"""A blocking client that sends any bytes, reads or doesn't, and sees how its connection ends."""

from __future__ import annotations

import itertools
import json
import select
import socket
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, TypeVar

from support.raw import CLOSE, TEXT, frame, upgrade, whole_frames

PATIENCE = 20.0
"""Seconds within which anything happens that is to happen, on a machine under load."""

_TOLD = 4096
"""Bytes of what came that a failure shows."""

A = TypeVar("A", bound="Attacker")


class Attacker:
    """A TCP connection. `data` is all that came; `ended` says whether the server closed it.

    `source` is the address it comes from: all of 127.0.0.0/8 are this machine's. One that is
    `deaf` leaves what comes in its socket, which then takes only a few kilobytes.
    """

    def __init__(self, port: int, source: str = "127.0.0.1", deaf: bool = False) -> None:
        self.data = b""
        self.ended = False
        self.sent = 0  # bytes
        self._deaf = deaf
        self._socket = socket.socket()
        if deaf:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(PATIENCE)
        self._socket.bind((source, 0))
        self._socket.connect(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)

    def __enter__(self: A) -> A:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- sending

    def send(self, data: bytes) -> None:
        """Send all of this, reading meanwhile; what can't be sent any more is dropped."""
        self.send_while((data,))

    def send_while(self, parts: Iterable[bytes]) -> None:
        """Send part after part, reading meanwhile, until the server has ended the connection or
        all is sent. AssertionError: that takes too long."""
        all_sent = self.send_for(parts, PATIENCE)
        assert all_sent or self.ended, f"the server takes no more: {self._told()}"

    def send_for(self, parts: Iterable[bytes], seconds: float) -> bool:
        """The same for so many seconds at most; whether all was sent."""
        deadline = time.monotonic() + seconds
        for part in parts:
            view = memoryview(part)
            while view:
                if self.ended or time.monotonic() > deadline:
                    return False
                view = view[self._send_some(view) :]
        return True

    def _send_some(self, data: memoryview) -> int:
        readers = [] if self._deaf else [self._socket]
        readable, writable, _ = select.select(readers, [self._socket], [], 0.1)
        if readable:
            self._read()
        if not writable or self.ended:
            return 0
        try:
            sent = self._socket.send(data[:65536])
        except BlockingIOError:
            return 0
        except OSError:
            self.ended = True
            return 0
        self.sent += sent
        return sent

    # -- what comes

    def hear(self) -> None:
        """Read from now on, if it didn't."""
        self._deaf = False

    def look(self, seconds: float = 0.0) -> None:
        """Read what comes within so many seconds, or is there."""
        readable, _, _ = select.select([self._socket], [], [], seconds)
        if readable and not self.ended:
            self._read()

    def _read(self) -> None:
        try:
            came = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            came = b""
        self.data += came
        self.ended = self.ended or not came

    def until(self, wanted: bytes, seconds: float = PATIENCE) -> bytes:
        """Read until this has come; all that came up to its end."""
        deadline = time.monotonic() + seconds
        while wanted not in self.data:
            assert not self.ended, f"ended, without {wanted!r}: {self._told()}"
            assert time.monotonic() < deadline, f"{wanted!r} didn't come: {self._told()}"
            self.look(0.1)
        return self.data[: self.data.index(wanted) + len(wanted)]

    def over(self, seconds: float = PATIENCE) -> bytes:
        """Read until the server has ended the connection; all that came."""
        deadline = time.monotonic() + seconds
        while not self.ended:
            assert time.monotonic() < deadline, f"it is open still: {self._told()}"
            self.look(0.1)
        return self.data

    def _told(self) -> str:
        return repr(self.data[-_TOLD:])

    def close(self) -> None:
        """Be gone."""
        self._socket.close()

    # -- HTTP

    def status(self) -> int:
        """The status of the first answer."""
        self.until(b"\r\n")
        return int(self.data.split(b" ", 2)[1])

    def statuses(self) -> list[int]:
        """Those of all answers that came, provided that no body looks like one."""
        return [int(part[:3]) for part in self.data.split(b"HTTP/1.1 ")[1:]]


class HostileWebSocket(Attacker):
    """The same, upgraded: on `/ws` unless another path is given."""

    def __init__(
        self,
        port: int,
        source: str = "127.0.0.1",
        deaf: bool = False,
        headers: Iterable[str] = (),
        path: str = "/ws",
    ) -> None:
        super().__init__(port, source, deaf)
        self._ids = itertools.count(1)
        hands = upgrade(port, *headers).replace(b"/ws", path.encode(), 1)
        self.send(hands)
        head = self.until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        self._begin = len(head)

    def frames(self) -> list[tuple[int, bytes]]:
        """All whole frames that came: opcode and payload."""
        return whole_frames(self.data[self._begin :])

    def close_code(self) -> int:
        """The code of the close frame, which must come."""
        deadline = time.monotonic() + PATIENCE
        while True:
            codes = [payload for opcode, payload in self.frames() if opcode == CLOSE]
            if codes:
                return int.from_bytes(codes[0][:2], "big")
            assert not self.ended, f"ended without a close frame: {self._told()}"
            assert time.monotonic() < deadline, f"no close frame: {self._told()}"
            self.look(0.1)

    # -- JSON

    def say(self, **command: Any) -> None:
        """Send a command."""
        self.send(frame(TEXT, json.dumps(command).encode()))

    def ask(self, type: str, **fields: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        number = next(self._ids)
        self.say(type=type, id=number, **fields)
        return self.answer(number)

    def answer(self, number: object) -> dict[str, Any]:
        """Wait for the answer with this id."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for told in self.told():
                if told.get("id") == number:
                    return told
            assert not self.ended, f"ended without an answer {number!r}: {self._told()}"
            assert time.monotonic() < deadline, f"no answer {number!r}: {self._told()}"
            self.look(0.1)

    def told(self) -> list[dict[str, Any]]:
        """All objects that came."""
        return [json.loads(payload) for opcode, payload in self.frames() if opcode == TEXT]

    def connect(self, nick: str, *rooms: str) -> HostileWebSocket:
        """Be somebody, and go into rooms."""
        assert self.ask("connect", nick=nick)["type"] == "connected"
        for room in rooms:
            assert self.ask("join", room=room)["type"] == "joined"
        return self


def request(method: str, path: str, *headers: str, body: bytes | None = None) -> bytes:
    """An HTTP request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: chat", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")
