"""The rules of presence on one node: its own users, what it tells of them, and the other nodes.

Own changes go into the view at once and are gathered as news for the next delta. After every
change two things are settled: a user of this node that took another nick elsewhere has it here
too, and a nick that two users claimed stays with the earlier claim; the nodes of the other user
rename it. Every node orders claims by time, node and user id, so all settle alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional, TypedDict

from rabbitchat.chat import announcements
from rabbitchat.chat.announcements import (
    MOST_CHANGES,
    AnyAnnouncement,
    Ask,
    Beat,
    Bye,
    Delta,
    Held,
    Hello,
    State,
    TopicSet,
)
from rabbitchat.chat.attendance import Attendance
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.members import Came, Change, Claim, Stay, View, Went
from rabbitchat.chat.peers import Peers
from rabbitchat.chat.states import parts
from rabbitchat.chat.substitutes import Fold, substitute
from rabbitchat.chat.topics import Topic, Topics

OWN = 0  # this node as a source of the view
STEP = 0.001  # seconds: a later claim is later than the last one at least by this
MOST_AT_ONCE = 250  # users that one call of `expire` ends


class _Head(TypedDict):
    node: str
    incarnation: str
    version: int


class Cluster:
    """Presence as one node sees it. Times are seconds since 1970; they are passed in."""

    def __init__(self, node: str, incarnation: str, grace: float, fold: Fold) -> None:
        self.node = node
        self.incarnation = incarnation
        self.version = 0
        self.view = View()
        self.topics = Topics()
        self.attendance = Attendance(grace)
        self.peers = Peers(self.view, self.topics, fold, grace)
        self._fold = fold
        self._grace = grace
        self._own: dict[str, Stay] = {}  # as told
        self._news: list[announcements.Change] = []
        self._serial = 0

    # own users

    def claim(self, user: str, nick: str, now: float) -> None:
        """A user of this node takes a nick.

        Raises ChatError(NICK_IN_USE) while another user has it or it is held for another, and
        ChatError(BAD_NICK).
        """
        folded = self._fold(nick)
        stay = self.view.stay(user)
        same = stay is not None and stay.claim.nick == nick
        # Who wrote a nick that clashes in another way would have the later claim of the two.
        unsettled = folded in self.view.clashing and not same
        if unsettled or self.view.owner(folded, now) not in (None, user):
            raise ChatError(
                Code.NICK_IN_USE, f"Somebody has the nick {nick} or had it just now; take another."
            )
        if stay is not None and same:
            claim = stay.claim
        else:
            claim = self._next_claim(user, nick, folded, now)
        self.attendance.claim(user, claim, now)
        self._tell(user, now)

    def _next_claim(self, user: str, nick: str, folded: str, now: float) -> Claim:
        stay = self.view.stay(user)
        time = now if stay is None else max(now, stay.claim.time + STEP)
        return Claim(nick, folded, time, self.node)

    def connected(self, connection: int, user: str) -> None:
        """A user of this node that has claimed a nick has one more connection."""
        self.attendance.connected(connection, user)

    def join(self, connection: int, room: str, now: float) -> None:
        """A connection goes into a room. One that isn't known (any more) changes nothing."""
        user = self.attendance.user_of(connection)
        if user is not None:
            self.attendance.join(connection, room)
            self._tell(user, now)

    def leave(self, connection: int, room: str, reason: str, now: float) -> None:
        """A connection goes out of a room."""
        user = self.attendance.user_of(connection)
        if user is not None:
            self.attendance.leave(connection, room)
            self._tell(user, now, reason, self._grace)

    def disconnected(self, connection: int, clean: bool, reason: str, now: float) -> None:
        """A connection has ended."""
        user = self.attendance.user_of(connection)
        if user is not None:
            self.attendance.disconnected(connection, clean, reason, now)
            self._tell(user, now, reason, self._grace)

    def _tell(self, user: str, now: float, reason: str = "left", hold: float = 0.0) -> None:
        """Show and tell what became different in how a user stays here."""
        old, new = self._own.get(user), self.attendance.stay(user)
        if old == new:
            return
        if new is None:
            del self._own[user]
        else:
            self._own[user] = new
            hold = self._grace  # of the nick given up, if it was another
        self._news += announcements.differences(user, old, new, reason, hold)
        self.view.put(OWN, user, new, now, reason=reason, hold=hold)
        self._settle(now)

    def user_of(self, nick: str) -> Optional[str]:
        """Who has a nick; None too for what can't be one."""
        try:
            return self.view.user_named(self._fold(nick))
        except ChatError:
            return None

    # the others

    def receive(self, told: AnyAnnouncement, now: float) -> bool:
        """Take in what another node tells; see Peers.receive."""
        missing = self.peers.receive(told, now)
        self._settle(now)
        return missing

    def expire(self, now: float) -> None:
        """End what has lasted long enough, a bounded number of users at once; see `next_due`."""
        for user, reason in self.attendance.expire(now, MOST_AT_ONCE):
            self._tell(user, now, reason)
        self.peers.expire(now, MOST_AT_ONCE)
        self._settle(now)

    def sweep(self, now: float) -> None:
        """Housekeeping, every few seconds: forget old holds and topics."""
        self.view.holds(now)
        self.topics.expire(now)

    def next_due(self) -> Optional[float]:
        """When to call `expire`."""
        due = (self.attendance.next_due(), self.peers.next_due())
        return min((each for each in due if each is not None), default=None)

    def _settle(self, now: float) -> None:
        while touched := [user for user in self.view.take_touched() if user in self.attendance]:
            for user in sorted(touched):
                self._adopt(user, now)
        for folded in sorted(self.view.clashing):
            for user in self.view.users_named(folded)[1:]:
                if user in self.attendance:
                    self._rename_loser(user, now)

    def _adopt(self, user: str, now: float) -> None:
        """A user has the nick here that it claimed last, wherever that was."""
        stay = self.view.stay(user)
        own = self._own.get(user)
        if stay is not None and own is not None and own.claim.order < stay.claim.order:
            self.attendance.claim(user, stay.claim, now)
            self._tell(user, now)

    def _rename_loser(self, user: str, now: float) -> None:
        stay = self.view.stay(user)
        if stay is None:
            return
        lost = stay.claim.nick
        new, folded = substitute(
            lost, user, self._fold, lambda nick: self.view.owner(nick, now) not in (None, user)
        )
        self.view.clash(user, lost, new)
        self.attendance.claim(user, self._next_claim(user, new, folded, now), now)
        self._tell(user, now)

    # topics

    def set_topic(self, room: str, text: str, nick: str, now: float) -> None:
        """A room gets a topic."""
        topic = self.topics.set(room, text, nick, self.node, now)
        if not self.view.count(room):
            self.topics.emptied(room, now)
        self._news.append(_topic_set(room, topic))

    # what to show and to tell

    def _head(self) -> _Head:
        return {"node": self.node, "incarnation": self.incarnation, "version": self.version}

    def hello(self) -> Hello:
        """Ask all for their states; the own one is to follow."""
        return Hello(**self._head())

    def beat(self) -> Beat:
        """A sign of life."""
        return Beat(**self._head(), topics=self.topics.digest)

    def ask(self, node: str) -> Ask:
        """Ask one node for its state."""
        return Ask(**self._head(), of=node)

    def bye(self) -> Bye:
        """Say that this node stops in good order."""
        return Bye(**self._head())

    def take_changes(self, now: float) -> list[Change]:
        """What changed in the view since the last call, in order."""
        changes = self.view.take_changes()
        for change in changes:
            if isinstance(change, Came):
                self.topics.filled(change.room)
            elif isinstance(change, Went) and not change.count:
                self.topics.emptied(change.room, now)
        return changes

    @property
    def has_news(self) -> bool:
        """Whether `take_deltas` has something to give."""
        return bool(self._news)

    def take_deltas(self) -> list[Delta]:
        """The news since the last call, counted: to be told in this order."""
        news, self._news = self._news, []
        deltas = []
        for first in range(0, len(news), MOST_CHANGES):
            self.version += 1
            deltas.append(Delta(**self._head(), changes=news[first : first + MOST_CHANGES]))
        return deltas

    def state(self, now: float) -> Iterator[State]:
        """Everything this node has to tell, in parts. Take the deltas first.

        The parts are made one by one, of what there is now; until all of them are told no delta
        may be.
        """
        self._serial += 1
        holds = [*self.view.holds(now).items(), *self.peers.held(now)]
        head = State(
            **self._head(),
            serial=self._serial,
            part=1,
            parts=1,
            users=[],
            holds=[
                Held(nick=nick, user=hold.user, seconds=hold.until - now) for nick, hold in holds
            ],
            topics=[_topic_set(room, topic, empty) for room, topic, empty in self.topics.all(now)],
        )
        return parts(head, list(self._own.items()))


def _topic_set(room: str, topic: Topic, empty: float = 0.0) -> TopicSet:
    return TopicSet(
        room=room, nick=topic.nick, text=topic.text, time=topic.time, by=topic.node, empty=empty
    )
