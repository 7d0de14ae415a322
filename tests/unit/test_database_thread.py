"""How questions to a database are gathered, answered and given up, without a database."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred

from rabbitchat.database import threads
from rabbitchat.database.session import Away
from rabbitchat.database.tables import Said
from rabbitchat.database.threads import DatabaseThread
from rabbitchat.log.interface import Unavailable
from support.waiting import until

reactor: Any = _reactor


class FakeSession:
    """Answers when it may; notes what it was asked together."""

    def __init__(self) -> None:
        self.may_answer = Event()
        self.batches: list[tuple[str, list[Any]]] = []
        self.away = False
        self.closed = False

    def do(self, work: Any, arguments: list[Any]) -> list[Any]:
        self.batches.append((work, arguments))
        assert self.may_answer.wait(10)
        if self.away:
            raise Away("gone")
        return [argument if argument else ValueError("bad") for argument in arguments]

    def cut(self) -> None:
        self.away = True
        self.may_answer.set()

    def close(self) -> None:
        self.closed = True


def started(session: Any) -> DatabaseThread:
    """A thread for a session."""
    thread = DatabaseThread(reactor, session, "testing")
    thread.start()
    return thread


def ask(thread: DatabaseThread, kind: Any, *arguments: Any) -> list[Deferred[Any]]:
    """Ask for each argument."""
    return [thread.ask(kind, argument) for argument in arguments]


@pytest_twisted.ensureDeferred
async def test_what_waits_and_is_of_one_kind_is_done_together_in_order() -> None:
    session = FakeSession()
    thread = started(session)
    first = ask(thread, "append", 1)
    rest = ask(thread, "append", 2, 3) + ask(thread, "prune", 4) + ask(thread, "append", 5)
    session.may_answer.set()
    assert [await answer for answer in first + rest] == [1, 2, 3, 4, 5]
    assert session.batches == [
        ("append", [1]),
        ("append", [2, 3]),
        ("prune", [4]),
        ("append", [5]),
    ]
    await thread.stop()
    assert session.closed


@pytest_twisted.ensureDeferred
async def test_a_batch_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MOST_TOGETHER", 10)
    session = FakeSession()
    thread = started(session)
    answers = ask(thread, "append", *range(1, 27))
    session.may_answer.set()
    assert [await answer for answer in answers] == list(range(1, 27))
    assert [len(arguments) for _, arguments in session.batches] == [1, 10, 10, 5]
    await thread.stop()


@pytest_twisted.ensureDeferred
async def test_too_many_that_wait_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MOST_WAITING", 2)
    session = FakeSession()
    thread = started(session)
    answers = ask(thread, "append", 1, 2, 3)
    with pytest.raises(Unavailable):
        await thread.ask("append", 4)  # type: ignore[arg-type]
    session.may_answer.set()
    assert [await answer for answer in answers] == [1, 2, 3]
    await thread.stop()


@pytest_twisted.ensureDeferred
async def test_an_exception_is_the_answer_of_one() -> None:
    session = FakeSession()
    session.may_answer.set()
    thread = started(session)
    good, bad, too = ask(thread, "append", 1, 0, 2)
    assert (await good, await too) == (1, 2)
    with pytest.raises(ValueError, match="bad"):
        await bad
    await thread.stop()


@pytest_twisted.ensureDeferred
async def test_whom_nobody_waits_for_is_not_asked_for() -> None:
    session = FakeSession()
    thread = started(session)
    first, second, third = ask(thread, "append", 1, 2, 3)
    second.addErrback(lambda failure: None)
    second.cancel()
    session.may_answer.set()
    assert (await first, await third) == (1, 3)
    assert [arguments for _, arguments in session.batches] == [[1], [3]]
    await thread.stop()


@pytest_twisted.ensureDeferred
async def test_who_waits_too_long_hears_so_and_later_ones_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "TOO_LONG", 0.05)
    session = FakeSession()
    thread = started(session)
    for answer in ask(thread, "append", 1, 2) + ask(thread, "prune", 3):
        with pytest.raises(Unavailable, match="takes too long"):
            await answer
    await until(lambda: not thread._under_way, what="the thread has noticed")
    session.away = False
    assert await thread.ask("append", 4) == 4  # type: ignore[arg-type]
    assert [arguments for _, arguments in session.batches] == [[1], [4]]
    await thread.stop()


@pytest_twisted.ensureDeferred
async def test_nothing_is_asked_before_the_start_and_after_the_stop() -> None:
    session = FakeSession()
    thread = DatabaseThread(reactor, session, "testing")  # type: ignore[arg-type]
    await thread.stop()
    with pytest.raises(Unavailable):
        await thread.ask("append", 1)  # type: ignore[arg-type]
    thread.start()
    await thread.stop()
    with pytest.raises(Unavailable):
        await thread.ask("append", 1)  # type: ignore[arg-type]
    assert session.batches == []


@given(st.text(alphabet=st.sampled_from("\x00\x1a01x")) | st.text())
def test_any_text_is_kept_without_the_character_that_postgresql_refuses(said: str) -> None:
    column = Said()
    kept = column.process_bind_param(said, sqlite.dialect())
    assert kept is not None
    assert "\x00" not in kept
    assert column.process_result_value(kept, sqlite.dialect()) == said
