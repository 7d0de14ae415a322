"""Bytes to and from a port, for what no well-behaved client would send."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from typing import Any, Optional

from twisted.internet import reactor as _reactor
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from support.carriers import HOST
from support.waiting import until

reactor: Any = _reactor

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTINUATION = 0


class Raw(Protocol):
    """A TCP connection: `data` is all that came, `ended` whether it is over."""

    transport: Any

    def __init__(self) -> None:
        self.data = b""
        self.ended = False

    def dataReceived(self, data: bytes) -> None:
        """Bytes came."""
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is over."""
        self.ended = True

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self.transport.write(data)

    def vanish(self) -> None:
        """Be lost."""
        self.transport.abortConnection()

    async def until(self, wanted: Callable[[bytes], object], what: str) -> None:
        """Wait until what came is as wanted."""
        await until(lambda: wanted(self.data) or self.ended, what=what)
        assert wanted(self.data), f"no {what}, but {self.data[-300:]!r}"

    async def over(self) -> bytes:
        """Wait for the end; all that came."""
        await until(lambda: self.ended, what="the end of the connection")
        return self.data

    async def http(self, request: bytes) -> bytes:
        """Send a request and wait for the end of the answer's header; gives its first line."""
        self.write(request)
        await self.until(lambda data: b"\r\n\r\n" in data, "answer")
        return self.data.partition(b"\r\n")[0]


async def open_raw(port: int) -> Raw:
    """Connect."""
    raw = Raw()
    await connectProtocol(TCP4ClientEndpoint(reactor, HOST, port), raw)
    return raw


def frame(
    opcode: int,
    payload: bytes = b"",
    fin: bool = True,
    masked: bool = True,
    reserved: int = 0,
    declared: Optional[int] = None,
) -> bytes:
    """A client's frame (RFC 6455, section 5.2), as broken as wanted.

    The mask is 0, so the payload stands as it is. `declared` is the length that it claims."""
    size = len(payload) if declared is None else declared
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first, bit | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, bit | 127, size)
    return head + (b"\0\0\0\0" if masked else b"") + payload


def upgrade(port: int, *headers: str) -> bytes:
    """A client's opening handshake."""
    key = base64.b64encode(b"0123456789abcdef").decode()
    lines = [
        "GET /ws HTTP/1.1",
        f"Host: {HOST}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def whole_frames(data: bytes) -> list[tuple[int, bytes]]:
    """The frames of a server that are there as a whole: opcode and payload."""
    found: list[tuple[int, bytes]] = []
    while len(data) >= 2:
        size, start = data[1] & 127, 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        if len(data) < start + size:
            break
        found.append((data[0] & 15, data[start : start + size]))
        data = data[start + size :]
    return found


class RawWebSocket:
    """A WebSocket after its handshake, frame by frame."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._begin = raw.data.index(b"\r\n\r\n") + 4

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._raw.write(data)

    def vanish(self) -> None:
        """Be lost."""
        self._raw.vanish()

    def stop_reading(self) -> None:
        """Leave in the socket what comes."""
        self._raw.transport.pauseProducing()

    @property
    def ended(self) -> bool:
        """Whether the connection is gone."""
        return self._raw.ended

    @property
    def frames(self) -> list[tuple[int, bytes]]:
        """All whole frames that came: opcode and payload."""
        return whole_frames(self._raw.data[self._begin :])

    def kinds(self, opcode: int) -> list[bytes]:
        """The payloads of all frames of a kind that came."""
        return [payload for kind, payload in self.frames if kind == opcode]

    async def frame(self, opcode: int) -> bytes:
        """Wait for a frame of a kind; the payload of the first one."""
        await until(lambda: self.kinds(opcode) or self.ended, what=f"a frame of kind {opcode}")
        assert self.kinds(opcode), f"no frame of kind {opcode} but {self.frames}"
        return self.kinds(opcode)[0]

    async def next(self, opcode: int) -> bytes:
        """Wait for one more frame of a kind; its payload."""
        before = len(self.kinds(opcode))
        await until(
            lambda: len(self.kinds(opcode)) > before or self.ended,
            what=f"one more frame of kind {opcode}",
        )
        return self.kinds(opcode)[-1]

    async def close_code(self) -> int:
        """Wait for the server's close frame; its code."""
        return int.from_bytes((await self.frame(CLOSE))[:2], "big")

    async def over(self) -> None:
        """Wait for the end of the connection."""
        await self._raw.over()


async def open_raw_websocket(port: int, *headers: str) -> RawWebSocket:
    """Connect and upgrade."""
    raw = await open_raw(port)
    status = await raw.http(upgrade(port, *headers))
    assert status.startswith(b"HTTP/1.1 101"), raw.data
    return RawWebSocket(raw)
