"""What a log in a database promises of its index of words: it is filled, bounded, and erased.

And that read marks don't pile up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from rabbitchat.database.database import Database
from rabbitchat.database.urls import parse_url
from rabbitchat.log import sql_search
from rabbitchat.log.interface import Search, Unavailable
from rabbitchat.log.sql import SqlLog
from rabbitchat.users.sql import SqlUsers
from support.logs import PLENTY, appending, done_to, fill, said

reactor: Any = _reactor

MakeLog = Callable[..., SqlLog]


def everything(directory: Path) -> bytes:
    """All that is in the files of a database."""
    return b"".join(path.read_bytes() for path in sorted(directory.glob("chat.sqlite*")))


@pytest_twisted.ensureDeferred
async def test_what_is_deleted_is_nowhere_in_the_file(tmp_path: Path, open_log: MakeLog) -> None:
    log, other = (open_log(f"sqlite:///{tmp_path}/chat.sqlite") for _ in range(2))
    drafts = [said(f"m{number}", text=f"kept{number}x " * 40) for number in range(0, 600, 2)]
    secrets = [said(f"m{number}", text=f"secret{number}x " * 40) for number in range(1, 600, 2)]
    everybody = [draft for pair in zip(drafts, secrets, strict=True) for draft in pair]
    for start in range(0, 600, 60):  # so many commits, and parts of the index
        for call in [appending(log, draft) for draft in everybody[start : start + 60]]:
            await call
    edits = [
        done_to(draft, "edit", f"e{number}", f"edited{number}x")
        for number, draft in enumerate(secrets[:100])
    ]
    deletions = [done_to(draft, "delete", f"d{number}") for number, draft in enumerate(secrets)]
    for call in [appending(log, draft) for draft in edits]:
        await call
    assert b"secret301x" in everything(tmp_path)
    assert b"edited17x" in everything(tmp_path)
    for call in [appending(log, draft) for draft in deletions]:
        await call
    await other.prune(lambda room: True)  # any process on the file does it
    for when in ("while it is used", "closed"):
        there = everything(tmp_path)
        assert [n for n in range(1, 600, 2) if f"secret{n}x".encode() in there] == [], when
        assert [n for n in range(100) if f"edited{n}x".encode() in there] == [], when
        assert all(f"kept{n}x".encode() in there for n in range(0, 600, 2)), when
        if log.running:
            found = await log.search(Search(("kept302x",), ("lobby",), 5))
            assert [entry.msgid for entry in found.entries] == ["m302"]
            await log.stopService()
            await other.stopService()
    with sqlite3.connect(tmp_path / "chat.sqlite") as connection:
        check = "INSERT INTO searchable_words(searchable_words) VALUES ('integrity-check')"
        connection.execute(check)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM unerased").fetchall() == [(0,)]
    connection.close()


@pytest_twisted.ensureDeferred
async def test_who_reads_what_was_before_delays_the_erasing_only(
    tmp_path: Path, open_log: MakeLog
) -> None:
    log = open_log(f"sqlite:///{tmp_path}/chat.sqlite")
    draft = said("m1", text="secret")
    await log.append(draft)
    with sqlite3.connect(tmp_path / "chat.sqlite", isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM entries").fetchall()
        await log.append(done_to(draft, "delete", "d1"))
        await log.prune(lambda room: True)
        assert (await log.append(said("m2"))).seq == 3
        assert b"secret" in everything(tmp_path)
        reader.execute("COMMIT")
    reader.close()
    log._eraser._not_before = 0.0  # it rests for a while
    await log.prune(lambda room: True)
    assert b"secret" not in everything(tmp_path)


@pytest_twisted.ensureDeferred
async def test_what_was_said_before_there_was_a_search_is_found(
    url: str, open_log: MakeLog
) -> None:
    """A database as the first version of the tables left it."""
    first = open_log(url)
    await first.append(said("m1", text="Täa \x00 for two"))
    await first.append(said("m2", "tea", text="tea for one"))
    await first.stopService()
    engine = create_engine(parse_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        if url.startswith("sqlite"):
            connection.execute(text("DROP TABLE searchable_words"))
            for index in ("entries_msgid", "entries_ref"):
                connection.execute(text(f"DROP INDEX {index}"))
        for table in ("searchable", "unerased", "read_marks"):
            connection.execute(text(f"DROP TABLE {table}"))
        for column in ("kind", "target", "of", "active", "ref", "edited", "deleted"):
            connection.execute(text(f'ALTER TABLE entries DROP COLUMN "{column}"'))
        if not url.startswith("sqlite"):
            connection.execute(text("DROP INDEX entries_msgid"))
        connection.execute(text("UPDATE schema_version SET version_num = '0001'"))
    log = open_log(url)
    found = await log.search(Search(("for", "TA"), ("lobby", "tea"), 5))
    assert [entry.msgid for entry in found.entries] == ["m1"]
    assert found.entries == (await log.after("lobby", 0, 1, PLENTY)).entries
    found = await log.search(Search(("for",), ("lobby", "tea"), 5))
    assert [entry.msgid for entry in found.entries] == ["m2", "m1"]
    assert (await log.search(Search(("0",), ("lobby", "tea"), 5))).entries == ()
    edit = await log.append(done_to(said("m1"), "edit", "e1", "coffee"))
    assert edit.entry is not None
    assert edit.entry.ref == 1


@pytest_twisted.ensureDeferred
async def test_a_search_that_takes_too_long_is_unavailable_and_delays_nobody(
    url: str, open_log: MakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(url)
    await log.append(said("m1", text="tea"))
    slow = "SELECT pg_sleep(20)"
    if url.startswith("sqlite"):
        slow = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)"
            " SELECT count(*) FROM n"
        )
    look, slowly = sql_search._look, [True]

    def look_slowly(connection: Connection, wanted: Any) -> list[int]:
        if slowly.pop():
            connection.execute(text(slow))
        return look(connection, wanted)

    monkeypatch.setattr(sql_search, "_look", look_slowly)
    monkeypatch.setattr(sql_search, "LONGEST", 0.5)
    query = Search(("tea",), ("lobby",), 5)
    searching = Deferred.fromCoroutine(log.search(query))
    assert (await log.append(said("m2"))).seq == 2
    assert (await log.after("lobby", 0, 5, PLENTY)).newest == 2
    assert not searching.called, "appends and reads did not wait for it"
    with pytest.raises(Unavailable, match="takes too long"):
        await searching
    slowly[:] = [False]
    found = await log.search(query)
    assert [entry.msgid for entry in found.entries] == ["m1"]
    assert log.state.up


@pytest_twisted.ensureDeferred
async def test_the_words_of_many_and_of_few_messages(
    url: str, open_log: MakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether they are found among the latest, or have to be looked for farther back."""
    monkeypatch.setattr(sql_search, "A_LOOK", 20)
    log = open_log(url)
    for call in [
        appending(log, said(f"{number}", text="rare" if number == 3 else "common"))
        for number in range(60)
    ]:
        await call

    async def find(word: str, limit: int) -> list[int]:
        found = await log.search(Search((word,), ("lobby",), limit))
        return [int(entry.msgid) for entry in found.entries]

    assert await find("rare", 5) == [3]
    assert await find("common", 5) == [59, 58, 57, 56, 55]
    assert await find("common", 100) == [number for number in range(59, -1, -1) if number != 3]


