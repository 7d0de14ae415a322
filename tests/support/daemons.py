"""Real processes of the daemon: started, waited for, read and ended."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from support.ports import free_port as free_port

_LIBC: Any = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1  # prctl(2)

CHECKOUT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent


def copy_checkout(destination: Path) -> Path:
    """Copy the source alone, as in a clean clone, so that building leaves nothing in ours."""
    not_source = shutil.ignore_patterns(
        ".git", ".venv", ".venvs", "node_modules", "build", "dist", "*.egg-info", "__pycache__",
        ".*_cache", ".hypothesis", "dropin.cache",
    )  # fmt: skip
    shutil.copytree(CHECKOUT, destination, ignore=not_source)
    return destination


@cache
def _data_home() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="rabbitchat-data-")


def environment(**variables: str) -> dict[str, str]:
    """This process's variables, without what could change the daemon, and these.

    A daemon that isn't told where to keep what is said does it in a place of this test run.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RABBITCHAT_", "PYTEST_", "COV_", "COVERAGE_", "STATE_"))
    }
    own = {"PYTHONPATH": str(CHECKOUT), "XDG_DATA_HOME": _data_home().name}
    return {**kept, **own, **variables}


def run(
    command: Sequence[str | Path], cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run something that ends by itself, within a minute, and return what it said."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment() if env is None else env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def wait_for(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Return when the condition holds. Raises AssertionError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def accepts(port: int) -> bool:
    """Whether a connection to this port of 127.0.0.1 is taken."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def process_ended(pid: int) -> bool:
    """Whether a process is gone that is no child of ours."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _die_with_parent() -> None:
    """In the child: end when pytest does, even if that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background inherits its ignoring
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Foreground:
    """A daemon in the foreground. Use it as a context; it and its children end with it.

    `output` is all that it wrote to stdout and stderr so far.
    """

    def __init__(
        self, command: Sequence[str | Path], cwd: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self._file = cwd / f"output-{free_port()}"
        with self._file.open("wb") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env=environment() if env is None else env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def output(self) -> str:
        return self._file.read_text(errors="replace")

    def __enter__(self) -> Foreground:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait_until_accepting(self, *ports: int, seconds: float = 30.0) -> None:
        """Return when all these ports take connections; fail with its output if it ends first."""

        def ready() -> bool:
            assert self.process.poll() is None, self.output
            return all(accepts(port) for port in ports)

        wait_for(ready, f"ports {ports} are listened on; it said:\n{self.output}", seconds)

    def interrupt(self, number: signal.Signals = signal.SIGINT, seconds: float = 10.0) -> int:
        """End it as Ctrl+C in a terminal does, and return its exit status."""
        os.killpg(self.process.pid, number)
        return self.process.wait(seconds)
