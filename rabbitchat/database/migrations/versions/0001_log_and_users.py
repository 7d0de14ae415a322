"""The log and the users, as they began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "log",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.Text, nullable=False),
    )
    op.create_table(
        "rooms",
        sa.Column("id", ID, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("newest", sa.BigInteger, nullable=False),
        sa.Column("pruned", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "entries",
        sa.Column("room_id", ID, sa.ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("nick", sa.Text, nullable=False),
        sa.Column("msgid", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("peer", sa.Text),
        sa.Column("via", sa.Text),
        sa.Column("stored", sa.Double, nullable=False),
    )
    op.create_index("entries_stored", "entries", ["stored"])
    op.create_table(
        "msgids",
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("msgid", sa.Text, primary_key=True),
        sa.Column("room_id", ID, sa.ForeignKey("rooms.id"), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("time", sa.Text, nullable=False),
        sa.Column("stored", sa.Double, nullable=False),
    )
    op.create_index("msgids_stored", "msgids", ["stored"])
    op.create_table(
        "talks",
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("room_id", ID, sa.ForeignKey("rooms.id"), primary_key=True, autoincrement=False),
        sa.Column("nick", sa.Text, nullable=False),
        sa.Column("stored", sa.Double, nullable=False),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("used", sa.Double, nullable=False),
    )
    op.create_index("users_used", "users", ["used"])
