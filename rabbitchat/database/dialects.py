"""What SQLite and PostgreSQL both can, and name differently."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, any_, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite


def is_sqlite(connection: Connection) -> bool:
    """Whether it leads to a file."""
    return connection.dialect.name == "sqlite"


def insert(connection: Connection, table: Any) -> Any:
    """An INSERT that may have an ON CONFLICT."""
    make: Any = sqlite.insert if is_sqlite(connection) else postgresql.insert
    return make(table)


def greatest(connection: Connection, *values: Any) -> Any:
    """The greatest of several values of one row."""
    return (func.max if is_sqlite(connection) else func.greatest)(*values)


def among(connection: Connection, column: Any, values: Collection[Any]) -> Any:
    """Whether a column is one of these, however many: a statement has a bounded number of values
    otherwise."""
    if is_sqlite(connection):
        given = func.json_each(json.dumps(list(values))).table_valued("value")
        return column.in_(select(given.c.value))
    return column == any_(literal(list(values), postgresql.ARRAY(column.type)))
