"""What a log in a database promises beyond one process: it is shared, durable, and comes back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from rabbitchat.chat.entries import Draft
from rabbitchat.database.connections import make_engine
from rabbitchat.database.database import CannotOpen, Database
from rabbitchat.database.tables import metadata
from rabbitchat.database.urls import parse_url
from rabbitchat.log import sql_keeping, sql_pruning
from rabbitchat.log.interface import Appended, LogState, Unavailable
from rabbitchat.log.sql import SqlLog
from rabbitchat.users.sql import SqlUsers
from support.daemons import CHECKOUT, environment
from support.databases import KINDS, fresh_url
from support.postgresql import PostgreSQL
from support.waiting import pause, until

reactor: Any = _reactor

IN_TIME = 8.0  # seconds within which a publish has its answer, whatever the database does

MakeLog = Callable[..., SqlLog]


def said(msgid: str, room: str = "lobby", user: str = "a1") -> Draft:
    """A draft of which only some fields matter."""
    return Draft(
        room=room, msgid=msgid, user=user, nick="ann", text=msgid, time="2026-01-01", node="n1"
    )


def asked(answer: Any) -> Deferred[Any]:
    """Something under way."""
    return Deferred.fromCoroutine(answer)


async def until_stored(log: SqlLog, draft: Draft) -> Appended:
    """Append as a client does: with the same msgid again until it is answered."""
    end = reactor.seconds() + 20
    while True:
        try:
            return await log.append(draft)
        except Unavailable:
            assert reactor.seconds() < end, "the database does not come back"
            await pause(0.1)


async def is_unavailable(what: Awaitable[object]) -> float:
    """Seconds until it failed with Unavailable, which was in time."""
    began = reactor.seconds()
    with pytest.raises(Unavailable):
        await what
    seconds: float = reactor.seconds() - began
    assert seconds < IN_TIME
    return seconds


@pytest_twisted.ensureDeferred
async def test_logs_on_one_database_count_together(url: str, open_log: MakeLog) -> None:
    one, other = open_log(url), open_log(url)
    assert one.epoch == other.epoch != ""
    assert one.shared
    calls = [
        asked(log.append(said(f"{number}", room, user)))
        for number in range(150)
        for room in ("tea", "lobby", "attic")
        for log, user in ((one, f"a{room}"), (other, f"b{room}"))
    ]
    for call in calls:
        assert not (await call).repeated
    for room in ("tea", "lobby", "attic"):
        page = await other.after(room, 0, 1000, 10**9)
        assert [entry.seq for entry in page.entries] == list(range(1, 301))
        assert {entry.user for entry in page.entries} == {f"a{room}", f"b{room}"}
        for user in (f"a{room}", f"b{room}"):
            order = [int(entry.msgid) for entry in page.entries if entry.user == user]
            assert order == list(range(150)), "not in the order of the calls"


@pytest_twisted.ensureDeferred
async def test_a_msgid_that_comes_to_two_nodes_at_once_is_stored_once(
    url: str, open_log: MakeLog
) -> None:
    one, other = open_log(url), open_log(url)
    pairs = [
        (asked(one.append(said(f"{n}", f"room{n % 5}"))), asked(other.append(said(f"{n}", room))))
        for n in range(100)
        for room in (f"room{(n + n % 2) % 5}",)
    ]
    answers = [(await first, await second) for first, second in pairs]
    for first, second in answers:
        assert (first.room, first.seq) == (second.room, second.seq)
        assert first.repeated != second.repeated
    newest = await one.newest([f"room{number}" for number in range(5)])
    assert sum(newest.values()) == 100
    for room, count in newest.items():
        page = await one.after(room, 0, 1000, 10**9)
        assert [entry.seq for entry in page.entries] == list(range(1, count + 1))


@pytest_twisted.ensureDeferred
async def test_all_is_there_after_a_restart(url: str, open_log: MakeLog) -> None:
    before = open_log(url)
    users = SqlUsers(Database(reactor, url), reactor, 1000)
    users.startService()
    account = await users.create()
    put = await before.append(said("m1"))
    await users.stopService()
    await before.stopService()
    after = open_log(url)
    users = SqlUsers(Database(reactor, url), reactor, 1000)
    users.startService()
    assert after.epoch == before.epoch
    assert (await after.after("lobby", 0, 10, 1000)).entries == (put.entry,)
    again = await after.append(said("m1", "elsewhere"))
    assert (again.room, again.seq, again.repeated) == ("lobby", 1, True)
    assert (await after.append(said("m2"))).seq == 2
    assert await users.resume(account.session) == account.user
    await users.stopService()


@pytest_twisted.ensureDeferred
async def test_what_is_under_way_at_a_stop_is_stored(url: str, open_log: MakeLog) -> None:
    log = open_log(url)
    calls = [asked(log.append(said(f"{number}"))) for number in range(500)]
    await log.stopService()
    assert [(await call).seq for call in calls] == list(range(1, 501))
    await is_unavailable(log.append(said("late")))
    assert await open_log(url).newest(["lobby"]) == {"lobby": 500}


def settings_of(connection: Connection, names: list[str]) -> list[str]:
    """How the connection of a log is set."""
    form = "PRAGMA {}" if connection.dialect.name == "sqlite" else "SHOW {}"
    return [str(connection.execute(text(form.format(name))).scalar()) for name in names]


@pytest_twisted.ensureDeferred
async def test_acknowledged_means_on_disk(url: str, open_log: MakeLog) -> None:
    wanted = {"synchronous_commit": "on", "lock_timeout": "3s", "statement_timeout": "3s"}
    if url.startswith("sqlite"):
        wanted = {"journal_mode": "wal", "synchronous": "2", "busy_timeout": "3000"}  # 2: FULL
    database = open_log(url)._database
    for name, value in wanted.items():
        assert await database.write(settings_of, name) == value


@pytest_twisted.ensureDeferred
async def test_one_bad_draft_costs_the_others_nothing(url: str, open_log: MakeLog) -> None:
    log = open_log(url)
    calls = [asked(log.append(said(msgid))) for msgid in ("first", "a", "\ud800", "b")]
    assert (await calls[0]).seq == 1
    with pytest.raises(UnicodeEncodeError):
        await calls[2]
    assert [(await calls[n]).seq for n in (1, 3)] == [2, 3]


@pytest_twisted.ensureDeferred
async def test_entries_are_pruned_by_age(url: str, open_log: MakeLog) -> None:
    log = open_log(url, keep_seconds=0.2)
    await log.append(said("old"))
    await log.append(said("old", "attic", "b2"))
    await pause(0.25)
    await log.append(said("new"))
    await log.prune(lambda room: True)
    page = await log.after("lobby", 0, 10, 1000)
    assert ([entry.seq for entry in page.entries], page.newest, page.pruned) == ([2], 2, 1)
    page = await log.before("attic", None, 10, 1000)
    assert (page.entries, page.more, page.newest, page.pruned) == ((), False, 1, 1)
    again = await log.append(said("old"))
    assert (again.seq, again.entry, again.repeated) == (1, None, True)


@pytest_twisted.ensureDeferred
async def test_rooms_are_pruned_by_count_wherever_they_grew(
    url: str, open_log: MakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_pruning, "ROOMS_A_LOOK", 4)
    monkeypatch.setattr(sql_keeping, "ROOMS_A_LOOK", 4)
    monkeypatch.setattr(sql_pruning, "MOST", 3)
    before = open_log(url)
    rooms = [f"room{number}" for number in range(10)]
    for number in range(7):
        calls = [asked(before.append(said(f"{room}-{number}", room))) for room in rooms]
        for call in calls:
            await call
    log = open_log(url, keep=5)

    async def pruned() -> list[int]:
        return [(await log.after(room, 0, 1, 1000)).pruned for room in rooms]

    await log.append(said("new", "room9"))
    await log.prune(lambda room: True)
    assert await pruned() == [2, 2, 2, 2, 0, 0, 0, 0, 0, 3], "what grew here, and some others"
    await log.prune(lambda room: True)
    await log.prune(lambda room: True)
    assert await pruned() == [2, 2, 2, 2, 2, 2, 2, 2, 2, 3]
    for number in range(4):
        await before.append(said(f"more-{number}", "room0"))
    await log.prune(lambda room: True)
    assert (await pruned())[0] == 6, "in turn again"


@pytest_twisted.ensureDeferred
async def test_a_room_that_grows_just_now_is_pruned_later(
    postgresql: PostgreSQL, open_log: MakeLog
) -> None:
    import psycopg

    url = postgresql.new_database()
    log = open_log(url, keep=1)
    for number in range(3):
        await log.append(said(f"{number}"))
    other = psycopg.connect(url)
    other.execute("SELECT * FROM rooms FOR UPDATE")
    await log.prune(lambda room: True)
    assert (await log.after("lobby", 0, 10, 1000)).pruned == 0
    other.close()
    await log.prune(lambda room: True)
    assert (await log.after("lobby", 0, 10, 1000)).pruned == 2


@pytest_twisted.ensureDeferred
async def test_the_reactor_s_thread_asks_the_database_nothing(url: str, open_log: MakeLog) -> None:
    log = open_log(url)
    threads: set[int] = set()

    def note(*arguments: Any) -> None:
        threads.add(threading.get_ident())

    event.listen(Engine, "before_cursor_execute", note)
    try:
        calls = [asked(log.append(said(f"{number}"))) for number in range(20)]
        for call in calls:
            await call
        await log.before("lobby", None, 50, 10**6)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(threads) == 2, "one to write, one to read"
    assert threading.get_ident() not in threads


# several processes start at once

STARTS = """
import sys
from twisted.internet import reactor
from rabbitchat.database.database import Database
database = Database(reactor, sys.argv[1])
database.hold()
print(database.epoch)
import os
os._exit(0)
"""


def test_processes_that_start_at_once_make_the_tables_once(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster: PostgreSQL = request.getfixturevalue("postgresql")
    for url in (f"sqlite:///{tmp_path}/new.sqlite", cluster.new_database("template1")):
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", STARTS, url],
                cwd=CHECKOUT,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        said = [process.communicate(timeout=60) for process in processes]
        epochs = {out.strip() for out, _ in said}
        assert len(epochs) == 1, said
        assert len(epochs.pop()) == 16, said


TALKS = """
import sys
from twisted.internet import reactor, task
from twisted.internet.defer import Deferred, gatherResults
from rabbitchat.chat.entries import Draft
from rabbitchat.database.database import Database
from rabbitchat.log.sql import SqlLog

