"""The real daemon as its operator runs it: `twistd rabbitchat`, ended and started again."""

from __future__ import annotations

import re
import signal
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemons import CHECKOUT, SCRIPTS, Foreground, environment, free_port, wait_for

_TROUBLE = re.compile(r"Traceback|Unhandled|#error\]|#critical\]")


class Twistd:
    """One daemon on ports of its own, which it keeps when it is started again.

    The embedded broker, all in memory, no limit on how fast one talks, a grace time of a second,
    unless other options are given. `checkout` is where its code and its web client are taken from.
    """

    def __init__(self, directory: Path, *options: str, checkout: Path = CHECKOUT) -> None:
        self.port = free_port()
        self.line_port = free_port()
        self._directory = directory
        self._options = options
        self._checkout = checkout
        self._process: Foreground | None = None

    @property
    def url(self) -> str:
        """The address of its page."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def log(self) -> str:
        """All that it has logged since it was started last."""
        return self._running.output

    @property
    def runs(self) -> bool:
        """Whether it was started and not ended since."""
        return self._process is not None

    @property
    def _running(self) -> Foreground:
        assert self._process is not None, "not started"
        return self._process

    def start(self) -> None:
        """Start, and wait until it can really deliver."""
        self._process = Foreground(
            [
                *(SCRIPTS / "twistd", "-n", "--pidfile=", "rabbitchat"),
                f"--port=tcp:{self.port}:interface=127.0.0.1",
                f"--line-port=tcp:{self.line_port}:interface=127.0.0.1",
                *("--database=memory:", "--rate=0", "--grace=1", *self._options),
            ],
            self._directory,
            environment(PYTHONPATH=str(self._checkout)),
        )
        self._process.wait_until_accepting(self.port, self.line_port)
        wait_for(self._healthy, f"/health is 200; it said:\n{self.log}")

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}health", timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return False

    def stop(self) -> None:
        """End it in order (SIGTERM). It must end by itself, soon, and with nothing amiss."""
        status = self._running.interrupt(signal.SIGTERM, 6)
        log, self._process = self.log, None
        # twistd shuts down in order, then dies of the signal as if it had not.
        assert status == -signal.SIGTERM, f"it ended with status {status}:\n{log}"
        assert "Server Shut Down" in log
        assert not _TROUBLE.search(log), log

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self._running.interrupt(signal.SIGKILL)
        log, self._process = self.log, None
        assert not _TROUBLE.search(log), log

    def freeze(self) -> None:
        """Stop it from doing anything (SIGSTOP); its connections stay open, silent."""
        self._running.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._running.process.send_signal(signal.SIGCONT)

    def clean_up(self) -> None:
        """End it if it runs."""
        if self._process is not None:
            self._process.__exit__()


def with_options(*options: str) -> pytest.MarkDecorator:
    """The daemon of a test is started with these options."""
    return pytest.mark.parametrize("daemon", [options], indirect=True, ids=["-".join(options)])


@pytest.fixture
def daemon(request: pytest.FixtureRequest) -> Iterator[Twistd]:
    """A running daemon. At the end it is stopped, and has logged nothing amiss. Options are given
    with `with_options`."""
    with tempfile.TemporaryDirectory() as directory:
        twistd = Twistd(Path(directory), *getattr(request, "param", ()))
        try:
            twistd.start()
            yield twistd
            if twistd.runs:
                twistd.stop()
        finally:
            twistd.clean_up()
