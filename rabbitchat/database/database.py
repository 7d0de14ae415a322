"""A database that the log and the users share: opened at the start, asked through threads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Optional, TypeVar

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import DBAPIError, OperationalError
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from rabbitchat.database.connections import make_engine
from rabbitchat.database.figures import Figures
from rabbitchat.database.files import make_directory
from rabbitchat.database.migrate import Unfit, migrate
from rabbitchat.database.session import Away, Replaced, Session, reason
from rabbitchat.database.tables import log
from rabbitchat.database.threads import DatabaseThread
from rabbitchat.database.urls import parse_url
from rabbitchat.log.interface import LogState, Unavailable

A = TypeVar("A")
R = TypeVar("R")

PATIENCE = 30.0
"""Seconds that a start waits for another process that makes the tables."""

PROBE = 1.0
"""Seconds between two tries to reach a database that doesn't answer."""

IDLE = 5.0
"""Seconds without an answer after which it is asked whether it is there."""


class CannotOpen(SystemExit, Exception):
    """The database can't be used. Ends the process with status 1 and without a traceback.

    An Exception as well, as rabbitchat.listening.CannotListen is, for twistd's sake.
    """

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.code = 1
        self.line = line

    def __str__(self) -> str:
        return self.line


class Database:
    """Where log and users are kept. Open as long as one of them holds it."""

    logger = Logger()

    def __init__(
        self,
        reactor: Any,
        url: str,
        makes_directory: bool = False,
        figures: Optional[Figures] = None,
    ) -> None:
        """`makes_directory`: that of an SQLite file, which nobody chose, is made."""
        self._url = parse_url(url)
        self._makes_directory = makes_directory
        self._reactor = reactor
        self._holders = 0
        self._watchers: list[Callable[[LogState], None]] = []
        self._probes = LoopingCall(self._probe)
        self._probes.clock = reactor
        self.figures = figures or Figures()
        self.state = LogState(up=True)
        self.epoch = ""
        self._writing = self._thread(reactor, "writing")
        # Of its own, so that nobody who reads waits for a commit.
        self._reading = self._thread(reactor, "reading")
        # And nobody waits for who searches, which may take long.
        self._searching = self._thread(reactor, "searching")

    def _thread(self, reactor: Any, purpose: str) -> DatabaseThread:
        writes = purpose == "writing"
        engine = make_engine(self._url, writes)
        session = Session(engine, lambda: self.epoch, writes)
        thread = DatabaseThread(reactor, session, purpose, self._changed)
        thread.figures = self.figures.of(purpose, thread.__len__)
        return thread

    def hold(self) -> None:
        """Open it, the first time: bring its tables up to date and learn its epoch. Blocks, and
        is therefore done before anybody listens.

        Raises CannotOpen."""
        if not self._holders:
            try:
                self.epoch = self._open()
            except (DBAPIError, OSError, Unfit) as why:
                words = reason(why) if isinstance(why, DBAPIError) else str(why)
                line = f"cannot use the database {self.shown}: {words}"
                if self._makes_directory:
                    line += " (--database chooses another place)"
                self.logger.critical("{line}", line=line)
                raise CannotOpen(line) from None
            self.logger.info("what is said is kept in {shown}", shown=self.shown)
            self._writing.start()
            self._reading.start()
            self._searching.start()
            self.figures.up.set(1)
            self._probes.start(PROBE, now=False)
        self._holders += 1

    @property
    def shown(self) -> str:
        """Its URL as it was given, without a password: none of libpq's options is shown either,
        one of them may be that."""
        url = self._url.set(drivername=self._url.get_backend_name(), query={})
        return url.render_as_string()

    async def release(self) -> None:
        """What was asked is done, and the last who held it closes it."""
        self._holders -= 1
        if not self._holders:
            self._probes.stop()
            threads = (self._writing, self._reading, self._searching)
            await DeferredList([Deferred.fromCoroutine(thread.stop()) for thread in threads])

    def write(self, work: Callable[[Connection, list[A]], list[R]], argument: A) -> Deferred[R]:
        """Do something in a transaction that changes the database, in the order of the calls.

        Fails with Unavailable."""
        return self._writing.ask(work, argument)

    def read(self, work: Callable[[Connection, list[A]], list[R]], argument: A) -> Deferred[R]:
        """Answer from one state of the database. Fails with Unavailable."""
        return self._reading.ask(work, argument)

    def search(self, work: Callable[[Connection, list[A]], list[R]], argument: A) -> Deferred[R]:
        """The same for what may take long. Fails with Unavailable."""
        return self._searching.ask(work, argument)

    def _open(self) -> str:
        if self._makes_directory:
            make_directory(os.path.dirname(self._url.database or ""))
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                engine = make_engine(self._url, writes=True, wait=PATIENCE)
                with engine.connect() as connection:
                    return migrate(connection)
            except OperationalError as why:
                # SQLite doesn't wait for a lock when the journal's mode is first changed.
                if "locked" not in str(why.orig) or time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    # -- whether it is there

    def watch(self, watcher: Callable[[LogState], None]) -> None:
        """Call `watcher` when it goes and comes back, and when it holds another log."""
        self._watchers.append(watcher)

    def _changed(self, why: Optional[Away]) -> None:
        problem = self._writing.problem or self._reading.problem
        before, self.state = self.state, LogState(not problem, problem)
        if isinstance(why, Replaced) and why.epoch != self.epoch:
            self._replaced(why)
        elif before.up == self.state.up:
            return
        elif problem:
            self.logger.warn("the database doesn't answer: {problem}", problem=problem)
        else:
            self.logger.info("the database answers again")
        self.figures.up.set(float(self.state.up))
        for watcher in self._watchers:
            watcher(self.state)

    def _replaced(self, why: Replaced) -> None:
        self.logger.warn("the database holds another log than before: {epoch}", epoch=why.epoch)
        self.epoch = why.epoch
        for thread in (self._writing, self._reading, self._searching):
            thread.refuse_waiting(str(why))  # it was meant for the other one

    def _probe(self) -> None:
        """Ask what nobody else asks, to know whether it is there."""
        for thread in (self._writing, self._reading):
            idle = self._reactor.seconds() - thread.answered
            if not len(thread) and (thread.problem or idle >= IDLE):
                work = touch if thread is self._writing and thread.problem else look
                thread.ask(work, None).addErrback(_expected)


def touch(connection: Connection, asked: list[None]) -> list[None]:
    """Write something that changes nothing."""
    connection.execute(update(log).values(epoch=log.c.epoch))
    return asked


def look(connection: Connection, asked: list[None]) -> list[None]:
    """Read something."""
    connection.execute(select(log.c.epoch))
    return asked


def _expected(failure: Failure) -> None:
    failure.trap(Unavailable)
