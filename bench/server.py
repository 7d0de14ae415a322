"""The servers under test: processes of their own. /proc tells their CPU time and memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

TICK = 1 / os.sysconf("SC_CLK_TCK")

UNLIMITED = [
    *("--rate", "0"),
    *("--max-connections-per-ip", "0"),
    *("--max-buffer", "0"),
]


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A process that listens on `port`, and on another one for lines; a context manager."""

    def __init__(self, *arguments: str) -> None:
        self.port = free_port()
        self.line_port = free_port()
        self._directory = tempfile.TemporaryDirectory()
        log = Path(self._directory.name, "log").open("wb")
        root = Path(__file__).parent.parent
        self._process = subprocess.Popen(
            [sys.executable, *self.command(), *arguments],
            cwd=self._directory.name,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self._wait_for_port()

    def command(self) -> list[str]:
        """What Python is to run."""
        raise NotImplementedError

    def _wait_for_port(self) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise SystemExit(Path(self._directory.name, "log").read_text())
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the server did not listen within 20 s")

    def cpu(self) -> float:
        """Seconds of CPU it has used so far, user and system."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK

    def memory(self) -> int:
        """Bytes of memory it holds (resident set)."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._directory.cleanup()


class Daemon(Server):
    """A daemon on the embedded broker, all in memory, with its limits lifted."""

    def command(self) -> list[str]:
        """See Server."""
        return [
            *("-c", "from twisted.scripts.twistd import run; run()"),
            *("-n", "--pidfile=", "rabbitchat"),
            *("--port", f"tcp:{self.port}:interface=127.0.0.1:backlog=4096"),
            *("--line-port", f"tcp:{self.line_port}:interface=127.0.0.1:backlog=4096"),
            *("--database", "memory:", *UNLIMITED),
        ]


class RoomServer(Server):
    """The SockJS server by itself: see room.py."""

    def command(self) -> list[str]:
        """See Server."""
        return ["-m", "bench.room", str(self.port)]


SERVERS: dict[str, type[Server]] = {"chat": Daemon, "room": RoomServer}
