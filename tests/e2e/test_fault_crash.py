"""A daemon that dies in the middle of a talk: nothing that it acknowledged is lost, and the fault
test sees it if something is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest_twisted
from twisted.internet import reactor as _reactor

from support.faults.bugs import BUGS, program
from support.faults.checker import check
from support.faults.entrances import Entrance
from support.faults.load import Load
from support.faults.node import Node
from support.faults.verdict import Verdict
from support.waiting import until

reactor: Any = _reactor

BUG = "acknowledge_before_commit"


async def verdict_of_a_crash(directory: Path, *bug: str) -> Verdict:
    """Kill the daemon while people talk, start it again, and let them go on."""
    database = f"sqlite:///{directory}/chat.sqlite"
    options = ["--database", database, "--broker", "memory:", "--rate=0", "--grace=1"]
    node = Node("one", directory / "logs", options, program(*bug) if bug else None)
    node.launch()
    try:
        await node.until_listening()
        entrance = Entrance("one", "127.0.0.1", node.http_port, node.line_port)
        load = Load(reactor, [entrance], 1, transports=["websocket"])
        load.start()
        await until(lambda: _acknowledged(load) >= 40, what="40 messages")
        await node.kill()
        node.launch()
        await node.until_listening()
        load.history.healed = reactor.seconds()
        load.stop_publishing()
        await load.settled(10)
        await load.stop()
        await node.terminate()
    finally:
        node.close()
    assert not node.troubles
    return check(load.history)


def _acknowledged(load: Load) -> int:
    return sum(publish.published is not None for publish in load.history.publishes)


@pytest_twisted.ensureDeferred
async def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    verdict = await verdict_of_a_crash(tmp_path)
    assert verdict.good, verdict


@pytest_twisted.ensureDeferred
async def test_what_is_acknowledged_too_early_is_seen_to_be_lost(tmp_path: Path) -> None:
    verdict = await verdict_of_a_crash(tmp_path, BUG)
    assert verdict.counts[BUGS[BUG].counter] > 0, verdict
