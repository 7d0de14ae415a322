"""How much of the log in a database is kept: what is beyond that is found and deleted.

No round looks at all rooms. By count, those that were added to here since the last round are
looked at, and some of the others in turn; by age, an index tells the oldest entries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from rabbitchat.database.database import Database
from rabbitchat.log import sql_pruning
from rabbitchat.log.sql_pruning import ROOMS_A_LOOK, Look

MSGID_SECONDS = 25 * 3600.0  # an hour more than promised, for clocks that differ

MOST_STEPS = 40
"""Transactions of one kind in a round; the rest is for the next one."""


class Keeping:
    """Keeps each room's newest `keep` entries (0: all), for `keep_seconds` (0: for good)."""

    def __init__(self, database: Database, keep: int, keep_seconds: float) -> None:
        self._database = database
        self._keep = keep
        self._keep_seconds = keep_seconds
        self._added_to: dict[str, None] = {}
        self._after = 0  # the number of the last room that was looked at in turn

    def added_to(self, room: str) -> None:
        """A room has one entry more."""
        if self._keep:
            self._added_to[room] = None

    async def prune(self, now: float) -> None:
        """One round. Raises Unavailable."""
        await self._repeat(sql_pruning.forget_msgids, now - MSGID_SECONDS)
        if self._keep:
            await self._by_count()
        if self._keep_seconds:
            await self._repeat(sql_pruning.prune_by_age, now - self._keep_seconds)

    async def _by_count(self) -> None:
        for _ in range(MOST_STEPS):
            names = list(self._added_to)[:ROOMS_A_LOOK]
            look = Look(names, self._after, self._keep)
            found = await self._database.read(sql_pruning.look, look)
            if found.upto:
                await self._repeat(sql_pruning.prune_rooms, found.upto)
            self._after = found.last
            for name in names:
                self._added_to.pop(name, None)
            if not self._added_to:
                return

    async def _repeat(
        self, work: Callable[[Connection, list[Any]], list[bool]], argument: object
    ) -> None:
        for _ in range(MOST_STEPS):
            if not await self._database.write(work, argument):
                return
