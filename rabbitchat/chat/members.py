"""Who is where in the whole cluster: what every node tells, merged into one view.

Each node (a *source*) tells of its own users where they stay. A user may stay on several nodes at
once; the view counts users, not connections: a user is in a room while any source says so, and
has the nick that it claimed last. Every change is the difference of the merged view before and
after, so `Came`, `Went` and `Renamed` are right by construction, in whatever order sources speak.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Optional, Union

from rabbitchat.chat.events import Member


@dataclass(frozen=True)
class Came:
    """A user's first connection came into a room; `count` includes it."""

    room: str
    user: str
    nick: str
    count: int


@dataclass(frozen=True)
class Went:
    """A user's last connection is out of a room; `count` is without it."""

    room: str
    user: str
    nick: str
    count: int
    reason: str


@dataclass(frozen=True)
class Renamed:
    """A user has another nick; `rooms` are those it was in before and is in still."""

    user: str
    old: str
    new: str
    rooms: frozenset[str]


@dataclass(frozen=True)
class Clash:
    """A user of this node lost its nick to an earlier claim; `Renamed` follows."""

    user: str
    lost: str
    new: str


@dataclass(frozen=True)
class TopicLearned:
    """Another node's user, `nick`, set the topic of a room with somebody in it."""

    room: str
    nick: str
    text: str


Change = Union[Came, Went, Renamed, Clash, TopicLearned]


@dataclass(frozen=True)
class Claim:
    """A nick, as somebody took it: when (seconds since 1970) and on which node."""

    nick: str
    folded: str  # what nicks are compared by
    time: float
    node: str

    @property
    def order(self) -> tuple[float, str]:
        """Claims of one user: the highest is valid. Of several users: the lowest stays."""
        return self.time, self.node


@dataclass(frozen=True)
class Stay:
    """One user on one node, or merged over all: its nick and the rooms it is in."""

    claim: Claim
    rooms: frozenset[str]


@dataclass(frozen=True)
class Hold:
    """A nick that only its last owner may take, until then (seconds)."""

    user: str
    until: float


def merged(stays: Collection[Stay]) -> Optional[Stay]:
    """One user on several nodes: the latest claim, all rooms. None if it is nowhere."""
    if not stays:
        return None
    if len(stays) == 1:
        return next(iter(stays))
    claim = max((stay.claim for stay in stays), key=lambda claim: claim.order)
    return Stay(claim, frozenset[str]().union(*(stay.rooms for stay in stays)))


