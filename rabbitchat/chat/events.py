"""What a client is told (docs/protocol.md): one Struct a reply, one a push.

A field that is None or UNSET is left out on the wire where the protocol has it optional.
"""

from __future__ import annotations

from typing import Optional, Union

import msgspec
from msgspec import Struct, UnsetType

from rabbitchat.chat.commands import Id
from rabbitchat.chat.errors import ChatError

UNSET = msgspec.UNSET


class Event(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Anything the server sends."""


class Reply(Event, frozen=True, kw_only=True):
    """The one answer to a command that carried `id`."""

    id: Union[Id, UnsetType] = UNSET


class Member(Struct, frozen=True, order=True):
    """Somebody who is in a room."""

    nick: str
    user: str


class Message(Event, frozen=True, kw_only=True, tag="message"):
    """Something was said; also one of the `entries` of a reply.

    `room` is the name as the receiver sees it: `@nick` of the other side of a conversation.
    With `edit`, `delete` or `react`, the msgid of another message, it is what was done to that.
    """

    room: str
    epoch: str
    seq: int
    msgid: str
    nick: str = msgspec.field(name="from")
    user: str
    text: str
    time: str
    via: Union[str, UnsetType] = UNSET
    edit: Union[str, UnsetType] = UNSET
    delete: Union[str, UnsetType] = UNSET
    react: Union[str, UnsetType] = UNSET
    of: Union[str, UnsetType] = UNSET  # the id of that message's sender
    ref: Union[int, UnsetType] = UNSET  # and its seq
    active: Union[bool, UnsetType] = UNSET  # false: the reaction is taken back
    edited: Union[str, UnsetType] = UNSET  # a message that was edited: when, the last time
    deleted: Union[bool, UnsetType] = UNSET  # true: a message whose text was erased


class Limits(Struct, frozen=True):
    """The limits a client may want to know; 0 means none."""

    text: int
    rooms: int
    rate: float
    burst: int
    edit_within: float  # seconds


class Conversation(Struct, frozen=True):
    """A private conversation of one's own and the newest seq in it. `user` is the other side.

    One has read it up to the seq `read`."""

    room: str
    seq: int
    user: str
    read: int = 0


class Connected(Reply, frozen=True, kw_only=True, tag="connected"):
    """You are somebody now; `session` is the secret to be the same one again."""

    nick: str
    user: str
    session: str
    node: str
    epoch: str
    ping: float
    limits: Limits
    conversations: list[Conversation]


class Joined(Reply, frozen=True, kw_only=True, tag="joined"):
    """You are in; `seq` is the last one that `entries` covers, `read` the last that you read."""

    room: str
    members: list[Member]
    count: int
    topic: str
    epoch: str
    seq: int
    read: int = 0
    entries: list[Message]
    more: bool
    recovered: bool


class Left(Reply, frozen=True, kw_only=True, tag="left"):
    """You are out."""

    room: str


class Published(Reply, frozen=True, kw_only=True, tag="published"):
    """Stored, and will be delivered."""

    room: str
    msgid: str
    seq: int
    time: str


class Ok(Reply, frozen=True, kw_only=True, tag="ok"):
    """Done; there is nothing more to say."""


class HistoryPage(Reply, frozen=True, kw_only=True, tag="history"):
    """Entries, oldest first, without a hole; `more` when there are further ones that way."""

    room: str
    epoch: str
    entries: list[Message]
    more: bool


class Found(Reply, frozen=True, kw_only=True, tag="found"):
    """Messages with the words that were searched for, the newest first.

    There are more when there is a `next`: what to give as `before`, to go on."""

    entries: list[Message]
    next: Union[str, UnsetType] = UNSET


class PresenceList(Reply, frozen=True, kw_only=True, tag="presence"):
    """Who is in a room."""

    room: str
    members: list[Member]
    count: int


class RoomInfo(Struct, frozen=True):
    """A room, how many users are in it, and its topic."""

    room: str
    count: int
    topic: str


class RoomList(Reply, frozen=True, kw_only=True, tag="rooms"):
    """Which rooms there are."""

    rooms: list[RoomInfo]


class Renamed(Reply, frozen=True, kw_only=True, tag="renamed"):
    """You have another name now."""

    nick: str


class Pong(Reply, frozen=True, kw_only=True, tag="pong"):
    """I am here."""


class Error(Reply, frozen=True, kw_only=True, tag="error"):
    """A command was refused, and why. `id` when it answers a command."""

    code: str
    message: str
    temporary: bool


class Join(Event, frozen=True, kw_only=True, tag="join"):
    """Somebody came in; `count` includes them."""

    room: str
    nick: str
    user: str
    count: int


class Leave(Event, frozen=True, kw_only=True, tag="leave"):
    """Somebody went; `count` is without them."""

    room: str
    nick: str
    user: str
    count: int
    reason: str


class Typing(Event, frozen=True, kw_only=True, tag="typing"):
    """Somebody is typing, or stopped."""

    room: str
    nick: str = msgspec.field(name="from")
    user: str
    active: bool


class Read(Event, frozen=True, kw_only=True, tag="read"):
    """One has read a room up to here, on another connection of one's own."""

    room: str
    seq: int


class NickChange(Event, frozen=True, kw_only=True, tag="nick"):
    """Somebody has another name; `from` is the old one."""

    user: str
    old: str = msgspec.field(name="from")
    nick: str


class TopicChange(Event, frozen=True, kw_only=True, tag="topic"):
    """A room has another topic."""

    room: str
    nick: str = msgspec.field(name="from")
    text: str


class Disconnect(Event, frozen=True, kw_only=True, tag="disconnect"):
    """The connection closes now; `reconnect` says whether to come back."""

    code: int
    reason: str
    reconnect: bool


AnyPush = Union[Message, Join, Leave, Typing, Read, NickChange, TopicChange, Error, Disconnect]


def error(problem: ChatError, command_id: Optional[Id] = None) -> Error:
    """The `error` event for a ChatError, answering the command with that id if there is one."""
    return Error(
        id=UNSET if command_id is None else command_id,
        code=problem.code.value,
        message=problem.message,
        temporary=problem.temporary,
    )
