"""The logs that the contract tests put to the test, and what is said in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, TypeVar
from unittest import TestCase

import pytest
import pytest_twisted
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock

from rabbitchat.chat.entries import Draft, Kind
from rabbitchat.log.interface import Appended, ILog, Page
from rabbitchat.log.memory import MemoryLog
from rabbitchat.log.sql import SqlLog
from support.databases import fresh

T = TypeVar("T")
KEEP = 10  # entries a room must keep, in all these tests
PLENTY = 10**9  # bytes

MakeLog = Callable[[IReactorTime, Path], ILog]
LOGS: dict[str, MakeLog] = {
    "memory": lambda clock, directory: MemoryLog(clock, keep=KEEP),
    "sqlite": lambda clock, directory: SqlLog(fresh("sqlite", directory), clock, KEEP),
    "postgresql": lambda clock, directory: SqlLog(fresh("postgresql", directory), clock, KEEP),
}


@dataclass
class Bench:
    """A running log and what drives it."""

    log: ILog
    clock: Clock


@pytest.fixture(params=list(LOGS))
def make_log(request: pytest.FixtureRequest) -> MakeLog:
    """How to make the log under test."""
    return LOGS[request.param]


@pytest.fixture
def bench(make_log: MakeLog, tmp_path: Path) -> Generator[Bench, None, None]:
    """The log under test, started; stopped afterwards."""
    clock = Clock()
    clock.advance(1000)
    log = make_log(clock, tmp_path)
    log.startService()
    yield Bench(log, clock)
    pytest_twisted.blockon(maybeDeferred(log.stopService))


def wait(answer: Awaitable[T]) -> T:
    """The result of a log's method, for code that can't await."""

    async def asked() -> T:
        return await answer

    result: T = pytest_twisted.blockon(Deferred.fromCoroutine(asked()))
    return result


def said(
    msgid: str,
    room: str = "lobby",
    *,
    user: str = "a1",
    nick: str = "ann",
    text: str = "hello",
    peer: Optional[str] = None,
) -> Draft:
    """A draft of which only some fields matter."""
    time = f"2026-01-01T00:00:00.{len(msgid):03}Z"
    return Draft(
        room=room, msgid=msgid, user=user, nick=nick, text=text, time=time, node="n1", peer=peer
    )


async def fill(log: ILog, count: int, room: str = "lobby", text: str = "hello") -> None:
    """Append `count` entries to a room."""
    for number in range(count):
        await log.append(said(f"fill-{room}-{number}", room, text=text))


def seqs(page: Page) -> list[int]:
    """The places of a page's entries."""
    return [entry.seq for entry in page.entries]


def done_to(
    target: Optional[Draft],
    kind: Kind,
    msgid: str,
    text: str = "",
    *,
    user: str = "a1",
    active: bool = True,
) -> Draft:
    """Something done to what was said; None: to what never was."""
    target = target if target is not None else said("never")
    return Draft(
        room=target.room,
        msgid=msgid,
        user=user,
        nick="ann",
        text=text,
        time=f"2026-02-02T00:00:00.{len(text):03}Z",
        node="n1",
        kind=kind,
        target=target.msgid,
        of=target.user,
        active=active,
    )


def appending(log: ILog, draft: Draft) -> Deferred[Appended]:
    """An append that is under way."""
    return Deferred.fromCoroutine(log.append(draft))


def against_the_model(
    machine: type[RuleBasedStateMachine], name: str, examples: int, steps: int
) -> type[TestCase]:
    """The test case in which a state machine compares one log of LOGS, its `name`, with a model.

    For memory 40 examples: a database takes its time. It is a unittest class, because
    pytest-twisted would run a function in the reactor's own greenlet, where nothing can wait.
    """
    title = f"{name.title()}{machine.__name__}"
    made: Any = type(title, (machine,), {"name": name})
    most = 40 if name == "memory" else examples
    made.TestCase.settings = settings(max_examples=most, stateful_step_count=steps)
    case: type[TestCase] = made.TestCase
    return case
