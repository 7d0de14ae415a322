"""Whether this node can really deliver: a canary goes through the broker and back."""

from __future__ import annotations

from collections import deque

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from rabbitchat.brokers.interface import IBroker, LinkState, Message, NotSent, Uncertain

INTERVAL = 1.0
"""Seconds between two canaries."""

FRESH = 5.0
"""Seconds for which a canary that came back proves the node well."""


class Health:
    """Sends canaries on `canary.<node>` and knows when the last one came back."""

    logger = Logger()

    def __init__(self, clock: IReactorTime, broker: IBroker) -> None:
        self._clock = clock
        self._broker = broker
        self._key = f"canary.{broker.node}"
        self._number = 0
        self._sent: deque[tuple[bytes, float]] = deque(maxlen=int(FRESH / INTERVAL) + 1)
        self._returned: float | None = None
        self._loop = LoopingCall(self._send)
        self._loop.clock = clock

    def start(self) -> None:
        """Begin to send canaries."""
        self._broker.subscribe(self._key).addErrback(self._expected)
        self._loop.start(INTERVAL).addErrback(self._broken)

    def _send(self) -> None:
        if self._broker.link.up:
            self._number += 1
            canary = Message(b"%d" % self._number, type="canary", mandatory=True)
            self._sent.append((canary.body, self._clock.seconds()))
            self._broker.publish(self._key, canary).addErrback(self._expected)

    def link_changed(self, state: LinkState) -> None:
        """The link is back: don't let anybody wait for the next turn."""
        if state.up and self._loop.running:
            self._send()

    def _expected(self, failure: Failure) -> None:
        failure.trap(NotSent, Uncertain)

    def _broken(self, failure: Failure) -> None:
        self.logger.failure("sending canaries", failure)

    def heard(self, message: Message) -> None:
        """A canary came. An old one proves nothing: it may have waited for the link."""
        now = self._clock.seconds()
        if any(body == message.body and now - sent <= FRESH for body, sent in self._sent):
            self._returned = now

    def problem(self) -> str | None:
        """Why this node can't deliver to others now, or None if it can."""
        if not self._broker.link.up:
            return self._broker.link.reason
        if self._returned is None:
            return "no message has been through the broker and back yet"
        age = self._clock.seconds() - self._returned
        if age > FRESH:
            return f"no message has been through the broker and back for {age:.0f} s"
        return None

    def stop(self) -> None:
        """Send no more."""
        if self._loop.running:
            self._loop.stop()
