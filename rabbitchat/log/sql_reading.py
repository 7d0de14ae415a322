"""Reading from the log in a database. Each question is answered from one state of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

from sqlalchemy import Connection, Text, and_, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from rabbitchat.chat.entries import Entry
from rabbitchat.database.tables import entries, msgids, rooms
from rabbitchat.database.tables import talks as talks_table
from rabbitchat.log.interface import Appended, Page
from rabbitchat.log.paging import fitting

FIRST_PLACES = (
    select(
        msgids.c.user,
        msgids.c.msgid,
        msgids.c.seq,
        msgids.c.time,
        rooms.c.name.label("room"),
        entries.c.text,  # NULL: the entry was pruned
        entries.c.nick,
        entries.c.node,
        entries.c.peer,
        entries.c.via,
        entries.c.kind,
        entries.c.target,
        entries.c.of,
        entries.c.active,
        entries.c.ref,
        entries.c.edited,
        entries.c.deleted,
    )
    .join(rooms, rooms.c.id == msgids.c.room_id)
    .outerjoin(
        entries,
        and_(
            entries.c.room_id == msgids.c.room_id,
            entries.c.seq == msgids.c.seq,
            entries.c.seq > rooms.c.pruned,
        ),
    )
)
"""What was stored under msgids, and where. To be narrowed down."""


@dataclass(frozen=True)
class Wanted:
    """A page of a room: what follows on a seq if `after` is given, else what is before one."""

    room: str
    epoch: str
    limit: int
    max_bytes: int
    after: Optional[int] = None
    before: Optional[int] = None


def as_appended(row: Any, epoch: str) -> Appended:
    """A row of FIRST_PLACES."""
    entry = None if row.text is None else as_entry(row, row.room, epoch)
    return Appended(row.room, row.seq, row.time, entry, repeated=True)


def as_entry(row: Any, room: str, epoch: str) -> Entry:
    """A row with all columns of `entries`."""
    return Entry(
        room=room,
        msgid=row.msgid,
        user=row.user,
        nick=row.nick,
        text=row.text,
        time=row.time,
        node=row.node,
        peer=row.peer,
        via=row.via,
        kind=row.kind,
        target=row.target,
        of=row.of,
        active=row.active,
        epoch=epoch,
        seq=row.seq,
        ref=row.ref,
        edited=row.edited,
        deleted=row.deleted,
    )


def find(connection: Connection, asked: list[tuple[str, str, str]]) -> list[Optional[Appended]]:
    """The first places of (user, msgid), for a log of this epoch."""
    senders = {(user, msgid) for user, msgid, _ in asked}
    rows = connection.execute(
        FIRST_PLACES.where(tuple_(msgids.c.user, msgids.c.msgid).in_(senders))
    )
    found = {(row.user, row.msgid): row for row in rows}
    return [
        as_appended(found[user, msgid], epoch) if (user, msgid) in found else None
        for user, msgid, epoch in asked
    ]


class Named(NamedTuple):
    """A message: the newest with this msgid in a room, of this sender if one is given."""

    room: str
    msgid: str
    user: Optional[str]
    epoch: str


def look_up(connection: Connection, asked: list[Named]) -> list[Optional[Entry]]:
    """The messages, or None for one that is not there."""
    return [_look_up(connection, named) for named in asked]


def _look_up(connection: Connection, named: Named) -> Optional[Entry]:
    chosen = (
        select(entries)
        .join(rooms, rooms.c.id == entries.c.room_id)
        .where(rooms.c.name == named.room, entries.c.seq > rooms.c.pruned)
        .where(entries.c.msgid == named.msgid, entries.c.kind == "message")
        .order_by(entries.c.seq.desc())
        .limit(1)
    )
    if named.user is not None:
        chosen = chosen.where(entries.c.user == named.user)
    row = connection.execute(chosen).one_or_none()
    return None if row is None else as_entry(row, named.room, named.epoch)


def pages(connection: Connection, asked: list[Wanted]) -> list[Page]:
    """A page for each."""
    return [_page(connection, wanted) for wanted in asked]


def _page(connection: Connection, wanted: Wanted) -> Page:
    room = connection.execute(
        select(rooms.c.id, rooms.c.newest, rooms.c.pruned).where(rooms.c.name == wanted.room)
    ).one_or_none()
    if room is None:
        return Page((), more=False, newest=0, pruned=0)
    if wanted.after is not None:
        return _after(connection, room, wanted, wanted.after)
    return _before(connection, room, wanted)


def _after(connection: Connection, room: Any, wanted: Wanted, seq: int) -> Page:
    seq = max(seq, room.pruned)
    rows = connection.execute(
        select(entries)
        .where(entries.c.room_id == room.id, entries.c.seq > seq)
        .order_by(entries.c.seq)
        .limit(wanted.limit)
    )
    found = [as_entry(row, wanted.room, wanted.epoch) for row in rows]
    found = found[: fitting(found, wanted.max_bytes)]
    more = (found[-1].seq if found else seq) < room.newest
    return Page(tuple(found), more, room.newest, room.pruned)


def _before(connection: Connection, room: Any, wanted: Wanted) -> Page:
    end = room.newest + 1 if wanted.before is None else min(wanted.before, room.newest + 1)
    rows = connection.execute(
        select(entries)
        .where(entries.c.room_id == room.id, entries.c.seq < end, entries.c.seq > room.pruned)
        .order_by(entries.c.seq.desc())
        .limit(wanted.limit)
    )
    found = [as_entry(row, wanted.room, wanted.epoch) for row in rows]
    found = found[: fitting(found, wanted.max_bytes)]
    more = (found[-1].seq if found else end) > room.pruned + 1
    return Page(tuple(reversed(found)), more, room.newest, room.pruned)


def newest(connection: Connection, asked: list[list[str]]) -> list[dict[str, int]]:
    """The highest seq of each room, for each list of rooms."""
    return [_newest(connection, names) for names in asked]


def _newest(connection: Connection, names: list[str]) -> dict[str, int]:
    found = dict.fromkeys(names, 0)
    for start in range(0, len(names), 1000):  # a statement has a bounded number of values
        chosen = select(rooms.c.name, rooms.c.newest).where(
            rooms.c.name.in_(names[start : start + 1000])
        )
        found.update({name: seq for name, seq in connection.execute(chosen)})
    return found


def talks(connection: Connection, asked: list[str]) -> list[list[tuple[str, int, str]]]:
    """For each user its conversations, latest first: log key, newest seq, the other's nick."""
    return [_talks(connection, user) for user in asked]


