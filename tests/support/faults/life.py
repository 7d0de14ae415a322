"""What all clients of a load have: one connection after the other, and things to say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from random import Random
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.task import deferLater

from support.faults.entrances import Entrance
from support.faults.history import Participant, Publish
from support.faults.record import Record
from support.faults.routes import Routes

FIRST_DELAY, LONGEST_DELAY = 0.1, 1.5
"""Seconds until a client comes back: doubled for each attempt that failed."""


PADDING = 200.0
"""Characters that a message has beyond its name, on average: what somebody missed in ten seconds
must be more than one page."""


class Elsewhere(Exception):
    """This node is of no use just now."""


class Life(ABC):
    """One client. `ready`: it is in, and has read what it missed; `saying`: of how many things it
    says there is no final answer yet."""

    MOST_AT_ONCE = 1

    def __init__(
        self, reactor: Any, record: Record, routes: Routes, random: Random, me: Participant
    ) -> None:
        self.me = me
        self.entrance: Entrance = routes.choose(random, None)
        self.connections = 0
        self.ready = False
        self.saying = 0
        self.trouble = ""  # why it is not in
        self._reactor = reactor
        self._record = record
        self._routes = routes
        self._random = random
        self._failed = 0  # in a row
        self._said = 0
        self._when_ready: list[Deferred[None]] = []
        self._works: list[Deferred[None]] = []
        record.participant(me)

    def start(self) -> None:
        """Connect, and stay so."""
        self._do(self._live())

    def _do(self, work: Any) -> None:
        done = Deferred.fromCoroutine(work)
        self._works.append(done)

        def forget(outcome: Any) -> Any:
            self._works.remove(done)
            return outcome

        done.addBoth(forget).addErrback(lambda why: why.trap(CancelledError) and None)

    def stop(self) -> None:
        """Leave at once."""
        for work in list(self._works):
            work.cancel()

    async def _live(self) -> None:
        while True:
            self.entrance = self._routes.choose(self._random, self.entrance)
            self.connections += 1
            try:
                await self._stay()
                self.trouble = "the connection ended"
            except CancelledError:
                raise
            except Exception as why:
                if not self._troubled(why):
                    raise
                self.trouble = f"{self.entrance.name}: {why or type(why).__name__}"
            finally:
                self.ready = False
            await self._pause()

    async def _pause(self) -> None:
        longest = min(LONGEST_DELAY, FIRST_DELAY * 2**self._failed)
        self._failed += 1
        await deferLater(self._reactor, longest * self._random.uniform(0.5, 1), lambda: None)

    @abstractmethod
    async def _stay(self) -> None:
        """Connect to `entrance` and be there until that ends; `_is_ready` is called once."""

    @abstractmethod
    def _troubled(self, why: Exception) -> bool:
        """Whether this is what faults bring, and no bug."""

    def _is_ready(self) -> None:
        self.ready = True
        self._failed = 0
        self.trouble = ""
        waiting, self._when_ready = self._when_ready, []
        for one in waiting:
            one.callback(None)

    def _until_ready(self) -> Deferred[None]:
        if self.ready:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._when_ready.append(waiting)
        return waiting

    def is_in(self, room: str) -> bool:
        """Whether a room, or conversation, is one of its own."""
        return room in self.me.rooms + self.me.private

    @property
    def state(self) -> str:
        """How it is, for a report."""
        where = f"at {self.entrance.name}" if self.ready else self.trouble or "on its way"
        return f"{self.me.name}: {where}" + (", waits for an answer" if self.saying else "")

    @property
    @abstractmethod
    def up_to_date(self) -> bool:
        """Whether it has all that anybody was told of."""

    # -- saying

    @property
    def may_speak(self) -> bool:
        """Whether it is in, and does not wait for too many answers."""
        return self.ready and self.saying < self.MOST_AT_ONCE

    @property
    def speaks_in(self) -> tuple[str, ...]:
        """The rooms that it may say something in."""
        return self.me.rooms

    def say(self, room: str) -> Publish:
        """Say the next thing in a room; again and again until it is answered for certain."""
        self._said += 1
        publish = self._publish(room, f"{self.me.name}-{self._said}")
        self._record.publish(publish)
        self.saying += 1
        self._do(self._say(publish))
        return publish

    def _publish(self, room: str, word: str) -> Publish:
        length = round(self._random.expovariate(1 / PADDING))
        return Publish(self.me.name, room, f"{word} in {room}" + "." * length, word)

    async def _say(self, publish: Publish) -> None:
        try:
            await self._until_ready()
            while not await self._send(publish, self.called(publish.room)):
                await deferLater(self._reactor, FIRST_DELAY, lambda: None)
                await self._until_ready()
        finally:
            self.saying -= 1

    @abstractmethod
    async def _send(self, publish: Publish, called: str) -> bool:
        """Send it once; True when it has its final answer."""

    def called(self, room: str) -> str:
        """How one names a room to publish in it."""
        return room
