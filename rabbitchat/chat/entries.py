"""One thing said, as the log keeps it, and the name under which a conversation is kept.

A *log key* names a sequence in the log: `lobby` for a room, `@a+b` for the private conversation
of the users with the ids a and b. Nicks never enter a key, so that whoever takes the name `bob`
tomorrow reads nothing that was written to today's bob.
"""

from __future__ import annotations

from typing import Literal, Optional

import msgspec

Kind = Literal["message", "edit", "delete", "react"]
"""What an entry is: a message, or something that is done to one. All take a seq of their own."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be said: all of an entry but its place in the log."""

    room: str  # the log key
    msgid: str
    user: str  # the sender's id
    nick: str  # the sender's nick when it was said
    text: str
    time: str  # RFC 3339, UTC
    node: str  # the node that took it from its sender
    peer: Optional[str] = None  # private only: the other side's nick when it was said
    via: Optional[str] = None  # "amqp" for what an outside program posted
    kind: Kind = "message"
    target: Optional[str] = None  # unless a message: the msgid of the one that it is done to,
    of: Optional[str] = None  # and the id of that one's sender
    active: bool = True  # a reaction only: False takes it back


class Entry(Draft, frozen=True, kw_only=True):
    """A draft in its place: `seq` is +1 for each entry of a room, without holes."""

    epoch: str  # names the log
    seq: int
    ref: Optional[int] = None  # the seq of the target; None: it was pruned
    edited: Optional[str] = None  # a message only: when its text was last changed
    deleted: bool = False  # a message or an edit of one: its text is erased


def placed(draft: Draft, epoch: str, seq: int, ref: Optional[int] = None) -> Entry:
    """Give a draft (or an entry of a foreign log) its place in this one."""
    fields = {name: getattr(draft, name) for name in Draft.__struct_fields__}
    return Entry(**fields, epoch=epoch, seq=seq, ref=ref)


def conversation(one: str, other: str) -> str:
    """The log key of the private conversation of two user ids; one key for both sides.

    >>> conversation("b2", "a1")
    '@a1+b2'
    """
    first, second = sorted((one, other))
    return f"@{first}+{second}"


def is_conversation(room: str) -> bool:
    """Whether a log key names a private conversation."""
    return room.startswith("@")


def users_of(room: str) -> tuple[str, str]:
    """The two user ids of a conversation's log key (equal for a talk with oneself)."""
    first, _, second = room[1:].partition("+")
    return first, second


def other_user(room: str, user: str) -> str:
    """The id of the other side of a conversation."""
    first, second = users_of(room)
    return second if user == first else first
