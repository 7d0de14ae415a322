"""What a client may ask (docs/protocol.md, "JSON protocol"): one Struct a command.

The types are the wire's schema: what reaches a session has the right fields of the right types
and a bounded `id`. What the fields mean is checked by the session.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Optional, Union

from msgspec import Meta, Struct

Id = Union[
    Annotated[str, Meta(max_length=64)],
    Annotated[int, Meta(ge=-(2**53), le=2**53)],
]
Seq = Annotated[int, Meta(ge=0, le=2**53)]
Limit = Annotated[int, Meta(ge=0, le=2**31)]
Name = Annotated[str, Meta(max_length=1024)]
MsgId = Annotated[str, Meta(min_length=1, max_length=64)]


class Command(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Anything a client asks. With an `id` it gets exactly one reply that carries it."""

    id: Optional[Id] = None


class Connect(Command, frozen=True, kw_only=True, tag="connect"):
    """Be somebody: the first command, once a connection.

    Without a `nick` one is the user of `session` under the nick that this user has just now."""

    nick: Optional[Name] = None
    session: Optional[Annotated[str, Meta(max_length=256)]] = None


class Recover(Struct, frozen=True):
    """The last place a client has seen in a room."""

    epoch: Annotated[str, Meta(max_length=64)]
    seq: Seq


class Join(Command, frozen=True, kw_only=True, tag="join"):
    """Enter a room, with its newest entries or with all that was missed since `recover`."""

    room: Name
    recover: Optional[Recover] = None
    history: Limit = 50


class Leave(Command, frozen=True, kw_only=True, tag="leave"):
    """Go out of a room."""

    room: Name


class Publish(Command, frozen=True, kw_only=True, tag="publish"):
    """Say something in a room, or to `@nick`. The same `msgid` again is answered as the first.

    With `edit`, `delete` or `react`, a msgid, it is done to that message: of one's own it is
    given another text, or erased; to anybody's (`of` says whose) a reaction, `text`, is added, or
    taken back where `active` is false.
    """

    room: Name
    text: str = ""
    msgid: Optional[MsgId] = None
    edit: Optional[MsgId] = None
    delete: Optional[MsgId] = None
    react: Optional[MsgId] = None
    of: Optional[Name] = None
    active: bool = True


class Typing(Command, frozen=True, kw_only=True, tag="typing"):
    """Show or stop showing that one is typing. Not stored."""

    room: Name
    active: bool = True


class History(Command, frozen=True, kw_only=True, tag="history"):
    """Read entries of a room one is in, or of a private conversation."""

    room: Name
    before: Optional[Seq] = None
    after: Optional[Seq] = None
    limit: Limit = 50


class Read(Command, frozen=True, kw_only=True, tag="read"):
    """One has read a room or a conversation up to a seq, on whatever device."""

    room: Name
    seq: Seq


class Search(Command, frozen=True, kw_only=True, tag="search"):
    """Find messages that hold all of these words: in the rooms that one is in and in one's
    private conversations, or in `room` alone. `before` is what an earlier answer gave as `next`.
    """

    words: str
    room: Optional[Name] = None
    limit: Limit = 20
    before: Optional[Annotated[str, Meta(max_length=64)]] = None


class Presence(Command, frozen=True, kw_only=True, tag="presence"):
    """Who is in a room."""

    room: Name


class Rooms(Command, frozen=True, kw_only=True, tag="rooms"):
    """Which rooms there are."""


class Topic(Command, frozen=True, kw_only=True, tag="topic"):
    """Set a room's topic."""

    room: Name
    text: str


class Nick(Command, frozen=True, kw_only=True, tag="nick"):
    """Take another name."""

    nick: Name


class Ping(Command, frozen=True, kw_only=True, tag="ping"):
    """Are you there? The only command allowed before `connect`."""

    before_connect: ClassVar[bool] = True


AnyCommand = Union[
    Connect,
    Join,
    Leave,
    Publish,
    Typing,
    History,
    Read,
    Search,
    Presence,
    Rooms,
    Topic,
    Nick,
    Ping,
]
