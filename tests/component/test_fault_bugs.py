"""The fault test's checker sees each bug that is put back, and none where there is none.

In this process: three daemons on one database, whose broker loses a message now and then, and
whose clients are cut off again and again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sized
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor

from rabbitchat import daemon
from rabbitchat.brokers.interface import Message
from rabbitchat.brokers.memory import MemoryExchange
from support.faults.bugs import BUGS
from support.faults.checker import check
from support.faults.entrances import Entrance
from support.faults.load import Load
from support.faults.wire import Wire
from support.hygiene import LoggedFailures
from support.nodes import Node, StartNode
from support.waiting import pause, until

reactor: Any = _reactor

ROUNDS = 8
CUTS, BETWEEN = 4, 15  # publishes
FEW = ("websocket", "sockjs_xhr", "json_lines")  # transports: enough to see it


class Ways:
    """The ways to the daemons, which are cut in turn."""

    def __init__(self, nodes: list[Node]) -> None:
        self.entrances: list[Entrance] = []
        self._wires: list[list[Wire]] = []
        for node in nodes:
            wires = [Wire(reactor, node.port), Wire(reactor, node.line_port)]
            self._wires.append(wires)
            name = node.daemon.node
            self.entrances.append(Entrance(name, "127.0.0.1", wires[0].port, wires[1].port))

    async def cut(self, number: int) -> None:
        """All of one daemon's connections, in the middle of something."""
        wires = self._wires[number % len(self._wires)]
        for wire in wires:
            wire.cut(100 * number)
        await pause(0.05)
        for wire in wires:
            wire.heal()

    async def close(self) -> None:
        """End all."""
        for wires in self._wires:
            for wire in wires:
                await wire.close()


@asynccontextmanager
async def ways_to(nodes: list[Node]) -> AsyncIterator[Ways]:
    """Closed at the end."""
    ways = Ways(nodes)
    try:
        yield ways
    finally:
        await ways.close()


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every seventh entry that travels on the broker is lost."""
    publish, counted = MemoryExchange.publish, [0]

    def publish_or_not(self: MemoryExchange, key: str, message: Message) -> None:
        counted[0] += key.startswith(("room.", "user."))
        if not key.startswith(("room.", "user.")) or counted[0] % 7:
            publish(self, key, message)

    monkeypatch.setattr(MemoryExchange, "publish", publish_or_not)
    monkeypatch.setattr(daemon, "COMPARE", 0.5)  # what was lost last is found by that alone


@asynccontextmanager
async def talking(node: StartNode, directory: Path) -> AsyncIterator[tuple[Load, Ways]]:
    """A load on three daemons."""
    shared = f"sqlite:///{directory}/chat.sqlite"
    nodes = [await node(database=shared) for _ in range(3)]
    async with ways_to(nodes) as ways:
        load = Load(reactor, ways.entrances, 1, publishes_per_second=80, transports=FEW)
        load.start()
        try:
            yield load, ways
        finally:
            await load.stop()


def _has(things: Sized, count: int) -> bool:
    return len(things) >= count


async def cut_and_talk(load: Load, ways: Ways, counter: str = "") -> bool:
    """Cut connections again and again. Ends as soon as this counter counts; whether it does. What
    is lost is known later only: it may be on its way."""
    publishes = load.history.publishes
    for number in range(CUTS):
        enough = len(publishes) + BETWEEN
        await until(partial(_has, publishes, enough), what="more messages", timeout=30)
        await ways.cut(number)
        if counter not in ("", "lost") and check(load.history).counts[counter]:
            return True
    return False


async def settled(load: Load, within: float) -> bool:
    """End the talk, and let everybody have what they miss, in time or not."""
    load.stop_publishing()
    load.history.healed = reactor.seconds()
    return await load.settled(within)


@pytest_twisted.ensureDeferred
@pytest.mark.usefixtures("forgetful")
async def test_all_is_well_without_a_bug(node: StartNode, tmp_path: Path) -> None:
    async with talking(node, tmp_path) as (load, ways):
        await cut_and_talk(load, ways)
        assert await settled(load, 20), load.troubles()
        verdict = check(load.history)
    assert verdict.good, verdict


@pytest.mark.parametrize("bug", sorted(set(BUGS) - {"acknowledge_before_commit"}))
@pytest_twisted.ensureDeferred
@pytest.mark.usefixtures("forgetful")
async def test_a_bug_is_seen(
    node: StartNode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected_failures: LoggedFailures,
    bug: str,
) -> None:
    """On the counter of the promise that it breaks; it may take some rounds."""
    counter = BUGS[bug].counter
    for one in BUGS[bug].replaced:
        monkeypatch.setattr(one.owner, one.name, one.value)
    async with talking(node, tmp_path) as (load, ways):
        for _ in range(ROUNDS):
            if await cut_and_talk(load, ways, counter):
                break
            await settled(load, 3)
            if check(load.history).counts[counter]:
                break
            load.publish()
        verdict = check(load.history)
    assert verdict.counts[counter] > 0, verdict
    expected_failures.flush()  # the daemon may have noticed, too
