"""Presence by its rules: messages that a node should not have sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from twisted.logger import capturedLogs

from rabbitchat.brokers.interface import Message
from rabbitchat.chat.peers import LEASE
from support.presence_net import Net
from support.presence_people import (
    ANN,
    beat,
    come,
)


@pytest.mark.parametrize(
    "fields",
    [
        {"version": -1},
        {"version": "1"},
        {"node": "b"},
        {"node": 5},
        {"incarnation": None},
        {"kind": None},
        {"v": 0},
        {"v": "1"},
        {"kind": "delta"},
        {"kind": "delta", "changes": [5]},
        {"kind": "delta", "changes": [{"change": 5}]},
        {"kind": "delta", "changes": [{"change": "join", "user": "u", "nick": "n"}]},
        {
            "kind": "delta",
            "changes": [{"change": "nick", "user": "u", "nick": "no-é\u0001", "by": "a"}],
        },
        {
            "kind": "delta",
            "changes": [{"change": "nick", "user": "u", "nick": "-", "claimed": 1.0, "by": "a"}],
        },
        {
            "kind": "delta",
            "changes": [
                {"change": "nick", "user": "u", "nick": "ok", "claimed": 1e300, "by": "a"}
            ],
        },
    ],
)
def test_a_malformed_announcement_is_counted_and_nothing_else(
    net: Net, fields: dict[str, Any]
) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    net.quiet()
    before = b.people()
    body = json.dumps(beat(a, **fields)).encode()
    b.presence.heard("presence.a", Message(body))
    assert b.presence.rejected == 1
    assert b.people() == before


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"5", b"[]", b"null", b"{", b"[" * 100_000, b'{"a":' * 100_000]
)
def test_what_is_no_announcement_is_counted_and_logged_once_a_minute(
    net: Net, body: bytes
) -> None:
    b = net.nodes["b"]
    with capturedLogs() as logs:
        for _ in range(5):
            b.presence.heard("presence.x", Message(body))
        assert len(logs) == 1
        net.pass_time(61.0)
        b.presence.heard("presence.x", Message(body))
    assert len(logs) == 2
    assert b.presence.rejected == 6


@pytest.mark.parametrize(
    "fields", [{"kind": "dance"}, {"v": 2, "version": "II"}, {"mood": "good"}, {"kind": "dance!"}]
)
def test_what_a_later_version_says_is_no_error(net: Net, fields: dict[str, Any]) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    b.presence.heard("presence.a", Message(json.dumps(beat(a, **fields)).encode()))
    assert b.presence.rejected == 0


def test_a_change_of_a_kind_unknown_is_left_out(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann", None)
    net.quiet()
    changes = [
        {"change": "mood", "user": ANN, "mood": "good"},
        {"change": "join", "user": ANN, "nick": "ann", "room": "tea", "since": "noon"},
        {"change": "join", "user": "nobody", "nick": "ann", "room": "tea"},
    ]
    version = a.presence.cluster.version + 1
    body = beat(a, kind="delta", version=version, changes=changes)
    b.presence.heard("presence.a", Message(json.dumps(body).encode()))
    assert b.presence.rejected == 0
    assert b.presence.rooms_of(ANN) == {"tea"}
    assert b.presence.count("tea") == 1


def test_nodes_made_up_by_a_program_do_not_grow_without_bound(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    for number in range(1500):
        body = json.dumps(beat(a, node=f"n{number}")).encode()
        b.presence.heard(f"presence.n{number}", Message(body))
    assert len(b.presence.cluster.peers.nodes()) == 1000
    assert b.presence.rejected == 502
    net.pass_time(LEASE + 1.0)
    assert b.presence.cluster.peers.nodes() == ["a", "c"]


def test_another_process_with_the_same_node_name_is_logged_once(net: Net) -> None:
    a = net.nodes["a"]
    with capturedLogs() as logs:
        net.pass_time(LEASE + 1.0)  # its own echo is nothing to talk of
        assert logs == []
        other = Message(json.dumps(beat(a, incarnation="0", version=3)).encode())
        a.presence.heard("presence.a", other)
        a.presence.heard("presence.a", other)
    assert len(logs) == 1
    assert "node name" in logs[0]["log_format"]
    assert logs[0]["node"] == "a"


def test_what_this_node_said_before_it_was_started_again_is_no_name_clash(net: Net) -> None:
    old = Message(json.dumps(beat(net.nodes["a"])).encode())
    net.kill("a")
    net.advance(1.0)
    a = net.start("a")
    with capturedLogs() as logs:
        a.presence.heard("presence.a", old)
    assert logs == []
