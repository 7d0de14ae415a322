"""What a log in a database would do if it broke its promises: see bugs.py."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any, Optional

from sqlalchemy import Connection, delete, select, tuple_, update
from twisted.internet.defer import Deferred

from rabbitchat.chat.entries import Draft
from rabbitchat.database.tables import msgids, rooms
from rabbitchat.log import sql_appending
from rabbitchat.log.interface import Appended
from rabbitchat.log.sql import SqlLog
from rabbitchat.log.sql_appending import Stamped

A_MOMENT = 0.3
"""Seconds between an answer and its commit, or between a count and what it counts: what would
take a slow disk, or two processes that meet, to be seen."""

_append = sql_appending.append
_log_append = SqlLog.append
_lock = sql_appending._lock


# -- acknowledge before commit

_early: dict[int, tuple[Any, Deferred[Any]]] = {}


async def append_and_answer_early(self: Any, draft: Draft) -> Any:
    """In the place of SqlLog.append: what it answers is not stored yet."""
    answer: Deferred[Any] = Deferred()
    _early[id(draft)] = self._clock, answer

    def done(outcome: object) -> None:
        _early.pop(id(draft), None)
        _answer(answer, outcome)

    Deferred.fromCoroutine(_log_append(self, draft)).addBoth(done)
    return await answer


def answer_and_commit_later(connection: Connection, batch: list[Stamped]) -> list[Any]:
    """In the place of `append`, in the thread of the database."""
    answers = _append(connection, batch)
    for stamped, appended in zip(batch, answers, strict=True):
        reactor, answer = _early[id(stamped.draft)]
        reactor.callFromThread(_answer, answer, appended)
    time.sleep(A_MOMENT)
    return answers


def _answer(answer: Deferred[Any], outcome: object) -> None:
    if not answer.called:
        answer.callback(outcome)


# -- no look-up of msgid


async def find_nothing(self: Any, user: str, msgid: str) -> Optional[Appended]:
    """In the place of SqlLog.find."""
    return None


def append_without_looking(connection: Connection, batch: list[Stamped]) -> list[Any]:
    """In the place of `append`: what was said before is not remembered."""
    senders = {(stamped.draft.user, stamped.draft.msgid) for stamped in batch}
    connection.execute(delete(msgids).where(tuple_(msgids.c.user, msgids.c.msgid).in_(senders)))
    return _append(connection, batch)


# -- seq without the lock

_wanted: Counter[str] = Counter()  # seqs of each room, by the one thread that writes


def append_without_lock(connection: Connection, batch: list[Stamped]) -> list[Any]:
    """In the place of `append`."""
    _wanted.clear()
    _wanted.update(stamped.draft.room for stamped in batch)
    return _append(connection, batch)


def count_and_let_go(connection: Connection, names: list[str]) -> dict[str, Any]:
    """In the place of `_lock`: the seqs are taken in a transaction of their own, so others can
    count on, and read, before what belongs there is stored."""
    counters = _lock(connection, names)
    for name in names:
        connection.execute(
            update(rooms).where(rooms.c.name == name).values(newest=rooms.c.newest + _wanted[name])
        )
    connection.exec_driver_sql("COMMIT")
    time.sleep(random.choice((0, A_MOMENT)))  # so that another one overtakes this
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    connection.execute(select(1))
    return counters


def was_counted(connection: Connection, newest: dict[int, int]) -> None:
    """In the place of `_count`."""
