"""The tables as queries see them; migrations/ makes them.

Times are seconds since 1970 by the clock of the node that wrote the row.
"""

from __future__ import annotations

from typing import Any, Optional

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import TypeDecorator, TypeEngine

from rabbitchat.log.words import folded_words

Id = BigInteger().with_variant(Integer, "sqlite")  # only an INTEGER counts by itself there


class Said(TypeDecorator[str]):
    """What people and programs chose to write. It may hold U+0000, which PostgreSQL can't store.

    U+0000 is kept as U+001A "0", U+001A as U+001A "1".
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Optional[str], dialect: Dialect) -> Optional[str]:
        """As the database keeps it."""
        if value is None or not ("\x00" in value or "\x1a" in value):
            return value
        return value.replace("\x1a", "\x1a1").replace("\x00", "\x1a0")

    def process_result_value(self, value: Optional[str], dialect: Dialect) -> Optional[str]:
        """As it was written."""
        if value is None or "\x1a" not in value:
            return value
        return value.replace("\x1a0", "\x00").replace("\x1a1", "\x1a")


class Words(TypeDecorator[str]):
    """A text as search sees it: its folded words, each once. PostgreSQL keeps them sorted."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the index of the database takes."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else TSVECTOR())

    def process_bind_param(self, value: Optional[str], dialect: Dialect) -> Optional[str]:
        """As the database keeps it. Letters and digits need no quotes in a tsvector."""
        return None if value is None else " ".join(dict.fromkeys(folded_words(value)))


metadata = MetaData()

# One row: which log this is.
log = Table(
    "log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Text, nullable=False),
)

# The counters. A row is locked by whoever adds to the room, and never goes away.
rooms = Table(
    "rooms",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("newest", BigInteger, nullable=False),
    Column("pruned", BigInteger, nullable=False),  # up to here nothing can be read any more
)

entries = Table(
    "entries",
    metadata,
    Column("room_id", Id, ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("user", Said, nullable=False),
    Column("nick", Said, nullable=False),
    Column("msgid", Said, nullable=False),
    Column("text", Said, nullable=False),
    Column("time", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("peer", Said),
    Column("via", Text),
    Column("stored", Double, nullable=False),
    Column("kind", Text, nullable=False, server_default="message"),
    Column("target", Said),
    Column("of", Said),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("ref", BigInteger),
    Column("edited", Text),
    Column("deleted", Boolean, nullable=False, server_default=false()),
    Index("entries_stored", "stored"),
    Index("entries_msgid", "room_id", "msgid"),
    Index(
        "entries_ref",
        "room_id",
        "ref",
        postgresql_where=text("ref IS NOT NULL"),
        sqlite_where=text("ref IS NOT NULL"),
    ),
)

# The messages that can be found, numbered in the order in which they were stored. The index of
# their words is the migrations' work: SQLite's is a table of its own, which follows this one.
searchable = Table(
    "searchable",
    metadata,
    Column("id", Id, Identity(), primary_key=True),
    Column("room_id", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("words", Words, nullable=False),
    Index("searchable_place", "room_id", "seq", unique=True),
)

# SQLite: messages that were deleted, but whose words may still be in unused parts of the file.
unerased = Table(
    "unerased",
    metadata,
    Column("room_id", Id, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
)

# Up to where users have read. No foreign key: rooms stay, and it would wait for their locks.
read_marks = Table(
    "read_marks",
    metadata,
    Column("user", Text, primary_key=True),
    Column("room_id", Id, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)

# Of its own: it outlives the entry.
msgids = Table(
    "msgids",
    metadata,
    Column("user", Said, primary_key=True),
    Column("msgid", Said, primary_key=True),
    Column("room_id", Id, ForeignKey("rooms.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("time", Text, nullable=False),
    Column("stored", Double, nullable=False),
    Index("msgids_stored", "stored"),
)

# Each user's private conversations.
talks = Table(
    "talks",
    metadata,
    Column("user", Text, primary_key=True),
    Column("room_id", Id, ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
    Column("nick", Said, nullable=False),  # the other side's last one
    Column("stored", Double, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("used", Double, nullable=False),
    Index("users_used", "used"),
)
