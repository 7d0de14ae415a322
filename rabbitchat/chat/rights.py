"""May this user do that here? The one place where it is asked."""

from __future__ import annotations

import enum

from rabbitchat.chat.entries import Entry, Kind
from rabbitchat.chat.errors import ChatError, Code


class Action(enum.Enum):
    """What somebody wants to do in a room; the value completes "join it to …"."""

    JOIN = "join"
    PUBLISH = "say something there"
    TYPE = "show there that you type"
    READ = "read its history"
    MARK_READ = "have it marked as read"
    SEARCH = "search it"
    SEE = "see who is there"
    SET_TOPIC = "set its topic"
    LEAVE = "be able to leave it"


def check(action: Action, room: str, is_member: bool) -> None:
    """Pass, or raise ChatError. Every room is open: who wants anything of it joins first."""
    if action is not Action.JOIN and not is_member:
        raise ChatError(Code.NOT_IN_ROOM, f"you are not in {room}: join it to {action.value}")


def check_deed(kind: Kind, message: Entry, user: str, age: float, edit_within: float) -> None:
    """May a user do this to a message that was said `age` seconds ago? Raises ChatError.

    Anybody who may say something in its room may react to it; only who said it may change it.
    `edit_within` is in seconds; 0: for ever.
    """
    if kind == "react":
        return
    if message.user != user:
        raise ChatError(Code.NOT_ALLOWED, f"{kind}: you can {kind} only what you said yourself")
    if kind == "edit" and edit_within and age > edit_within:
        raise ChatError(
            Code.NOT_ALLOWED,
            f"edit: too late, that was possible for {edit_within:g} seconds; say it anew",
        )
