"""A real daemon under attack: what it holds in memory, and two people who are not to notice.

`with chat.attacked(mebibytes=8): ...` does something hostile in its body. All the while ann, a
program on a WebSocket, and tel, who types lines over TCP, talk to each other; each of their
lines must arrive. At the end the daemon is well, and has at no moment held so much more memory
than at the beginning.
"""

from __future__ import annotations

import itertools
import re
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.attackers import Attacker
from support.daemons import wait_for
from support.people import Person
from support.twistd import Twistd

MIB = 1024 * 1024

PATIENCE = 20.0
"""Seconds within which anything happens that is to happen, on a machine under load."""

PAUSE = 0.05
"""Seconds between two exchanges of the people."""

_numbers = itertools.count(1)


class Target(Twistd):
    """A daemon whose memory can be looked at."""

    @property
    def memory(self) -> Memory:
        """Of its process, while it runs."""
        return Memory(self._running.process.pid)


class Memory:
    """What a process has in memory (proc(5)), in bytes."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process = Path(f"/proc/{pid}")

    def now(self) -> int:
        """What it has now."""
        return self._figure("VmRSS")

    def begin(self) -> None:
        """The highest so far is what it has now."""
        (self._process / "clear_refs").write_text("5")

    def highest(self) -> int:
        """The highest that it had since `begin`."""
        return self._figure("VmHWM")

    def _figure(self, name: str) -> int:
        found = re.search(rf"{name}:\s+(\d+) kB", (self._process / "status").read_text())
        assert found is not None
        return int(found[1]) * 1024


class People:
    """ann and tel, in a room of their own, who talk until `end`."""

    def __init__(self, daemon: Twistd) -> None:
        number = next(_numbers)
        self.room = f"tea{number}"
        self.ann = Person(daemon.port).connect(f"ann{number}", self.room)
        self.tel = Attacker(daemon.line_port)
        self.tel.send(f"tel{number}\n/leave lobby\n/join {self.room}\n".encode())
        self.tel.until(f"in {self.room} with ann{number}\r\n".encode())
        self._nick = f"tel{number}"
        self._said = 0
        self._over = threading.Event()
        self._trouble: BaseException | None = None
        self._talk = threading.Thread(target=self._talk_on, daemon=True)

    @property
    def said(self) -> int:
        """How many exchanges there were."""
        return self._said

    def begin(self) -> None:
        """Talk from now on."""
        self._talk.start()

    def _talk_on(self) -> None:
        try:
            while not self._over.wait(PAUSE):
                self._exchange(self._said + 1)
                self._said += 1
        except BaseException as trouble:  # raised again where it can be seen
            self._trouble = trouble

    def _exchange(self, number: int) -> None:
        self.ann.command("publish", room=self.room, text=f"asks {number}")
        self.tel.until(f"<{self.ann.nick}> asks {number}\r\n".encode())
        self.tel.send(f"answers {number}\n".encode())
        self.ann.sees(
            "message", PATIENCE, room=self.room, from_=self._nick, text=f"answers {number}"
        )

    def talk_more(self, exchanges: int) -> None:
        """Return after so many more exchanges."""
        goal = self._said + exchanges
        what = f"ann and tel say something {exchanges} times more"
        wait_for(lambda: self._said >= goal or self._trouble, what, PATIENCE)
        self._raise()

    def end(self) -> None:
        """Say no more, and go. Raises what went wrong."""
        self._over.set()
        self._talk.join(2 * PATIENCE)
        self.ann.close()
        self.tel.close()
        self._raise()

    def _raise(self) -> None:
        if self._trouble is not None:
            raise AssertionError(f"ann and tel were disturbed: {self._trouble}")


class Besieged:
    """A daemon, and what tests do to it."""

    def __init__(self, daemon: Target) -> None:
        self.daemon = daemon
        self.port = daemon.port
        self.line_port = daemon.line_port
        self.memory = daemon.memory

    @contextmanager
    def attacked(self, mebibytes: int) -> Iterator[People]:
        """An attack, which may cost so much memory; others are to notice nothing of it."""
        people = People(self.daemon)
        people.begin()
        try:
            people.talk_more(1)
            before = self.memory.now()
            self.memory.begin()
            yield people
            people.talk_more(2)
            grown = self.memory.highest() - before
        finally:
            people.end()
        print(f"it held {grown / MIB:.1f} MiB more")  # seen with -rP
        self.is_well()
        assert grown <= mebibytes * MIB, f"it held {grown / MIB:.1f} MiB more"

    def is_well(self) -> None:
        """It says so itself. HTTPError: it says that it is not."""
        with urllib.request.urlopen(f"{self.daemon.url}health", timeout=PATIENCE) as answer:
            assert answer.status == 200

    def figure(self, name: str) -> float:
        """One of its metrics, all labels added up."""
        with urllib.request.urlopen(f"{self.daemon.url}metrics", timeout=PATIENCE) as answer:
            text = answer.read().decode()
        found = re.findall(rf"^rabbitchat_{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        return sum(map(float, found))


@contextmanager
def besieged(*options: str) -> Iterator[Besieged]:
    """Such a daemon. At the end it is stopped, in order, and has logged nothing amiss."""
    with tempfile.TemporaryDirectory() as directory:
        target = Target(Path(directory), "--database=memory:", *options)
        try:
            target.start()
            yield Besieged(target)
            target.stop()
        finally:
            target.clean_up()
