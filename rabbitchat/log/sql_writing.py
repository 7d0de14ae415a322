"""All that is written to the log in a database while people talk: in one transaction together.

Appends and read marks come by turns. Apart, each would be a commit of its own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from rabbitchat.log import sql_appending, sql_marks
from rabbitchat.log.sql_appending import Stamped
from rabbitchat.log.sql_marks import Mark


def write(connection: Connection, batch: list[Any]) -> list[Any]:
    """Append what is Stamped, in their order, then move each Mark; an answer for each."""
    drafts = [one for one in batch if isinstance(one, Stamped)]
    marks = [one for one in batch if isinstance(one, Mark)]
    appended = iter(sql_appending.append(connection, drafts) if drafts else ())
    moved = iter(sql_marks.move(connection, marks) if marks else ())
    return [next(appended if isinstance(one, Stamped) else moved) for one in batch]
