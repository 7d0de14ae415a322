"""What a session asks to be done: a command that has been checked, in canonical terms.

A `Target` is a room by its canonical name, or the other side of a private conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from rabbitchat.chat import commands, names
from rabbitchat.chat.entries import Kind
from rabbitchat.chat.errors import ChatError


@dataclass(frozen=True)
class Become:
    """Be the user whose secret this is, or a new one, under a nick. None: nobody but that user,
    under the nick that they still have."""

    nick: Optional[str]
    secret: Optional[str]


@dataclass(frozen=True)
class Enter:
    """Join a room."""

    room: str
    recover: Optional[commands.Recover]
    history: int


@dataclass(frozen=True)
class Exit:
    """Leave a room."""

    room: str


@dataclass(frozen=True)
class Deed:
    """What is done to a message instead of saying one: `kind` is any but `message`."""

    kind: Kind
    msgid: str  # of that message
    of: Optional[str] = None  # the id of the user who said it, where the client told
    active: bool = True  # False takes a reaction back


@dataclass(frozen=True)
class Say:
    """Say something in a room or to one user, or do something to what was said there."""

    target: names.Target
    text: str
    msgid: Optional[str]
    deed: Optional[Deed] = None
    refusal: Optional[ChatError] = None  # unless it is a repeat, which may be said from anywhere


@dataclass(frozen=True)
class ShowTyping:
    """Tell a room or one user that somebody types, or stopped."""

    target: names.Target
    active: bool


@dataclass(frozen=True)
class ReadHistory:
    """Read entries of a room or of a private conversation."""

    target: names.Target
    before: Optional[int]
    after: Optional[int]
    limit: int


@dataclass(frozen=True)
class MarkRead:
    """Remember up to where a room or a private conversation was read."""

    target: names.Target
    seq: int


@dataclass(frozen=True)
class Find:
    """Search messages: in one room or conversation, or (None) wherever the user may read."""

    words: str
    target: Optional[names.Target]
    limit: int
    before: Optional[str]


@dataclass(frozen=True)
class ListMembers:
    """Who is in a room."""

    room: str


@dataclass(frozen=True)
class ListRooms:
    """Which rooms there are."""


@dataclass(frozen=True)
class SetTopic:
    """Give a room a topic."""

    room: str
    text: str


@dataclass(frozen=True)
class Rename:
    """Take another nick."""

    nick: str


@dataclass(frozen=True)
class Answer:
    """A ping: there is nothing to carry out."""


Request = Union[
    Become,
    Enter,
    Exit,
    Say,
    ShowTyping,
    ReadHistory,
    MarkRead,
    Find,
    ListMembers,
    ListRooms,
    SetTopic,
    Rename,
    Answer,
]