class View:
    """The merged view of one node. `changes` and `touched` gather until somebody takes them."""

    def __init__(self) -> None:
        self._stays: dict[str, dict[int, Stay]] = {}  # by user, then by source
        self._users: dict[str, Stay] = {}  # merged
        self._rooms: dict[str, set[str]] = {}
        self._named: dict[str, set[str]] = {}  # users by folded nick; several while nicks clash
        self._holds: dict[str, Hold] = {}  # by folded nick
        self._changes: list[Change] = []
        self._touched: set[str] = set()
        self.clashing: set[str] = set()  # folded nicks with more than one user

    def put(
        self,
        source: int,
        user: str,
        stay: Optional[Stay],
        now: float,
        *,
        reason: str = "",
        hold: float = 0.0,
    ) -> None:
        """A source tells how a user stays with it now; None: not at all any more.

        `reason` is told if the user is in fewer rooms by that. If its nick becomes vacant, only
        this user may take it again for `hold` seconds.
        """
        stays = self._stays.setdefault(user, {})
        if stay is None:
            stays.pop(source, None)
        else:
            stays[source] = stay
        if not stays:
            del self._stays[user]
        before, after = self._users.get(user), merged(stays.values())
        if before != after:
            self._touched.add(user)
            self._changed(user, before, after, reason)
            if before is not None and (after is None or after.claim.folded != before.claim.folded):
                self.hold(before.claim.folded, Hold(user, now + hold), now)

    def note(self, change: Change) -> None:
        """Something changed that isn't about where users are."""
        self._changes.append(change)

    def _changed(
        self, user: str, before: Optional[Stay], after: Optional[Stay], reason: str
    ) -> None:
        old = before.rooms if before else frozenset()
        new = after.rooms if after else frozenset()
        if before is not None:
            for room in sorted(old - new):
                count = self._move_out(room, user)
                self._changes.append(Went(room, user, before.claim.nick, count, reason))
            self._unname(user, before.claim.folded)
        if after is None:
            del self._users[user]
            return
        self._users[user] = after
        self._name(user, after.claim.folded)
        if before is not None and before.claim.nick != after.claim.nick:
            kept = old & new
            self._changes.append(Renamed(user, before.claim.nick, after.claim.nick, kept))
        for room in sorted(new - old):
            inside = self._rooms.setdefault(room, set())
            inside.add(user)
            self._changes.append(Came(room, user, after.claim.nick, len(inside)))

    def _move_out(self, room: str, user: str) -> int:
        inside = self._rooms[room]
        inside.discard(user)
        if not inside:
            del self._rooms[room]
        return len(inside)

    def _name(self, user: str, folded: str) -> None:
        named = self._named.setdefault(folded, set())
        named.add(user)
        if len(named) > 1:
            self.clashing.add(folded)

    def _unname(self, user: str, folded: str) -> None:
        named = self._named[folded]
        named.discard(user)
        if len(named) < 2:
            self.clashing.discard(folded)
        if not named:
            del self._named[folded]

    def clash(self, user: str, lost: str, new: str) -> None:
        """Note that a nick was lost, just before the new one is put."""
        self._changes.append(Clash(user, lost, new))

    def take_changes(self) -> list[Change]:
        """What changed since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes

    def take_touched(self) -> set[str]:
        """The users that changed since the last call."""
        touched, self._touched = self._touched, set()
        return touched

    # holds

    def hold(self, folded: str, hold: Hold, now: float) -> None:
        """Keep a vacant nick for its last owner; a nick that somebody has needs no keeping."""
        if hold.until > now and folded not in self._named:
            self._holds[folded] = hold

    def holds(self, now: float) -> dict[str, Hold]:
        """The nicks held still. Forgets the others."""
        self._holds = {nick: hold for nick, hold in self._holds.items() if hold.until > now}
        return self._holds

    def owner(self, folded: str, now: float) -> Optional[str]:
        """Whose nick it is: the one who has it, or else the one for whom it is held."""
        user = self.user_named(folded)
        if user is None:
            hold = self._holds.get(folded)
            user = hold.user if hold is not None and hold.until > now else None
        return user

    # questions

    def users_named(self, folded: str) -> list[str]:
        """Who has a nick; while it clashes several, the one who keeps it first."""
        named = self._named.get(folded, ())
        return sorted(named, key=lambda user: (*self._users[user].claim.order, user))

    def user_named(self, folded: str) -> Optional[str]:
        """Who has a nick."""
        named = self.users_named(folded)
        return named[0] if named else None

    def stay(self, user: str) -> Optional[Stay]:
        """A user's nick and rooms; None if it is nowhere."""
        return self._users.get(user)

    def users(self) -> Collection[str]:
        """Everybody."""
        return self._users.keys()

    def members(self, room: str) -> list[Member]:
        """Who is in a room, in the order of their nicks."""
        inside = self._rooms.get(room, ())
        by_nick = sorted((self._users[user].claim.folded, user) for user in inside)
        return [Member(nick=self._users[user].claim.nick, user=user) for _, user in by_nick]

    def count(self, room: str) -> int:
        """How many users are in a room."""
        return len(self._rooms.get(room, ()))

    def rooms(self) -> dict[str, int]:
        """The rooms with somebody in them, and how many."""
        return {room: len(inside) for room, inside in self._rooms.items()}
