"""A TCP connection's way that can be cut, or die in silence, beside code that blocks: it has a
thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import threading
from collections.abc import Collection

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: end with a reset
_UPGRADE = re.compile(rb"(?i)\r\nupgrade: *websocket\r\n")


class Cable:
    """Forwards from a free port to the port `behind` of this machine."""

    def __init__(self, behind: int) -> None:
        self.port = 0
        self._behind = behind
        self._ends: set[asyncio.StreamWriter] = set()
        self._upgraded: set[asyncio.StreamWriter] = set()  # of them: those of WebSockets,
        self._dead: set[asyncio.StreamWriter] = set()  # and of these: through which nothing comes
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        self._started.wait()

    def __enter__(self) -> Cable:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def cut(self) -> None:
        """Reset all connections, both ends of each; new ones are forwarded as before."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(self._cut, done, self._ends)
        done.wait()

    def dies(self) -> None:
        """From now on nothing comes through the WebSockets that there are, not even their end. The
        other connections are reset, as a browser gives them up when its computer wakes; new ones
        are forwarded as before."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(self._die, done)
        done.wait()

    def _die(self, done: threading.Event) -> None:
        self._dead |= self._upgraded
        self._cut(done, self._ends - self._upgraded)

    def _cut(self, done: threading.Event, ends: set[asyncio.StreamWriter]) -> None:
        for end in ends:
            if not end.is_closing():
                opened = end.get_extra_info("socket")
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.transport.abort()
        done.set()

    async def _run(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._end.wait()
        server.close()
        while self._ends:
            self._cut(threading.Event(), self._ends)
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        except OSError:
            writer.close()
            return
        ends = {writer, far_writer}
        self._ends |= ends
        await asyncio.gather(self._copy(reader, far_writer, ends), self._copy(far_reader, writer))
        self._ends -= ends
        self._upgraded -= ends
        self._dead -= ends

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ends: Collection[asyncio.StreamWriter] = (),
    ) -> None:
        """Until the end, which is passed on too. `ends` are both, where requests come."""
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if _UPGRADE.search(data):
                    self._upgraded.update(ends)
                if writer not in self._dead:
                    writer.write(data)
                    await writer.drain()
            if writer in self._dead:
                await writer.wait_closed()
        writer.close()
