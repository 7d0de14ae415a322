"""Appending to the log in a database: many drafts in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Union

from sqlalchemy import Connection, bindparam, func, insert, select, tuple_, update

from rabbitchat.chat.entries import Draft, Entry, is_conversation, other_user, placed, users_of
from rabbitchat.database import dialects
from rabbitchat.database.tables import entries, msgids, rooms, searchable, talks
from rabbitchat.log.interface import Appended, NoSuchMessage
from rabbitchat.log.sql_changes import Changes
from rabbitchat.log.sql_reading import FIRST_PLACES, as_appended


class Stamped(NamedTuple):
    """A draft on its way into the log of this epoch, and when it came, in seconds since 1970."""

    draft: Draft
    epoch: str
    stored: float


class New(NamedTuple):
    """An entry that is stored by this transaction."""

    entry: Entry
    room_id: int
    stored: float


@dataclass
class Counter:
    """The locked row of a room."""

    room_id: int
    newest: int


def append(connection: Connection, batch: list[Stamped]) -> list[Union[Appended, NoSuchMessage]]:
    """Give each draft its place, in this order; NoSuchMessage for one that has none.

    The counters of all its rooms are locked first. So nobody else counts there until the commit,
    and no entry can be read before all those below it can.
    """
    counters = _lock(connection, sorted({stamped.draft.room for stamped in batch}))
    known = _first_places(connection, batch)
    room_ids = {name: counter.room_id for name, counter in counters.items()}
    changes = Changes(connection, (stamped.draft for stamped in batch), room_ids)
    answers: list[Union[Appended, NoSuchMessage]] = []
    new: list[New] = []
    for draft, epoch, stored in batch:
        sender = draft.user, draft.msgid
        if sender not in known:
            counter = counters[draft.room]
            try:
                ref = changes.note(draft, counter.room_id, counter.newest + 1)
            except NoSuchMessage as why:
                answers.append(why)
                continue
            counter.newest += 1
            entry = placed(draft, epoch, counter.newest, ref)
            new.append(New(entry, counter.room_id, stored))
            first = Appended(draft.room, entry.seq, entry.time, entry, repeated=False)
            known[sender] = replace(first, repeated=True)
            answers.append(first)
        else:
            answers.append(known[sender])
    if new:
        _store(connection, new)
        changes.carry_out()
        _count(connection, {one.room_id: one.entry.seq for one in new})
        _note_talks(connection, [one for one in new if is_conversation(one.entry.room)])
    return answers


def _lock(connection: Connection, names: list[str]) -> dict[str, Counter]:
    """The counters of these rooms, locked until the commit.

    Whoever wants several takes them in the same order, by name, and makes those that are not
    there before locking any: so no two processes ever wait for one another.
    """
    there = select(rooms.c.name).where(rooms.c.name.in_(names))
    missing = set(names).difference(connection.scalars(there))
    if missing:
        made = dialects.insert(connection, rooms).on_conflict_do_nothing()
        connection.execute(
            made, [{"name": name, "newest": 0, "pruned": 0} for name in sorted(missing)]
        )
    rows = connection.execute(
        select(rooms.c.name, rooms.c.id, rooms.c.newest)
        .where(rooms.c.name.in_(names))
        .order_by(rooms.c.name)
        .with_for_update()
    )
    return {name: Counter(room_id, newest) for name, room_id, newest in rows}


def _first_places(connection: Connection, batch: list[Stamped]) -> dict[tuple[str, str], Appended]:
    """Where those of the drafts are that were stored before."""
    senders = {(stamped.draft.user, stamped.draft.msgid) for stamped in batch}
    rows = connection.execute(
        FIRST_PLACES.where(tuple_(msgids.c.user, msgids.c.msgid).in_(senders))
    )
    epoch = batch[0].epoch
    return {(row.user, row.msgid): as_appended(row, epoch) for row in rows}


def _store(connection: Connection, new: list[New]) -> None:
    connection.execute(
        insert(entries),
        [
            {
                "room_id": room_id,
                "seq": entry.seq,
                "user": entry.user,
                "nick": entry.nick,
                "msgid": entry.msgid,
                "text": entry.text,
                "time": entry.time,
                "node": entry.node,
                "peer": entry.peer,
                "via": entry.via,
                "stored": stored,
                "kind": entry.kind,
                "target": entry.target,
                "of": entry.of,
                "active": entry.active,
                "ref": entry.ref,
            }
            for entry, room_id, stored in new
        ],
    )
    messages = [
        {"room_id": room_id, "seq": entry.seq, "words": entry.text}
        for entry, room_id, _ in new
        if entry.kind == "message"
    ]
    if messages:
        connection.execute(insert(searchable), messages)
    rows = [
        {
            "user": entry.user,
            "msgid": entry.msgid,
            "room_id": room_id,
            "seq": entry.seq,
            "time": entry.time,
            "stored": stored,
        }
        for entry, room_id, stored in new
    ]
    # Of a msgid that comes at the same time on another node and to another room, one fails here
    # and is done again. In order, lest two processes wait for one another.
    connection.execute(insert(msgids), sorted(rows, key=lambda row: (row["user"], row["msgid"])))


def _count(connection: Connection, newest: dict[int, int]) -> None:
    connection.execute(
        update(rooms).where(rooms.c.id == bindparam("room_id")).values(newest=bindparam("seq")),
        [{"room_id": room_id, "seq": seq} for room_id, seq in newest.items()],
    )


def _note_talks(connection: Connection, new: list[New]) -> None:
    """Make conversations the latest ones of both their users."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for entry, room_id, stored in new:
        for user in set(users_of(entry.room)):
            nick: str | None = entry.nick
            if user == entry.user and user != other_user(entry.room, user):
                nick = entry.peer
            if nick is None:  # it has none just now: the last one stays
                nick = rows.get((user, room_id), {"nick": ""})["nick"]
            rows[user, room_id] = {
                "user": user,
                "room_id": room_id,
                "nick": nick,
                "stored": stored,
            }
    if not rows:
        return
    statement = dialects.insert(connection, talks)
    told = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[talks.c.user, talks.c.room_id],
        set_={
            "nick": func.coalesce(func.nullif(told.nick, ""), talks.c.nick),
            "stored": told.stored,
        },
    )
    connection.execute(statement, list(rows.values()))
