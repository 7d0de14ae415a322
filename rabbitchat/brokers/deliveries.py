"""What a node does about deliveries besides using them: acknowledge, and know repeats."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Optional

from twisted.internet.interfaces import IDelayedCall, IReactorTime

PREFETCH = 500  # messages that the broker sends ahead of our acknowledgements
ACK_EVERY = 50  # messages
ACK_DELAY = 0.05  # seconds


class AckBatch:
    """Acknowledge in batches: `send(tag)` means all up to that delivery tag."""

    def __init__(self, clock: IReactorTime, send: Callable[[int], None]) -> None:
        self._clock = clock
        self._send = send
        self._tag = 0
        self._count = 0
        self._timer: Optional[IDelayedCall] = None

    def done(self, tag: int) -> None:
        """This delivery was dealt with; they are in the order of their tags."""
        self._tag = tag
        self._count += 1
        if self._count >= ACK_EVERY:
            self.flush()
        elif self._timer is None:
            self._timer = self._clock.callLater(ACK_DELAY, self._late)

    def flush(self) -> None:
        """Acknowledge what is left."""
        self.stop()
        if self._count:
            self._count = 0
            self._send(self._tag)

    def stop(self) -> None:
        """The connection is gone: nothing can be acknowledged on it any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        self.flush()


class Repeats:
    """Tells a delivery that was dealt with before from a new one.

    After a blink of the link the broker sends again what we had not acknowledged, although we
    have used some of it. At most `PREFETCH` messages can be so, thus that many ids are kept.
    """

    def __init__(self) -> None:
        self._latest: deque[str] = deque(maxlen=PREFETCH)

    def is_repeat(self, call: Optional[str], redelivered: bool) -> bool:
        """Whether to drop this delivery. `call` names one call of `publish`, None if unknown."""
        if call is None:
            return False
        if redelivered and call in self._latest:
            return True
        self._latest.append(call)
        return False
