"""Each bug on three real daemons, with the faults that show it, until the checker counts it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from twisted.internet.task import deferLater

from support.faults.bugs import BUGS, program
from support.faults.checker import check
from support.faults.faults import FAULTS
from support.faults.load import Load
from support.faults.schedule import BROKER, BROKER_KINDS, DAEMONS, WAY_KINDS, Planned
from support.faults.verdict import Verdict
from support.faults.world import Servers, World

COMING_IN = 30.0  # seconds
ROUNDS = 4  # at the most, until it is seen
FAULTS_A_ROUND = 6
LASTS, BETWEEN = 0.5, 1.5  # seconds
SETTLED = 10.0  # seconds: with a bug it may never come


@dataclass
class Seen:
    """What became of one bug: `counter` is its promise's own."""

    bug: str
    counter: str
    rounds: int
    verdict: Verdict

    @property
    def good(self) -> bool:
        """Whether it was seen."""
        return self.verdict.counts[self.counter] > 0

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in self.verdict.counts.items())
        found = "seen" if self.good else "NOT SEEN"
        return f"{self.bug}: {found} on {self.counter} in round {self.rounds}; {counts}"


async def run_bug(reactor: Any, servers: Servers, bug: str, logs: Path) -> Seen:
    """Talk and fail, round after round, until the bug is seen."""
    world = World(reactor, servers, logs)
    counter = BUGS[bug].counter
    try:
        await world.start(program(bug))
        load = Load(reactor, world.entrances, 1)
        load.start()
        assert await load.all_in(COMING_IN), load.troubles()
        for done in range(1, ROUNDS + 1):
            await _round(reactor, world, bug)
            load.history.healed = reactor.seconds()
            load.stop_publishing()
            await load.settled(SETTLED)
            seen = Seen(bug, counter, done, check(load.history))
            if seen.good:
                break
            load.publish()
        await load.stop()
    finally:
        await world.close()
    return seen


async def _round(reactor: Any, world: World, bug: str) -> None:
    kinds = islice(cycle(BUGS[bug].needs), FAULTS_A_ROUND)
    for number, kind in enumerate(kinds):
        planned = Planned(0, LASTS, kind, _target(kind, number), "both", amount=300.0 * number)
        await deferLater(reactor, BETWEEN, lambda: None)
        fault = FAULTS[kind](world, planned)
        await fault.apply()
        await deferLater(reactor, LASTS, lambda: None)
        await fault.heal()


def _target(kind: str, number: int) -> str:
    if kind in BROKER_KINDS:
        return BROKER
    daemon = DAEMONS[number % len(DAEMONS)]
    return f"to {daemon}" if kind in WAY_KINDS else daemon
