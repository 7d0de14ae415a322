"""Whether what a target did with an input was right: nothing raised or logged, and in time."""

from __future__ import annotations

import time
from collections import Counter
from types import TracebackType

from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from zope.interface import implementer

from support.fuzz.target import Target

MOST_TIME = 2.0
"""Seconds of processor time that one input may take. The longest takes some 10 ms; the rest is
for garbage collection, and for machines that are slower or busy."""

RENEWED = 5000
"""Inputs that are given to one instance of a target."""


class Finding(Exception):
    """An input that a target did not take as it must."""

    def __init__(self, target: str, data: bytes, why: str) -> None:
        super().__init__(f"{target}: {why}; the input, of {len(data)} bytes: {data[:2000]!r}")
        self.data = data


@implementer(ILogObserver)
class Judge:
    """Gives inputs to a target. `counts` has what became of them, `slowest` is in seconds."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._take = target.make()
        self._logged: list[str] = []
        self.counts: Counter[str] = Counter()
        self.slowest = 0.0

    def __enter__(self) -> Judge:
        globalLogPublisher.addObserver(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        globalLogPublisher.removeObserver(self)

    def __call__(self, event: LogEvent) -> None:
        """Something was logged: a failure is one of the input's."""
        if "log_failure" in event:
            self._logged.append(event["log_failure"].getTraceback())

    @property
    def taken(self) -> int:
        """How many inputs there were."""
        return sum(self.counts.values())

    def judge(self, data: bytes) -> None:
        """Give it one more input. Finding: it was not taken as it must be."""
        if self.taken % RENEWED == RENEWED - 1:
            self._take = self._target.make()
        began = time.process_time()
        try:
            outcome = self._take(data)
        except Exception as raised:
            why = f"{type(raised).__name__}: {raised}"
            raise Finding(self._target.name, data, why) from raised
        took = time.process_time() - began
        self.counts[outcome] += 1
        self.slowest = max(self.slowest, took)
        if self._logged:
            raise Finding(self._target.name, data, f"it logged {self._logged[0]}")
        if took > MOST_TIME:
            raise Finding(self._target.name, data, f"it took {took:.1f} s")
