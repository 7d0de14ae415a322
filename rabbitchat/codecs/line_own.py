"""What a line can ask that is no command of chat: the line protocol does it by itself, or makes
commands of it that hang on what its user has seen and said. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

HISTORY = 20
"""Entries that `/history` shows when no number is given."""

MAX_HISTORY = 1000

FOUND = 20
"""Messages that `/search` shows."""

MAX_SESSION = 256
"""Characters of a session word, as a `connect` may carry them."""


@dataclass(frozen=True)
class Help:
    """Explain all commands, or the one that is named."""

    command: str


@dataclass(frozen=True)
class Echo:
    """Send one's own lines back, or stop it."""

    on: bool


@dataclass(frozen=True)
class JsonMode:
    """Speak the JSON protocol from now on."""


@dataclass(frozen=True)
class ShowTopic:
    """Show the current room's topic."""


@dataclass(frozen=True)
class Quit:
    """Go."""


@dataclass(frozen=True)
class ShowSession:
    """Show the word with which one is the same user again."""


@dataclass(frozen=True)
class Resume:
    """Be the user again whose word this is; under this nick, or, if it is empty, under the one
    that they still have."""

    session: str
    nick: str


@dataclass(frozen=True)
class Since:
    """Show what was said in a room since `when`, as `line_when` understands it."""

    room: str
    when: str


@dataclass(frozen=True)
class Edit:
    """Give one's last message in a room another text."""

    room: str
    text: str


@dataclass(frozen=True)
class Delete:
    """Delete one's last message in a room."""

    room: str


@dataclass(frozen=True)
class React:
    """React to what somebody else said last in a room, of what was shown."""

    room: str
    text: str


Local = Union[
    Help,
    Echo,
    JsonMode,
    ShowTopic,
    Quit,
    ShowSession,
    Resume,
    Since,
    Edit,
    Delete,
    React,
]
