"""A simulated network of presence nodes: every message is in our hands, every clock too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from twisted.application.service import Service
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from zope.interface import implementer

from rabbitchat.brokers.interface import (
    Consumer,
    IBroker,
    LinkState,
    Listener,
    Message,
    NotSent,
    Watcher,
)
from rabbitchat.chat.members import Came, Change, Clash, Renamed, TopicLearned, Went
from rabbitchat.presence import Presence

EPOCH = 1_700_000_000.0
UP = LinkState(True, "up")
DOWN = LinkState(False, "down")


@implementer(IBroker)
class NetBroker(Service):
    """Gives what it publishes to the network."""

    def __init__(self, net: Net, node: str) -> None:
        self.node = node
        self.alone = False
        self.link = UP
        self.outcomes: dict[str, int] = {}
        self.sent: list[Message] = []
        self._net = net

    def publish(self, key: str, message: Message) -> Deferred[None]:
        """Sent to all, or refused while the link is down."""
        if not self.link.up:
            return fail(NotSent("down"))
        self.sent.append(message)
        self._net.carry(key, message)
        return succeed(None)

    def subscribe(self, key: str) -> Deferred[None]:
        """Presence hears everything here."""
        return succeed(None) if self.link.up else fail(NotSent("down"))

    def unsubscribe(self, key: str) -> Deferred[None]:
        """Nothing to do."""
        return succeed(None)

    def listen(self, listener: Listener) -> None:
        """The network delivers by itself."""

    def watch(self, watcher: Watcher) -> None:
        """The network tells by itself."""

    def consume(self, queue: str, key: str, consumer: Consumer, single_active: bool) -> None:
        """Presence has no queue."""


class Replay:
    """What somebody who only sees the changes knows; asserts that they make sense."""

    def __init__(self) -> None:
        self.rooms: dict[str, dict[str, str]] = {}  # room: user: nick
        self.changes: list[Change] = []
        self._clash: Optional[Clash] = None

    def __call__(self, change: Change) -> None:
        """Watch."""
        self.changes.append(change)
        clash, self._clash = self._clash, None
        if clash is not None:
            assert isinstance(change, Renamed)
            assert (change.user, change.old, change.new) == (clash.user, clash.lost, clash.new)
        if isinstance(change, Came):
            inside = self.rooms.setdefault(change.room, {})
            assert change.user not in inside
            inside[change.user] = change.nick
            assert change.count == len(inside)
        elif isinstance(change, Went):
            inside = self.rooms[change.room]
            assert inside.pop(change.user) == change.nick
            assert change.count == len(inside)
            if not inside:
                del self.rooms[change.room]
        elif isinstance(change, Renamed):
            assert change.rooms == {
                room for room, each in self.rooms.items() if change.user in each
            }
            for room in change.rooms:
                assert self.rooms[room][change.user] == change.old
                self.rooms[room][change.user] = change.new
        elif isinstance(change, TopicLearned):
            assert self.rooms[change.room]
        else:
            self._clash = change


@dataclass
class Node:
    """One process."""

    clock: Clock
    broker: NetBroker
    presence: Presence
    replay: Replay
    connections: dict[int, tuple[str, set[str]]] = field(default_factory=dict)  # user, rooms

    def shown(self) -> dict[str, dict[str, str]]:
        """Who is where: room: user: nick."""
        presence = self.presence
        return {
            room: {member.user: member.nick for member in presence.members(room)}
            for room in presence.rooms()
        }

    def people(self) -> dict[str, tuple[str, frozenset[str]]]:
        """Nick and rooms of everybody."""
        view = self.presence.cluster.view
        stays = {user: view.stay(user) for user in view.users()}
        return {user: (stay.claim.nick, stay.rooms) for user, stay in stays.items() if stay}


@dataclass(frozen=True)
class Parcel:
    """A message on its way to one process."""

    to: Node
    key: str
    message: Message


class Net:
    """The nodes, by name, and what is on its way, oldest first."""

    def __init__(self, grace: float = 10.0) -> None:
        self.grace = grace
        self.now = EPOCH
        self.nodes: dict[str, Node] = {}
        self.parcels: list[Parcel] = []

    def start(self, name: str, skew: float = 0.0, up: bool = True) -> Node:
        """A process begins; its clock is wrong by `skew` seconds."""
        clock = Clock()
        clock.advance(self.now + skew)
        broker = NetBroker(self, name)
        broker.link = UP if up else DOWN
        presence = Presence(clock, broker, grace=self.grace)
        node = self.nodes[name] = Node(clock, broker, presence, Replay())
        presence.watch(node.replay)
        presence.startService()
        return node

    def kill(self, name: str) -> None:
        """A process ends without a word; what it sent arrives."""
        gone = self.nodes.pop(name)
        self.parcels = [parcel for parcel in self.parcels if parcel.to is not gone]

    def stop(self, name: str) -> None:
        """A process ends in good order."""
        node = self.nodes[name]
        ended = node.presence.stopService()
        assert ended.called
        assert not node.clock.getDelayedCalls()
        self.kill(name)

    def link(self, name: str, up: bool) -> None:
        """The link of a node changes; what would arrive while it is down is lost."""
        node = self.nodes[name]
        if node.broker.link.up != up:
            node.broker.link = UP if up else DOWN
            node.presence.link_changed(node.broker.link)

    def carry(self, key: str, message: Message) -> None:
        """A copy for every process, the sender too."""
        self.parcels += [Parcel(node, key, message) for node in self.nodes.values()]

    def deliver(self, parcel: Parcel) -> None:
        """A message arrives, if the link is up."""
        if parcel.to.broker.link.up:
            parcel.to.presence.heard(parcel.key, parcel.message)

    def advance(self, seconds: float) -> None:
        """Time passes for all."""
        self.now += seconds
        for node in list(self.nodes.values()):
            node.clock.advance(seconds)

    def quiet(self) -> None:
        """Everything arrives, in order, until nobody has anything more to say now."""
        while True:
            self.advance(0)
            if not self.parcels:
                return
            parcels, self.parcels = self.parcels, []
            for parcel in parcels:
                if self.nodes.get(parcel.to.broker.node) is parcel.to:
                    self.deliver(parcel)

    def pass_time(self, seconds: float, step: float = 0.5) -> None:
        """Time passes and everything arrives."""
        self.quiet()
        for _ in range(round(seconds / step)):
            self.advance(step)
            self.quiet()
