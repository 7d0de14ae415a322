"""Database URLs: `memory:`, `sqlite:///file.sqlite`, `postgresql://user:password@host/name`."""

from __future__ import annotations

from importlib.util import find_spec

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

ACCEPTED_DATABASES = (
    "memory:, sqlite:///relative.sqlite, sqlite:////absolute.sqlite or "
    "postgresql://user:password@host:5432/database"
)


def parse_url(url: str) -> URL:
    """Read the URL of an SQLite file or a PostgreSQL database.

    Raises ValueError, one line without the URL, for any other.

    >>> parse_url("postgresql://ann:secret@db/chat").drivername
    'postgresql+psycopg'
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise ValueError("not a database URL") from None
    if parsed.drivername == "sqlite":
        _check_file(parsed)
        return parsed
    if parsed.drivername != "postgresql":
        raise ValueError("unknown scheme")
    if not parsed.database:
        raise ValueError("no name of a database after the host")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise ValueError("the port is not a number from 1 to 65535")
    if find_spec("psycopg") is None:
        raise ValueError("psycopg is missing: pip install 'rabbitchat[postgresql]'")
    return parsed.set(drivername="postgresql+psycopg")


def _check_file(url: URL) -> None:
    if url.host or url.username or url.port:
        raise ValueError("three slashes before a relative path, four before an absolute one")
    if not url.database or url.database == ":memory:":
        raise ValueError("no file; memory: keeps nothing on disk")
    if url.query or url.database.startswith("file:"):
        raise ValueError("options after ? are not known")
