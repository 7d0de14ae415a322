"""Search in the log in a database, by the words that `searchable` keeps of each message."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Union

from sqlalchemy import Connection, cast, func, select, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import OperationalError

from rabbitchat.chat.entries import Entry
from rabbitchat.database.dialects import among, is_sqlite
from rabbitchat.database.tables import entries, rooms, searchable
from rabbitchat.log.interface import Found, Search, Unavailable
from rabbitchat.log.queries import page_of, place_of, words_of
from rabbitchat.log.sql_reading import as_entry

LONGEST = 2.0
"""Seconds that searches asked together may take."""

A_LOOK = 20_000
"""So many of the latest messages are looked through before the index is asked (PostgreSQL)."""

_STEPS = 10_000  # of SQLite, between two looks at the time: less than a millisecond


class Asked(NamedTuple):
    """A search, in the log of this epoch."""

    query: Search
    epoch: str


class _Wanted(NamedTuple):
    words: list[str]
    room_ids: list[int]
    before: int
    most: int


def search(connection: Connection, asked: list[Asked]) -> list[Any]:
    """What each finds, or Unavailable where the time is up."""
    ends = time.monotonic() + LONGEST
    answers: list[Union[Found, Exception]] = []
    for one in asked:
        try:
            with _limited(connection, ends):
                answers.append(_search(connection, one))
        except (ValueError, Unavailable) as why:
            answers.append(why)
    return answers


def _search(connection: Connection, asked: Asked) -> Found:
    query = asked.query
    words, before = words_of(query), place_of(query)
    room_ids = connection.scalars(
        select(rooms.c.id).where(among(connection, rooms.c.name, query.rooms))
    ).all()
    if not words or not room_ids:
        return Found((), None)
    wanted = _Wanted(words, list(room_ids), before, max(query.limit, 0) + 1)
    return page_of(query, _entries(connection, _look(connection, wanted), asked.epoch))


def _look(connection: Connection, wanted: _Wanted) -> list[int]:
    """The numbers of the messages."""
    return (_in_sqlite if is_sqlite(connection) else _in_postgresql)(connection, wanted)


@contextmanager
def _limited(connection: Connection, ends: float) -> Iterator[None]:
    """Raises Unavailable when what is done takes until then, by time.monotonic()."""
    left = ends - time.monotonic()
    if left <= 0:
        raise Unavailable("other searches take too long")
    limit = _limit_sqlite if is_sqlite(connection) else _limit_postgresql
    try:
        with limit(connection, left):
            yield
    except OperationalError as why:
        if time.monotonic() < ends:
            raise
        raise Unavailable("the search takes too long: more or rarer words help") from why


@contextmanager
def _limit_sqlite(connection: Connection, seconds: float) -> Iterator[None]:
    driver: Any = connection.connection.dbapi_connection
    ends = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() >= ends, _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


@contextmanager
def _limit_postgresql(connection: Connection, seconds: float) -> Iterator[None]:
    # What fails there takes its transaction with it, but for what was before a savepoint.
    with connection.begin_nested():
        milliseconds = str(max(int(seconds * 1000), 1))
        connection.execute(select(func.set_config("statement_timeout", milliseconds, True)))
        yield


# CROSS JOIN: the index of words first, whatever SQLite thinks of it.
_SQLITE = text(
    "SELECT searchable.id FROM searchable_words"
    " CROSS JOIN searchable ON searchable.id = searchable_words.rowid"
    " CROSS JOIN rooms ON rooms.id = searchable.room_id"
    " WHERE searchable_words MATCH :words AND searchable_words.rowid < :before"
    " AND searchable.room_id IN (SELECT value FROM json_each(:rooms))"
    " AND searchable.seq > rooms.pruned"
    " ORDER BY searchable_words.rowid DESC LIMIT :count"
)


def _in_sqlite(connection: Connection, wanted: _Wanted) -> list[int]:
    values = {
        "words": " AND ".join(f'"{word}"*' for word in wanted.words),
        "rooms": json.dumps(wanted.room_ids),
        "before": wanted.before,
        "count": wanted.most,
    }
    return list(connection.scalars(_SQLITE, values).all())


def _in_postgresql(connection: Connection, wanted: _Wanted) -> list[int]:
    """The words everybody uses are found among the latest messages; for others there is the
    index, which gives all places at once."""
    begin = " & ".join(f"'{word}':*" for word in wanted.words)
    chosen = (
        select(searchable.c.id)
        .join(rooms, rooms.c.id == searchable.c.room_id)
        .where(searchable.c.words.bool_op("@@")(cast(begin, TSQUERY)))
        .where(among(connection, searchable.c.room_id, wanted.room_ids))
        .where(searchable.c.seq > rooms.c.pruned, searchable.c.id < wanted.before)
        .limit(wanted.most)
    )
    latest = func.coalesce(select(func.max(searchable.c.id)).scalar_subquery(), 0)
    start = func.least(latest, wanted.before) - A_LOOK
    places = connection.scalars(
        chosen.where(searchable.c.id > start).order_by(searchable.c.id.desc())
    ).all()
    if len(places) == wanted.most:
        return list(places)
    # + 0: else all messages might be gone through in this order, for a word that hardly any has.
    return list(connection.scalars(chosen.order_by((searchable.c.id + 0).desc())).all())


def _entries(connection: Connection, places: list[int], epoch: str) -> list[tuple[int, Entry]]:
    rows = connection.execute(
        select(searchable.c.id, rooms.c.name.label("room"), entries)
        .join(rooms, rooms.c.id == searchable.c.room_id)
        .join(
            entries,
            (entries.c.room_id == searchable.c.room_id) & (entries.c.seq == searchable.c.seq),
        )
        .where(among(connection, searchable.c.id, places))
        .order_by(searchable.c.id.desc())
    )
    return [(row.id, as_entry(row, row.room, epoch)) for row in rows]
