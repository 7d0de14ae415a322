"""Bytes to one client's connection: fast while it reads, bounded when it doesn't."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional, Protocol

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from zope.interface import implementer

from .sending import send_now, unsent

TWISTED_BUFFER = 65536
"""Bytes that wait in a Twisted transport when it says that its client reads too slowly."""


class Writer(Protocol):
    """Who writes to the client."""

    def pause_writing(self) -> None:
        """Write no more for now, if you can: the client doesn't keep up."""

    def resume_writing(self) -> None:
        """It does again."""


def _nobody() -> None:
    """There is nobody left to tell."""


@implementer(IPushProducer)
class Outgoing:
    """The sending half of one connection. `writer`, if there is one, is told when to pause.

    The transport tells a producer when more than 64 KiB wait; from then on what is written is
    counted, and `on_slow` is called once when more than `max_buffer` bytes are unsent (0: never).
    A TLS transport doesn't tell what it has sent: all that is written until it has sent
    everything counts there.
    """

    __slots__ = (
        "_clock",
        "_cut",
        "_max_buffer",
        "_on_slow",
        "_paused",
        "_transport",
        "_waiting",
        "closed",
        "writer",
    )

    def __init__(
        self, transport: Any, clock: IReactorTime, max_buffer: int, on_slow: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._max_buffer = max_buffer
        self._on_slow = on_slow
        self._paused = False
        self._waiting = 0
        self._cut: Optional[IDelayedCall] = None
        self.closed = False
        self.writer: Optional[Writer] = None
        transport.registerProducer(self, True)

    @property
    def paused(self) -> bool:
        """Whether the client reads too slowly just now."""
        return self._paused

    def write(self, data: bytes) -> None:
        """Send, at once if the client reads; nothing happens after the close."""
        if self.closed:
            return
        if not self._paused:
            send_now(self._transport, data)
            return
        waiting = unsent(self._transport)
        self._waiting = (self._waiting if waiting is None else waiting) + len(data)
        if self._max_buffer and self._waiting > self._max_buffer:
            self._waiting = 0
            self._on_slow()
        else:
            self._transport.write(data)

    def close(self, last_words: bytes = b"", patience: float = 3.0) -> None:
        """Send the last bytes and close; after `patience` seconds cut a client that doesn't read.

        What waits for a slow client is dropped with the connection, so memory stays bounded."""
        if self.closed:
            return
        if last_words:
            self._transport.write(last_words)
        self.closed = True
        self._transport.unregisterProducer()
        self._transport.loseConnection()
        self._cut = self._clock.callLater(patience, self._transport.abortConnection)

    def lost(self) -> None:
        """The connection is gone: nothing may be left over, and nobody is kept who is gone too."""
        self.closed = True
        self.writer = None
        self._on_slow = _nobody
        if self._cut is not None and self._cut.active():
            self._cut.cancel()
        self._cut = None

    def pauseProducing(self) -> None:
        """The transport: more than its buffer waits. It says so again at each further write."""
        if not self._paused:
            self._paused = True
            self._waiting = TWISTED_BUFFER
            if self.writer is not None:
                self.writer.pause_writing()

    def resumeProducing(self) -> None:
        """The transport: all was sent."""
        self._paused = False
        self._waiting = 0
        if self.writer is not None:
            self.writer.resume_writing()

    def stopProducing(self) -> None:
        """The transport: the connection is gone."""
        self.closed = True
