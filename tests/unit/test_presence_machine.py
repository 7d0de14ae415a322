"""Presence through a network that loses, doubles, delays and reorders, with nodes that die.

After every heal all nodes agree with one another, with a newcomer who heard only whole states,
and with the truth: who is connected where.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from rabbitchat.chat import cluster, states
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.names import fold
from rabbitchat.chat.peers import LEASE
from support.presence_net import Net, Node

GRACE = 6.0
NODES = ("a", "b", "c")
USERS = tuple(f"{number:04x}{'0' * 12}" for number in (0xAB, 0xAB0, 0xC1, 0xD2, 0xE3))
NICKS = ("ann", "Ann", "bob", "cleo", "ann-00ab", "n" * 32)
ROOMS = ("lobby", "tea")
HEALED = LEASE + 2 * GRACE + 15.0  # seconds after which nothing of the past may be left

nodes = st.sampled_from(NODES)
users = st.sampled_from(USERS)
nicks = st.sampled_from(NICKS)
rooms = st.sampled_from(ROOMS)
picks = st.integers(0, 10_000)
# What becomes of what a step has to say: it is heard in order, or by some only, twice, backwards,
# by nobody, or later.
fates = st.sampled_from(("heard", "heard", "in part", "twice", "backwards", "lost", "later"))


class PresenceMachine(RuleBasedStateMachine):
    """Three names for nodes; each runs, or not."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Net(GRACE)
        self.skews = dict.fromkeys(NODES, 0.0)
        self.connections = 0
        # Small, so that a handful of users makes states and deltas of several messages.
        self.patches = pytest.MonkeyPatch()
        self.patches.setattr(states, "MOST_USERS", 2)
        self.patches.setattr(cluster, "MOST_CHANGES", 2)
        self.patches.setattr(cluster, "MOST_AT_ONCE", 2)

    @initialize(skews=st.tuples(*[st.sampled_from((0.0, -3.0, 0.25, 4.0))] * len(NODES)))
    def begin(self, skews: tuple[float, ...]) -> None:
        self.skews = dict(zip(NODES, skews, strict=True))
        for name in NODES:
            self.net.start(name, self.skews[name])

    def _node(self, name: str) -> Node:
        """A node that runs now; if this one doesn't, it is started."""
        if name not in self.net.nodes:
            self.net.advance(0.01)
            self.net.start(name, self.skews[name])
        return self.net.nodes[name]

    def _connection(self, pick: int) -> tuple[Node, int] | None:
        everyone = [(node, each) for node in self.net.nodes.values() for each in node.connections]
        return everyone[pick % len(everyone)] if everyone else None

    def _happens(self, fate: str) -> None:
        """What nodes have to say now meets its fate, and what that leads to as well."""
        if fate == "heard":
            self.net.quiet()
            return
        before = len(self.net.parcels)
        self.net.advance(0)
        if fate == "later":
            return
        said = self.net.parcels[before:]
        del self.net.parcels[before:]
        if fate == "backwards":
            said.reverse()
        for parcel in {"lost": [], "in part": said[::2], "twice": said * 2}.get(fate, said):
            self.net.deliver(parcel)

    # what people do

    @rule(name=nodes, user=users, nick=nicks, into=st.sets(rooms), fate=fates)
    def connect(self, name: str, user: str, nick: str, into: set[str], fate: str) -> None:
        node = self._node(name)
        if self._claim(node, user, nick):
            self.connections += 1
            node.presence.connected(self.connections, user)
            node.connections[self.connections] = (user, set())
            for room in sorted(into):
                self._join(node, self.connections, room)
        self._happens(fate)

    def _claim(self, node: Node, user: str, nick: str) -> bool:
        other = node.presence.user_of(nick)
        try:
            node.presence.claim(user, nick)
        except ChatError as refused:
            if refused.code is not Code.NICK_IN_USE:
                raise
            return False
        assert other in (None, user)
        assert node.presence.nick_of(user) == nick
        return True

    def _join(self, node: Node, connection: int, room: str) -> None:
        user, inside = node.connections[connection]
        inside.add(room)
        node.presence.join(connection, room)
        assert room in node.presence.rooms_of(user)

    @rule(pick=picks, nick=nicks, fate=fates)
    def rename(self, pick: int, nick: str, fate: str) -> None:
        if found := self._connection(pick):
            node, connection = found
            self._claim(node, node.connections[connection][0], nick)
            self._happens(fate)

    @rule(pick=picks, room=rooms, fate=fates)
    def join(self, pick: int, room: str, fate: str) -> None:
        if found := self._connection(pick):
            self._join(*found, room)
            self._happens(fate)

    @rule(pick=picks, room=rooms, fate=fates)
    def leave(self, pick: int, room: str, fate: str) -> None:
        if found := self._connection(pick):
            node, connection = found
            node.connections[connection][1].discard(room)
            node.presence.leave(connection, room, "left")
            self._happens(fate)

    @rule(pick=picks, clean=st.booleans(), fate=fates)
    def disconnect(self, pick: int, clean: bool, fate: str) -> None:
        if found := self._connection(pick):
            node, connection = found
            del node.connections[connection]
            node.presence.disconnected(connection, clean, "quit" if clean else "lost")
            self._happens(fate)

    @rule(name=nodes, room=rooms, text=st.sampled_from(("", "one", "two")), fate=fates)
    def set_topic(self, name: str, room: str, text: str, fate: str) -> None:
        node = self._node(name)
        node.presence.set_topic(room, text, "ann")
        assert node.presence.topic(room) == text
        self._happens(fate)

    @rule(nick=nicks, one=users, other=users)
    def clash(self, nick: str, one: str, other: str) -> None:
        """Two users take a nick on two nodes that haven't heard of one another yet."""
        self.connect(NODES[0], one, nick, {"lobby"}, "later")
        self.connect(NODES[1], other, nick, {"lobby"}, "later")

    # what the network does

    @precondition(lambda self: self.net.parcels)
    @rule(pick=picks, copies=st.sampled_from((0, 1, 1, 2)))
    def deliver_any(self, pick: int, copies: int) -> None:
        parcel = self.net.parcels[pick % len(self.net.parcels)]
        if copies < 2:
            self.net.parcels.remove(parcel)
        if copies > 0:
            self.net.deliver(parcel)

    @precondition(lambda self: self.net.parcels)
    @rule(keep=st.lists(st.booleans(), min_size=1, max_size=8))
    def deliver_many(self, keep: list[bool]) -> None:
        """What is on its way arrives in order, but for what gets lost."""
        parcels, self.net.parcels = self.net.parcels, []
        for place, parcel in enumerate(parcels):
            if keep[place % len(keep)]:
                self.net.deliver(parcel)

    @rule(seconds=st.sampled_from((0.0, 0.01, 0.6, 1.1, 5.0, 7.0, 16.0)))
    def wait(self, seconds: float) -> None:
        self.net.advance(seconds)

    @rule(seconds=st.sampled_from((0.0, 1.0, 6.5, 16.0)))
    def wait_in_peace(self, seconds: float) -> None:
        self.net.pass_time(seconds)

    @rule(name=nodes, up=st.booleans())
    def link(self, name: str, up: bool) -> None:
        self._node(name)
        self.net.link(name, up)

    # what nodes do

    @rule(name=nodes, clean=st.booleans(), again=st.booleans(), fate=fates)
    def end(self, name: str, clean: bool, again: bool, fate: str) -> None:
        self._node(name)
        if clean:
            self.net.stop(name)
        else:
            self.net.kill(name)
        if again:
            self._node(name)
        self._happens(fate)

    @rule()
    def heal(self) -> None:
        for name in list(self.net.nodes):
            self.net.link(name, True)
        self.net.pass_time(HEALED, step=1.0)
        self._all_agree()
        self.net.start("newcomer")
        self.net.pass_time(2.0)
        self._all_agree()
        self.net.stop("newcomer")
        self.net.quiet()

    def _all_agree(self) -> None:
        truth: dict[str, set[str]] = {}
        for node in self.net.nodes.values():
            for user, inside in node.connections.values():
                truth.setdefault(user, set()).update(inside)
        everybody = list(self.net.nodes.values())
        people = everybody[0].people() if everybody else {}
        for node in everybody:
            assert node.people() == people
            assert {user: set(inside) for user, (_, inside) in node.people().items()} == truth
            topics = {room: node.presence.topic(room) for room in ROOMS}
            assert topics == {room: everybody[0].presence.topic(room) for room in ROOMS}
            assert set(node.presence.cluster.peers.nodes()) == set(self.net.nodes) - {
                node.broker.node
            }
            assert node.presence.rejected == 0
            for user in node.presence.cluster.view.users():
                own = node.presence.cluster.attendance.stay(user)
                merged = node.presence.cluster.view.stay(user)
                assert own is None or merged is None or own.claim == merged.claim
        assert len({fold(nick) for nick, _ in people.values()}) == len(people)

    def teardown(self) -> None:
        try:
            self.heal()
            for name in list(self.net.nodes):
                self.net.stop(name)
        finally:
            self.patches.undo()

    @invariant()
    def changes_give_the_view(self) -> None:
        for node in self.net.nodes.values():
            assert node.replay.rooms == node.shown()


TestPresenceMachine = PresenceMachine.TestCase
TestPresenceMachine.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
