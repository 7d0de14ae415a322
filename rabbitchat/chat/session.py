"""One connection's state machine: a command in, a request out that is fit to be carried out.

    NEW --connect, done--> CONNECTED --closed--> CLOSED

A session knows who its user is and which rooms this connection is in. It checks a command
against that, against the names' rules and the limits, and answers with a `Request` in canonical
terms, or refuses with a ChatError; what takes time (the log, the broker) is done by others, who
report back with `connected`, `joined`, `left`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Optional, Union

from rabbitchat.chat import commands, names, rights
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.rights import Action


@dataclass(frozen=True)
class Become:
    """Be the user whose secret this is, or a new one, under a nick."""

    nick: str
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
class Say:
    """Say something in a room or to one user."""

    target: names.Target
    text: str
    msgid: Optional[str]
    refusal: Optional[ChatError] = None  # unless it is a repeat, which may be said from anywhere


@dataclass(frozen=True)
class ShowTyping:
    """Tell a room or one user that somebody types, or stopped."""

    target: names.Target
    active: bool


@dataclass(frozen=True)
class Read:
    """Read entries of a room or of a private conversation."""

    target: names.Target
    before: Optional[int]
    after: Optional[int]
    limit: int


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
    Read,
    ListMembers,
    ListRooms,
    SetTopic,
    Rename,
    Answer,
]

MAX_TOPIC = 400  # characters; IRC servers keep about as many


class State(enum.Enum):
    """Where a connection is in its life."""

    NEW = "new"
    CONNECTED = "connected"
    CLOSED = "closed"


class Session:
    """Who is at the other end of one connection, and where they are."""

    __slots__ = ("_max_text", "nick", "rooms", "state", "user")

    def __init__(self, max_text: int) -> None:
        self._max_text = max_text
        self.state = State.NEW
        self.user = ""
        self.nick = ""
        self.rooms: set[str] = set()

    def connected(self, user: str, nick: str) -> None:
        """From now on the connection is this user's."""
        self.state = State.CONNECTED
        self.user = user
        self.nick = nick

    def closed(self) -> None:
        """It is over: every further command is refused."""
        self.state = State.CLOSED

    def request(self, command: commands.Command) -> Request:
        """What is to be done for a command. Raises ChatError."""
        if isinstance(command, commands.Ping):
            return Answer()
        if isinstance(command, commands.Connect):
            return self._connect(command)
        if self.state is not State.CONNECTED:
            raise ChatError(Code.NOT_CONNECTED, "send `connect` with a nick first")
        return self._connected_request(command)

    def _connect(self, command: commands.Connect) -> Become:
        if self.state is not State.NEW:
            raise ChatError(
                Code.BAD_COMMAND, "this connection is connected already: use `nick` to rename"
            )
        return Become(names.nick(command.nick), command.session)

    def _connected_request(self, command: commands.Command) -> Request:
        if isinstance(command, commands.Publish):
            return self._publish(command)
        if isinstance(command, commands.Typing):
            return ShowTyping(self._target(command.room, Action.TYPE), command.active)
        if isinstance(command, commands.Join):
            return Enter(self._room(command.room, Action.JOIN), command.recover, command.history)
        if isinstance(command, commands.Leave):
            return Exit(self._room(command.room, Action.LEAVE))
        if isinstance(command, commands.History):
            return self._history(command)
        if isinstance(command, commands.Presence):
            return ListMembers(self._room(command.room, Action.SEE))
        if isinstance(command, commands.Rooms):
            return ListRooms()
        if isinstance(command, commands.Topic):
            return self._topic(command)
        if isinstance(command, commands.Nick):
            return Rename(names.nick(command.nick))
        raise ChatError(Code.BAD_COMMAND, "unknown command")

    def _room(self, text: str, action: Action) -> str:
        target = names.target(text)
        if not isinstance(target, names.Room):
            raise ChatError(
                Code.BAD_ROOM, "a private conversation has no members to join, leave or list"
            )
        rights.check(action, target.name, target.name in self.rooms)
        return target.name

    def _target(self, text: str, action: Action) -> names.Target:
        target = names.target(text)
        if isinstance(target, names.Room):
            rights.check(action, target.name, target.name in self.rooms)
        return target

    def _publish(self, command: commands.Publish) -> Say:
        target, refusal = names.target(command.room), None
        try:
            self._target(command.room, Action.PUBLISH)
        except ChatError as problem:
            if command.msgid is None:
                raise
            refusal = problem
        return Say(target, *self._said(command), refusal)

    def _said(self, command: commands.Publish) -> tuple[str, Optional[str]]:
        if not command.text.strip():
            raise ChatError(Code.BAD_COMMAND, "text: there is nothing in it to say")
        if self._max_text and len(command.text) > self._max_text:
            raise ChatError(
                Code.TEXT_TOO_LONG,
                f"text: {len(command.text)} characters, at most {self._max_text} are allowed",
            )
        return command.text, command.msgid

    def _history(self, command: commands.History) -> Read:
        if command.before is not None and command.after is not None:
            raise ChatError(Code.BAD_COMMAND, "history: give `before` or `after`, not both")
        target = self._target(command.room, Action.READ)
        return Read(target, command.before, command.after, command.limit)

    def _topic(self, command: commands.Topic) -> SetTopic:
        room = self._room(command.room, Action.SET_TOPIC)
        if len(command.text) > MAX_TOPIC:
            raise ChatError(
                Code.TEXT_TOO_LONG, f"topic: at most {MAX_TOPIC} characters are allowed"
            )
        return SetTopic(room, command.text)
