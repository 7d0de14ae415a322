"""A proxy between browsers and the daemon that doesn't understand everything they ask for.

It runs in a thread of its own, so that it works beside playwright, which blocks.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator

import pytest

from support.twistd import Twistd

UPGRADE = rb"(?i)\r\nupgrade:"
STREAM = rb"^POST \S+/xhr_streaming|^GET \S+/eventsource"
"""Requests by their heads: what asks for a WebSocket, and what is answered without an end."""

_BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Middlebox:
    """Forwards HTTP/1.1 from a free port to the port `behind` of this machine.

    A request whose head matches `refuses` is answered with 502; one whose head matches `swallows`
    is never answered, as if its answer were kept until it is complete. `delay` is how long each
    request takes, in seconds, and `lag` how long whatever comes back takes, and what goes through
    a WebSocket. `heads` are the heads of all requests. With `below`, as in "/team",
    it has the daemon there, and not at its root.
    """

    def __init__(self, behind: int, below: str = "") -> None:
        self.refuses = b"(?!)"
        self.swallows = b"(?!)"
        self.delay = 0.0
        self.lag = 0.0
        self.heads: list[bytes] = []
        self.port = 0
        self._behind = behind
        self._below = below
        self._ends: set[asyncio.StreamWriter] = set()  # of connections from browsers
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        self._started.wait()

    @property
    def url(self) -> str:
        """The address of the daemon's page by way of it."""
        return f"http://127.0.0.1:{self.port}{self._below}/"

    def asked(self, pattern: bytes) -> int:
        """How many requests there were with such a head."""
        return sum(bool(re.search(pattern, head)) for head in self.heads)

    def close(self) -> None:
        """End it and all that goes through it."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._end.wait()
        server.close()
        while self._ends:
            for end in self._ends:
                end.transport.abort()
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        self._ends.add(writer)
        with contextlib.suppress(OSError, EOFError):
            await self._forward(reader, ends)
        for end in ends:
            end.close()
        self._ends.remove(writer)

    async def _forward(
        self, reader: asyncio.StreamReader, ends: list[asyncio.StreamWriter]
    ) -> None:
        near, answers = ends[0], None
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            await asyncio.sleep(self.delay)
            if re.search(self.swallows, head):
                await reader.read()
                return
            if re.search(self.refuses, head):
                near.write(_BAD_GATEWAY)
                return
            if answers is None:
                try:
                    from_daemon, to_daemon = await asyncio.open_connection(
                        "127.0.0.1", self._behind
                    )
                except OSError:
                    near.write(_BAD_GATEWAY)
                    return
                ends.append(to_daemon)
                answers = asyncio.create_task(self._copy(from_daemon, near))
            to_daemon.write(head.replace(f" {self._below}/".encode(), b" /", 1))
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            to_daemon.write(await reader.readexactly(int(length[1]) if length else 0))
            if re.search(UPGRADE, head):
                await self._copy(reader, to_daemon)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the end, which is passed on too."""
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await asyncio.sleep(self.lag)
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
def middlebox(daemon: Twistd) -> Iterator[Middlebox]:
    """One before the daemon; it refuses and swallows nothing until it is told to."""
    box = Middlebox(daemon.port)
    yield box
    box.close()
