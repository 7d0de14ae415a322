"""Up to where a user at a line client has read each room: told to the daemon now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from rabbitchat.transports.line_arrival import Arrival

EVERY = 5.0
"""Seconds between two times that the daemon is told: each costs a write to its database. It is
told at once only where one comes for the first time, or goes."""


class ReadMarks:
    """What was shown, what of it has arrived, and what the daemon knows of that.

    Somebody at telnet never says what they have read. What counts is what has reached their
    computer: what a dead connection swallowed is shown once more when they come back.
    """

    __slots__ = (
        "_arrival",
        "_clock",
        "_frozen",
        "_position",
        "_read",
        "_shown",
        "_snapshot",
        "_tell",
        "_timer",
        "_told",
    )

    def __init__(
        self, clock: IReactorTime, arrival: Arrival, tell: Callable[[str, int], None]
    ) -> None:
        self._clock = clock
        self._arrival = arrival
        self._tell = tell  # is given a room and a seq
        self._shown: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._frozen: set[str] = set()
        # What had been shown when so many bytes were written: read when these have arrived.
        self._snapshot: dict[str, int] = {}
        self._position = 0
        self._read: dict[str, int] = {}  # what is known to have arrived
        self._timer: Optional[IDelayedCall] = None

    def last(self, room: str) -> int:
        """The seq that was shown last in a room; 0 if nothing was."""
        return self._shown.get(room, 0)

    def shown(self, room: str, seq: int) -> None:
        """An entry is about to be written."""
        self._shown[room] = seq
        if self._timer is None:
            self._timer = self._clock.callLater(EVERY, self._on_time)

    def begin(self, room: str, seq: int) -> None:
        """One is in a room for the first time, with so much said there. That is told at once:
        who is cut off a second later has missed all that is said from now on. (Where nothing was
        said so far there is nothing to mark: a mark of 0 is none.)"""
        self.shown(room, seq)
        self._tell_if_new(room, seq)

    def heard(self) -> None:
        """Something came from the user: the time to see what has arrived of what was shown. Once
        the connection is lost that can't be seen any more."""
        self._arrived()

    def known(self, room: str, seq: int) -> None:
        """The daemon knows already that the user has read so far, here or elsewhere."""
        self._told[room] = max(seq, self._told.get(room, 0))

    def not_told(self, room: str, seq: int) -> None:
        """The daemon could not keep it: tell it again when there is something new to tell."""
        if self._told.get(room) == seq:
            del self._told[room]

    def freeze(self, room: str) -> None:
        """Something was missed and could not be shown: leave the mark of this room before it."""
        self._frozen.add(room)

    def leave(self, room: str) -> None:
        """The user, who is here then, goes out of a room: tell about it while one may."""
        if room in self._shown:
            self._tell_if_new(room, self._shown[room])

    def end(self, has_read_all: bool) -> None:
        """Tell for the last time: all that was shown, or what of it has arrived."""
        self._tell_all(self._shown if has_read_all else self._arrived())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_time(self) -> None:
        self._timer = None
        self._tell_all(self._arrived())
        if any(self._is_new(room, seq) for room, seq in self._shown.items()):
            self._timer = self._clock.callLater(EVERY, self._on_time)

    def _arrived(self) -> dict[str, int]:
        arrived = self._arrival.arrived()
        if arrived >= self._position:
            self._read = self._snapshot
            self._snapshot, self._position = dict(self._shown), self._arrival.written
            if arrived >= self._position:
                self._read = self._snapshot
        return self._read

    def _tell_all(self, read: dict[str, int]) -> None:
        for room, seq in list(read.items()):
            self._tell_if_new(room, seq)

    def _tell_if_new(self, room: str, seq: int) -> None:
        if self._is_new(room, seq):
            self._told[room] = seq
            self._tell(room, seq)

    def _is_new(self, room: str, seq: int) -> bool:
        return seq > self._told.get(room, 0) and room not in self._frozen
