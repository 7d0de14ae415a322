"""Presence by its rules: topics, and the service with its clock and its watchers."""

from __future__ import annotations

import json

import pytest
from twisted.internet.defer import Deferred

from rabbitchat.brokers.interface import Message, NotSent
from rabbitchat.chat.members import Came, Change, TopicLearned
from rabbitchat.chat.peers import LEASE
from rabbitchat.chat.topics import KEPT_EMPTY
from support.hygiene import LoggedFailures
from support.presence_net import EPOCH, Net
from support.presence_people import (
    ANN,
    BOB,
    GRACE,
    bodies,
    come,
)

# topics


def test_a_topic_is_known_everywhere_and_to_newcomers(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    net.quiet()
    a.presence.set_topic("lobby", "tea", "ann")
    net.quiet()
    b.presence.set_topic("lobby", "coffee", "bob")
    net.quiet()
    late = net.start("late")
    net.pass_time(0.5)
    assert {node.presence.topic("lobby") for node in net.nodes.values()} == {"coffee"}
    assert late.presence.topic("tea") == ""
    assert bodies(a, "delta")[-1]["changes"] == [
        {
            "change": "topic",
            "room": "lobby",
            "from": "ann",
            "text": "tea",
            "time": EPOCH + 2.0,
            "by": "a",
            "empty": 0.0,
        }
    ]


def test_a_topic_set_while_nobody_heard_is_told_once_when_the_link_is_back(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    come(b, BOB, "bob")
    net.quiet()
    net.link("a", False)
    a.presence.set_topic("lobby", "tea", "ann")
    net.pass_time(2)
    told = TopicLearned("lobby", "ann", "tea")
    assert told not in b.replay.changes
    net.link("a", True)
    net.pass_time(8)
    assert b.replay.changes.count(told) == 1
    assert told not in a.replay.changes  # whoever is there heard it when it was set


def test_a_topic_that_only_one_heard_before_its_node_died_reaches_the_others(net: Net) -> None:
    a, b, c = net.nodes.values()
    a.presence.set_topic("lobby", "tea", "ann")
    net.advance(0)
    for parcel in net.parcels:
        if parcel.to is b:
            net.deliver(parcel)
    net.parcels.clear()
    net.kill("a")
    net.pass_time(5.5)
    assert c.presence.topic("lobby") == "tea"


def test_the_topic_of_a_room_empty_for_an_hour_is_forgotten_by_all(net: Net) -> None:
    a = net.nodes["a"]
    connection = come(a, ANN, "ann")
    a.presence.set_topic("lobby", "tea", "ann")
    net.pass_time(2 * KEPT_EMPTY, step=5.0)
    a.presence.disconnected(connection, True, "quit")
    net.pass_time(KEPT_EMPTY - 60.0, step=5.0)
    late = net.start("late")
    net.pass_time(10.0)
    assert {node.presence.topic("lobby") for node in net.nodes.values()} == {"tea"}
    net.pass_time(70.0)
    assert {node.presence.topic("lobby") for node in net.nodes.values()} == {""}
    assert late.presence.cluster.topics.digest == a.presence.cluster.topics.digest == 0


# the service


def test_a_delta_can_be_read_by_an_outside_listener(net: Net) -> None:
    a = net.nodes["a"]
    connection = come(a, ANN, "ann")
    net.quiet()
    a.presence.disconnected(connection, True, "quit")
    net.quiet()
    first, second = bodies(a, "delta")
    assert first["changes"] == [
        {"change": "nick", "user": ANN, "nick": "ann", "claimed": net.now, "by": "a"},
        {"change": "join", "user": ANN, "nick": "ann", "room": "lobby"},
    ]
    assert second["changes"] == [
        {"change": "leave", "user": ANN, "nick": "ann", "room": "lobby", "reason": "quit"},
        {"change": "gone", "user": ANN, "nick": "ann", "hold": GRACE},
    ]
    assert (second["v"], second["version"]) == (1, first["version"] + 1)


def test_a_watcher_that_changes_things_is_shown_them_afterwards(net: Net) -> None:
    a = net.nodes["a"]
    seen: list[Change] = []

    def watcher(change: Change) -> None:
        if isinstance(change, Came) and change.room == "lobby":
            a.presence.join(connection, "tea")
        seen.append(change)

    connection = come(a, ANN, "ann", None)
    a.presence.watch(watcher)
    a.presence.join(connection, "lobby")
    assert seen == [Came("lobby", ANN, "ann", 1), Came("tea", ANN, "ann", 1)]


def test_a_watcher_with_a_bug_costs_its_own_call_only(
    net: Net, expected_failures: LoggedFailures
) -> None:
    a = net.nodes["a"]
    seen: list[Change] = []

    def broken(change: Change) -> None:
        raise ZeroDivisionError

    a.presence.watch(broken)
    a.presence.watch(seen.append)
    come(a, ANN, "ann")
    assert len(seen) == 1
    assert len(expected_failures.flush(ZeroDivisionError)) == 1


def test_a_bug_in_one_round_does_not_end_the_beating(
    net: Net, expected_failures: LoggedFailures, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = net.nodes["a"]

    def broken(now: float) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(a.presence.cluster, "sweep", broken)
        net.pass_time(5.5)
    assert expected_failures.flush(ZeroDivisionError)
    before = len(bodies(a, "beat"))
    net.pass_time(5.5)
    assert len(bodies(a, "beat")) > before


def test_a_bug_with_something_due_does_not_keep_the_reactor_busy(
    net: Net, expected_failures: LoggedFailures, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = net.nodes["a"], net.nodes["b"]

    def broken(now: float) -> None:
        raise ZeroDivisionError

    come(b, BOB, "bob")
    net.quiet()
    net.kill("b")
    with monkeypatch.context() as patched:
        patched.setattr(a.presence.cluster, "expire", broken)
        net.pass_time(LEASE + 5.0)
    assert len(bodies(a, "beat")) == 4
    assert len(expected_failures.flush(ZeroDivisionError)) < 10
    net.pass_time(2.0)
    assert not a.presence.is_present(BOB)


def test_a_stop_leaves_nothing_behind_and_a_second_one_is_harmless(net: Net) -> None:
    a = net.nodes["a"]
    come(a, ANN, "ann")
    assert a.presence.stopService().called
    assert a.clock.getDelayedCalls() == []
    assert [json.loads(each.body)["kind"] for each in a.broker.sent[-2:]] == ["delta", "bye"]
    assert a.presence.stopService().called
    a.presence.heard("presence.b", Message(b"nonsense"))
    come(a, BOB, "bob")
    assert a.presence.rejected == 0
    assert a.clock.getDelayedCalls() == []


def test_a_stop_waits_a_second_at_most_for_its_good_bye(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = net.nodes["a"]
    told: Deferred[None] = Deferred()
    monkeypatch.setattr(a.broker, "publish", lambda key, message: told)
    stopped = a.presence.stopService()
    fired = []
    for seconds in (0.9, 0.1):
        net.advance(seconds)
        fired.append(stopped.called)
    assert fired == [False, True]
    told.errback(NotSent("too late"))
    assert a.clock.getDelayedCalls() == []


def test_many_users_lost_with_their_node_go_a_slice_at_a_time(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    for number in range(1000):
        come(a, f"{number:016x}", f"user{number}")
    net.quiet()
    net.kill("a")
    net.pass_time(LEASE - 1.0)
    cluster, now = b.presence.cluster, b.clock.seconds() + 1.0
    counts = [1000]
    while counts[-1]:
        due = cluster.next_due()
        assert due is not None
        assert due <= now
        cluster.expire(now)
        counts.append(cluster.view.count("lobby"))
    assert counts == [1000, 750, 500, 250, 0]
    net.advance(1.0)  # shown, and nothing of it is left
    assert b.replay.rooms == {}
