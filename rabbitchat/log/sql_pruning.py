"""Forgetting what the log in a database does not promise to keep, a bit at a time.

Each function takes a bound and answers with None; each call is a short transaction.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select, update

from rabbitchat.database.tables import entries, msgids, rooms, searchable

MOST = 5000
"""Rows that one transaction deletes: appends wait for it."""


def forget_msgids(connection: Connection, bounds: list[float]) -> list[None]:
    """Forget msgids that were stored before, in seconds since 1970."""
    old = select(msgids.c.stored).where(msgids.c.stored < max(bounds))
    # Up to a time rather than by their keys, which SQLite and PostgreSQL limit differently.
    last = connection.scalar(
        select(func.max(old.order_by(msgids.c.stored).limit(MOST).subquery().c.stored))
    )
    if last is not None:
        connection.execute(delete(msgids).where(msgids.c.stored <= last))
    return [None] * len(bounds)


def prune_by_count(connection: Connection, bounds: list[int]) -> list[None]:
    """Keep the newest entries of each room only, so many."""
    keep = min(bounds)
    rows = connection.execute(
        select(rooms.c.id, rooms.c.newest - keep)
        .where(rooms.c.newest - rooms.c.pruned > keep)
        .order_by(rooms.c.newest - rooms.c.pruned - keep)
        .limit(100)
    ).all()
    _prune(connection, [(room, seq) for room, seq in rows])
    return [None] * len(bounds)


def prune_by_age(connection: Connection, bounds: list[float]) -> list[None]:
    """Delete entries that were stored before, in seconds since 1970."""
    old = select(entries.c.room_id, entries.c.seq).where(entries.c.stored < max(bounds))
    some = old.order_by(entries.c.stored).limit(MOST).subquery()
    rows = connection.execute(
        select(some.c.room_id, func.max(some.c.seq)).group_by(some.c.room_id)
    ).all()
    _prune(connection, [(room, seq) for room, seq in rows])
    return [None] * len(bounds)


def _prune(connection: Connection, upto: list[tuple[int, int]]) -> None:
    """Of each of these rooms delete the entries up to a seq, in all about MOST."""
    left = MOST
    for room_id, seq in sorted(upto):
        locked = select(rooms.c.pruned).where(rooms.c.id == room_id).with_for_update()
        pruned = connection.execute(locked).scalar_one()
        seq = min(seq, pruned + left)
        if seq > pruned:
            for table in (entries, searchable):
                connection.execute(
                    delete(table).where(table.c.room_id == room_id, table.c.seq <= seq)
                )
            connection.execute(update(rooms).where(rooms.c.id == room_id).values(pruned=seq))
            left -= seq - pruned
        if not left:
            return
