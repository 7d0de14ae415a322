"""Up to where users have read, in a database."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select, tuple_

from rabbitchat.database.dialects import greatest, insert
from rabbitchat.database.tables import read_marks, rooms


class Mark(NamedTuple):
    """A user has read a room up to here."""

    user: str
    room: str
    seq: int


def move(connection: Connection, marks: list[Mark]) -> list[int]:
    """Move marks forward, as far as there are entries; where each is then."""
    newest = {
        name: (room_id, seq)
        for name, room_id, seq in connection.execute(
            select(rooms.c.name, rooms.c.id, rooms.c.newest).where(
                rooms.c.name.in_({mark.room for mark in marks})
            )
        )
    }
    wanted: dict[tuple[str, int], int] = {}
    keys: list[tuple[str, int]] = []
    for mark in marks:
        room_id, last = newest.get(mark.room, (0, 0))
        key = mark.user, room_id
        keys.append(key)
        wanted[key] = max(wanted.get(key, 0), min(mark.seq, last))
    known = _known(connection, keys)
    moved = {key: seq for key, seq in wanted.items() if seq > known.get(key, 0)}
    if moved:
        _store(connection, moved)
    return [max(wanted[key], known.get(key, 0)) for key in keys]


def _known(connection: Connection, keys: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
    rows = connection.execute(
        select(read_marks).where(tuple_(read_marks.c.user, read_marks.c.room_id).in_(set(keys)))
    )
    return {(row.user, row.room_id): row.seq for row in rows}


def _store(connection: Connection, marks: dict[tuple[str, int], int]) -> None:
    statement = insert(connection, read_marks)
    # Another process may have moved it further since.
    statement = statement.on_conflict_do_update(
        index_elements=[read_marks.c.user, read_marks.c.room_id],
        set_={"seq": greatest(connection, read_marks.c.seq, statement.excluded.seq)},
    )
    # In order, lest two processes wait for one another.
    connection.execute(
        statement,
        [
            {"user": user, "room_id": room, "seq": seq}
            for (user, room), seq in sorted(marks.items())
        ],
    )


def read(connection: Connection, asked: list[str]) -> list[dict[str, int]]:
    """For each user up to where it has read, by log key."""
    return [_read(connection, user) for user in asked]


def _read(connection: Connection, user: str) -> dict[str, int]:
    rows = connection.execute(
        select(rooms.c.name, read_marks.c.seq)
        .join(rooms, rooms.c.id == read_marks.c.room_id)
        .where(read_marks.c.user == user)
    )
    return {name: seq for name, seq in rows}


def read_one(connection: Connection, asked: list[tuple[str, str]]) -> list[int]:
    """For each user and log key up to where that user has read there."""
    names = {room for _, room in asked}
    found = connection.execute(select(rooms.c.name, rooms.c.id).where(rooms.c.name.in_(names)))
    ids = {name: room_id for name, room_id in found}
    keys = [(user, ids.get(room, 0)) for user, room in asked]
    known = _known(connection, keys)
    return [known.get(key, 0) for key in keys]
