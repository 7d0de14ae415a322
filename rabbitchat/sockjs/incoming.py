"""Bytes from one client's connection: a slice in each turn of the reactor, and pauses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

from twisted.internet.interfaces import IDelayedCall, IReactorTime


def _nobody(data: bytes) -> None:
    """There is nobody left to take it."""


class Incoming:
    """The receiving half of one connection.

    A read may bring thousands of tiny lines or frames, whose handling would keep everybody else
    waiting: they are handed to `take` in slices of so many bytes. Nothing is read meanwhile.
    """

    __slots__ = (
        "_clock",
        "_ended",
        "_reading",
        "_size",
        "_take",
        "_transport",
        "_turn",
        "_unread",
        "paused",
    )

    def __init__(
        self, transport: Any, clock: IReactorTime, size: int, take: Callable[[bytes], None]
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._size = size
        self._take = take
        self._unread = b""
        self._turn: Optional[IDelayedCall] = None
        self._reading = True
        self._ended = False
        self.paused = False  # by whoever deals with what comes

    def received(self, data: bytes) -> None:
        """Bytes came."""
        self._unread += data
        if self._turn is None:
            self._take_some()

    def _take_some(self) -> None:
        self._turn = None
        data, self._unread = self._unread[: self._size], self._unread[self._size :]
        self._take(data)
        if self._unread:
            self._turn = self._clock.callLater(0, self._take_some)
        self._regulate()

    def pause(self) -> None:
        """Read no more for now; what was read already is still taken."""
        self.paused = True
        self._regulate()

    def resume(self) -> None:
        """Read on."""
        self.paused = False
        self._regulate()

    def end(self) -> None:
        """The client sends nothing more, and its connection stays: there is nothing to read."""
        self._ended = True

    def lost(self) -> None:
        """The connection is gone: nothing may be left over, and nobody is kept who is gone too."""
        self._ended = True
        self._unread = b""
        self._take = _nobody
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    def _regulate(self) -> None:
        reading = not (self.paused or self._unread or self._ended)
        if reading == self._reading:
            return
        self._reading = reading
        if reading:
            self._transport.resumeProducing()
        elif not self._ended:
            self._transport.pauseProducing()
