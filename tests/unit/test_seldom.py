"""A warning that anybody can cause: once a minute, and what was not said is counted."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, formatEvent
from zope.interface import implementer

from rabbitchat.seldom import INTERVAL, Seldom


@implementer(ILogObserver)
class Lines:
    """The warnings a logger was given, as lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, event: LogEvent) -> None:
        """Observe one log event."""
        assert event["log_level"] is LogLevel.warn
        self.lines.append(formatEvent(event))


def observed() -> tuple[list[str], Logger]:
    """The lines that will be logged, and what logs them."""
    observer = Lines()
    return observer.lines, Logger(observer=observer)


def test_once_a_minute_and_the_rest_counted() -> None:
    clock, (lines, logger) = Clock(), observed()
    seldom = Seldom(clock, logger)
    for number in range(50):
        seldom.warn("bad thing {number}", number=number)
        clock.advance(INTERVAL / 100)
    assert lines == ["bad thing 0"]
    clock.advance(INTERVAL)
    seldom.warn("bad thing {number}", number=50)
    assert lines[1:] == ["bad thing 50 (and 49 more since the last such line)"]
    clock.advance(INTERVAL)
    seldom.warn("bad thing {number}", number=51)
    assert lines[2:] == ["bad thing 51"]


def test_what_somebody_sent_is_no_format() -> None:
    clock, (lines, logger) = Clock(), observed()
    clock.advance(1_000_000)
    Seldom(clock, logger).warn("{what} came", what="{nothing.here} %s {")
    assert lines == ["{nothing.here} %s { came"]
