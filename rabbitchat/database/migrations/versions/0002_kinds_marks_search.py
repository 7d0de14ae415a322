"""Entries of other kinds than messages, read marks, and search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from rabbitchat.database.tables import Said, Words

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TOGETHER = 1000

# FTS5 keeps the index, `searchable` the words: with them it can take out again what it was given.
# The words are folded already, and "ascii" leaves what is not ASCII alone. Nobody asks for places
# within a text (detail) or its length (columnsize).
SQLITE = (
    """
    CREATE VIRTUAL TABLE searchable_words USING fts5(words, content='searchable',
        content_rowid='id', tokenize='ascii', detail=none, columnsize=0)
    """,
    """
    CREATE TRIGGER searchable_added AFTER INSERT ON searchable BEGIN
        INSERT INTO searchable_words(rowid, words) VALUES (new.id, new.words);
    END
    """,
    """
    CREATE TRIGGER searchable_removed AFTER DELETE ON searchable BEGIN
        INSERT INTO searchable_words(searchable_words, rowid, words)
            VALUES ('delete', old.id, old.words);
    END
    """,
    """
    CREATE TRIGGER searchable_changed AFTER UPDATE ON searchable BEGIN
        INSERT INTO searchable_words(searchable_words, rowid, words)
            VALUES ('delete', old.id, old.words);
        INSERT INTO searchable_words(rowid, words) VALUES (new.id, new.words);
    END
    """,
)


def upgrade() -> None:
    """Add to `entries`, make the new tables, and index what was said so far."""
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:  # what there is may be much
        op.execute("SET LOCAL statement_timeout = 0")
    _extend_entries()
    op.create_table(
        "searchable",
        sa.Column("id", ID, sa.Identity(), primary_key=True),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR, "postgresql"), nullable=False),
    )
    if is_sqlite:
        for statement in SQLITE:
            op.execute(statement)
    _fill(connection)
    op.create_index("searchable_place", "searchable", ["room_id", "seq"], unique=True)
    if not is_sqlite:
        op.create_index("searchable_words", "searchable", ["words"], postgresql_using="gin")
    op.create_table(
        "unerased",
        sa.Column("room_id", ID, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_table(
        "read_marks",
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("room_id", ID, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )


def _extend_entries() -> None:
    for column in (
        sa.Column("kind", sa.Text, nullable=False, server_default="message"),
        sa.Column("target", sa.Text),
        sa.Column("of", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("ref", sa.BigInteger),
        sa.Column("edited", sa.Text),
        sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column("entries", column)
    op.create_index("entries_msgid", "entries", ["room_id", "msgid"])
    given = sa.text("ref IS NOT NULL")
    op.create_index(
        "entries_ref", "entries", ["room_id", "ref"], postgresql_where=given, sqlite_where=given
    )


def _fill(connection: sa.Connection) -> None:
    """What was said so far can be found, too."""
    entries = sa.table("entries", sa.column("room_id"), sa.column("seq"), sa.column("text", Said))
    searchable = sa.table(
        "searchable", sa.column("room_id"), sa.column("seq"), sa.column("words", Words)
    )
    said = connection.execute(
        sa.select(entries)
        .order_by(sa.text("stored, room_id, seq"))
        .execution_options(yield_per=TOGETHER)
    )
    for some in said.partitions():
        connection.execute(
            sa.insert(searchable),
            [{"room_id": row.room_id, "seq": row.seq, "words": row.text} for row in some],
        )
