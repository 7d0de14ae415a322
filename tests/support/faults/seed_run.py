"""One seed from its begin to its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from support.faults.checker import check
from support.faults.faults import FAULTS
from support.faults.history import History
from support.faults.load import Load
from support.faults.recovery import Recovery
from support.faults.schedule import Planned, lanes, plan
from support.faults.verdict import Verdict
from support.faults.world import Servers, World

COMING_IN = 30.0  # seconds that all clients have before the first fault
LEAST_PUBLISHES = 2000  # in a seed of `FULL` seconds; a shorter one has less in proportion
FULL = 60.0
PATIENCE = 60.0  # seconds more than planned that a slow machine has for them
PACE = 60.0  # publishes a second, when all is well
SETTLED = 40.0  # seconds after the last fault was healed: then everything is with everybody


@dataclass
class Outcome:
    """What one seed showed. `settled` is how many seconds after the last fault was healed, and
    nothing more was said, all was with everybody, None if it wasn't in time. `troubles` are what
    was wrong beside."""

    seed: int
    publishes: int
    faults: Counter[str]
    verdict: Verdict
    settled: Optional[float]
    recoveries: dict[str, list[float]]
    troubles: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        return self.verdict.good and not self.troubles


class SeedRun:
    """A load on three daemons, through the faults of a seed, for so many seconds."""

    def __init__(
        self, reactor: Any, servers: Servers, seed: int, seconds: float, logs: Path
    ) -> None:
        self._reactor = reactor
        self._seed = seed
        self._seconds = seconds
        self._world = World(reactor, servers, logs)
        self._logs = logs
        self._faults: Counter[str] = Counter()
        self._troubles: list[str] = []

    async def run(self, program: Optional[list[str]] = None) -> Outcome:
        """Start the daemons, let it happen, and judge. Leaves the servers as it found them.

        `program` is what takes the arguments of twistd instead of twistd itself."""
        world = self._world
        try:
            await world.start(program)
            return await self._judged()
        finally:
            await world.close()

    async def _judged(self) -> Outcome:
        reactor, world = self._reactor, self._world
        load = Load(reactor, world.entrances, self._seed, PACE)
        recovery = Recovery(reactor, world, load.history)
        load.start()
        assert await load.all_in(COMING_IN), load.troubles()
        began = reactor.seconds()
        faults = lanes(plan(self._seed, self._seconds))
        await self._all(self._lane(lane, recovery) for lane in faults.values())
        load.history.healed = reactor.seconds()
        await self._sleep_until(began + self._seconds)
        await self._until_enough(load, reactor.seconds() + PATIENCE)
        load.stop_publishing()
        stopped, settled = reactor.seconds(), None
        if await load.settled(SETTLED):
            settled = reactor.seconds() - stopped
        else:
            self._troubles += load.troubles()
        await load.stop()
        verdict = check(load.history)
        if not verdict.good:
            self._keep(load.history)
        await recovery.stop()
        self._troubles += await world.stop()
        return Outcome(
            self._seed,
            len(load.history.publishes),
            self._faults,
            verdict,
            settled,
            recovery.seconds,
            self._troubles,
        )

    def _keep(self, history: History) -> None:
        """Beside the logs, a line for each thing that happened."""
        lines: list[object] = [*history.participants.values(), *history.publishes, *history.seen]
        lines += [f"{room} in the log: {entries}" for room, entries in history.kept.items()]
        (self._logs / "history").write_text("\n".join(map(str, lines)))

    async def _lane(self, faults: Sequence[Planned], recovery: Recovery) -> None:
        """The faults of one target, one after the other. They are late when putting the one
        before right took longer than was planned; what would begin after the end is left out."""
        began = self._reactor.seconds()
        for planned in faults:
            await self._sleep_until(began + planned.at)
            if self._reactor.seconds() > began + self._seconds:
                return
            await self._fault(planned, self._reactor.seconds() + planned.until - planned.at)
            recovery.watch(planned)

    async def _fault(self, planned: Planned, until: float) -> None:
        fault = FAULTS[planned.kind](self._world, planned)
        try:
            await fault.apply()
            self._faults[planned.kind] += 1
            await self._sleep_until(until)
        except Exception as why:  # the test's own failure: it counts, and all is put right
            self._troubles.append(f"{planned}: {why!r}")
        try:
            await fault.heal()
        except Exception as why:
            self._troubles.append(f"healing {planned}: {why!r}")

    async def _until_enough(self, load: Load, deadline: float) -> None:
        least = LEAST_PUBLISHES * min(1.0, self._seconds / FULL)
        while len(load.history.publishes) < least and self._reactor.seconds() < deadline:
            await deferLater(self._reactor, 0.1, lambda: None)

    async def _sleep_until(self, when: float) -> None:
        seconds = when - self._reactor.seconds()
        if seconds > 0:
            await deferLater(self._reactor, seconds, lambda: None)

    async def _all(self, coroutines: Any) -> None:
        each = [Deferred.fromCoroutine(one) for one in coroutines]
        await gatherResults(each, consumeErrors=True)
