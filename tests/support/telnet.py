"""People at the real `telnet` program, which runs on a terminal of its own."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterator

import pexpect
import pytest

from support.twistd import Twistd

PATIENCE = 10.0  # seconds

ESCAPE = "\x1d"  # ^] gives telnet's own prompt


class Telnet:
    """A running telnet. What `sees` has found is behind; it goes on from there."""

    def __init__(self, port: int) -> None:
        program = shutil.which("telnet")
        if program is None:
            pytest.fail("the program telnet is missing", pytrace=False)
        self._process = pexpect.spawn(
            program, ["127.0.0.1", str(port)], encoding="utf-8", timeout=PATIENCE
        )
        self._process.delaybeforesend = None
        self._screen = self._process.logfile_read = io.StringIO()
        self.sees("Connected to 127.0.0.1.")

    def sees(self, *lines: str) -> None:
        """Each of these stands on the screen, in this order."""
        for line in lines:
            try:
                self._process.expect_exact(line)
            except (pexpect.TIMEOUT, pexpect.EOF):
                pytest.fail(f"no {line!r} on the screen, only {self._process.before!r}")

    def sees_line(self, pattern: str) -> str:
        """A whole line is this regular expression; the line."""
        try:
            self._process.expect(re.compile(rf"^({pattern})\r\n", re.MULTILINE))
        except (pexpect.TIMEOUT, pexpect.EOF):
            pytest.fail(f"no line {pattern!r} on the screen, only {self._process.before!r}")
        return str(self._process.match.group(1))

    def types(self, keys: str) -> None:
        """Press these keys."""
        self._process.send(keys)

    def says(self, line: str) -> None:
        """Type a line and Enter."""
        self._process.send(f"{line}\r")

    def command(self, line: str) -> None:
        """Say something to telnet itself, at its prompt."""
        self._process.send(ESCAPE)
        self.sees("telnet> ")
        self.says(line)

    def ends(self) -> str:
        """telnet ends by itself; all that was ever on the screen."""
        self._process.expect(pexpect.EOF)
        self._process.close()
        return self._screen.getvalue()

    def close(self) -> None:
        """End it if it runs."""
        self._process.close(force=True)


NewTelnet = Callable[..., Telnet]


@pytest.fixture
def telnet(daemon: Twistd) -> Iterator[NewTelnet]:
    """Makes people at telnet: `telnet("tel")`; without a name they are asked for it."""
    running: list[Telnet] = []

    def new(nick: str = "") -> Telnet:
        made = Telnet(daemon.line_port)
        running.append(made)
        made.sees("What is your name?")
        if nick:
            made.says(nick)
            made.sees(f"* you are {nick}, in lobby")
        return made

    yield new
    for each in running:
        each.close()
