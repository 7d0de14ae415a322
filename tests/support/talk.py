"""A talk on every node of a cluster, whatever becomes of the broker, and a verdict on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from support.cluster import Daemon
from support.people import PROMPT, Person, Refused

PACE = 0.05  # seconds between two turns
HEALED = 20.0  # seconds until all have heard all, once the broker is back


class Talk:
    """On each node one speaks and one listens; each speaker also writes privately to the next.

    In an outage that is longer than a node's lease the next one is not here any more: then
    nothing more is written to it. A turn fails unless each speaker is answered, and heard on its
    own node, promptly. `check` waits until everybody has heard everything.
    """

    def __init__(self, nodes: Sequence[Daemon], room: str) -> None:
        self._room = room
        self._turns = 0
        self._written = [0] * len(nodes)  # privately, by each speaker
        self._speakers = [node.person(f"{node.node}-{room}", room) for node in nodes]
        self._listeners = [node.person(f"{node.node}-hears-{room}", room) for node in nodes]
        everybody = [*self._speakers, *self._listeners]
        for person in everybody:
            person.until_there(room, *(other.nick for other in everybody))
        self._everybody = everybody

    def turn(self) -> None:
        """Everybody who speaks says the next thing."""
        self._turns += 1
        for number, speaker in enumerate(self._speakers):
            text = f"{speaker.nick} {self._turns}"
            speaker.say(self._room, text)
            self._write(number, speaker)
            self._listeners[number].sees("message", PROMPT, room=self._room, text=text)

    def _write(self, number: int, speaker: Person) -> None:
        try:
            speaker.say(f"@{self._next()[number].nick}", f"private {self._written[number] + 1}")
        except Refused as refused:
            if refused.code != "no_such_user":
                raise
            return
        self._written[number] += 1

    def _next(self) -> list[Person]:
        return self._speakers[1:] + self._speakers[:1]

    def until(self, condition: Callable[[], bool], what: str, seconds: float) -> float:
        """Talk until the condition holds; how many seconds that took."""
        began = time.monotonic()
        while not condition():
            self.turn()
            assert time.monotonic() - began < seconds, f"not within {seconds:g} s: {what}"
            time.sleep(PACE)
        return time.monotonic() - began

    def turns(self, count: int) -> None:
        """Talk for so many turns."""
        for _ in range(count):
            self.turn()
            time.sleep(PACE)

    def during(self, work: Callable[[], object], seconds: float = 60.0) -> None:
        """Talk while something is done in another thread."""
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(work)
            self.until(done.done, "what is done meanwhile", seconds)
            done.result()

    def check(self) -> None:
        """Everybody hears everything, each in the order in which it was said, and once."""
        for person in self._everybody:
            for speaker in self._speakers:
                self._check(person, self._room, speaker, self._turns)
            seqs = [push["seq"] for push in person.pushes("message", room=self._room)]
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), "a hole in seq"
        for speaker, to, written in zip(self._speakers, self._next(), self._written, strict=True):
            self._check(speaker, f"@{to.nick}", speaker, written)
            self._check(to, f"@{speaker.nick}", speaker, written)

    def _check(self, person: Person, room: str, speaker: Person, count: int) -> None:
        said = [f"{number}" for number in range(1, count + 1)]

        def heard() -> list[str]:
            return [text.split()[1] for text in person.texts(room, user=speaker.user)]

        what = f"{person.nick} hears all of {speaker.nick} in {room}"
        try:
            person.until(lambda: len(heard()) >= len(said), what, HEALED)
        except AssertionError as late:
            missing = sorted(set(said) - set(heard()), key=int)
            raise AssertionError(f"{late}; missing of {len(said)}: {missing}") from None
        assert heard() == said, what
