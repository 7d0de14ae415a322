"""How an entry looks to somebody: a conversation has another name on each side."""

from __future__ import annotations

from typing import Optional, TypeVar, Union

from msgspec import UNSET, UnsetType, structs

from rabbitchat.chat.entries import Entry, other_user
from rabbitchat.chat.events import Message

T = TypeVar("T")


def message(entry: Entry, room: str) -> Message:
    """An entry as the push that somebody sees who calls its room so."""
    push = Message(
        room=room,
        epoch=entry.epoch,
        seq=entry.seq,
        msgid=entry.msgid,
        nick=entry.nick,
        user=entry.user,
        text=entry.text,
        time=entry.time,
        via=_given(entry.via),
        edited=_given(entry.edited),
        deleted=entry.deleted or UNSET,
    )
    return push if entry.kind == "message" else _deed(entry, push)


def _deed(entry: Entry, push: Message) -> Message:
    return structs.replace(
        push,
        **{entry.kind: _given(entry.target)},
        of=_given(entry.of),
        ref=_given(entry.ref),
        active=UNSET if entry.active else False,
    )


def _given(value: Optional[T]) -> Union[T, UnsetType]:
    return UNSET if value is None else value


def peer_nick(entry: Entry, viewer: str) -> str:
    """The nick of the other side of a conversation when the entry was said."""
    if viewer == entry.user and other_user(entry.room, viewer) != viewer:
        return entry.peer or ""
    return entry.nick
