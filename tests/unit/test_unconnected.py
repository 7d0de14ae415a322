"""A node that shares the database and not the broker is noticed by what it stores."""

from __future__ import annotations

import pytest
from msgspec import structs
from twisted.internet.task import Clock
from twisted.logger import capturedLogs

from rabbitchat.chat.entries import Entry
from rabbitchat.timestamps import timestamp
from rabbitchat.unconnected import Unconnected
from support.fakes import ScriptedBroker, entry


class Bench:
    """A node that has run for a minute."""

    def __init__(self, alone: bool = True) -> None:
        self.clock = Clock()
        self.clock.advance(10_000)
        broker = ScriptedBroker("n1")
        broker.alone = alone
        self.unconnected = Unconnected(self.clock, broker)
        self.clock.advance(60)

    def stored(self, node: str, ago: float) -> Entry:
        """An entry of a node, so many seconds old."""
        clock = Clock()
        clock.advance(self.clock.seconds() - ago)
        return structs.replace(entry(1, node=node), time=timestamp(clock))

    def said(self, *entries: Entry) -> list[str]:
        """What the log says when these are looked at."""
        with capturedLogs() as events:
            self.unconnected.look(entries)
        return [event["warning"] for event in events]


def test_it_is_said_once() -> None:
    bench = Bench()
    [said] = bench.said(bench.stored("n1", 2), bench.stored("n2", 1))
    assert said.startswith("node n2 writes to the same database, but no broker connects you")
    assert bench.unconnected.warning == said
    assert bench.said(bench.stored("n2", 0), bench.stored("n3", 0)) == []
    assert bench.unconnected.warning == said


@pytest.mark.parametrize(
    ("node", "ago", "alone"),
    [
        pytest.param("n1", 1, True, id="our own"),
        pytest.param("n2", 61, True, id="from before we started"),
        pytest.param("n2", 1, False, id="a broker connects us"),
    ],
)
def test_nothing_is_amiss(node: str, ago: float, alone: bool) -> None:
    bench = Bench(alone)
    assert bench.said(bench.stored(node, ago)) == []
    assert bench.unconnected.warning is None
