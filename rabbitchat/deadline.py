"""Waiting for something no longer than it may take."""

from __future__ import annotations

from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

T = TypeVar("T")

_log = Logger()


class Late(Exception):
    """It took too long. It goes on, and nobody waits for it any more."""


def within(
    clock: IReactorTime, seconds: float, work: Deferred[T], *expected: type[Exception]
) -> Deferred[T]:
    """What `work` gives, or a failure with Late after that many seconds.

    `work` isn't cancelled: an append that is late may still be stored. What it fails with after
    that is logged unless it is `expected`, since nobody else will see it."""
    result: Deferred[T] = Deferred()
    timeout = clock.callLater(seconds, lambda: result.errback(Late()))

    def done(outcome: T | Failure) -> None:
        if timeout.active():
            timeout.cancel()
            result.callback(outcome)
        elif isinstance(outcome, Failure) and not outcome.check(*expected):
            _log.failure("after its deadline", outcome)

    work.addBoth(done)
    return result