def _talks(connection: Connection, user: str) -> list[tuple[str, int, str]]:
    rows = connection.execute(
        select(rooms.c.name, rooms.c.newest, talks_table.c.nick)
        .join(rooms, rooms.c.id == talks_table.c.room_id)
        .where(talks_table.c.user == user)
        .order_by(talks_table.c.stored.desc())
    )
    return [(name, seq, nick) for name, seq, nick in rows]


def talk(connection: Connection, asked: list[tuple[str, str]]) -> list[Optional[tuple[int, str]]]:
    """For each user and log key the conversation's newest seq and the other's nick."""
    return [_talk(connection, user, room) for user, room in asked]


def _talk(connection: Connection, user: str, room: str) -> Optional[tuple[int, str]]:
    row = connection.execute(
        select(rooms.c.newest, talks_table.c.nick)
        .join(rooms, rooms.c.id == talks_table.c.room_id)
        .where(talks_table.c.user == user, rooms.c.name == room)
    ).first()
    return None if row is None else (row.newest, row.nick)


def conversations(
    connection: Connection, asked: list[tuple[list[str], float]]
) -> list[dict[str, int]]:
    """For each list of users the newest seqs of their conversations, by log key; those with
    something newer than that time."""
    return [_conversations(connection, users, since) for users, since in asked]


def _conversations(connection: Connection, users: list[str], since: float) -> dict[str, int]:
    # One value with all of them in it: a statement has a bounded number of values.
    if connection.dialect.name == "sqlite":
        several: Any = select(func.json_each(json.dumps(users)).table_valued("value").c.value)
    else:
        several = select(func.unnest(literal(users, ARRAY(Text))))
    rows = connection.execute(
        select(rooms.c.name, rooms.c.newest)
        .join(talks_table, talks_table.c.room_id == rooms.c.id)
        .where(talks_table.c.user.in_(several), talks_table.c.stored > since)
    )
    return {name: seq for name, seq in rows}
