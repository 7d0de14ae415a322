"""A test fails when it leaves a mess (a lost error, a logged failure, a timer, a socket) or skips.

pytest alone lets all of these pass. Every test is watched here for

- an error in a Deferred that nobody handled, and any other failure logged as an error or worse,
  unless the test takes it out with the fixture `expected_failures`;
- a delayed call, a reader or a writer that the reactor had not before the test. What is just
  about to end gets `ENDING` seconds for it.

What a fixture of a wider scope keeps open was there before the test and is left alone.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Generator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater
from twisted.logger import ILogObserver, LogEvent, LogLevel, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

reactor: Any = _reactor

ENDING = 2.0  # seconds that a closing connection may take to be gone
_SEVERE = (LogLevel.error, LogLevel.critical)


@implementer(ILogObserver)
class LoggedFailures:
    """The failures that were logged as errors since the test began."""

    def __init__(self) -> None:
        self._events: list[LogEvent] = []

    def __call__(self, event: LogEvent) -> None:
        """Observe one log event."""
        if event.get("log_failure") is not None and event.get("log_level") in _SEVERE:
            self._events.append(event)

    def flush(self, *types: type[BaseException]) -> list[Failure]:
        """Take out and return those of these types, or all: the test expected them."""
        gc.collect()  # the error of a Deferred in a reference cycle is logged by its collection
        taken = [e for e in self._events if not types or e["log_failure"].check(*types)]
        self._events = [e for e in self._events if e not in taken]
        return [event["log_failure"] for event in taken]


class _Selected:
    """What the reactor waits for, apart from what it needs itself (its waker)."""

    def __init__(self) -> None:
        self.calls: list[IDelayedCall] = list(reactor.getDelayedCalls())
        internal: set[object] = getattr(reactor, "_internalReaders", set())
        selectables = [*reactor.getReaders(), *reactor.getWriters()]
        self.selectables = [s for s in dict.fromkeys(selectables) if s not in internal]

    def beyond(self, before: _Selected) -> list[object]:
        """What is here and was not there before."""
        new: list[object] = [call for call in self.calls if call not in before.calls]
        return new + [s for s in self.selectables if s not in before.selectables]


def _left_over(before: _Selected) -> list[object]:
    """What a test left in the reactor; what is ending gets a moment to end."""
    deadline = time.monotonic() + ENDING
    left = _Selected().beyond(before)
    while left and time.monotonic() < deadline:
        pytest_twisted.blockon(deferLater(reactor, 0.01, lambda: None))
        left = _Selected().beyond(before)
    return left


def _drop(left: list[object]) -> None:
    """Keep what one test left from disturbing the next one."""
    for item in left:
        if IDelayedCall.providedBy(item):
            item.cancel()
        else:
            reactor.removeReader(item)
            reactor.removeWriter(item)


def _report(failures: list[Failure], left: list[object]) -> str:
    parts = [f"logged and not expected:\n{failure.getTraceback()}" for failure in failures]
    parts += [f"left in the reactor: {item}" for item in left]
    return "\n".join(parts)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make the collections after each test cheap: what exists by now stays for good."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that can't run fails, and says what it misses: none is ever skipped."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"No test may be skipped or expected to fail: {report.longrepr}"
    return report


@pytest.fixture
def expected_failures(_hygiene: LoggedFailures) -> LoggedFailures:
    """`expected_failures.flush(SomeError)` takes out, and returns, what the test meant to log."""
    return _hygiene


@pytest.fixture(autouse=True)
def _hygiene(twisted_greenlet: object) -> Generator[LoggedFailures, None, None]:
    before = _Selected()
    logged = LoggedFailures()
    globalLogPublisher.addObserver(logged)
    try:
        yield logged
        left = _left_over(before)
        failures = logged.flush()
        gc.freeze()  # what outlives its test needn't be looked at again after each other one
    finally:
        globalLogPublisher.removeObserver(logged)
    _drop(left)
    if failures or left:
        pytest.fail(_report(failures, left), pytrace=False)
