"""Brings the tables of a database up to date, once however many processes start at once."""

from __future__ import annotations

import secrets
from pathlib import Path
from threading import Lock
from typing import Optional

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, func, insert, select

from rabbitchat.database.tables import log

_LOCK_KEY = 0x7261626269746368  # of PostgreSQL's advisory locks; any number that nobody else has
_one_thread = Lock()  # Alembic keeps what it works on in a global


class Unfit(Exception):
    """A database that answers, but that this version of rabbitchat can't use."""


def migrate(connection: Connection) -> str:
    """Bring the tables up to date and return the log's epoch. Blocks.

    Raises SQLAlchemy's DBAPIError, and Unfit.
    """
    with _one_thread, connection.begin():  # for SQLite this is the lock
        if connection.dialect.name != "sqlite":
            _check_encoding(connection)
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK_KEY)))
        _upgrade(connection)
        return _make_epoch(connection)


def read_epoch(connection: Connection) -> Optional[str]:
    """The epoch of the log in a database that is up to date; None if it has none."""
    epoch: Optional[str] = connection.execute(select(log.c.epoch)).scalar_one_or_none()
    return epoch


def _check_encoding(connection: Connection) -> None:
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise Unfit(f"its encoding is {encoding}; it must be UTF8")


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.attributes["connection"] = connection
    # A % begins a substitution there.
    place = str(Path(__file__).with_name("migrations")).replace("%", "%%")
    config.set_main_option("script_location", place)
    try:
        command.upgrade(config, "head")
    except CommandError as why:
        raise Unfit(f"another version of rabbitchat made its tables: {why}") from None


def _make_epoch(connection: Connection) -> str:
    epoch = read_epoch(connection)
    if epoch is None:
        epoch = secrets.token_hex(8)
        connection.execute(insert(log).values(id=1, epoch=epoch))
    return epoch
