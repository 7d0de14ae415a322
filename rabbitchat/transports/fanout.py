"""One event to many clients: encoded once a wire, in slices, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Optional, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from rabbitchat.chat.events import Event
from rabbitchat.clients import IClient, IWire

SLICE = 500
"""Deliveries in one reactor turn: about 5 ms."""


class Receiver(Protocol):
    """Somebody with a client that events can be sent to."""

    client: IClient


class _Job:
    __slots__ = ("encoded", "event", "receivers", "wanted")

    def __init__(
        self,
        event: Event,
        receivers: Iterator[Receiver],
        wanted: Optional[Callable[[Any], bool]],
    ) -> None:
        self.event = event
        self.receivers = receivers
        self.wanted = wanted
        self.encoded: dict[IWire, bytes] = {}


class Fanout:
    """Sends events to many clients: each encoded once per wire, in slices, in order."""

    log = Logger()

    def __init__(self, clock: IReactorTime, count: Callable[[int], None]) -> None:
        self._clock = clock
        self._count = count  # told how many deliveries were made, for the metrics
        self._jobs: deque[_Job] = deque()
        self._turn: Optional[IDelayedCall] = None
        self._busy = False
        self.backlog = 0  # deliveries that wait for their turn

    def deliver(
        self,
        event: Event,
        receivers: list[Any],
        wanted: Optional[Callable[[Any], bool]] = None,
    ) -> None:
        """Send an event to each receiver of a list that is the fan-out's own from now on.

        `wanted` is asked just before a receiver's turn, which for a large room may be later."""
        if not receivers:
            return
        self.backlog += len(receivers)
        self._jobs.append(_Job(event, iter(receivers), wanted))
        if self._turn is None and not self._busy:  # a write may close a client, who leaves rooms
            self._run()

    def stop(self) -> None:
        """Deliver all that is queued, now."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        while self._jobs:
            self._slice()

    def _run(self) -> None:
        self._turn = None
        self._slice()
        if self._jobs:
            self._turn = self._clock.callLater(0, self._run)

    def _slice(self) -> None:
        self._busy = True
        room_left = SLICE
        while self._jobs and room_left > 0:
            job = self._jobs[0]
            done = self._some(job, room_left)
            if done < room_left:
                self._jobs.popleft()
            room_left -= done
        self._busy = False

    def _some(self, job: _Job, most: int) -> int:
        """Up to `most` receivers of a job; fewer mean that it is finished."""
        done = 0
        event, encoded, wanted = job.event, job.encoded, job.wanted
        for receiver in job.receivers:
            try:
                if wanted is None or wanted(receiver):
                    self._one(receiver.client, event, encoded)
            except Exception:  # a bug met by one client must not keep the others waiting
                name = receiver.client.transport_name
                self.log.failure("delivering to a client of {name}", name=name)
            done += 1
            if done == most:
                break
        self.backlog -= done
        self._count(done)
        return done

    def _one(self, client: IClient, event: Event, encoded: dict[IWire, bytes]) -> None:
        wire = client.wire_for(event)
        if wire is None:
            return
        data = encoded.get(wire)
        if data is None:
            data = encoded[wire] = wire.encode(event)
        if data:
            client.write(data)
