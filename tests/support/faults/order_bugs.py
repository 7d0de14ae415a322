"""What delivery would do if it broke its promises: see bugs.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

from twisted.internet.task import deferLater

from rabbitchat.chat.commands import Recover
from rabbitchat.chat.entries import Entry
from rabbitchat.chat.rooms import MOST_WAITING
from rabbitchat.delivery import Entrance

A_MOMENT = 0.1
"""Seconds that a busy broker takes for a binding."""


# -- no gap fill


def pass_over(self: Any, entries: Iterable[Entry], pruned: int) -> list[Entry]:
    """In the place of Room.fill: what the log has isn't used; what waits is next."""
    read = [entry.seq for entry in entries]
    if self._waiting:
        self.seq = max(self.seq, min(self._waiting) - 1)
    elif read:
        self.seq = max(self.seq, read[-1])
    return list(self._ready())


# -- no drop by seq


def offer_whatever_comes(self: Any, entry: Entry) -> list[Entry]:
    """In the place of Room.offer: what is old comes again."""
    if self.seq is not None and entry.seq <= self.seq:
        return [entry]
    if len(self._waiting) < MOST_WAITING:
        self._waiting.setdefault(entry.seq, entry)
    return list(self._ready())


def takes_whatever_comes(self: Any, member: Any, seq: int) -> bool:
    """In the place of Room.takes."""
    return member in self.members


# -- read before subscribe


async def read_then_subscribe(
    self: Any, name: str, recover: Optional[Recover], history: int
) -> Entrance:
    """In the place of Delivery.enter: what is said between the two is in neither."""
    page, recovered = await self._past(name, recover, history)
    await deferLater(self._clock, A_MOMENT, lambda: None)
    await self._bindings.hold(f"room.{name}")
    room = self._room(name)
    self._deliver_all(room, room.start(page.newest))
    more = recovered and page.more
    covered = page.entries[-1].seq if more else page.newest
    return Entrance(tuple(page.entries), covered, more, recovered)
