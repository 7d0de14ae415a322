"""A room on this node: who of ours is in it, and in which order its entries are delivered.

Entries may come twice, late, or not at all (the broker is only the fast road). A room delivers
each seq once and in order: an older or equal one is dropped, one that is too high waits until
what lies between has come, or has been read from the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, Optional, TypeVar

from rabbitchat.chat.entries import Entry

M = TypeVar("M")

MOST_WAITING = 1000
"""Entries that one room lets wait for a gap; what comes on top is read from the log anyway."""


class Room(Generic[M]):
    """The order of one room or conversation, and its members here (of any type M)."""

    __slots__ = ("_waiting", "members", "name", "seq")

    def __init__(self, name: str) -> None:
        self.name = name
        self.seq: Optional[int] = None  # the last one delivered; None: the log wasn't read yet
        self.members: dict[M, int] = {}  # each one's own last seq
        self._waiting: dict[int, Entry] = {}

    @property
    def has_gap(self) -> bool:
        """Whether something waits for an entry that has not come."""
        return bool(self._waiting)

    def start(self, seq: int) -> list[Entry]:
        """Take `seq` of the log as the last one delivered, if the room is new here.

        What came meanwhile and follows on it is returned to be delivered now."""
        if self.seq is None:
            self.seq = seq
        return list(self._ready())

    def offer(self, entry: Entry) -> list[Entry]:
        """An entry came: what can be delivered now, in order; often just that one."""
        if self.seq is not None and entry.seq <= self.seq:
            return []
        is_next = self.seq is not None and entry.seq == self.seq + 1
        if is_next or len(self._waiting) < MOST_WAITING:
            self._waiting.setdefault(entry.seq, entry)
        return list(self._ready())

    def fill(self, entries: Iterable[Entry], pruned: int) -> list[Entry]:
        """Entries were read from the log: what can be delivered now, in order.

        What the log has pruned (up to that seq) can't come any more and is passed over."""
        for entry in entries:
            if self.seq is None or entry.seq > self.seq:
                self._waiting[entry.seq] = entry
        if self.seq is not None and self.seq < pruned:
            self.seq = pruned
        return list(self._ready())

    def reset(self, seq: Optional[int]) -> None:
        """The log is another one than before, and its newest seq is this (None: not read yet)."""
        self.seq = seq
        self._waiting.clear()

    def _ready(self) -> Iterator[Entry]:
        if self.seq is None:
            return
        for seq in [seq for seq in self._waiting if seq <= self.seq]:
            del self._waiting[seq]
        while (entry := self._waiting.pop(self.seq + 1, None)) is not None:
            self.seq += 1
            yield entry

    def takes(self, member: M, seq: int) -> bool:
        """Whether a member is still to get this seq; if so it counts as got from now on."""
        if self.members.get(member, seq) >= seq:
            return False
        self.members[member] = seq
        return True
