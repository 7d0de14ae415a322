"""Many clients of all kinds who talk to one another, at a steady pace, whatever fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Optional

from twisted.internet.task import LoopingCall, deferLater

from support.faults.carriers import JSON_TRANSPORTS, LINE_TRANSPORTS
from support.faults.entrances import Entrance
from support.faults.history import LINES, History, Participant, conversation
from support.faults.json_client import JSONClient
from support.faults.json_connection import Lost, Refused
from support.faults.life import Life
from support.faults.line_client import LineClient
from support.faults.record import Record
from support.faults.routes import Routes

ROOMS = ("lobby", "tea", "garden")

OF_EACH_TRANSPORT = 4
"""Programs: each in two of the rooms."""

TYPING = 3
"""People at each kind of line client, in the lobby and another room."""

PRIVATE = 0.2
"""How many of all messages are private."""

TICK = 0.05
"""Seconds between two looks whether it is time to say something."""

CATCHING_UP = 3
"""How many times faster than usual what could not be said in time is said."""


LOOKS = 4
"""Times that all must be settled, one after the other: of what was typed and not answered nobody
knows whether it is on its way still."""


class Load:
    """`start` it, let it run, `stop_publishing`, wait until it is `settled`, `stop` it; then its
    `history` can be judged.

    One who waits for answers says nothing else meanwhile. What all together could not say in time,
    because too many were waiting, they say later.
    """

    def __init__(
        self,
        reactor: Any,
        entrances: Sequence[Entrance],
        seed: int,
        publishes_per_second: float = 40.0,
        transports: Optional[Sequence[str]] = None,
    ) -> None:
        self._reactor = reactor
        self._random = Random(seed)
        self._record = Record(reactor)
        self._routes = Routes(entrances)
        self._pace = publishes_per_second
        self._began = 0.0
        self._said = 0
        self._clock = LoopingCall(self._tick)
        self._clock.clock = reactor
        chosen = set(transports or (*JSON_TRANSPORTS, *LINE_TRANSPORTS))
        self.clients: list[Life] = [
            *self._programs([name for name in JSON_TRANSPORTS if name in chosen]),
            *self._people([name for name in LINE_TRANSPORTS if name in chosen]),
        ]

    @property
    def history(self) -> History:
        """All that happened so far."""
        return self._record.history

    def _programs(self, transports: Sequence[str]) -> Iterator[Life]:
        chosen = [name for name in transports for _ in range(OF_EACH_TRANSPORT)]
        names = [f"{name.replace('_', '-')}-{number}" for number, name in enumerate(chosen)]
        for number, (name, transport) in enumerate(zip(names, chosen, strict=True)):
            rooms = (ROOMS[number % 3], ROOMS[(number + 1) % 3])
            near = {names[(number + step) % len(names)] for step in (-5, -1, 1, 5)} - {name}
            private = tuple(sorted(conversation(name, other) for other in near))
            me = Participant(name, transport=transport, rooms=rooms, private=private)
            yield JSONClient(self._reactor, self._record, self._routes, self._own_random(), me)

    def _people(self, transports: Sequence[str]) -> Iterator[Life]:
        for transport in transports:
            for number in range(TYPING):
                name = f"{transport.replace('_', '-')}-{number}"
                rooms = ("lobby", ROOMS[1 + number % 2])
                me = Participant(name, LINES, transport, rooms)
                yield LineClient(self._reactor, self._record, self._routes, self._own_random(), me)

    def _own_random(self) -> Random:
        """What one draws changes nothing for another."""
        return Random(self._random.random())

    def start(self) -> None:
        """Everybody comes in, and talks as soon as they are."""
        for client in self.clients:
            client.start()
        self.publish()

    def publish(self) -> None:
        """Talk, or talk again after `stop_publishing`."""
        self._began, self._said = self._reactor.seconds(), 0
        self._clock.start(TICK, now=False)

    def _tick(self) -> None:
        due = (self._reactor.seconds() - self._began) * self._pace - self._said
        free = [client for client in self.clients if client.may_speak]
        self._random.shuffle(free)
        for client in free[: max(0, min(int(due), self._most_at_once))]:
            self._said += 1
            client.say(self._room_of(client))

    @property
    def _most_at_once(self) -> int:
        return max(1, round(self._pace * TICK * CATCHING_UP))

    def _room_of(self, client: Life) -> str:
        private = client.me.private and self._random.random() < PRIVATE
        return self._random.choice(client.me.private if private else client.speaks_in)

    def stop_publishing(self) -> None:
        """Say nothing new; what has no answer yet goes on."""
        if self._clock.running:
            self._clock.stop()

    async def all_in(self, within: float) -> bool:
        """Wait, `within` seconds at most, until everybody is in; whether they are. Who lost
        their first connection before they knew their session would be somebody else."""
        deadline = self._reactor.seconds() + within
        return await self._until(lambda: all(client.ready for client in self.clients), deadline)

    async def settled(self, within: float) -> bool:
        """Wait, `within` seconds at most, until everything has its answer, and everybody has
        come back and has everything, also what only the log knows; whether that came. Who isn't
        in then did not come back."""
        deadline = self._reactor.seconds() + within
        looks = 0  # in a row at which all was settled
        while looks < LOOKS and await self._until(self._is_settled, deadline):
            await self._read_log()
            looks = looks + 1 if self._is_settled() else 0
            await deferLater(self._reactor, 0.1, lambda: None)
        if looks < LOOKS:
            await self._read_log()
        for client in self.clients:
            client.me.present = client.ready
            client.me.connections = client.connections
        return looks == LOOKS

    async def _until(self, condition: Callable[[], bool], deadline: float) -> bool:
        while not condition():
            if self._reactor.seconds() >= deadline:
                return False
            await deferLater(self._reactor, 0.1, lambda: None)
        return True

    async def _read_log(self) -> None:
        for room in list(self._record.newest):
            await self._read_all(room)

    async def _read_all(self, room: str) -> None:
        """By whoever is in it; a room that nobody can read now is not judged by its log."""
        for client in self.clients:
            if isinstance(client, JSONClient) and client.ready and client.is_in(room):
                try:
                    self._record.kept(room, await client.read_all(room))
                except (Lost, Refused):
                    continue
                return

    def _is_settled(self) -> bool:
        return all(client.up_to_date and not client.saying for client in self.clients)

    def troubles(self) -> list[str]:
        """Who is not settled, and why."""
        return [client.state for client in self.clients if not client.up_to_date or client.saying]

    async def stop(self) -> None:
        """Everybody leaves."""
        self.stop_publishing()
        for client in self.clients:
            client.stop()
        await deferLater(self._reactor, 0, lambda: None)
