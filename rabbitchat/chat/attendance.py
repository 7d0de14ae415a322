"""This node's own users: their connections, and what lingers of the ones that were lost.

A connection that was lost leaves its rooms behind for the grace time, so that a page reload shows
nothing. A clean goodbye leaves at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional

from rabbitchat.chat.members import Claim, Stay

ROUNDING = 0.001  # seconds by which a timer may come early
CLAIM_KEPT = 5.0  # seconds at least that a claim waits for its connection


@dataclass
class _Linger:
    until: float
    reason: str


@dataclass
class _Connection:
    user: str
    rooms: set[str] = field(default_factory=set)


@dataclass
class _User:
    claim: Claim
    until: float  # when it goes, unless it has a connection
    reason: str = "lost"
    connections: dict[int, _Connection] = field(default_factory=dict)
    lingering: dict[str, _Linger] = field(default_factory=dict)


class Attendance:
    """Who is connected here. Times are seconds; `grace` is how long a lost one stays."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._users: dict[str, _User] = {}
        self._connections: dict[int, _Connection] = {}
        self._due: list[
            tuple[float, str]
        ] = []  # a heap; may name users that don't linger any more

    def __contains__(self, user: object) -> bool:
        return user in self._users

    def __len__(self) -> int:
        """How many users have a connection here."""
        return sum(1 for user in self._users.values() if user.connections)

    def stay(self, user: str) -> Optional[Stay]:
        """How a user stays here, lingering included; None if not at all."""
        known = self._users.get(user)
        if known is None:
            return None
        inside = [connection.rooms for connection in known.connections.values()]
        return Stay(known.claim, frozenset(known.lingering).union(*inside))

    def claim(self, user: str, claim: Claim, now: float) -> None:
        """A user has this nick. One without a connection is forgotten soon."""
        known = self._users.get(user)
        if known is None:
            until = now + max(self._grace, CLAIM_KEPT)
            self._users[user] = _User(claim, until)
            heapq.heappush(self._due, (until, user))
        else:
            known.claim = claim

    def connected(self, connection: int, user: str) -> None:
        """A user that has claimed a nick has one more connection."""
        if connection in self._connections:
            raise ValueError(f"connection {connection} is connected already")
        added = _Connection(user)
        self._users[user].connections[connection] = added
        self._connections[connection] = added

    def user_of(self, connection: int) -> Optional[str]:
        """Whose connection it is; None if it is not known (any more)."""
        known = self._connections.get(connection)
        return known.user if known is not None else None

    def join(self, connection: int, room: str) -> None:
        """A connection is in a room; what lingered of its user there isn't needed any more."""
        known = self._connections[connection]
        known.rooms.add(room)
        self._users[known.user].lingering.pop(room, None)

    def leave(self, connection: int, room: str) -> None:
        """A connection is out of a room."""
        self._connections[connection].rooms.discard(room)

    def disconnected(self, connection: int, clean: bool, reason: str, now: float) -> None:
        """A connection has ended: its rooms go at once if `clean`, after the grace time if not."""
        gone = self._connections.pop(connection)
        user = self._users[gone.user]
        del user.connections[connection]
        user.reason = reason
        until = now + self._grace
        if not clean and self._grace > 0:
            user.lingering.update({room: _Linger(until, reason) for room in gone.rooms})
            heapq.heappush(self._due, (until, gone.user))
        if not user.connections:
            kept = [linger.until for linger in user.lingering.values()]
            user.until = until if not clean and self._grace > 0 else max(kept, default=now)
            if user.until <= now:
                del self._users[gone.user]

    def expire(self, now: float, most: int) -> Iterator[tuple[str, str]]:
        """End what has lingered long enough: gives (user, reason) after each single thing.

        Looks at `most` users at most; `next_due` tells whether more are waiting.
        """
        limit = now + ROUNDING
        while most > 0 and self._due and self._due[0][0] <= limit:
            most -= 1
            _, name = heapq.heappop(self._due)
            user = self._users.get(name)
            if user is None:
                continue
            for room in sorted(user.lingering):
                linger = user.lingering[room]
                if linger.until <= limit:
                    del user.lingering[room]
                    yield name, linger.reason
            if not user.connections and not user.lingering and user.until <= limit:
                del self._users[name]
                yield name, user.reason

    def next_due(self) -> Optional[float]:
        """When `expire` may find something."""
        return self._due[0][0] if self._due else None
