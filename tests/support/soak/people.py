"""People who come, talk and go, over every transport, in every way one can go."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.task import deferLater

from support.carriers import Carrier, End, hand_over, open_lines, open_websocket
from support.sockjs_carriers import POLLING, STREAMING, open_sockjs

ROOM_SIZE = 20
ANSWER_WITHIN = 30.0  # seconds
STAY = (10.0, 40.0)  # seconds that somebody is there
BREAK = (0.0, 3.0)  # seconds between two visits
SAY_EVERY = 10.0  # seconds, on average


async def _json_lines(port: int, line_port: int) -> Carrier:
    carrier = await open_lines(line_port)
    carrier.send_text("/mode json")
    return carrier


Opening = Callable[[int, int], Awaitable[Carrier]]

TRANSPORTS: dict[str, Opening] = {
    "websocket": lambda port, _: open_websocket(port),
    "sockjs": lambda port, _: open_sockjs(port, "websocket"),
    "sockjs raw": lambda port, _: open_websocket(port, "/chat/websocket"),
    "xhr streaming": lambda port, _: open_sockjs(port, STREAMING),
    "xhr polling": lambda port, _: open_sockjs(port, POLLING),
    "line": _json_lines,
}


@dataclass
class Tally:
    """What happened: by name."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    here: int = 0  # people who are connected


class _Visit:
    """One connection: commands and their answers; pushes are counted."""

    def __init__(self, carrier: Carrier, tally: Tally) -> None:
        self._carrier = carrier
        self._tally = tally
        self._answers: dict[int, Deferred[dict[str, Any]]] = {}
        self._last_id = 0
        self.over_with: Deferred[None] = Deferred()
        self._is_over = False
        hand_over(carrier, self)

    def received(self, text: str) -> None:
        """An object, or what the line port says before it speaks JSON."""
        if not text.startswith("{"):
            return
        event = json.loads(text)
        answer = self._answers.pop(event.get("id", 0), None)
        if answer is not None:
            answer.callback(event)
        else:
            self._tally.counts[f"push {event['type']}"] += 1

    def over(self, end: End) -> None:
        """The connection is gone."""
        self._is_over = True
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            answer.errback(ConnectionError(end.reason))
        self.over_with.callback(None)

    async def ask(self, clock: Any, type: str, **fields: Any) -> dict[str, Any]:
        """Send a command; its reply. Raises ConnectionError, and TimeoutError without one."""
        if self._is_over:
            raise ConnectionError("it is over")
        self._last_id += 1
        answer = self._answers[self._last_id] = Deferred()
        answer.addTimeout(ANSWER_WITHIN, clock)
        self._carrier.send_text(json.dumps({"type": type, "id": self._last_id, **fields}))
        reply: dict[str, Any] = await answer
        if reply["type"] == "error":
            self._tally.problems.append(f"{type}: {reply['code']}: {reply['message']}")
        self._tally.counts[reply["type"]] += 1
        return reply


class Person:
    """Somebody who comes again and again by one transport."""

    def __init__(self, clock: Any, number: int, ports: tuple[int, int], tally: Tally) -> None:
        self._clock = clock
        self._random = random.Random(number)
        self._ports = ports
        self._tally = tally
        self._number = number
        self._visits = 0
        self._room = f"room{number // ROOM_SIZE}"
        names = list(TRANSPORTS)
        self.transport = names[number % len(names)]
        self._session: str | None = None

    async def live(self, is_over: Callable[[], bool]) -> None:
        """Come, talk and go until it is over."""
        while not is_over():
            await self._sleep(self._random.uniform(*BREAK))
            try:
                await self._visit(is_over)
            except (ConnectionError, ConnectError) as why:
                if not is_over():
                    self._tally.problems.append(f"{self.transport}: {why!r}")

    async def _visit(self, is_over: Callable[[], bool]) -> None:
        carrier = await TRANSPORTS[self.transport](*self._ports)
        visit = _Visit(carrier, self._tally)
        self._tally.here += 1
        try:
            await self._come(visit)
            end = self._clock.seconds() + self._random.uniform(*STAY)
            while self._clock.seconds() < end and not is_over():
                await self._sleep(self._random.uniform(0, 2 * SAY_EVERY))
                text = "x" * self._random.randrange(1, 200)
                await visit.ask(self._clock, "publish", room=self._room, text=text)
        finally:
            self._tally.here -= 1
            await self._go(carrier, visit)

    async def _come(self, visit: _Visit) -> None:
        """Half of the time as the user one was before; under another name, for it may be held."""
        session = self._session if self._random.random() < 0.5 else None
        self._visits += 1
        nick = f"p{self._number}x{self._visits}"
        reply = await visit.ask(self._clock, "connect", nick=nick, session=session)
        self._session = reply.get("session", self._session)
        await visit.ask(self._clock, "join", room=self._room, history=5)

    async def _go(self, carrier: Carrier, visit: _Visit) -> None:
        how = self._random.choice(("leave", "close", "vanish"))
        self._tally.counts[f"went: {how}"] += 1
        if how == "leave":
            await visit.ask(self._clock, "leave", room=self._room)
        if how == "vanish":
            carrier.vanish()
        else:
            carrier.close()
        await visit.over_with

    def _sleep(self, seconds: float) -> Deferred[None]:
        return deferLater(self._clock, seconds, lambda: None)
