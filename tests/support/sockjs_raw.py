"""An HTTP client that shows what came, piece by piece: one chunk is one frame of SockJS.

It is woken by what comes and looks at no clock, sends bytes split anywhere, and can be lost. Each
response that it reads must have a clear end (RFC 9112, section 6.3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Optional

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from support.carriers import HOST
from support.raw import CLOSE, PING, TEXT, Raw, RawWebSocket
from support.raw import frame as client_frame

reactor: Any = _reactor

TIMEOUT = 10.0  # seconds that a test waits for something it expects

HTTP10, HTTP11 = "1.0", "1.1"

KEY = "x3JJHMbDL1EzLkh9GBhXDw=="
ACCEPT = "HSmrc0sMlYUkAGmm5OPpG2HaGWk="
"""A Sec-WebSocket-Key and what answers it (RFC 6455, section 4.2.2)."""


class Connection(Raw):
    """A TCP connection to an HTTP server."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: Optional[Deferred[None]] = None
        self.read = 0  # bytes of `data` that were made something of

    def connectionMade(self) -> None:
        """Connected: what is written leaves at once."""
        self.transport.setTcpNoDelay(True)

    def dataReceived(self, data: bytes) -> None:
        """Bytes came."""
        super().dataReceived(data)
        self._wake()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is over."""
        super().connectionLost(reason)
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    async def until(self, wanted: Callable[[bytes], object], what: str) -> None:
        """Wait until what came is as wanted."""
        while not wanted(self.data):
            assert not self.ended, f"ended, and no {what}, but {self.data[-300:]!r}"
            await self._change(what)

    async def over(self) -> bytes:
        """Wait for the end, and do nothing for it; all that came."""
        while not self.ended:
            await self._change("the end of the connection")
        return self.data

    async def _change(self, what: str) -> None:
        waiting: Deferred[None] = Deferred()
        self._waiting = waiting
        late = reactor.callLater(TIMEOUT, self._late, what)
        try:
            await waiting
        finally:
            if late.active():
                late.cancel()

    def _late(self, what: str) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            problem = f"not within {TIMEOUT} s: {what}, but {self.data[-300:]!r}"
            waiting.errback(AssertionError(problem))

    # -- HTTP

    def send(
        self,
        method: str,
        path: str,
        *headers: str,
        body: Optional[bytes] = None,
        version: str = HTTP11,
    ) -> Response:
        """Send a request; the response is still to come."""
        self.write(request(method, path, *headers, body=body, version=version))
        return Response(self, method, version)

    async def line(self, what: str) -> bytes:
        """Take a line."""
        await self.until(lambda data: b"\r\n" in data[self.read :], what)
        end = self.data.index(b"\r\n", self.read)
        line, self.read = self.data[self.read : end], end + 2
        return line

    async def take(self, size: int, what: str) -> bytes:
        """Take so many bytes."""
        await self.until(lambda data: len(data) >= self.read + size, what)
        taken = self.data[self.read : self.read + size]
        self.read += size
        return taken


def request(
    method: str,
    path: str,
    *headers: str,
    body: Optional[bytes] = None,
    version: str = HTTP11,
) -> bytes:
    """A request's bytes."""
    lines = [f"{method} {path} HTTP/{version}", f"Host: {HOST}", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


class Response:
    """One response, as it comes. Names of headers are in lower case."""

    def __init__(self, connection: Connection, method: str, version: str) -> None:
        self.connection = connection
        self._method = method
        self._asked_in = version
        self._ended = False
        self.status = 0
        self.version = ""
        self.headers: list[tuple[str, str]] = []
        self.body = b""  # once it was all read

    def __getitem__(self, name: str) -> Optional[str]:
        """The header of this name, which may be there once."""
        found = [value for known, value in self.headers if known == name.lower()]
        assert len(found) < 2, f"{name} is there {len(found)} times"
        return found[0] if found else None

    async def head(self) -> Response:
        """Wait for the status and the headers."""
        first = (await self.connection.line("a status line")).decode("latin-1")
        match = re.fullmatch(r"HTTP/(1\.[01]) (\d{3}) .*", first)
        assert match, f"no status line: {first!r}"
        self.version, self.status = match[1], int(match[2])
        while line := (await self.connection.line("headers")).decode("latin-1"):
            name, colon, value = line.partition(":")
            assert colon, f"no header: {line!r}"
            self.headers.append((name.lower(), value.strip(" \t")))
        self._check_end()
        return self

    def _check_end(self) -> None:
        """Whoever reads this must know where it ends."""
        size, chunked = self["Content-Length"], self["Transfer-Encoding"]
        assert chunked in (None, "chunked")
        if self.without_body:
            assert size in (None, "0"), f"{self.status}, and {size} bytes?"
            assert chunked is None
            return
        assert self._asked_in == HTTP11 or chunked is None, "chunks for HTTP/1.0"
        closes = (self["Connection"] or "").lower() == "close" or self._asked_in == HTTP10
        ends = [size is not None, chunked is not None]
        assert sum(ends) == 1 or (closes and not any(ends)), self.headers

    @property
    def without_body(self) -> bool:
        """Whether there can be none."""
        return self.status in (101, 204, 304) or self._method == "HEAD"

    @property
    def is_chunked(self) -> bool:
        """Whether it comes in chunks."""
        return self["Transfer-Encoding"] is not None

    # -- piece by piece

    async def chunk(self) -> bytes:
        """One chunk; the last one is empty."""
        assert self.is_chunked, self.headers
        size = int(await self.connection.line("a chunk"), 16)
        data = await self.connection.take(size + 2, f"a chunk of {size} bytes")
        assert data.endswith(b"\r\n")
        self._ended = self._ended or not size
        return data[:-2]

    async def piece(self, expected: bytes) -> None:
        """The next piece is this one: a chunk of its own, or as many bytes without chunks."""
        if self.is_chunked:
            came = await self.chunk()
        else:
            came = await self.connection.take(len(expected), f"{expected!r}")
        assert came == expected, f"{came!r} came instead of {expected!r}"

    async def end(self) -> None:
        """It ends here; without chunks, with its connection, which the server closes."""
        if self.is_chunked:
            assert await self.chunk() == b""
        else:
            assert (await self.connection.over())[self.connection.read :] == b""
            self._ended = True

    def nothing_more(self) -> None:
        """Nothing came that was not taken, and it is not over."""
        connection = self.connection
        assert not self._ended
        assert not connection.ended
        assert connection.data[connection.read :] == b"", connection.data[connection.read :]

    def vanish(self) -> None:
        """Be lost with the connection."""
        self.connection.vanish()

    # -- as a whole

    async def whole(self) -> Response:
        """Wait for all of it."""
        if not self.status:
            await self.head()
        if self.is_chunked:
            while piece := await self.chunk():
                self.body += piece
        elif self.without_body:
            pass
        elif (size := self["Content-Length"]) is not None:
            self.body = await self.connection.take(int(size), f"{size} bytes")
        else:
            await self.connection.over()
            self.body = self.connection.data[self.connection.read :]
        if self._asked_in == HTTP10:
            await self.end_of_connection()
        return self

    async def end_of_connection(self) -> None:
        """The server closes without being asked, and sends nothing more."""
        before = self.connection.read + (0 if self["Content-Length"] else len(self.body))
        assert len(await self.connection.over()) == before


async def connect(port: int) -> Connection:
    """Connect."""
    connection = Connection()
    await connectProtocol(TCP4ClientEndpoint(reactor, HOST, port), connection)
    return connection


def handshake(path: str, *headers: str, without: Sequence[str] = ()) -> bytes:
    """An opening handshake, without the headers of these names."""
    lines = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
    ]
    kept = [line for line in lines if line.partition(":")[0] not in without]
    return request("GET", path, *kept, *headers)


