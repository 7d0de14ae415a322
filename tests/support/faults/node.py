"""One daemon of the fault test: it keeps its name and ports, however often it is ended.

It is supervised as an operator's would be: when it couldn't start because the database didn't
answer, it is started again. That is the one reason for which it may end by itself.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Optional

from twisted.internet.threads import deferToThread

from support.daemons import (
    CHECKOUT,
    SCRIPTS,
    Foreground,
    accepts,
    environment,
    free_port,
    wait_for,
)

ENDING = 6.0  # seconds that SIGTERM may take: 5, and one for a busy machine
STARTING = 30.0  # seconds; usually 2

MOST_SHOWN = 3  # troubles of one log

_NO_DATABASE = "cannot use the database"

# A traceback with its last line, which says what it was.
_TROUBLE = re.compile(r"^.*Unhandled.*$|^\s*Traceback[^\n]*\n(?:\s+.*\n)*.*$", re.MULTILINE)


class Node:
    """`launch` is for the thread of the reactor. The output of each process is a file of its own
    in `directory`. `program` is what takes twistd's arguments, twistd itself unless given."""

    def __init__(
        self, name: str, directory: Path, options: list[str], program: Optional[list[str]] = None
    ) -> None:
        directory.mkdir(parents=True)
        self.name = name
        self.http_port = free_port()
        self.line_port = free_port()
        self.troubles: list[str] = []  # what it did that no daemon may do
        self._directory = directory
        self._command: list[str | Path] = [
            *(program or (SCRIPTS / "twistd",)),
            *("-n", "--pidfile=", "rabbitchat", "--node", name),
            *("--port", f"tcp:{self.http_port}:interface=127.0.0.1"),
            *("--line-port", f"tcp:{self.line_port}:interface=127.0.0.1"),
            *options,
        ]
        self._process: Optional[Foreground] = None

    def launch(self) -> None:
        """Begin to start."""
        path = f"{CHECKOUT}{os.pathsep}{CHECKOUT / 'tests'}"
        self._process = Foreground(
            self._command, self._directory, environment(PYTHONPATH=path, PYTHONUNBUFFERED="1")
        )

    def supervise(self) -> None:
        """Start it again if it ended by itself; to be called every now and then."""
        if self._process is not None and self._process.process.poll() is not None:
            if _NO_DATABASE not in self._process.output:
                self.troubles.append(f"{self.name} ended by itself")
            self.launch()

    async def until_listening(self) -> None:
        """Wait until clients may come."""
        try:
            await deferToThread(self._until_listening)
        except AssertionError:
            self.troubles.append(f"{self.name} doesn't listen {STARTING:g} s after its start")

    def _until_listening(self) -> None:
        ports = (self.http_port, self.line_port)
        wait_for(lambda: all(map(accepts, ports)), f"{self.name} listens", STARTING)

    async def kill(self) -> None:
        """SIGKILL."""
        await self._end(signal.SIGKILL)

    async def terminate(self) -> None:
        """SIGTERM. It must end by itself, in time."""
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        started, self._process = self._process, None
        if started is None:
            return
        started.process.send_signal(number)
        try:
            await deferToThread(started.process.wait, ENDING)
        except subprocess.TimeoutExpired:
            self.troubles.append(f"{self.name} runs still {ENDING:g} s after {number.name}")
            started.__exit__()

    def freeze(self) -> None:
        """SIGSTOP: its connections stay open, silent."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.process.send_signal(number)

    async def is_healthy(self) -> bool:
        """Whether it says that it can really deliver."""
        return await deferToThread(self._is_healthy)

    def _is_healthy(self) -> bool:
        try:
            url = f"http://127.0.0.1:{self.http_port}/health"
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:  # urllib's own errors too: 503, refused, no answer
            return False

    @property
    def log(self) -> str:
        """All that it has logged since it was started last."""
        assert self._process is not None, "not started"
        return self._process.output

    def read_logs(self) -> None:
        """Look for what must never stand in a log."""
        for file in sorted(self._directory.glob("output-*")):
            found = list(_TROUBLE.finditer(file.read_text(errors="replace")))
            self.troubles += [f"{file}: {one[0].strip()}" for one in found[:MOST_SHOWN]]
            if len(found) > MOST_SHOWN:
                self.troubles.append(f"{file}: and {len(found) - MOST_SHOWN} more")

    def close(self) -> None:
        """End it if it runs."""
        if self._process is not None:
            self._process.__exit__()
