"""One delay for very many: a single timer of the reactor's for all of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Optional, TypeVar

from twisted.internet.interfaces import IDelayedCall, IReactorTime

K = TypeVar("K")


class Timeouts(Generic[K]):
    """Tells which ones were started `delay` seconds ago and neither stopped nor started again.

    As the delay is the same for all, the order of starting is the order of expiring. 0: never."""

    __slots__ = ("_clock", "_delay", "_due", "_expired", "_timer")

    def __init__(self, clock: IReactorTime, delay: float, expired: Callable[[K], None]) -> None:
        self._clock = clock
        self._delay = delay
        self._expired = expired
        self._due: OrderedDict[K, float] = OrderedDict()
        self._timer: Optional[IDelayedCall] = None

    def __contains__(self, key: K) -> bool:
        return key in self._due

    def start(self, key: K) -> None:
        """Begin to wait, or begin again."""
        if not self._delay:
            return
        self._due[key] = self._clock.seconds() + self._delay
        self._due.move_to_end(key)
        self._arm()

    def stop(self, key: K) -> None:
        """Wait no more."""
        self._due.pop(key, None)
        if not self._due and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        """Wait for the first one, which isn't always the one that was started just now."""
        if self._due and self._timer is None:
            first = next(iter(self._due.values()))
            self._timer = self._clock.callLater(
                max(0.0, first - self._clock.seconds()), self._ring
            )

    def _ring(self) -> None:
        self._timer = None
        now = self._clock.seconds()
        expired = []
        for key, due in self._due.items():
            if due > now:
                break
            expired.append(key)
        try:
            for key in expired:
                if key in self._due:  # else one of those before it saw to its stop
                    del self._due[key]
                    self._expired(key)
        finally:
            self._arm()
