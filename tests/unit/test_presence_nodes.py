"""Presence by its rules: what nodes tell one another, what gets lost, and nodes that go."""

from __future__ import annotations

import itertools
import json

import pytest
from twisted.internet.defer import Deferred

from rabbitchat.brokers.interface import Message
from rabbitchat.chat import states
from rabbitchat.chat.announcements import State
from rabbitchat.chat.cluster import Cluster
from rabbitchat.chat.members import Came, Went
from rabbitchat.chat.names import fold
from rabbitchat.chat.peers import LEASE
from support.presence_net import EPOCH, Net, NetBroker
from support.presence_people import (
    ANN,
    BOB,
    CLEO,
    GRACE,
    beat,
    bodies,
    come,
    forget,
    refused,
    shown,
)

# what gets lost


def test_a_gap_is_asked_for_at_once_and_not_more_than_once_a_second(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    connection = come(a, ANN, "ann")
    net.advance(0)
    net.parcels.clear()
    a.presence.join(connection, "tea")
    net.pass_time(0.5)
    assert b.presence.rooms_of(ANN) == {"lobby", "tea"}
    assert len(bodies(b, "ask")) == 1
    gap = Message(json.dumps(beat(a, kind="delta", version=99, changes=[])).encode())
    net.advance(1.0)
    for _ in range(3):
        b.presence.heard("presence.a", gap)
    assert len(bodies(b, "ask")) == 2
    net.advance(1.0)
    b.presence.heard("presence.a", gap)
    assert len(bodies(b, "ask")) == 3


def test_a_beat_shows_what_was_lost(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    net.advance(0)
    net.parcels.clear()
    net.pass_time(5.5)
    assert shown(b) == [Came("lobby", ANN, "ann", 1)]


def test_an_older_or_repeated_delta_or_state_changes_nothing(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    connection = come(a, ANN, "ann")
    net.quiet()
    net.start("late")
    net.quiet()
    a.presence.leave(connection, "lobby", "left")
    net.quiet()
    forget(net)
    asked = len(bodies(b, "ask"))
    old = [each for each in a.broker.sent if json.loads(each.body)["kind"] in ("delta", "state")]
    assert len(old) >= 3
    for message in old:
        b.presence.heard("presence.a", message)
    assert shown(b) == []
    assert len(bodies(b, "ask")) == asked


def test_users_missing_in_a_later_state_are_gone(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    ann = come(a, ANN, "ann")
    come(a, BOB, "bob")
    net.quiet()
    a.presence.disconnected(ann, True, "quit")
    net.advance(0)
    net.parcels.clear()
    net.pass_time(5.5)
    assert not b.presence.is_present(ANN)
    assert b.presence.is_present(BOB)
    assert refused(b, CLEO, "ann")


def test_a_big_state_comes_in_bounded_parts_and_news_wait_for_the_last(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = net.nodes["a"]
    for number in range(3000):
        come(a, f"{number:016x}", f"user{number}")
    net.pass_time(1.0)
    kinds: list[str] = []

    def publish(key: str, message: Message) -> Deferred[None]:
        kinds.append(json.loads(message.body)["kind"])
        if kinds == ["state"]:
            come(a, ANN, "ann")  # while the other parts are still to be told
        return NetBroker.publish(a.broker, key, message)

    monkeypatch.setattr(a.broker, "publish", publish)
    late = net.start("late")
    net.quiet()
    parts = bodies(a, "state")[-1]["parts"]
    assert parts >= 15
    assert kinds == ["state"] * parts + ["delta"]
    assert late.presence.count("lobby") == 3001
    assert late.replay.rooms == a.shown()
    assert bodies(late, "ask") == []
    assert max(len(message.body) for message in a.broker.sent) < 100_000


def test_many_who_ask_get_one_answer(net: Net) -> None:
    a = net.nodes["a"]
    come(a, ANN, "ann")
    net.pass_time(2.0)
    before = len(bodies(a, "state"))
    for name in "defgh":
        net.start(name)
    net.pass_time(2.0)
    assert len(bodies(a, "state")) - before <= 2
    assert all(node.presence.count("lobby") == 1 for node in net.nodes.values())


# nodes


def test_a_killed_node_is_dropped_after_the_lease_and_its_nicks_are_held(net: Net) -> None:
    b = net.nodes["b"]
    come(net.nodes["a"], ANN, "ann")
    net.quiet()
    net.kill("a")
    net.pass_time(LEASE - 0.5)
    assert b.presence.is_present(ANN)
    net.pass_time(0.5)
    assert shown(b)[-1] == Went("lobby", ANN, "ann", 0, "node lost")
    net.pass_time(GRACE - 0.5)
    assert refused(b, BOB, "ann")
    net.pass_time(0.5)
    assert not refused(b, BOB, "ann")


def test_a_stopped_node_keeps_its_users_for_the_grace_time(net: Net) -> None:
    b = net.nodes["b"]
    come(net.nodes["a"], ANN, "ann")
    come(net.nodes["a"], BOB, "bob")
    net.quiet()
    forget(net)
    net.stop("a")
    net.pass_time(GRACE - 1.0)
    assert shown(b) == []
    assert refused(b, CLEO, "ann")
    come(b, ANN, "ann")
    net.pass_time(1.0)
    assert shown(b) == [Went("lobby", BOB, "bob", 1, "shutdown")]
    net.pass_time(LEASE + GRACE)
    assert shown(b) == []
    assert not refused(b, CLEO, "bob")


@pytest.mark.parametrize("clean", [True, False])
def test_users_of_a_node_started_again_stay_for_the_grace_time(net: Net, clean: bool) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    come(a, BOB, "bob")
    net.quiet()
    forget(net)
    if clean:
        net.stop("a")
    else:
        net.kill("a")
    net.pass_time(1.0)
    a = net.start("a")
    net.pass_time(1.0)
    come(a, ANN, "ann")
    net.pass_time(GRACE)
    reason = "shutdown" if clean else "node lost"
    assert shown(b) == [Went("lobby", BOB, "bob", 1, reason)]
    assert a.people() == b.people()


@pytest.mark.parametrize("clean", [True, False])
def test_a_message_of_an_earlier_life_is_ignored(net: Net, clean: bool) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    net.quiet()
    net.start("late")
    net.pass_time(0.5)  # so that a has told its state
    old = [each for each in a.broker.sent if json.loads(each.body)["kind"] != "bye"]
    if clean:
        net.stop("a")
        net.quiet()
    else:
        net.kill("a")
        net.advance(1.0)
        come(net.start("a"), BOB, "bob")
        net.quiet()
    forget(net)
    net.pass_time(GRACE / 2)
    for message in old:
        b.presence.heard("presence.a", message)
    net.pass_time(GRACE / 2)
    reason = "shutdown" if clean else "node lost"
    assert shown(b) == [Went("lobby", ANN, "ann", 0 if clean else 1, reason)]


# states in parts


def cluster(node: str) -> Cluster:
    return Cluster(node, "1", GRACE, fold)


def enter(here: Cluster, number: int, room: str = "lobby") -> None:
    here.claim(f"u{number}", f"user{number}", EPOCH)
    here.connected(number, f"u{number}")
    here.join(number, room, EPOCH)


def told(here: Cluster) -> list[State]:
    """The whole state, one user a part."""
    here.take_deltas()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(states, "MOST_USERS", 1)
        return list(here.state(EPOCH))


def members(here: Cluster, room: str = "lobby") -> list[str]:
    return [member.user for member in here.view.members(room)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_parts_of_a_state_may_come_in_any_order_and_twice(order: tuple[int, ...]) -> None:
    speaker, hearer = cluster("a"), cluster("b")
    for number in range(3):
        enter(speaker, number)
    parts = told(speaker)
    for step, place in enumerate(order):
        assert hearer.receive(speaker.beat(), EPOCH + 10.0 * step)
        hearer.receive(parts[place], EPOCH)
        hearer.receive(parts[place], EPOCH)
    assert members(hearer) == ["u0", "u1", "u2"]
    assert not hearer.receive(speaker.beat(), EPOCH + 100.0)


def test_the_parts_of_two_states_are_not_mixed() -> None:
    speaker, hearer = cluster("a"), cluster("b")
    for number in range(3):
        enter(speaker, number)
    old = told(speaker)
    speaker.disconnected(0, True, "quit", EPOCH)
    enter(speaker, 3)
    new = told(speaker)
    for part in (old[0], new[0], old[1], new[1], old[2]):
        hearer.receive(part, EPOCH)
    assert hearer.receive(speaker.beat(), EPOCH)
    for part in (*new[2:], old[0]):
        hearer.receive(part, EPOCH)
    assert members(hearer) == ["u1", "u2", "u3"]
    assert not hearer.receive(speaker.beat(), EPOCH + 10.0)


def test_a_late_delta_does_not_undo_what_a_part_of_a_later_state_said() -> None:
    speaker, hearer = cluster("a"), cluster("b")
    for number in range(2):
        enter(speaker, number)
    for part in told(speaker):
        hearer.receive(part, EPOCH)
    speaker.join(0, "tea", EPOCH)
    (joined,) = speaker.take_deltas()
    speaker.leave(0, "tea", "left", EPOCH)
    hearer.receive(told(speaker)[0], EPOCH)
    assert hearer.receive(joined, EPOCH)
    assert members(hearer, "tea") == []


def test_without_a_link_a_node_goes_on_by_itself_and_finds_the_others_again(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(b, BOB, "bob")
    net.quiet()
    net.link("a", False)
    come(a, ANN, "ann")
    assert a.presence.count("lobby") == 2
    net.pass_time(LEASE + 1.0)
    assert a.shown() == {"lobby": {ANN: "ann"}}
    assert shown(a)[-1] == Went("lobby", BOB, "bob", 1, "node lost")
    assert not b.presence.is_present(ANN)
    net.link("a", True)
    net.pass_time(0.5)
    assert a.shown() == b.shown() == {"lobby": {ANN: "ann", BOB: "bob"}}


def test_a_node_that_starts_without_a_link_is_known_when_it_has_one(net: Net) -> None:
    b = net.nodes["b"]
    come(b, BOB, "bob")
    alone = net.start("alone", up=False)
    come(alone, ANN, "ann")
    net.pass_time(2.0)
    net.link("alone", True)
    net.quiet()
    assert alone.people() == b.people()
