"""What a load asked, was answered and saw: plain records with their times, for the checker.

Times are seconds of one clock, the reactor's. Rooms are named alike for everybody here: a private
conversation of ann and bob is `ann+bob` (`conversation`), not `@bob` and `@ann`. What was said is
known by its msgid, which is different for everything that a load says, or by its text where the
server makes the msgid; so is the text of each message and edit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Union

JSON, LINES = "json", "lines"
"""What a participant speaks: LINES shows neither seqs nor answers."""


def conversation(one: str, other: str) -> str:
    """The room of a private conversation, as the history calls it."""
    return "+".join(sorted((one, other)))


@dataclass
class Participant:
    """One client, that is one user: it stays itself across connections and nodes.

    `present` is false when it was not in, with everything read up, when the load ended; by then
    it had made so many `connections`. `private` are its conversations."""

    name: str
    speaks: str = JSON
    transport: str = ""
    rooms: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    present: bool = True
    connections: int = 1


@dataclass
class Attempt:
    """A publish that was sent once. `code` is the error's, `seq` and `room` the answer's; neither
    when no answer came."""

    node: str
    sent: float
    answered: Optional[float] = None
    code: str = ""
    room: str = ""
    seq: Optional[int] = None

    @property
    def certain(self) -> bool:
        """Whether its answer says what became of it."""
        return self.answered is not None and self.code != "unavailable"


@dataclass
class Publish:
    """One message, or what is done to one, and all attempts to have it said.

    `answers` is false for what gets no answer even if all is well: a line that was typed. `does`
    is `edit`, `delete` or `react`, to the message with the msgid `to`."""

    sender: str
    room: str
    text: str
    msgid: str = ""
    answers: bool = True
    does: str = ""
    to: str = ""
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is known by."""
        return self.msgid or self.text

    @property
    def final(self) -> Optional[Attempt]:
        """The attempt whose answer ended it."""
        last = self.attempts[-1] if self.attempts else None
        return last if last is not None and last.certain else None

    @property
    def published(self) -> Optional[Attempt]:
        """The attempt that was answered `published`."""
        final = self.final
        return final if final is not None and final.seq is not None else None

    @property
    def refused(self) -> bool:
        """Whether it was refused for certain: each attempt of it was."""
        return bool(self.attempts) and all(one.certain and one.code for one in self.attempts)


@dataclass(frozen=True)
class Entry:
    """A message with its place, as it was shown to somebody."""

    seq: int
    text: str
    msgid: str = ""


@dataclass(frozen=True)
class Connected:
    """A participant is somebody, on a new connection. `newest` is of each conversation of its
    own, as it was told."""

    client: str
    connection: int
    at: float
    user: str
    newest: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """Entries that were read: by `join` (`upto` is its seq) or, as `more`, by `history`.

    `after` is what one had when one asked; None when one asked for no place. `recovered` is None
    for `history`."""

    client: str
    connection: int
    at: float
    room: str
    epoch: str
    after: Optional[int]
    entries: tuple[Entry, ...]
    upto: int
    more: bool = False
    recovered: Optional[bool] = None


@dataclass(frozen=True)
class Push:
    """A message that came by itself."""

    client: str
    connection: int
    at: float
    room: str
    epoch: str
    entry: Entry


@dataclass(frozen=True)
class Line:
    """A message that was shown to somebody at a line client: where it stands nobody tells."""

    client: str
    connection: int
    at: float
    room: str
    text: str


Seen = Union[Connected, Page, Push, Line]


@dataclass
class History:
    """All of one run. `seen` is in the order in which things came to each participant.

    `healed` is when the last fault had ended; `kept` is what each room's log had at the end, for
    those that were read."""

    participants: dict[str, Participant] = field(default_factory=dict)
    publishes: list[Publish] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    healed: float = 0.0
    kept: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