class WebSocket(RawWebSocket):
    """A WebSocket after its handshake. What comes is taken frame by frame."""

    def __init__(self, connection: Connection, response: Response) -> None:
        super().__init__(connection)
        self.connection = connection
        self.response = response
        self._taken = 0

    def say(self, text: str) -> None:
        """Send a text message."""
        self.write(client_frame(TEXT, text.encode()))

    async def take(self) -> tuple[int, bytes]:
        """The next frame, pings left out: its opcode and payload."""
        await self.connection.until(lambda data: len(self._spoken) > self._taken, "frame")
        self._taken += 1
        return self._spoken[self._taken - 1]

    @property
    def _spoken(self) -> list[tuple[int, bytes]]:
        return [frame for frame in self.frames if frame[0] != PING]

    async def hears(self, *expected: str) -> None:
        """The next frames are these text messages."""
        for text in expected:
            came = await self.take()
            assert came == (TEXT, text.encode()), f"{came} came instead of {text!r}"

    async def closes(self, code: int, reason: Optional[str] = None) -> None:
        """The next frame closes, with this; then we answer, and the server cuts."""
        opcode, payload = await self.take()
        assert (opcode, int.from_bytes(payload[:2], "big")) == (CLOSE, code), (opcode, payload)
        assert reason is None or payload[2:].decode() == reason, payload
        self.write(client_frame(CLOSE, payload[:2]))
        await self.over()

    def nothing_more(self) -> None:
        """Nothing came that was not taken, and it is open."""
        assert self._spoken[self._taken :] == []
        assert not self.ended

    async def frame(self, opcode: int) -> bytes:
        """Wait for a frame of a kind; the payload of the first one."""
        await self.connection.until(lambda data: self.kinds(opcode), f"frame of kind {opcode}")
        return self.kinds(opcode)[0]


async def open_websocket(port: int, path: str, *headers: str) -> WebSocket:
    """Connect and upgrade."""
    connection = await connect(port)
    connection.write(handshake(path, *headers))
    response = await Response(connection, "GET", HTTP11).head()
    assert response.status == 101, connection.data
    return WebSocket(connection, response)
