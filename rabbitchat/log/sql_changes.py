"""What is done to messages of the log in a database: edits, deletions, reactions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from sqlalchemy import Connection, bindparam, delete, insert, select, tuple_, update

from rabbitchat.chat.entries import Draft
from rabbitchat.database.tables import entries, rooms, searchable, unerased
from rabbitchat.log.interface import NoSuchMessage


@dataclass
class _Message:
    seq: int
    deleted: bool


class Changes:
    """What the drafts of one transaction do to messages, known before or from this transaction.

    The counters of all their rooms are locked; `room_ids` are their ids, by log key.
    """

    def __init__(
        self, connection: Connection, drafts: Iterable[Draft], room_ids: Mapping[str, int]
    ) -> None:
        self._connection = connection
        # By room, sender and msgid, the newest of each.
        self._messages: dict[tuple[int, str, str], _Message] = {}
        # The last thing that was done to a message. A message is told by its room and its seq.
        self._edited: dict[tuple[int, int], Draft] = {}
        self._deleted: set[tuple[int, int]] = set()
        targets = {
            (room_ids[draft.room], draft.target)
            for draft in drafts
            if draft.kind != "message" and draft.target is not None
        }
        if targets:
            self._read(targets)

    def _read(self, targets: set[tuple[int, str]]) -> None:
        chosen = (
            select(entries.c.room_id, entries.c.user, entries.c.msgid, entries.c.seq)
            .add_columns(entries.c.deleted)
            .join(rooms, rooms.c.id == entries.c.room_id)
            .where(tuple_(entries.c.room_id, entries.c.msgid).in_(sorted(targets)))
            .where(entries.c.kind == "message", entries.c.seq > rooms.c.pruned)
            .order_by(entries.c.seq)
        )
        for room_id, user, msgid, seq, deleted in self._connection.execute(chosen):
            self._messages[room_id, user, msgid] = _Message(seq, deleted)

    def note(self, draft: Draft, room_id: int, seq: int) -> Optional[int]:
        """A draft gets this place: the seq of the message that it is done to, if any.

        Raises NoSuchMessage."""
        if draft.kind == "message":
            self._messages[room_id, draft.user, draft.msgid] = _Message(seq, deleted=False)
            return None
        message = self._messages.get((room_id, draft.of or "", draft.target or ""))
        if message is None:
            raise NoSuchMessage("it was never there, or was pruned")
        if message.deleted and draft.kind != "delete":
            raise NoSuchMessage("it was deleted")
        if draft.kind == "edit":
            self._edited[room_id, message.seq] = draft
        elif draft.kind == "delete" and not message.deleted:
            message.deleted = True
            self._deleted.add((room_id, message.seq))
        return message.seq

    def carry_out(self) -> None:
        """Change the messages, and their edits, in the tables: all entries are there by now."""
        edits = [place for place in self._edited if place not in self._deleted]
        if edits:
            self._edit([(*place, self._edited[place]) for place in edits])
        if self._deleted:
            self._erase([{"room": room, "message": seq} for room, seq in sorted(self._deleted)])

    def _edit(self, edits: list[tuple[int, int, Draft]]) -> None:
        rows = [
            {"room": room_id, "message": seq, "new": draft.text, "at": draft.time}
            for room_id, seq, draft in edits
        ]
        message = update(entries).where(_IS_MESSAGE)
        self._do(message.values(text=bindparam("new"), edited=bindparam("at")), rows)
        self._do(update(entries).where(_IS_EDIT).values(text=bindparam("new")), rows)
        self._do(update(searchable).where(_IS_FOUND).values(words=bindparam("new")), rows)

    def _erase(self, rows: list[dict[str, Any]]) -> None:
        for which in (_IS_MESSAGE, _IS_EDIT):
            self._do(update(entries).where(which).values(text="", deleted=True), rows)
        self._do(delete(searchable).where(_IS_FOUND), rows)
        if self._connection.dialect.name == "sqlite":
            self._do(insert(unerased), [{"room_id": r["room"], "seq": r["message"]} for r in rows])

    def _do(self, statement: Any, rows: list[dict[str, Any]]) -> None:
        self._connection.execute(statement, rows)


_ROOM: Any = bindparam("room")
_MESSAGE: Any = bindparam("message")
_IS_MESSAGE = (entries.c.room_id == _ROOM) & (entries.c.seq == _MESSAGE)
_IS_EDIT = (entries.c.room_id == _ROOM) & (entries.c.ref == _MESSAGE) & (entries.c.kind == "edit")
_IS_FOUND = (searchable.c.room_id == _ROOM) & (searchable.c.seq == _MESSAGE)
