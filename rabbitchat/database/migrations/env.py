"""Run by Alembic, on the connection and in the transaction that migrate.py gives it."""

from __future__ import annotations

from alembic import context

from rabbitchat.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="schema_version",
)
context.run_migrations()
