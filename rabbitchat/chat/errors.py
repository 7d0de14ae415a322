"""What can go wrong, as a client is told it: error codes and close codes (docs/protocol.md)."""

from __future__ import annotations

import enum


class Code(str, enum.Enum):
    """The `code` of an `error` push. Any but `unavailable` means: nothing was stored."""

    BAD_JSON = "bad_json"
    BAD_COMMAND = "bad_command"
    NOT_CONNECTED = "not_connected"
    BAD_NICK = "bad_nick"
    NICK_IN_USE = "nick_in_use"
    BAD_ROOM = "bad_room"
    NOT_IN_ROOM = "not_in_room"
    NO_SUCH_USER = "no_such_user"
    NO_SUCH_MESSAGE = "no_such_message"
    TEXT_TOO_LONG = "text_too_long"
    RATE_LIMITED = "rate_limited"
    NOT_ALLOWED = "not_allowed"
    UNAVAILABLE = "unavailable"


TEMPORARY = frozenset({Code.RATE_LIMITED, Code.UNAVAILABLE, Code.NICK_IN_USE})


class ChatError(Exception):
    """A command was refused; the connection stays.

    `code` is for a program, `message` says to a person what was wrong and what would be right.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def temporary(self) -> bool:
        """True when the same command may succeed a little later."""
        return self.code in TEMPORARY


class Close(enum.IntEnum):
    """Close codes, the same on a WebSocket and in the `disconnect` push.

    Below 3500 a client should come back; from 3500 on it should stay away.
    """

    SHUTTING_DOWN = 3000
    SLOW = 3001
    NO_PONG = 3002
    STATE_LOST = 3003
    FLOOD = 3500
    NO_CONNECT = 3501
    TOO_MANY_CONNECTIONS = 3502
    REPLACED = 3503

    @property
    def reconnect(self) -> bool:
        """Whether a client closed with this code should come back."""
        return self < Close.FLOOD
