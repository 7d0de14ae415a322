"""Somebody who types and reads lines, through faults.

They see neither seqs nor answers, so less can be promised to them than to a program: a line that
was typed is shown to everybody once or, when the connection was lost, perhaps to nobody; what
comes while a connection lives is in order, without a hole and without a repeat. Each connection
is a user of its own: its name has a number. (`/echo on`: the lines of one's own are shown in
their place among the others.)
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from autobahn.exception import Disconnected
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from support.carriers import Carrier, End, hand_over
from support.faults.carriers import LINE_TRANSPORTS, CannotOpen, opened
from support.faults.history import Participant, Publish
from support.faults.json_connection import ANSWER_WITHIN, Lost
from support.faults.life import Life
from support.faults.record import Record
from support.faults.routes import Routes

PING_EVERY = 2.5
"""Seconds between two looks whether the server is there still."""

_SAID = re.compile(r"(?:#(\S+) )?<\S+> (.*)")
_ARRIVED = re.compile(r"\* you are \S+, in ([^\s,]+)(?:,| with)")


class LineConnection:
    """The lines of one connection. `shown` gets each that somebody said: its room and text;
    `refused` hears of an error."""

    def __init__(
        self,
        reactor: Any,
        carrier: Carrier,
        shown: Callable[[str, str], None],
        refused: Callable[[], None],
    ) -> None:
        self._reactor = reactor
        self._carrier = carrier
        self._shown = shown
        self._refused = refused
        self._room = ""
        self._wanted: tuple[re.Pattern[str], Deferred[None]] | None = None
        self.is_open = True
        hand_over(carrier, self)

    def received(self, text: str) -> None:
        """A line came."""
        if not self.is_open:
            return
        arrived = _ARRIVED.match(text)
        if arrived:
            self._room = arrived[1]
        said = _SAID.fullmatch(text)
        if said:
            self._shown(said[1] or self._room, said[2])
        elif text.startswith("* error"):
            self._refused()
        elif self._wanted is not None and self._wanted[0].match(text):
            found, self._wanted = self._wanted[1], None
            found.callback(None)

    def over(self, end: End) -> None:
        """The carrier is gone."""
        self._end()

    def drop(self) -> None:
        """Give it up without a word."""
        if self.is_open:
            self._end()
            self._carrier.vanish()

    def _end(self) -> None:
        self.is_open = False
        if self._wanted is not None:
            waiting, self._wanted = self._wanted[1], None
            waiting.errback(Lost())

    def types(self, line: str) -> None:
        """Type a line. Nobody is told that it was too late."""
        with contextlib.suppress(Disconnected):
            self._carrier.send_text(line)

    async def sees(self, pattern: str, seconds: float = ANSWER_WITHIN) -> None:
        """Wait for a line that nobody said. Raises Lost when none comes in time."""
        if not self.is_open:
            raise Lost
        found: Deferred[None] = Deferred()
        self._wanted = re.compile(pattern), found
        late = self._reactor.callLater(seconds, self.drop)
        try:
            await found
        finally:
            self._wanted = None
            if late.active():
                late.cancel()


class LineClient(Life):
    """A row of users, one a connection, in `lobby` and in other rooms."""

    def __init__(
        self, reactor: Any, record: Record, routes: Routes, random: Random, me: Participant
    ) -> None:
        super().__init__(reactor, record, routes, random, me)
        self._connection: LineConnection | None = None
        self._typed: set[str] = set()  # on this connection, and not shown or refused so far
        self._latest: dict[str, str] = {}  # what this connection was shown last in each room

    @property
    def up_to_date(self) -> bool:
        """Whether its connection has shown what was typed there, and the newest of each room that
        it showed anything of: what it was shown has no seq, but others know that."""
        places, newest = self._record.places, self._record.messages
        return (
            self.ready
            and not self._typed
            and all(
                places.get(text, 0) >= max(newest[room], default=0)
                for room, text in self._latest.items()
            )
        )

    @property
    def speaks_in(self) -> tuple[str, ...]:
        """The current room: the one it went into last."""
        return self.me.rooms[-1:]

    async def _stay(self) -> None:
        carrier = await opened(self._reactor, LINE_TRANSPORTS[self.me.transport], self.entrance)
        number = self.connections
        self._latest, self._typed = {}, set()
        connection = LineConnection(
            self._reactor,
            carrier,
            lambda room, text: self._shown(number, room, text),
            self._typed.clear,
        )
        self._connection = connection
        try:
            await self._come_in(connection)
            self._is_ready()
            while True:
                await self._look(connection)
        finally:
            connection.drop()

    async def _come_in(self, connection: LineConnection) -> None:
        connection.types(f"{self.me.name}.{self.connections}")
        await connection.sees(r"\* you are \S+, in lobby")
        connection.types("/echo on")
        for room in self.me.rooms:
            if room != "lobby":
                connection.types(f"/join {room}")
                await connection.sees(rf"\* you are \S+, in {room}")

    def _shown(self, number: int, room: str, text: str) -> None:
        self._record.line(self.me.name, number, room, text)
        self._latest[room] = text
        self._typed.discard(text)

    async def _look(self, connection: LineConnection) -> None:
        ended: Deferred[None] = Deferred()
        pause = self._reactor.callLater(PING_EVERY, ended.callback, None)
        try:
            await ended
        finally:
            if pause.active():
                pause.cancel()
        connection.types("/help who")
        await connection.sees(r"/who ")

    async def _send(self, publish: Publish, called: str) -> bool:
        connection = self._connection
        assert connection is not None
        self._record.attempt(publish, self.entrance.name)
        self._typed.add(publish.text)
        connection.types(publish.text)
        await self._while_waiting(connection, publish.text)
        return True

    async def _while_waiting(self, connection: LineConnection, text: str) -> None:
        """Who types looks whether it is shown before typing on, and is not surprised for long."""
        patience_ends = self._reactor.seconds() + ANSWER_WITHIN
        while (
            connection.is_open and text in self._typed and self._reactor.seconds() < patience_ends
        ):
            await deferLater(self._reactor, 0.05, lambda: None)

    def _publish(self, room: str, word: str) -> Publish:
        return replace(super()._publish(room, word), msgid="", answers=False)

    def _troubled(self, why: Exception) -> bool:
        return isinstance(why, (CannotOpen, Lost))
