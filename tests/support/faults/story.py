"""Histories made by hand, for tests of the checker."""

from __future__ import annotations

from typing import Optional

from support.faults.checker import check
from support.faults.history import (
    LINES,
    Attempt,
    Connected,
    Entry,
    History,
    Line,
    Page,
    Participant,
    Publish,
    Push,
    conversation,
)
from support.faults.verdict import COUNTERS, Verdict

TALK = conversation("ann", "bob")


class Story:
    """A history that is told: ann and bob in the lobby, and in a conversation of their own.

    `said(1)` is the message of that seq, said, answered and pushed to both; what goes wrong is
    told apart. One tick of the clock passes with each."""

    def __init__(self, *people: str) -> None:
        self.history = History()
        self.now = 0.0
        for name in people or ("ann", "bob"):
            private = (TALK,) if name in ("ann", "bob") else ()
            self.history.participants[name] = Participant(name, rooms=("lobby",), private=private)
            self.connects(name, 1)
            self.joins(name, 1, upto=0)

    def _tick(self) -> float:
        self.now += 1.0
        return self.now

    def connects(self, client: str, connection: int, newest: int = 0, user: str = "") -> None:
        told = {TALK: newest} if newest else {}
        self.history.seen.append(
            Connected(client, connection, self._tick(), user or f"u-{client}", told)
        )

    def joins(
        self,
        client: str,
        connection: int,
        upto: int,
        after: Optional[int] = None,
        seqs: tuple[int, ...] = (),
        **fields: bool | str,
    ) -> None:
        self._page(
            Page(
                client,
                connection,
                self._tick(),
                "lobby",
                str(fields.get("epoch", "e")),
                after,
                tuple(entry(seq) for seq in seqs),
                upto,
                more=bool(fields.get("more", False)),
                recovered=bool(fields.get("recovered", after is not None)),
            )
        )

    def reads(
        self, client: str, connection: int, room: str, after: int, *seqs: int, more: bool = False
    ) -> None:
        entries = tuple(entry(seq) for seq in seqs)
        upto = seqs[-1] if seqs else after
        self._page(
            Page(client, connection, self._tick(), room, "e", after, entries, upto, more=more)
        )

    def _page(self, page: Page) -> None:
        self.history.seen.append(page)

    def publishes(
        self, seq: int, *attempts: Attempt, sender: str = "ann", room: str = "lobby"
    ) -> Publish:
        """What is said, without anybody seeing it."""
        publish = Publish(sender, room, text(seq), f"m{seq}")
        publish.attempts.extend(attempts or [self.answered(seq, room)])
        self.history.publishes.append(publish)
        return publish

    def answered(self, seq: int, room: str = "lobby") -> Attempt:
        sent = self._tick()
        return Attempt("one", sent, self._tick(), room=room, seq=seq)

    def refused(self, code: str) -> Attempt:
        sent = self._tick()
        return Attempt("one", sent, self._tick(), code)

    def unanswered(self) -> Attempt:
        return Attempt("one", self._tick())

    def pushes(
        self,
        client: str,
        seq: int,
        connection: int = 1,
        room: str = "lobby",
        says: Optional[int] = None,
        epoch: str = "e",
    ) -> None:
        """`says` is the number of the message in that place, if it is another one."""
        shown = Entry(seq, text(says or seq), f"m{says or seq}")
        self.history.seen.append(Push(client, connection, self._tick(), room, epoch, shown))

    def said(self, *seqs: int, room: str = "lobby", to: tuple[str, ...] = ("ann", "bob")) -> None:
        for seq in seqs:
            self.publishes(seq, room=room)
            for client in to:
                self.pushes(client, seq, room=room)

    def person(self, name: str = "tel") -> None:
        """Somebody at a line client."""
        self.history.participants[name] = Participant(name, LINES, "line", ("lobby",))

    def shows(self, *seqs: int, connection: int = 1, name: str = "tel") -> None:
        for seq in seqs:
            self.history.seen.append(Line(name, connection, self._tick(), "lobby", text(seq)))
        self.history.participants[name].connections = connection

    def verdict(self) -> Verdict:
        return check(self.history)

    def finds(self, **counts: int) -> None:
        """Just so many of these, and none of the others."""
        verdict = self.verdict()
        assert verdict.counts == {**dict.fromkeys(COUNTERS, 0), **counts}, verdict


def text(number: int) -> str:
    return f"message {number}"


def entry(seq: int) -> Entry:
    return Entry(seq, text(seq), f"m{seq}")
