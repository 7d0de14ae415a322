"""One connection in one thread: transactions done, done again where that is right, or given up."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Optional

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from rabbitchat.database.connections import cut
from rabbitchat.database.migrate import read_epoch

Work = Callable[[Connection, list[Any]], list[Any]]
"""Done in one transaction: an answer for each argument. May be done again after a rollback."""

TRIES = 3
"""How often work is tried that meets another process's row, or a connection that has ended."""


class Away(Exception):
    """The database can't answer now; the text says why. What was asked is done or not."""


class Session:
    """To be used in one thread only, but for `cut`. `epoch` tells of which log it is."""

    def __init__(self, engine: Engine, epoch: Callable[[], str]) -> None:
        self._engine = engine
        self._epoch = epoch
        self._connection: Optional[Connection] = None
        self._is_cut = False

    def cut(self) -> None:
        """From another thread: what is being done shall fail soon."""
        self._is_cut = True
        connection = self._connection
        if connection is not None:
            cut(connection)

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

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._check_epoch(self._connection)
        return self._connection

    def _check_epoch(self, connection: Connection) -> None:
        """Another log may have been put in the place of ours while it was away."""
        with connection.begin():
            there = read_epoch(connection)
        if there != self._epoch():
            self.close()
            raise Away("it holds another log now: start the daemon again to use that")

    def close(self) -> None:
        """Close the connection. The next work makes a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):  # it is of no use any more, whatever it says
                connection.invalidate()
            with contextlib.suppress(Exception):
                connection.close()


def reason(why: DBAPIError) -> str:
    """The driver's own words, on one line."""
    words = str(why.orig).strip() or type(why.orig).__name__
    return " ".join(words.split())
