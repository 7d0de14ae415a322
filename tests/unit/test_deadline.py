"""Waiting no longer than something may take."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from rabbitchat.deadline import Late, within
from support.fakes import begun
from support.hygiene import LoggedFailures


class Waited:
    """What came of waiting at most 8 s for a Deferred; ValueError is an expected failure."""

    def __init__(self, work: Deferred[str]) -> None:
        self.clock = Clock()

        async def wait() -> str:
            return await within(self.clock, 8.0, work, ValueError)

        self.outcome = begun(wait())


def test_in_time() -> None:
    work: Deferred[str] = Deferred()
    waited = Waited(work)
    waited.clock.advance(7.9)
    assert waited.outcome == []
    work.callback("done")
    assert waited.outcome == ["done"]
    assert waited.clock.getDelayedCalls() == []


def test_at_once() -> None:
    waited = Waited(succeed("done"))
    assert waited.outcome == ["done"]
    assert waited.clock.getDelayedCalls() == []


@pytest.mark.parametrize("problem", [ValueError("expected"), RuntimeError("a bug")])
def test_a_failure_in_time_is_the_waiters(problem: Exception) -> None:
    assert Waited(fail(problem)).outcome == [problem]


def test_late_and_the_work_goes_on() -> None:
    cancelled: list[object] = []
    work: Deferred[str] = Deferred(cancelled.append)
    waited = Waited(work)
    waited.clock.advance(8.0)
    [outcome] = waited.outcome
    assert isinstance(outcome, Late)
    work.callback("too late")
    assert cancelled == []
    assert len(waited.outcome) == 1


def test_an_expected_failure_after_the_deadline_is_nobodys() -> None:
    work: Deferred[str] = Deferred()
    Waited(work).clock.advance(8.0)
    work.errback(ValueError("expected"))


def test_a_bug_after_the_deadline_is_logged(expected_failures: LoggedFailures) -> None:
    work: Deferred[str] = Deferred()
    Waited(work).clock.advance(8.0)
    work.errback(RuntimeError("a bug"))
    assert len(expected_failures.flush(RuntimeError)) == 1