async def talk(url, user):
    log = SqlLog(Database(reactor, url), reactor)
    log.startService()
    for _ in range(20):
        drafts = [
            Draft(room="lobby", msgid=str(log._now()), user=user, nick=user, text="x",
                  time="2026-01-01", node=user)
            for _ in range(10)
        ]
        await gatherResults([Deferred.fromCoroutine(log.append(draft)) for draft in drafts])
    await log.stopService()

task.react(lambda _: Deferred.fromCoroutine(talk(*sys.argv[1:])))
"""


@pytest_twisted.ensureDeferred
async def test_processes_on_one_database_count_together(url: str, open_log: MakeLog) -> None:
    log = open_log(url)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TALKS, url, user],
            cwd=CHECKOUT,
            env=environment(),
            stderr=subprocess.PIPE,
        )
        for user in ("a1", "b2")
    ]
    for process in processes:
        _, trouble = await deferToThread(process.communicate, timeout=60)
        assert (process.returncode, trouble) == (0, b"")
    page = await log.after("lobby", 0, 1000, 10**9)
    assert [entry.seq for entry in page.entries] == list(range(1, 401))
    for user in ("a1", "b2"):
        times = [float(entry.msgid) for entry in page.entries if entry.user == user]
        assert times == sorted(times), "not in the order of the calls"
        assert len(times) == 200


# what can't be opened


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("sqlite:////nowhere/at/all.sqlite", "the directory /nowhere/at does not exist"),
        ("sqlite:///{tmp_path}", "is a directory, not a file"),
        ("sqlite:///{tmp_path}/text", "not a database"),
        ("sqlite:///{tmp_path}/newer", "another version of rabbitchat"),
        ("postgresql://u:secret@127.0.0.1:1/x", "Connection refused"),
        ("postgresql://u@127.0.0.1:1/x?password=secret", "Connection refused"),
    ],
)
def test_what_can_not_be_opened_is_one_line(tmp_path: Path, url: str, why: str) -> None:
    (tmp_path / "text").write_text("this is no database, and long enough to see that" * 99)
    with sqlite3.connect(tmp_path / "newer") as newer:
        newer.execute("CREATE TABLE schema_version (version_num TEXT)")
        newer.execute("INSERT INTO schema_version VALUES ('9999')")
    newer.close()
    with pytest.raises(CannotOpen, match=why) as raised:
        SqlLog(Database(reactor, url.format(tmp_path=tmp_path)), reactor).startService()
    assert raised.value.code == 1
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_tells_nothing_of_what_was_said(kind: str, tmp_path: Path) -> None:
    engine = make_engine(parse_url(fresh_url(kind, tmp_path)), writes=True)
    with engine.connect() as connection, pytest.raises(DBAPIError) as raised:
        connection.execute(text("INSERT INTO nowhere VALUES (:said)"), {"said": "secret"})
    assert "nowhere" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_database_in_another_encoding_is_refused(postgresql: PostgreSQL) -> None:
    postgresql.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(CannotOpen, match="its encoding is LATIN1; it must be UTF8"):
        Database(reactor, postgresql.url("latin")).hold()
    postgresql.execute("DROP DATABASE latin")


def test_the_migrations_make_what_the_queries_use(url: str) -> None:
    database = Database(reactor, url)
    database._open()
    engine = create_engine(database._url, poolclass=NullPool)

    def is_ours(_: object, name: str, *__: object) -> bool:
        return not name.startswith("searchable_words")  # the index of words

    with engine.connect() as connection:
        options = {
            "version_table": "schema_version",
            "compare_type": True,
            "include_object": is_ours,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    database = Database(reactor, f"sqlite:///{tmp_path}/chat.sqlite")
    database._open()
    assert (tmp_path / "chat.sqlite").stat().st_mode & 0o077 == 0


# outages


@pytest_twisted.ensureDeferred
async def test_a_locked_file_is_unavailable_in_time_and_then_works(
    tmp_path: Path, open_log: MakeLog
) -> None:
    log = open_log(f"sqlite:///{tmp_path}/chat.sqlite")
    await log.append(said("m1"))
    other = sqlite3.connect(tmp_path / "chat.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert 2 < await is_unavailable(log.append(said("m2")))
    assert (await log.after("lobby", 0, 10, 1000)).newest == 1, "who reads doesn't wait"
    other.execute("ROLLBACK")
    other.close()
    assert (await until_stored(log, said("m2"))).seq == 2


@pytest_twisted.ensureDeferred
async def test_a_full_disk_is_unavailable_and_then_works(
    tmp_path: Path, open_log: MakeLog
) -> None:
    log = open_log(f"sqlite:///{tmp_path}/chat.sqlite")
    await log.append(said("m1"))

    def fill_up(connection: Connection, most: list[int]) -> list[None]:
        connection.exec_driver_sql(f"PRAGMA max_page_count={most[0]}")
        return [None]

    await log._database.write(fill_up, 1)
    large = Draft(room="lobby", msgid="m2", user="a", nick="a", text="x" * 10**6, time="", node="")
    await is_unavailable(log.append(large))
    assert (await until_stored(log, large)).seq == 2  # on a new connection, without the limit


@pytest_twisted.ensureDeferred
async def test_a_restarted_server_is_met_again(postgresql: PostgreSQL, open_log: MakeLog) -> None:
    log = open_log(postgresql.new_database())
    await log.append(said("m1"))
    await postgresql.stop_later()
    await is_unavailable(log.append(said("m2")))
    await is_unavailable(log.newest(["lobby"]))
    await postgresql.start_later()
    assert (await until_stored(log, said("m2"))).seq == 2
    assert await log.newest(["lobby"]) == {"lobby": 2}
    # A restart that nobody noticed costs nobody anything.
    await postgresql.stop_later()
    await postgresql.start_later()
    assert (await log.append(said("m3"))).seq == 3


@pytest_twisted.ensureDeferred
async def test_another_log_in_its_place_is_used_from_then_on(
    postgresql: PostgreSQL, open_log: MakeLog
) -> None:
    url = postgresql.new_database()
    log = open_log(url)
    told: list[tuple[str, LogState]] = []
    log.watch(lambda state: told.append((log.epoch, state)))
    await log.append(said("m1"))
    postgresql.execute("UPDATE log SET epoch = 'another'", url.rpartition("/")[2])
    await postgresql.stop_later()
    await postgresql.start_later()
    await is_unavailable(log.append(said("m2")))
    assert told == [("another", LogState(False, "another log has come in its place"))]
    appended = await until_stored(log, said("m2"))
    assert appended.entry is not None
    assert appended.entry.epoch == log.epoch == "another"
    assert await log.newest(["lobby"]) == {"lobby": 2}
    assert told[1:] == [("another", LogState(up=True))]


@pytest.mark.parametrize("with_another", [False, True])
@pytest_twisted.ensureDeferred
async def test_a_file_that_was_removed_is_not_written_to(
    tmp_path: Path, open_log: MakeLog, with_another: bool
) -> None:
    log = open_log(f"sqlite:///{tmp_path}/chat.sqlite")
    before = log.epoch
    await log.append(said("m1"))
    await log.newest(["lobby"])
    if with_another:
        other = open_log(f"sqlite:///{tmp_path}/other.sqlite")
        await other.append(said("theirs"))
        await other.stopService()
        (tmp_path / "other.sqlite").rename(tmp_path / "chat.sqlite")
    else:
        (tmp_path / "chat.sqlite").unlink()
    await is_unavailable(log.append(said("m2")))
    assert (await until_stored(log, said("m2"))).seq == (2 if with_another else 1)
    assert log.epoch != before
    page = await log.after("lobby", 0, 10, 1000)
    assert {entry.epoch for entry in page.entries} == {log.epoch}
    await log.stopService()
    again = open_log(f"sqlite:///{tmp_path}/chat.sqlite")
    assert (again.epoch, await again.newest(["lobby"])) == (log.epoch, {"lobby": page.newest})
    assert (tmp_path / "chat.sqlite").stat().st_mode & 0o077 == 0


@pytest_twisted.ensureDeferred
async def test_an_outage_that_nobody_meets_is_noticed(
    postgresql: PostgreSQL, open_log: MakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rabbitchat.database.database.IDLE", 0.1)
    monkeypatch.setattr("rabbitchat.database.database.PROBE", 0.05)
    log = open_log(postgresql.new_database())
    told: list[LogState] = []
    log.watch(told.append)
    await log.append(said("m1"))
    await log.newest(["lobby"])
    await postgresql.stop_later()
    await until(lambda: not log.state.up, what="it is known to be away")
    assert "connection failed" in log.state.reason
    await postgresql.start_later()
    await until(lambda: log.state.up, what="it is known to be back")
    assert [state.up for state in told] == [False, True]


@pytest_twisted.ensureDeferred
async def test_a_frozen_server_is_unavailable_in_time_and_then_works(
    postgresql: PostgreSQL, open_log: MakeLog
) -> None:
    log = open_log(postgresql.new_database())
    await log.append(said("m1"))
    await log.newest(["lobby"])
    postgresql.freeze()
    first, second = asked(log.append(said("m2"))), asked(log.append(said("m3")))
    reading = asked(log.newest(["lobby"]))
    for call in (first, second, reading):
        await is_unavailable(call)
    await is_unavailable(log.append(said("m4")))
    postgresql.thaw()
    for msgid in ("m2", "m3", "m4"):
        await until_stored(log, said(msgid))
    page = await log.after("lobby", 0, 10, 1000)
    assert sorted(entry.msgid for entry in page.entries) == ["m1", "m2", "m3", "m4"]
    assert [entry.seq for entry in page.entries] == [1, 2, 3, 4]


@pytest_twisted.ensureDeferred
async def test_a_stop_with_a_frozen_server_takes_a_few_seconds(
    postgresql: PostgreSQL, open_log: MakeLog
) -> None:
    log = open_log(postgresql.new_database())
    await log.append(said("m1"))
    postgresql.freeze()
    call = asked(log.append(said("m2")))
    began = reactor.seconds()
    stopped = asked(log.stopService())
    await is_unavailable(call)
    await stopped
    assert reactor.seconds() - began < 4
    postgresql.thaw()


@pytest_twisted.ensureDeferred
async def test_a_room_that_another_process_holds(
    postgresql: PostgreSQL, open_log: MakeLog
) -> None:
    import psycopg

    url = postgresql.new_database()
    log = open_log(url)
    await log.append(said("m1"))
    other = psycopg.connect(url)
    other.execute("SELECT * FROM rooms FOR UPDATE")
    await is_unavailable(log.append(said("m2")))
    other.close()
    assert (await until_stored(log, said("m2"))).seq == 2


@pytest_twisted.ensureDeferred
async def test_a_bug_costs_one_question(url: str, open_log: MakeLog) -> None:
    log = open_log(url)

    def broken(connection: Connection, arguments: list[int]) -> list[int]:
        return [1 // argument for argument in arguments]

    calls = [log._database.write(broken, number) for number in (1, 0, 1)]
    assert (await calls[0], await calls[2]) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        await calls[1]
    assert (await log.append(said("m1"))).seq == 1
