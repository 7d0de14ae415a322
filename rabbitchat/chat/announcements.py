"""What nodes tell one another about their users, on the routing key `presence.<node>`.

Every announcement names its node, the node's incarnation (a later start of a node sorts higher)
and its version: the number of deltas told so far. A delta counts one on; a state is everything at
a version, in one or more parts. Outside programs may listen: the changes are made to be read.
"""

from __future__ import annotations

from typing import Annotated, Literal, Optional, Union

from msgspec import UNSET, Meta, Struct, UnsetType, field

from rabbitchat.chat.members import Claim, Stay
from rabbitchat.chat.topics import Topic

VERSION = 1  # of this wire; others are ignored
MOST_CHANGES = 200  # in one delta
PART_SIZE = 48_000  # bytes, about, of one part of a state
MOST_USERS = 200  # in one part of a state

Visible = r"\A[^\s\x00-\x1f\x7f-\x9f]+\Z"
NodeName = Annotated[str, Meta(max_length=255, pattern=Visible)]
UserId = Annotated[str, Meta(max_length=64, pattern=Visible)]
Nick = Annotated[str, Meta(max_length=256, pattern=Visible)]
Room = Annotated[str, Meta(max_length=256, pattern=Visible)]
Text = Annotated[str, Meta(max_length=65536)]
Reason = Annotated[str, Meta(max_length=1024)]
Time = Annotated[float, Meta(ge=0, le=1e11)]  # seconds since 1970
Seconds = Annotated[float, Meta(ge=0, le=1e6)]
Count = Annotated[int, Meta(ge=0, le=2**53)]


class Named(Struct, frozen=True, kw_only=True, tag_field="change", tag="nick"):
    """A user is here and has this nick; `from` is its last one, if it had another."""

    user: UserId
    nick: Nick
    claimed: Time
    by: NodeName
    old: Union[Nick, UnsetType] = field(name="from", default=UNSET)


class Joined(Struct, frozen=True, kw_only=True, tag_field="change", tag="join"):
    """A user of this node is in a room."""

    user: UserId
    nick: Nick
    room: Room


class Left(Struct, frozen=True, kw_only=True, tag_field="change", tag="leave"):
    """A user of this node is out of a room."""

    user: UserId
    nick: Nick
    room: Room
    reason: Reason


class Gone(Struct, frozen=True, kw_only=True, tag_field="change", tag="gone"):
    """A user is not on this node any more. If it is nowhere else, its nick is held so long."""

    user: UserId
    nick: Nick
    hold: Seconds


class TopicSet(Struct, frozen=True, kw_only=True, tag_field="change", tag="topic"):
    """A room has this topic; `empty`: for how many seconds nobody has been there."""

    room: Room
    nick: Nick = field(name="from")
    text: Text
    time: Time
    by: NodeName
    empty: Seconds = 0.0

    def topic(self) -> Topic:
        """As topics are kept."""
        return Topic(self.text, self.time, self.by, self.nick)


Change = Union[Named, Joined, Left, Gone, TopicSet]


class UserState(Struct, frozen=True, kw_only=True):
    """How one user stays on a node."""

    user: UserId
    nick: Nick
    claimed: Time
    by: NodeName
    rooms: list[Room]


class Held(Struct, frozen=True, kw_only=True):
    """A nick (as nicks are compared) that only this user may take for some seconds."""

    nick: Nick
    user: UserId
    seconds: Seconds


class Announcement(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Anything a node tells."""

    v: Literal[1] = 1
    node: NodeName
    incarnation: Annotated[str, Meta(min_length=1, max_length=64)]
    version: Count


class Hello(Announcement, frozen=True, tag="hello"):
    """I am new or have been away: tell me everything. My own state follows."""


class Beat(Announcement, frozen=True, tag="beat"):
    """I am alive. `topics` is equal on nodes that know the same topics."""

    topics: Count


class Ask(Announcement, frozen=True, tag="ask"):
    """I missed something: node `of`, tell your state."""

    of: NodeName


class Bye(Announcement, frozen=True, tag="bye"):
    """I stop in good order; my users will come back elsewhere."""


class Delta(Announcement, frozen=True, tag="delta"):
    """What changed between the version before and this one."""

    changes: list[Change]


class State(Announcement, frozen=True, tag="state"):
    """Part number `part` (from 1) of `parts` of all there is at `version`.

    `serial` is the same on the parts of one state and higher on a later one.
    """

    serial: Count
    part: Annotated[int, Meta(ge=1, le=2**31)]
    parts: Annotated[int, Meta(ge=1, le=2**31)]
    users: list[UserState]
    holds: list[Held]
    topics: list[TopicSet]


AnyAnnouncement = Union[Hello, Beat, Ask, Bye, Delta, State]


def differences(
    user: str, old: Optional[Stay], new: Optional[Stay], reason: str, hold: float
) -> list[Change]:
    """What to tell of a user of this node that stayed like `old` and stays like `new` now."""
    before = old.rooms if old else frozenset()
    after = new.rooms if new else frozenset()
    told: list[Change] = []
    if old is not None:
        nick = old.claim.nick
        told += [
            Left(user=user, nick=nick, room=room, reason=reason) for room in sorted(before - after)
        ]
    if new is None:
        if old is not None:
            told.append(Gone(user=user, nick=old.claim.nick, hold=hold))
        return told
    claim = new.claim
    if old is None or old.claim != claim:
        told.append(named(user, claim, old.claim if old else None))
    told += [Joined(user=user, nick=claim.nick, room=room) for room in sorted(after - before)]
    return told


def named(user: str, claim: Claim, last: Optional[Claim]) -> Named:
    """Tell that a user has a nick."""
    old = last.nick if last is not None and last.nick != claim.nick else UNSET
    return Named(user=user, nick=claim.nick, claimed=claim.time, by=claim.node, old=old)
