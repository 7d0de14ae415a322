"""Up to where users have read: the marks of a log in memory."""

from __future__ import annotations

from collections import OrderedDict

MOST_MARKS = 100_000
"""Marks that are kept, about 20 MB. Who moved none for longest loses theirs first."""


class ReadMarks:
    """The marks of each user by room."""

    def __init__(self, most: int = MOST_MARKS) -> None:
        self._most = most
        self._count = 0
        self._users: OrderedDict[str, dict[str, int]] = OrderedDict()  # the latest last

    def __len__(self) -> int:
        return self._count

    def of(self, user: str) -> dict[str, int]:
        """A copy of a user's marks."""
        return dict(self._users.get(user, {}))

    def at(self, user: str, room: str) -> int:
        """Where a mark is; 0 if there is none."""
        return self._users.get(user, {}).get(room, 0)

    def move(self, user: str, room: str, seq: int) -> int:
        """Move a mark forward, or not at all; where it is now. None is kept for 0."""
        marks = self._users.get(user, {})
        known = marks.get(room, 0)
        if seq <= known:
            return known
        self._count += room not in marks
        marks[room] = seq
        self._users[user] = marks
        self._users.move_to_end(user)
        while self._count > self._most:
            self._count -= len(self._users.popitem(last=False)[1])
        return seq

    def forget(self, user: str, room: str) -> None:
        """Drop a mark."""
        marks = self._users.get(user, {})
        if marks.pop(room, None) is not None:
            self._count -= 1
        if not marks:
            self._users.pop(user, None)