@pytest_twisted.ensureDeferred
async def test_two_processes_that_change_the_same_messages(url: str, open_log: MakeLog) -> None:
    """Each waits for the other's commit, no two for one another, and the last one counts."""
    one, other = open_log(url), open_log(url)
    rooms = ("tea", "lobby", "attic")
    messages = [said(f"{room}{number}", room) for room in rooms for number in range(4)]
    for message in messages:
        await one.append(message)
    calls: list[Deferred[Any]] = []
    for number in range(10):
        for target in messages[number % 2 :: 2]:
            for log, name in ((one, "one"), (other, "other")):
                msgid = f"{name} {number} {target.msgid}"
                calls.append(appending(log, done_to(target, "edit", msgid, msgid)))
                calls.append(Deferred.fromCoroutine(log.mark_read(name, target.room, number)))
    for call in calls:
        await call
    for room in rooms:
        entries = (await other.after(room, 0, 1000, PLENTY)).entries
        for message in entries[:4]:
            edits = [entry for entry in entries if entry.ref == message.seq]
            assert len(edits) == 10
            assert {entry.text for entry in edits} == {message.text} == {edits[-1].msgid}
            found = await one.search(Search((message.text,), (room,), 5))
            assert [entry.seq for entry in found.entries] == [message.seq]
    assert await one.read_marks("other") == dict.fromkeys(rooms, 9)


@pytest_twisted.ensureDeferred
async def test_what_is_pruned_leaves_nothing_in_the_index(url: str, open_log: MakeLog) -> None:
    log = open_log(url, keep=10)
    await fill(log, 30)
    await log.prune(lambda room: True)

    def count(connection: Connection, tables: list[str]) -> list[int]:
        return [
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in tables
        ]

    assert await log._database.read(count, "entries") == 10
    assert await log._database.read(count, "searchable") == 10
    if url.startswith("sqlite"):
        found = "searchable_words WHERE searchable_words MATCH 'hello'"
        assert await log._database.read(count, found) == 10


@pytest_twisted.ensureDeferred
async def test_read_marks_are_forgotten_with_their_user(url: str, open_log: MakeLog) -> None:
    log, clock = open_log(url), Clock()
    users = SqlUsers(Database(reactor, url), clock, 1000)
    users.startService()
    await log.append(said("m1"))
    old = await users.create()
    assert await log.mark_read(old.user, "lobby", 1) == 1
    clock.advance(999)
    new = await users.create()
    assert await log.mark_read(new.user, "lobby", 1) == 1
    assert await log.read_marks(old.user) == {"lobby": 1}
    clock.advance(1)
    await users.create()
    assert await log.read_marks(old.user) == {}
    assert await log.read_marks(new.user) == {"lobby": 1}
    await users.stopService()
