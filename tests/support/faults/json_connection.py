"""One connection of a JSON client: commands and their answers, and what comes by itself."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from itertools import count
from typing import Any

from autobahn.exception import Disconnected
from twisted.internet.defer import Deferred, succeed

from support.carriers import Carrier, End, hand_over

ANSWER_WITHIN = 4.0
"""Seconds after which a connection is taken for dead."""

Event = dict[str, Any]


class Lost(Exception):
    """The connection is gone, or was given up because no answer came."""


class Refused(Exception):
    """A command was answered with an error; `reply` is that."""

    def __init__(self, reply: Event) -> None:
        super().__init__(f"{reply['code']}: {reply['message']}")
        self.reply = reply
        self.code: str = reply["code"]


class JSONConnection:
    """Takes a carrier over. `pushed` gets each event that answers nothing."""

    def __init__(self, reactor: Any, carrier: Carrier, pushed: Callable[[Event], None]) -> None:
        self._reactor = reactor
        self._carrier = carrier
        self._pushed = pushed
        self._ids = count(1)
        self._asked: dict[int, Deferred[Event]] = {}
        self._waiting: list[Deferred[None]] = []
        self.is_open = True
        hand_over(carrier, self)

    def received(self, text: str) -> None:
        """An object, or a line for people from before the JSON mode."""
        if not self.is_open or not text.startswith("{"):
            return
        event: Event = json.loads(text)
        asked = self._asked.pop(event.get("id", 0), None)
        if asked is not None:
            asked.callback(event)
        elif "id" not in event:
            self._pushed(event)

    def over(self, end: End) -> None:
        """The carrier is gone."""
        self._end()

    def drop(self) -> None:
        """Give it up without a word."""
        if self.is_open:
            self._end()
            self._carrier.vanish()

    def _end(self) -> None:
        if not self.is_open:
            return
        self.is_open = False
        asked, self._asked = self._asked, {}
        for answer in asked.values():
            answer.errback(Lost())
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(None)

    def ended(self) -> Deferred[None]:
        """Fires when it is gone."""
        if not self.is_open:
            return succeed(None)
        ended: Deferred[None] = Deferred()
        self._waiting.append(ended)
        return ended

    async def ask(self, type: str, **fields: Any) -> Event:
        """Send a command; its reply. Raises Refused, and Lost when none comes in time."""
        if not self.is_open:
            raise Lost
        number = next(self._ids)
        answer: Deferred[Event] = Deferred()
        self._asked[number] = answer
        late = self._reactor.callLater(ANSWER_WITHIN, self.drop)
        try:
            with contextlib.suppress(Disconnected):  # the other side closes; its end is to come
                self._carrier.send_text(json.dumps({"type": type, "id": number, **fields}))
            reply = await answer
        finally:
            self._asked.pop(number, None)
            if late.active():
                late.cancel()
        if reply["type"] == "error":
            raise Refused(reply)
        return reply
