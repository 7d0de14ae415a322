"""The presence service: who is where in the cluster, kept up over the broker.

The rules are in `rabbitchat.chat.cluster`; here are the clock, the broker and the wire. Nodes
beat every BEAT seconds; a beat carries the version, so that whatever was lost on the way is
noticed within a beat and asked for. Publishing is therefore best effort.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Optional

from twisted.application import service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from rabbitchat.announcer import Announcer, routing_key
from rabbitchat.brokers.interface import IBroker, LinkState, Message, NotSent, Uncertain
from rabbitchat.chat import names
from rabbitchat.chat.announcements import AnyAnnouncement, Ask, Hello
from rabbitchat.chat.cluster import Cluster
from rabbitchat.chat.errors import ChatError
from rabbitchat.chat.events import Member
from rabbitchat.chat.members import Change
from rabbitchat.chat.peers import LEASE, TooManyNodes
from rabbitchat.codecs import presence as codec
from rabbitchat.seldom import Seldom

BEAT = 5.0  # seconds
BUG_PAUSE = 1.0  # seconds without a round after one that failed

PATTERN = "presence.#"

Watcher = Callable[[Change], None]


class Presence(service.Service):
    """Who is where. `rejected` counts messages that were no announcements.

    Local changes show at once; watchers are called after the view was changed, in order.
    `grace` is in seconds; `fold` gives what nicks are compared by.
    """

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        broker: IBroker,
        grace: float = 10.0,
        fold: Callable[[str], str] = names.fold,
    ) -> None:
        self._clock = clock
        self._broker = broker
        self._started = clock.seconds()
        incarnation = f"{int(self._started * 1000):012x}-{random.getrandbits(32):08x}"
        self.cluster = Cluster(broker.node, incarnation, grace, fold)
        self._announcer = Announcer(clock, broker, self.cluster)
        self.rejected = 0
        self._seldom = Seldom(clock, self.log)
        self._name_clash_logged = False
        self._watchers: list[Watcher] = []
        self._node_watchers: list[Callable[[str], None]] = []
        self._unshown: deque[Change] = deque()
        self._showing = False
        self._next_beat = self._started
        self._not_before = float("-inf")  # no round is
        self._wake_call: Optional[IDelayedCall] = None

    # service

    def startService(self) -> None:
        """Make oneself known and begin to beat."""
        super().startService()
        self._next_beat = self._clock.seconds() + BEAT
        self._set_timers()
        started = Deferred.fromCoroutine(self._subscribe())
        started.addErrback(lambda failure: self.log.failure("presence is deaf", failure))

    async def _subscribe(self) -> None:
        try:
            await self._broker.subscribe(PATTERN)
        except (NotSent, Uncertain):
            return  # link_changed says when it is in force
        if self.running and self._broker.link.up:
            self._announcer.hello()

    def stopService(self) -> Deferred[None]:
        """Say good-bye: the others keep our users for the grace time. It waits 1 s at most."""
        if not self.running:
            return succeed(None)
        super().stopService()
        if self._wake_call is not None and self._wake_call.active():
            self._wake_call.cancel()
        return Deferred.fromCoroutine(self._announcer.stop())

    # what happens here

    def claim(self, user: str, nick: str) -> None:
        """A user takes a nick. The nick it had is held for it.

        One without a connection must be `connected` within a few seconds. Raises
        ChatError(NICK_IN_USE or BAD_NICK).
        """
        self.cluster.claim(user, nick, self._clock.seconds())
        self._changed()

    def connected(self, connection_id: int, user: str) -> None:
        """A user that has claimed a nick here has a connection. KeyError if it hasn't claimed."""
        self.cluster.connected(connection_id, user)

    def join(self, connection_id: int, room: str) -> None:
        """A connection goes into a room."""
        self.cluster.join(connection_id, room, self._clock.seconds())
        self._changed()

    def leave(self, connection_id: int, room: str, reason: str) -> None:
        """A connection goes out of a room."""
        self.cluster.leave(connection_id, room, reason, self._clock.seconds())
        self._changed()

    def disconnected(self, connection_id: int, clean: bool, reason: str) -> None:
        """A connection ended: its rooms go at once if `clean`, after the grace time if not."""
        self.cluster.disconnected(connection_id, clean, reason, self._clock.seconds())
        self._changed()

    def announce(self) -> None:
        """Tell now what is gathered until the end of this turn: what follows must not overtake."""
        self._announcer.flush()

    def set_topic(self, room: str, text: str, nick: str) -> None:
        """Remember a room's topic, on all nodes."""
        self.cluster.set_topic(room, text, nick, self._clock.seconds())
        self._changed()

    # questions

    def members(self, room: str) -> list[Member]:
        """Who is in a room, in the order of their folded nicks."""
        return self.cluster.view.members(room)

    def count(self, room: str) -> int:
        """How many users are in a room."""
        return self.cluster.view.count(room)

    def rooms(self) -> dict[str, int]:
        """The rooms that aren't empty, and how many users are in each."""
        return self.cluster.view.rooms()

    def user_of(self, nick: str) -> Optional[str]:
        """The id of the user who has a nick, however it is written."""
        return self.cluster.user_of(nick)

    def nick_of(self, user: str) -> Optional[str]:
        """The nick of a user who is present."""
        stay = self.cluster.view.stay(user)
        return stay.claim.nick if stay is not None else None

    def is_present(self, user: str) -> bool:
        """Whether a user is anywhere in the cluster, or was a grace time ago."""
        return self.cluster.view.stay(user) is not None

    def rooms_of(self, user: str) -> set[str]:
        """The rooms a user is in, over all its connections."""
        stay = self.cluster.view.stay(user)
        return set(stay.rooms) if stay is not None else set()

    def users_here(self) -> int:
        """How many users have a connection to this node."""
        return len(self.cluster.attendance)

    def topic(self, room: str) -> str:
        """A room's topic; empty if it has none."""
        return self.cluster.topics.text(room)

    # showing

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with each change, after the view was changed."""
        self._watchers.append(watcher)

    def watch_nodes(self, watcher: Callable[[str], None]) -> None:
        """Call `watcher` with the name of each node that is gone: it said so, was silent for too
        long, or was started again."""
        self._node_watchers.append(watcher)

    def _changed(self) -> None:
        self._show()
        self._set_timers()

    def _show(self) -> None:
        """Changes that a watcher makes come after the ones it is being shown."""
        self._unshown += self.cluster.take_changes(self._clock.seconds())
        if self._showing:
            return
        self._showing = True
        while self._unshown:
            change = self._unshown.popleft()
            for watcher in self._watchers:
                try:
                    watcher(change)
                except Exception:
                    self.log.failure("a watcher of presence failed on {change}", change=change)
        self._showing = False
        for node in self.cluster.peers.take_departed():
            for tell in self._node_watchers:
                tell(node)

    # the broker

    def link_changed(self, state: LinkState) -> None:
        """The link to the broker is up again, or down: then all tell all again."""
        if state.up and self.running:
            self._announcer.hello()

    def heard(self, key: str, message: Message) -> None:
        """Take in what came on a `presence.` key. What is no announcement is dropped."""
        if not self.running:
            return
        try:
            told = codec.decode(message.body)
            if told is None:
                return
            if key != routing_key(told.node):
                raise codec.BadAnnouncement(f"node {told.node!r} speaks on another's key")
            if told.node == self.cluster.node:
                self._heard_own(told)
                return
            missing = self.cluster.receive(told, self._clock.seconds())
        except (codec.BadAnnouncement, ChatError, TooManyNodes) as problem:
            self._reject(key, problem)
            return
        if missing:
            self._announcer.say(self.cluster.ask(told.node))
        if isinstance(told, Hello) or (isinstance(told, Ask) and told.of == self.cluster.node):
            self._announcer.state_wanted()
        self._changed()

    def _heard_own(self, told: AnyAnnouncement) -> None:
        """One's own echo; what this node said before it was started again comes soon or never."""
        foreign = told.incarnation != self.cluster.incarnation
        late = self._clock.seconds() - self._started > LEASE
        if foreign and not self._name_clash_logged:
            if late or told.incarnation > self.cluster.incarnation:
                self._name_clash_logged = True
                self.log.error(
                    "another process uses the node name {node}: presence will be wrong until "
                    "each has a --node of its own",
                    node=told.node,
                )

    def _reject(self, key: str, problem: Exception) -> None:
        self.rejected += 1
        self._seldom.warn(
            "what came on {key} is no announcement of presence: {problem}",
            key=key,
            problem=str(problem),
        )

    # time

    def _set_timers(self) -> None:
        """Have news told in the next turn, and wake up when something is due."""
        if not self.running:
            return
        self._announcer.news()
        due = self.cluster.next_due()
        wake = self._next_beat if due is None else min(due, self._next_beat)
        wake = max(wake, self._not_before)
        delay = max(0.0, wake - self._clock.seconds())
        if self._wake_call is None or not self._wake_call.active():
            self._wake_call = self._clock.callLater(delay, self._wake)
        elif self._wake_call.getTime() > wake:
            self._wake_call.reset(delay)

    def _wake(self) -> None:
        """Let time pass. A bug here costs this round, not the next ones."""
        now = self._clock.seconds()
        try:
            if now >= self._next_beat:
                self._next_beat = now + BEAT
                self._announcer.flush()
                self._announcer.say(self.cluster.beat())
                self.cluster.sweep(now)
            self.cluster.expire(now)
            self._show()
        except Exception:
            self._not_before = now + BUG_PAUSE
            self.log.failure("a round of presence failed")
        self._set_timers()
