"""How long the chat needs to be well again after a fault has been healed."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from support.faults.history import History
from support.faults.schedule import BROKER, DATABASE, Planned
from support.faults.world import World

LOOK = 0.2  # seconds between two looks
LONGEST = 40.0  # seconds that are waited for


class Recovery:
    """Measures, while other faults come and go: in `seconds`, by kind. What isn't well before
    another fault of the same target comes, or the load ends, isn't counted.

    Well is, after a fault of the broker: all daemons say that they can deliver; of a daemon: it
    says so; of the database: a message was stored; of a way to a daemon: one was stored by it.
    """

    def __init__(self, reactor: Any, world: World, history: History) -> None:
        self.seconds: dict[str, list[float]] = {}
        self._reactor = reactor
        self._world = world
        self._history = history
        self._measuring: list[Deferred[None]] = []
        self._latest: dict[str, Planned] = {}  # by target
        self._stopped = False

    def watch(self, planned: Planned) -> None:
        """This one is healed now."""
        self._latest[planned.target] = planned
        self._measuring.append(Deferred.fromCoroutine(self._measure(planned)))

    async def stop(self) -> None:
        """The end: nothing more is measured."""
        self._stopped = True
        await gatherResults(self._measuring, consumeErrors=True)

    async def _measure(self, planned: Planned) -> None:
        healed = self._reactor.seconds()
        while not await self._is_well(planned, healed):
            await deferLater(self._reactor, LOOK, lambda: None)
            passed = self._reactor.seconds() - healed
            if self._stopped or passed > LONGEST or self._latest[planned.target] is not planned:
                return
        self.seconds.setdefault(planned.kind, []).append(self._reactor.seconds() - healed)

    async def _is_well(self, planned: Planned, since: float) -> bool:
        if planned.target == BROKER:
            return await self._world.is_well()
        if planned.target == DATABASE:
            return self._stored(since)
        if planned.target in self._world.nodes:
            return await self._world.nodes[planned.target].is_healthy()
        return self._stored(since, planned.target.removeprefix("to "))

    def _stored(self, since: float, node: str = "") -> bool:
        return any(
            attempt.sent >= since and attempt.seq is not None and node in ("", attempt.node)
            for publish in self._history.publishes
            for attempt in publish.attempts
        )
