"""What waits for the broker's answer: publishes for their confirm, operations for their `-ok`."""

from __future__ import annotations

from collections import deque
from typing import Any, Optional

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from rabbitchat.brokers.interface import Uncertain


class _Sent:
    __slots__ = ("answered", "at", "confirmed", "tag")

    def __init__(self, tag: int, at: float) -> None:
        self.tag = tag
        self.at = at
        self.answered: Deferred[None] = Deferred()
        self.confirmed = False


class ConfirmWindow:
    """The publishes of one connection that the broker has not confirmed yet.

    Confirms may come out of order (a message for a durable queue waits for the disk). They are
    passed on in order: a publish is told as confirmed when all before it are, so that none that
    is confirmed ever overtakes one that turns out uncertain.
    """

    def __init__(self, clock: IReactorTime, outcomes: dict[str, int]) -> None:
        self._clock = clock
        self._outcomes = outcomes
        self._sent: deque[_Sent] = deque()
        self._last_tag = 0

    def __len__(self) -> int:
        return len(self._sent)

    @property
    def age(self) -> float:
        """For how many seconds the oldest one has waited; 0 when none waits."""
        return self._clock.seconds() - self._sent[0].at if self._sent else 0.0

    def add(self) -> Deferred[None]:
        """The next message was sent. Fires when confirmed, fails with Uncertain."""
        self._last_tag += 1
        sent = _Sent(self._last_tag, self._clock.seconds())
        self._sent.append(sent)
        return sent.answered

    def confirm(self, tag: int, multiple: bool) -> None:
        """The broker has this one, or all up to it. Those given up already are passed over."""
        if multiple:
            for sent in self._sent:
                if sent.tag > tag:
                    break
                sent.confirmed = True
        elif self._sent and tag >= self._sent[0].tag:
            self._sent[tag - self._sent[0].tag].confirmed = True
        while self._sent and self._sent[0].confirmed:
            self._outcomes["confirmed"] += 1
            self._sent.popleft().answered.callback(None)

    def give_up(self, reason: str) -> None:
        """No answer is awaited any more: all become Uncertain, in order."""
        given_up, self._sent = self._sent, deque()
        self._outcomes["uncertain"] += len(given_up)
        for sent in given_up:
            sent.answered.errback(Uncertain(reason))


class Operations:
    """Requests to the broker that have an answer (`queue.bind` and the like), oldest first.

    These are our own Deferreds: pika's must never be cancelled and break its teardown if they
    are (pika issue 1282).
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._waiting: dict[Deferred[Any], float] = {}
        self._last_answer = 0.0

    @property
    def silence(self) -> float:
        """For how many seconds an answer has been due and none came; 0 when none is due."""
        for asked in self._waiting.values():
            return self._clock.seconds() - max(asked, self._last_answer)
        return 0.0

    def ask(self) -> Deferred[Any]:
        """An operation begins."""
        answered: Deferred[Any] = Deferred()
        self._waiting[answered] = self._clock.seconds()
        return answered

    def answer(self, answered: Deferred[Any], result: object = None) -> None:
        """Its answer is here. Too late an answer is dropped."""
        if answered in self._waiting:
            del self._waiting[answered]
            self._last_answer = self._clock.seconds()
            answered.callback(result)

    def refuse(self, answered: Deferred[Any], error: Exception) -> None:
        """It failed, and nothing else did."""
        if answered in self._waiting:
            del self._waiting[answered]
            self._last_answer = self._clock.seconds()
            answered.errback(error)

    def settled(self) -> Deferred[None]:
        """Fires when everything asked so far is answered; fails when the connection is lost."""
        settled: Deferred[None] = Deferred()
        newest: Optional[Deferred[Any]] = next(reversed(self._waiting), None)
        if newest is None:
            settled.callback(None)
            return settled

        def pass_on(result: Any) -> Any:
            settled.callback(None)
            return result

        def fail_both(failure: Any) -> Any:
            settled.errback(failure)
            return failure

        newest.addCallbacks(pass_on, fail_both)
        return settled

    def fail(self, error: Exception) -> None:
        """The connection is lost: no answers will come."""
        waiting, self._waiting = self._waiting, {}
        for answered in waiting:
            answered.errback(error)
