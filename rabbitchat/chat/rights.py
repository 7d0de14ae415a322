"""May this user do that here? The one place where it is asked."""

from __future__ import annotations

import enum

from rabbitchat.chat.errors import ChatError, Code


class Action(enum.Enum):
    """What somebody wants to do in a room; the value completes "join it to …"."""

    JOIN = "join"
    PUBLISH = "say something there"
    TYPE = "show there that you type"
    READ = "read its history"
    SEE = "see who is there"
    SET_TOPIC = "set its topic"
    LEAVE = "be able to leave it"


def check(action: Action, room: str, is_member: bool) -> None:
    """Pass, or raise ChatError. Every room is open: who wants anything of it joins first."""
    if action is not Action.JOIN and not is_member:
        raise ChatError(Code.NOT_IN_ROOM, f"you are not in {room}: join it to {action.value}")
