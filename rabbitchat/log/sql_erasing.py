"""Erasing in an SQLite file what was deleted, from where it no longer belongs to anything.

What is in a table is gone with its row: secure_delete overwrites it. But FTS5 only adds a note
that a word is taken out, until it merges the parts of its index; and the write-ahead log still has
the pages as they were. (FTS5 has a secure-delete of its own. No SQLite before 3.42 can use the
file after that, and all that is pruned costs ten times as much.)
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_

from rabbitchat.database.connections import LONGEST_WAIT
from rabbitchat.database.database import Database
from rabbitchat.database.tables import unerased

PAGES = 50
"""Pages of the index that one transaction merges, about 50 ms: appends wait for it."""

MOST_AT_ONCE = 500
"""Deletions that are ticked off together."""

REST = 10.0
"""It rests so many times as long as it took. It goes through the whole index each time."""

_CHECKPOINT_WAIT = 100
"""Milliseconds that a checkpoint waits for who reads. Everybody waits for it."""


class Eraser:
    """Erases now and then what was deleted since, on whichever process that was."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._not_before = 0.0

    async def erase(self) -> None:
        """A bit at a time, until it is done. Raises Unavailable; the next one goes on then."""
        if time.monotonic() < self._not_before:
            return
        deleted = await self._database.read(_unerased, None)
        if not deleted:
            return
        began = time.monotonic()
        pages = -PAGES  # below 0: begin to merge all there is
        while not await self._database.write(_merge, pages):
            pages = PAGES
        if await self._database.write(_checkpoint, None):
            await self._database.write(_tick_off, deleted)
        now = time.monotonic()
        self._not_before = now + REST * (now - began)


def _unerased(connection: Connection, asked: list[None]) -> list[list[tuple[int, int]]]:
    rows = connection.execute(select(unerased).limit(MOST_AT_ONCE))
    return [[(row.room_id, row.seq) for row in rows]] * len(asked)


def _merge(connection: Connection, pages: list[int]) -> list[bool]:
    """Whether all is merged."""
    driver: Any = connection.connection.dbapi_connection
    before = driver.total_changes
    connection.exec_driver_sql(
        "INSERT INTO searchable_words(searchable_words, rank) VALUES ('merge', ?)", (pages[0],)
    )
    return [driver.total_changes - before < 2] * len(pages)  # as FTS5's manual says


def _checkpoint(connection: Connection, asked: list[None]) -> list[bool]:
    """Empty the write-ahead log, unless somebody reads what was before."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute("COMMIT")  # nothing was done in this transaction, and it can't be done in one
    driver.execute(f"PRAGMA busy_timeout={_CHECKPOINT_WAIT}").close()
    try:
        is_busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        driver.execute(f"PRAGMA busy_timeout={LONGEST_WAIT * 1000:.0f}").close()
    return [not is_busy] * len(asked)


def _tick_off(connection: Connection, batch: list[list[tuple[int, int]]]) -> list[None]:
    for deleted in batch:
        place = tuple_(unerased.c.room_id, unerased.c.seq)
        connection.execute(delete(unerased).where(place.in_(deleted)))
    return [None] * len(batch)
