"""Asking a database without waiting for it: what is asked is done in a thread, in order.

While one transaction is under way, what is asked of the same kind gathers and is then done in
one: so a hundred appends cost one commit. All that this module knows it knows in the reactor's
thread; the other one only carries out a batch.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from typing import Any, Optional

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from rabbitchat.database.session import Away, Session, Work
from rabbitchat.log.interface import Unavailable

MOST_TOGETHER = 200
"""Questions answered in one transaction."""

MOST_WAITING = 10_000
"""Questions that wait; beyond that they are refused at once."""

TOO_LONG = 4.0
"""Seconds after which the connection of a batch is cut, and nobody waits any more."""

STOP_WITHIN = 3.0
"""Seconds that a stop waits for what was asked before it."""


@dataclass(frozen=True)
class _Asked:
    work: Work
    argument: Any
    answer: Deferred[Any] = field(default_factory=Deferred)


class DatabaseThread:
    """A thread with a database session of its own. `name` is for the log."""

    logger = Logger()

    def __init__(self, reactor: Any, session: Session, name: str) -> None:
        self._reactor = reactor
        self._session = session
        self._name = name
        self._pool: Optional[ThreadPool] = None
        self._waiting: deque[_Asked] = deque()
        self._under_way: list[_Asked] = []
        self._limit: Optional[IDelayedCall] = None
        self._stuck = False  # cut, and the thread has not noticed yet
        self._away = False
        self._idle: list[Deferred[None]] = []

    def start(self) -> None:
        """Start the thread. It connects when it is first asked."""
        # A daemon thread: one that hangs in a dead disk must not keep the process from ending.
        self._pool = ThreadPool(1, 1, self._name)
        self._pool.threadFactory = partial(Thread, daemon=True)  # type: ignore[assignment]
        self._pool.start()

    def ask(self, work: Work, argument: Any) -> Deferred[Any]:
        """What `work` answers for this argument. What is asked first is done first.

        Fails with Unavailable when the database doesn't answer."""
        if self._pool is None:
            return fail(Unavailable("stopped"))
        if self._stuck or len(self._waiting) >= MOST_WAITING:
            return fail(Unavailable("the database doesn't keep up"))
        asked = _Asked(work, argument)
        self._waiting.append(asked)
        self._next()
        return asked.answer

    def _next(self) -> None:
        if self._under_way or self._pool is None:
            return
        self._under_way = batch = self._gather()
        if not batch:
            self._tell_idle()
            return
        arguments = [asked.argument for asked in batch]
        self._limit = self._reactor.callLater(TOO_LONG, self._too_late)
        done = deferToThreadPool(
            self._reactor, self._pool, self._session.do, batch[0].work, arguments
        )
        done.addBoth(self._done).addErrback(self._broken)

    def _gather(self) -> list[_Asked]:
        batch: list[_Asked] = []
        while self._waiting and len(batch) < MOST_TOGETHER:
            asked = self._waiting[0]
            if not asked.answer.called:  # else nobody waits for it any more
                if batch and asked.work is not batch[0].work:
                    break
                batch.append(asked)
            self._waiting.popleft()
        return batch

    def _done(self, answers: list[Any] | Failure) -> None:
        batch, self._under_way = self._under_way, []
        self._stuck = False
        if self._limit is not None and self._limit.active():
            self._limit.cancel()
        if isinstance(answers, Failure):
            self._is_away(answers)
            answers = [Unavailable(answers.getErrorMessage())] * len(batch)
        elif self._away:
            self._away = False
            self.logger.info("the database answers again ({name})", name=self._name)
        for asked, answer in zip(batch, answers, strict=True):
            _answer(asked, answer)
        self._next()

    def _is_away(self, failure: Failure) -> None:
        if not failure.check(Away):
            self._broken(failure)
        elif not self._away:
            self._away = True
            why = failure.getErrorMessage()
            self.logger.warn(
                "the database doesn't answer ({name}): {why}", name=self._name, why=why
            )

    def _too_late(self) -> None:
        """Whoever waits hears so now; the thread is free when its connection has been cut."""
        self._stuck = True
        self._session.cut()
        late = [*self._under_way, *self._waiting]
        self._waiting.clear()
        for asked in late:
            _answer(asked, Unavailable("the database takes too long"))

    async def stop(self) -> None:
        """Do what was asked, for some seconds, then end the thread."""
        if self._under_way:
            idle: Deferred[None] = Deferred()
            self._idle.append(idle)
            hurry = self._reactor.callLater(STOP_WITHIN, self._too_late)
            give_up = self._reactor.callLater(STOP_WITHIN + 0.5, self._tell_idle)
            await idle
            for limit in (hurry, give_up):
                if limit.active():
                    limit.cancel()
        pool, self._pool = self._pool, None
        if pool is not None and not self._under_way:
            await deferToThreadPool(self._reactor, pool, self._session.close)
            pool.stop()

    def _tell_idle(self) -> None:
        idle, self._idle = self._idle, []
        for waiting in idle:
            waiting.callback(None)

    def _broken(self, failure: Failure) -> None:
        self.logger.failure("the database thread {name}", failure, name=self._name)


def _answer(asked: _Asked, answer: object) -> None:
    if asked.answer.called:  # too late, or cancelled
        return
    if isinstance(answer, Exception):
        asked.answer.errback(Failure(answer))
    else:
        asked.answer.callback(answer)
