"""One connection in one thread: transactions done, done again where that is right, or given up."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Optional

from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from rabbitchat.database.connections import cut, file_of
from rabbitchat.database.migrate import Unfit, migrate, read_epoch
from rabbitchat.database.tables import log

Work = Callable[[Connection, list[Any]], list[Any]]
"""Done in one transaction: an answer for each argument. May be done again after a rollback."""

TRIES = 3
"""How often work is tried that meets another process's row, or a connection that has ended."""


class Away(Exception):
    """The database can't answer now; the text says why. What was asked is done or not."""


class Replaced(Away):
    """It answers, but holds another log than the one that was asked."""

    def __init__(self, epoch: str) -> None:
        super().__init__("another log has come in its place")
        self.epoch = epoch


class Session:
    """To be used in one thread only, but for `cut`. `epoch` tells of which log it is.

    One that `writes` brings up to date the tables that it finds.
    """

    def __init__(self, engine: Engine, epoch: Callable[[], str], writes: bool) -> None:
        self._engine = engine
        self._epoch = epoch
        self._writes = writes
        self._connection: Optional[Connection] = None
        self._driver: Any = None  # its innermost, from before it is set up
        event.listen(engine, "connect", self._connecting, insert=True)
        self._file: Optional[tuple[int, int]] = None
        self._is_cut = False

    def cut(self) -> None:
        """From another thread: what is being done shall fail soon."""
        self._is_cut = True
        driver = self._driver
        if driver is not None:
            cut(driver)

    def _connecting(self, driver: Any, _: object) -> None:
        self._driver = driver

    def do(self, work: Work, arguments: list[Any]) -> list[Any]:
        """The answers, or for an argument that can't be worked on, an exception in its place.

        Raises Away."""
        self._is_cut = False
        try:
            return self._in_transaction(work, arguments)
        except Away:
            raise
        except Exception as why:
            if len(arguments) == 1:
                return [why]
        # One of them is bad: it costs the others nothing.
        return [self.do(work, [argument])[0] for argument in arguments]

    def _in_transaction(self, work: Work, arguments: list[Any]) -> list[Any]:
        tries = TRIES
        while True:
            tries -= 1
            try:
                connection = self._connected()
                with connection.begin():
                    return work(connection, arguments)
            except DataError:
                raise
            except IntegrityError:
                # Another process has just made what was not there when we looked.
                if not tries:
                    raise
            except DBAPIError as why:
                used = self._connection is not None and why.connection_invalidated
                self.close()
                # Ended while nobody used it, by a restart of the server say.
                if self._is_cut or not (used and tries):
                    raise Away(reason(why)) from why
            except OSError as why:
                self.close()
                raise Away(str(why)) from why

    def _connected(self) -> Connection:
        if self._connection is not None and file_of(self._engine) != self._file:
            self.close()  # nobody would find what is written there
        if self._connection is None:
            connection = self._connection = self._engine.connect()
            try:
                self._meet(connection)
                self._file = file_of(self._engine)
            except BaseException:
                self.close()
                raise
        return self._connection

    def _meet(self, connection: Connection) -> None:
        """Another log, or none, may have been put in the place of ours while it was away."""
        if self._writes:
            try:
                there: Optional[str] = migrate(connection)
            except Unfit as why:
                raise Away(str(why)) from why
        else:
            with connection.begin():
                there = read_epoch(connection) if inspect(connection).has_table(log.name) else None
        if there is None:
            raise Away("it has no tables")
        if there != self._epoch():
            raise Replaced(there)

    def close(self) -> None:
        """Close the connection. The next work makes a new one."""
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(Exception):  # it is of no use any more, whatever it says
                connection.invalidate()
            with contextlib.suppress(Exception):
                connection.close()


def reason(why: DBAPIError) -> str:
    """The driver's own words, on one line."""
    words = str(why.orig).strip() or type(why.orig).__name__
    return " ".join(words.split())
