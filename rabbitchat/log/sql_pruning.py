"""Forgetting what the log in a database does not promise to keep, a bit at a time.

Each function that deletes is a short transaction, because appends wait for it, and answers
whether there is more to do.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Select, delete, func, select, update

from rabbitchat.database.tables import entries, msgids, rooms, searchable

MOST = 500
"""Rows that one transaction deletes."""

ROOMS_A_LOOK = 500
"""Rooms that are looked at by name, and as many by number, in one look."""


class Look(NamedTuple):
    """Which rooms are to be looked at: these, and some that follow on this number."""

    names: list[str]
    after: int
    keep: int


class Long(NamedTuple):
    """Rooms with more than they keep, and up to where that is to go; the last number looked at,
    0 when there is none after it."""

    upto: dict[int, int]
    last: int


def look(connection: Connection, asked: list[Look]) -> list[Long]:
    """Find rooms that have more entries than they keep."""
    return [_look(connection, one) for one in asked]


def _look(connection: Connection, asked: Look) -> Long:
    which = select(rooms.c.id, rooms.c.newest, rooms.c.pruned)
    named: Select[tuple[int, int, int]] = which.where(rooms.c.name.in_(asked.names))
    following = which.where(rooms.c.id > asked.after).order_by(rooms.c.id).limit(ROOMS_A_LOOK)
    in_turn = connection.execute(following).all()
    rows = [*connection.execute(named), *in_turn]
    upto = {
        room: newest - asked.keep for room, newest, pruned in rows if newest - pruned > asked.keep
    }
    return Long(upto, in_turn[-1][0] if len(in_turn) == ROOMS_A_LOOK else 0)


def prune_rooms(connection: Connection, asked: list[dict[int, int]]) -> list[bool]:
    """Of each room, by number, delete the entries up to a seq."""
    return [_prune(connection, upto) for upto in asked]


def prune_by_age(connection: Connection, bounds: list[float]) -> list[bool]:
    """Delete entries that were stored before, in seconds since 1970."""
    old = select(entries.c.room_id, entries.c.seq).where(entries.c.stored < max(bounds))
    some = old.order_by(entries.c.stored).limit(MOST).subquery()
    newest = select(some.c.room_id, func.max(some.c.seq)).group_by(some.c.room_id)
    upto = {room: seq for room, seq in connection.execute(newest)}
    _prune(connection, upto)
    return [bool(upto)] * len(bounds)


def forget_msgids(connection: Connection, bounds: list[float]) -> list[bool]:
    """Forget msgids that were stored before, in seconds since 1970."""
    old = select(msgids.c.stored).where(msgids.c.stored < max(bounds))
    # Up to a time rather than by their keys, which SQLite and PostgreSQL limit differently.
    last = connection.scalar(
        select(func.max(old.order_by(msgids.c.stored).limit(MOST).subquery().c.stored))
    )
    if last is not None:
        connection.execute(delete(msgids).where(msgids.c.stored <= last))
    return [last is not None] * len(bounds)


def _prune(connection: Connection, upto: dict[int, int]) -> bool:
    """Of these rooms delete the entries up to a seq, in all MOST; whether some are left.

    A room that somebody adds to at this moment is left for later: appends lock in another order.
    """
    left = MOST
    for room_id, wanted in sorted(upto.items()):
        row = select(rooms.c.pruned).where(rooms.c.id == room_id)
        pruned = connection.scalar(row.with_for_update(skip_locked=True))
        if pruned is None:
            continue
        seq = min(wanted, pruned + left)
        if seq > pruned:
            for table in (entries, searchable):
                connection.execute(
                    delete(table).where(table.c.room_id == room_id, table.c.seq <= seq)
                )
            connection.execute(update(rooms).where(rooms.c.id == room_id).values(pruned=seq))
            left -= seq - pruned
        if not left:
            return True
    return False
