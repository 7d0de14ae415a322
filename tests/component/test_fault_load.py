"""The fault test's load and checker on daemons that don't fail: all is well, and much is said."""

from __future__ import annotations

from pathlib import Path

import pytest_twisted
from twisted.internet import reactor

from support.faults.checker import check
from support.faults.entrances import Entrance
from support.faults.load import Load
from support.nodes import StartNode
from support.waiting import until


@pytest_twisted.ensureDeferred
async def test_nothing_is_lost_where_nothing_fails(node: StartNode, tmp_path: Path) -> None:
    """Every client on every transport hears everything, once and in order."""
    shared = f"sqlite:///{tmp_path}/chat.sqlite"
    nodes = [await node(database=shared) for _ in range(2)]
    entrances = [
        Entrance(f"node-{number}", "127.0.0.1", one.port, one.line_port)
        for number, one in enumerate(nodes, 1)
    ]
    load = Load(reactor, entrances, seed=1, publishes_per_second=100)
    load.start()
    await until(lambda: len(load.history.publishes) >= 150, what="150 messages")
    load.stop_publishing()
    assert await load.settled(10), load.troubles()
    await load.stop()
    verdict = check(load.history)
    assert verdict.good, verdict
    assert {publish.sender for publish in load.history.publishes} == set(_names(load))
    assert {one.client for one in load.history.seen} == set(_names(load))


def _names(load: Load) -> list[str]:
    return [client.me.name for client in load.clients]
