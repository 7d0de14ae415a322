"""Producers that must be asked for each piece."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from twisted.internet.interfaces import IDelayedCall, IPullProducer, IPushProducer, IReactorTime
from zope.interface import implementer


@implementer(IPushProducer)
class PullPump:
    """Makes a push producer of a pull producer: asks it once in each turn of the reactor.

    `failed` is called while an exception of the producer's is handled, and has to stop this."""

    __slots__ = ("_clock", "_failed", "_producer", "_turn")

    def __init__(
        self, producer: IPullProducer, clock: IReactorTime, failed: Callable[[], None]
    ) -> None:
        self._producer = producer
        self._clock = clock
        self._failed = failed
        self._turn: Optional[IDelayedCall] = None

    def resumeProducing(self) -> None:
        """Ask from now on."""
        if self._turn is None:
            self._turn = self._clock.callLater(0, self._ask)

    def _ask(self) -> None:
        self._turn = self._clock.callLater(0, self._ask)  # first: it may tell us to stop
        try:
            self._producer.resumeProducing()
        except Exception:
            self._failed()

    def pauseProducing(self) -> None:
        """Ask no more for now."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    def stopProducing(self) -> None:
        """The consumer is gone."""
        self.pauseProducing()
        self._producer.stopProducing()
