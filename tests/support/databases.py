"""Databases for tests: of each kind, one that nobody has used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet import reactor as _reactor

from rabbitchat.database.database import Database
from support.postgresql import database_url

reactor: Any = _reactor

KINDS = ("sqlite", "postgresql")


def fresh_url(kind: str, directory: Path) -> str:
    """The URL of an unused database; an SQLite file is made in `directory`."""
    return f"sqlite:///{directory}/chat.sqlite" if kind == "sqlite" else database_url()


def fresh(kind: str, directory: Path) -> Database:
    """An unused database."""
    return Database(reactor, fresh_url(kind, directory))
