"""How an entry looks to somebody: a conversation has another name on each side."""

from __future__ import annotations

from rabbitchat.chat.entries import Entry, other_user
from rabbitchat.chat.events import UNSET, Message


def message(entry: Entry, room: str) -> Message:
    """An entry as the push that somebody sees who calls its room so."""
    return Message(
        room=room,
        epoch=entry.epoch,
        seq=entry.seq,
        msgid=entry.msgid,
        nick=entry.nick,
        user=entry.user,
        text=entry.text,
        time=entry.time,
        via=UNSET if entry.via is None else entry.via,
    )


def peer_nick(entry: Entry, viewer: str) -> str:
    """The nick of the other side of a conversation when the entry was said."""
    if viewer == entry.user and other_user(entry.room, viewer) != viewer:
        return entry.peer or ""
    return entry.nick
