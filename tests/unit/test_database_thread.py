"""How questions to a database are gathered, answered and given up, without a database."""

from __future__ import annotations

from threading import Event
from typing import Any, Optional, cast

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from rabbitchat.database import threads
from rabbitchat.database.answers import A_TURN, Answers
from rabbitchat.database.connections import make_engine
from rabbitchat.database.database import touch
from rabbitchat.database.session import Away, Session
from rabbitchat.database.tables import Said
from rabbitchat.database.threads import DatabaseThread
from rabbitchat.database.urls import parse_url
from rabbitchat.log.interface import Unavailable
from support.silent_postgresql import SilentPostgreSQL
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


@pytest_twisted.ensureDeferred
async def test_a_server_that_is_silent_after_the_handshake_holds_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "TOO_LONG", 0.3)
    server = SilentPostgreSQL()
    engine = make_engine(parse_url(server.url), writes=True)
    thread = started(Session(engine, lambda: "epoch", writes=True))
    with pytest.raises(Unavailable, match="too long"):
        await thread.ask(touch, None)
    assert server.accepted == 1
    await until(lambda: not len(thread), what="the thread is free again")
    assert thread.problem
    await thread.stop()
    server.close()


@pytest_twisted.ensureDeferred
async def test_a_thread_that_hangs_does_not_hold_up_a_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "STOP_WITHIN", 0.05)
    monkeypatch.setattr(threads, "CUT_WITHIN", 0.05)
    session = FakeSession()
    monkeypatch.setattr(session, "cut", lambda: None)  # a disk that is gone, say
    thread = started(session)
    (answer,) = ask(thread, "append", 1)
    await thread.stop()
    with pytest.raises(Unavailable):
        await answer
    session.may_answer.set()


@pytest_twisted.ensureDeferred
async def test_a_connection_that_does_not_close_does_not_hold_up_a_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "CLOSE_WITHIN", 0.05)
    session, never = FakeSession(), Event()
    monkeypatch.setattr(session, "close", lambda: never.wait(10))
    thread = started(session)
    session.may_answer.set()
    assert await ask(thread, "append", 1)[0] == 1
    await thread.stop()
    never.set()


@pytest_twisted.ensureDeferred
async def test_a_change_is_told_once_each_way() -> None:
    session = FakeSession()
    told: list[Optional[Away]] = []
    session.may_answer.set()
    thread = DatabaseThread(reactor, cast(Session, session), "testing", told.append)
    thread.start()
    for away in (False, True, False, False):
        session.away = away
        (answer,) = ask(thread, "append", 1)
        if away:
            with pytest.raises(Unavailable, match="gone"):
                await answer
            assert thread.problem == "gone"
        else:
            assert await answer == 1
            assert not thread.problem
    assert [str(why) for why in told] == ["gone", "None"]
    await thread.stop()


# answers


def test_answers_are_handed_out_a_few_milliseconds_at_a_time() -> None:
    clock = Clock()
    empty: list[int] = []
    seen: list[object] = []
    answers = Answers(clock, lambda: empty.append(len(seen)))
    questions: list[Deferred[int]] = [Deferred() for _ in range(10)]
    for number, question in enumerate(questions):
        question.addCallbacks(seen.append, lambda failure: seen.append(failure.type))
        question.addBoth(lambda _: clock.advance(A_TURN / 2.5))  # what an answer has us do
        answers.add(question, ValueError("bad") if number == 4 else number)
    answers.hand_out()
    assert seen == [0, 1, 2]
    answers.hand_out()
    assert seen == [0, 1, 2], "that is under way"
    answers.add(Deferred(), "the last")
    while clock.getDelayedCalls():
        clock.advance(0)
    assert seen == [0, 1, 2, 3, ValueError, 5, 6, 7, 8, 9]
    assert (empty, len(answers)) == ([10], 0)


@given(st.text(alphabet=st.sampled_from("\x00\x1a01x")) | st.text())
def test_any_text_is_kept_without_the_character_that_postgresql_refuses(said: str) -> None:
    column = Said()
    kept = column.process_bind_param(said, sqlite.dialect())
    assert kept is not None
    assert "\x00" not in kept
    assert column.process_result_value(kept, sqlite.dialect()) == said
