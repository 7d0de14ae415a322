"""Handing out answers a few milliseconds at a time, in their order.

A transaction answers up to some hundred questions at once. Each answer may have a message encoded
and sent to many people; all of them in one turn would hold up everybody else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Optional

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

A_TURN = 0.005
"""Seconds of a turn of the reactor after which the rest waits for the next one."""


class Answers:
    """Those of one thread. `on_empty` is called when all are handed out."""

    def __init__(self, reactor: Any, on_empty: Callable[[], None]) -> None:
        self._reactor = reactor
        self._on_empty = on_empty
        self._ready: deque[tuple[Deferred[Any], object]] = deque()
        self._turn: Optional[IDelayedCall] = None

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, question: Deferred[Any], answer: object) -> None:
        """To be handed out after those before it: a value, or an exception."""
        self._ready.append((question, answer))

    def hand_out(self) -> None:
        """Hand out what is there, unless that is under way."""
        if self._turn is None:
            self._some()

    def _some(self) -> None:
        self._turn = None
        end = self._reactor.seconds() + A_TURN
        while self._ready:
            give(*self._ready.popleft())
            if self._ready and self._reactor.seconds() > end:
                self._turn = self._reactor.callLater(0, self._some)
                return
        self._on_empty()


def give(question: Deferred[Any], answer: object) -> None:
    """Answer, unless nobody waits any more."""
    if question.called:  # too late, or cancelled
        return
    if isinstance(answer, Exception):
        question.errback(Failure(answer))
    else:
        question.callback(answer)
