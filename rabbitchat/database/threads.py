"""Asking a database without waiting for it: what is asked is done in a thread, in order.

While one transaction is under way, what is asked of the same kind gathers and is then done in
one: so a hundred appends cost one commit. All that this module knows it knows in the reactor's
thread; the other one only carries out a batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from typing import Any, Optional

from twisted.internet.defer import Deferred, TimeoutError, fail
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from rabbitchat.database.answers import Answers, give
from rabbitchat.database.figures import ThreadFigures
from rabbitchat.database.session import Away, Session, Work
from rabbitchat.log.interface import Unavailable

MOST_TOGETHER = 200
"""Questions answered in one transaction."""

MOST_WAITING = 10_000
"""Questions that wait; beyond that they are refused at once."""

TOO_LONG = 4.0
"""Seconds after which the connection of a batch is cut, and nobody waits any more."""

STOP_WITHIN = 2.0
"""Seconds that a stop waits for what was asked before it: nothing of it was acknowledged."""

CUT_WITHIN = 0.2
"""Seconds more that a stop waits for a thread whose connection was cut."""

CLOSE_WITHIN = 0.5
"""Seconds that closing the connection may take."""


@dataclass(frozen=True)
class _Asked:
    work: Work
    argument: Any
    when: float
    answer: Deferred[Any] = field(default_factory=Deferred)


class DatabaseThread:
    """A thread with a database session of its own. `name` is for the log.

    `problem` is why it can't answer now, empty when it can; `on_change` is called with what ended
    a batch otherwise than before: None for answers.
    """

    logger = Logger()

    def __init__(
        self,
        reactor: Any,
        session: Session,
        name: str,
        on_change: Callable[[Optional[Away]], None] = lambda why: None,
        figures: Optional[ThreadFigures] = None,
    ) -> None:
        self._reactor = reactor
        self._session = session
        self._name = name
        self._on_change = on_change
        self.figures = figures
        self._pool: Optional[ThreadPool] = None
        self._waiting: deque[_Asked] = deque()
        self._under_way: list[_Asked] = []
        self._answers = Answers(reactor, self._next)
        self._limit: Optional[IDelayedCall] = None
        self._stuck = False  # cut, and the thread has not noticed yet
        self._idle: list[Deferred[None]] = []
        self.problem = ""
        self.answered = reactor.seconds()  # when it did last

    def __len__(self) -> int:
        return len(self._waiting) + len(self._under_way)

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
        asked = _Asked(work, argument, self._reactor.seconds())
        self._waiting.append(asked)
        self._next()
        return asked.answer

    def refuse_waiting(self, why: str) -> None:
        """Whatever waits is not to be done."""
        waiting, self._waiting = self._waiting, deque()
        for asked in waiting:
            give(asked.answer, Unavailable(why))

    def _next(self) -> None:
        if self._under_way or self._pool is None or len(self._answers) > MOST_TOGETHER:
            return
        self._under_way = batch = self._gather()
        if not batch:
            if not len(self._answers):
                self._tell_idle()
            return
        if self.figures is not None:
            self.figures.together(len(batch))
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
            self._failed(answers)
            answers = [Unavailable(answers.getErrorMessage())] * len(batch)
        else:
            self._went_well(batch)
        for asked, answer in zip(batch, answers, strict=True):
            self._answers.add(asked.answer, answer)
        self._next()  # the thread works on while the answers are handed out
        self._answers.hand_out()

    def _went_well(self, batch: list[_Asked]) -> None:
        self.answered = now = self._reactor.seconds()
        if self.figures is not None:
            for asked in batch:
                self.figures.answered(max(now - asked.when, 0))
        if self.problem:
            self._change("", None)

    def _failed(self, failure: Failure) -> None:
        why = failure.value
        if not isinstance(why, Away):
            self._broken(failure)
            why = Away(failure.getErrorMessage())
        self._change(str(why), why)

    def _change(self, problem: str, why: Optional[Away]) -> None:
        self.problem = problem
        self._on_change(why)

    def _too_late(self) -> None:
        """Whoever waits hears so now; the thread is free when its connection has been cut."""
        self._stuck = True
        self._session.cut()
        late = "it takes too long"
        self._change(late, Away(late))
        for asked in self._under_way:
            give(asked.answer, Unavailable(late))
        self.refuse_waiting(late)

    async def stop(self) -> None:
        """Do what was asked, if it takes no longer than STOP_WITHIN, then end the thread."""
        if self._under_way or len(self._answers):
            await self._settled()
        pool, self._pool = self._pool, None
        if self._limit is not None and self._limit.active():
            self._limit.cancel()
        if pool is None or self._under_way:
            return  # a thread that hangs ends with the process
        closed = deferToThreadPool(self._reactor, pool, self._session.close)
        with suppress(TimeoutError):  # likewise
            await closed.addTimeout(CLOSE_WITHIN, self._reactor)
            pool.stop()

    async def _settled(self) -> None:
        idle: Deferred[None] = Deferred()
        self._idle.append(idle)
        hurry = self._reactor.callLater(STOP_WITHIN, self._too_late)
        give_up = self._reactor.callLater(STOP_WITHIN + CUT_WITHIN, self._tell_idle)
        await idle
        for limit in (hurry, give_up):
            if limit.active():
                limit.cancel()

    def _tell_idle(self) -> None:
        idle, self._idle = self._idle, []
        for waiting in idle:
            waiting.callback(None)

    def _broken(self, failure: Failure) -> None:
        self.logger.failure("the database thread {name}", failure, name=self._name)
