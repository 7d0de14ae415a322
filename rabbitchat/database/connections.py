"""How a database is connected to, so that what it acknowledges is on its disk.

Each connection belongs to one thread. All waits inside the database end after `LONGEST_WAIT`.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
from typing import Any, Optional

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from rabbitchat.database.files import make_file

LONGEST_WAIT = 3.0
"""Seconds for a lock, a statement or a new connection."""


def make_engine(url: URL, writes: bool, wait: float = LONGEST_WAIT) -> Engine:
    """Makes connections that write, or that read one state of the database a transaction.

    `wait`: seconds for a lock or a statement. Nothing is connected yet. Their errors leave out the
    values of a statement: those are what people said, and errors may come into a log.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, writes, wait)
    return _postgresql(url, writes, wait)


def file_of(engine: Engine) -> Optional[tuple[int, int]]:
    """Which file an SQLite database is in now: another one may have been put in its place."""
    if engine.dialect.name != "sqlite":
        return None
    found = os.stat(engine.url.database or "")
    return found.st_dev, found.st_ino


def cut(driver: Any) -> None:
    """From another thread: make what a driver's connection waits for fail soon."""
    with contextlib.suppress(Exception):  # it may be closing at this moment, in its own thread
        if isinstance(driver, sqlite3.Connection):
            driver.interrupt()
        else:
            with socket.socket(fileno=os.dup(driver.fileno())) as wire:
                wire.shutdown(socket.SHUT_RDWR)


def _sqlite(url: URL, writes: bool, wait: float) -> Engine:
    engine = create_engine(
        url, poolclass=NullPool, connect_args={"timeout": wait}, hide_parameters=True
    )

    @event.listens_for(engine, "do_connect")
    def connecting(*_: object) -> None:
        make_file(url.database or "")

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        # The driver's own transactions begin too late: the statements below begin them.
        connection.isolation_level = None
        # With WAL nobody who reads waits for who writes. FULL: a commit is on the disk.
        # secure_delete: what is deleted is overwritten.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Taking the lock at once: a reader that becomes a writer may have to be told to begin
        # again, without a wait.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL, writes: bool, wait: float) -> Engine:
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
        connect_args={
            "connect_timeout": int(LONGEST_WAIT),
            "application_name": "rabbitchat",
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
        },
    )
    settings = {
        "synchronous_commit": "on",
        "lock_timeout": f"{wait:g}s",
        "statement_timeout": f"{wait:g}s",
        # A process that is stopped in the middle of a transaction holds its locks no longer.
        "idle_in_transaction_session_timeout": f"{wait:g}s",
    }

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        for name, value in settings.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()

    return engine
