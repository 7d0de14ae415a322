"""Users on three nodes of a network in our hands, and what the nodes say of them."""

from __future__ import annotations

import itertools
import json
from typing import Any, Optional

import pytest

from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.members import Change
from support.presence_net import Net, Node

ANN, BOB, CLEO = "00a1000000000000", "00b2000000000000", "00c3000000000000"
GRACE = 10.0  # seconds

_numbers = itertools.count(1)  # of connections


@pytest.fixture
def net() -> Net:
    """Three nodes that know one another."""
    net = Net(GRACE)
    for name in "abc":
        net.start(name)
    net.pass_time(2.0)
    for node in net.nodes.values():
        node.broker.sent.clear()
    return net


def come(node: Node, user: str, nick: str, room: Optional[str] = "lobby") -> int:
    """A connection of a user that goes into a room."""
    number = next(_numbers)
    node.presence.claim(user, nick)
    node.presence.connected(number, user)
    if room is not None:
        node.presence.join(number, room)
    return number


def shown(node: Node) -> list[Change]:
    """The changes shown since the last call."""
    changes, node.replay.changes = node.replay.changes, []
    return changes


def forget(net: Net) -> None:
    """What was shown so far counts as seen."""
    for node in net.nodes.values():
        shown(node)


def refused(node: Node, user: str, nick: str) -> bool:
    """Whether a nick is refused because another has it; if not, it is claimed now."""
    try:
        node.presence.claim(user, nick)
    except ChatError as problem:
        return problem.code is Code.NICK_IN_USE and nick in problem.message
    return False


def bodies(node: Node, kind: str) -> list[dict[str, Any]]:
    """What a node has said of one kind."""
    said = [json.loads(message.body) for message in node.broker.sent]
    return [body for body in said if body["kind"] == kind]


def beat(speaker: Node, **fields: Any) -> dict[str, Any]:
    """A beat of a node, with other fields."""
    cluster = speaker.presence.cluster
    return {
        "kind": "beat",
        "v": 1,
        "node": cluster.node,
        "incarnation": cluster.incarnation,
        "version": cluster.version,
        "topics": cluster.topics.digest,
        **fields,
    }
