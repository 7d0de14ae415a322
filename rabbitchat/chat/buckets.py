"""How fast is too fast: token buckets, with the time passed in.

A bucket holds at most `burst` tokens and gains `rate` of them a second; each thing done costs
one. Who finds it empty waits for a token that it has reserved already, so things go in the order
in which they were asked for.
"""

from __future__ import annotations

import math
from typing import Optional


class Bucket:
    """At most `burst` things at once and `rate` a second in the long run.

    In any window of T seconds at most `burst + rate * T` things go. A rate or a burst of 0 means
    no limit. `now` is in seconds of any clock; a clock that goes back is taken to stand still.
    """

    __slots__ = ("_at", "_tokens", "burst", "rate")

    def __init__(self, rate: float, burst: int) -> None:
        self.rate = rate
        self.burst = burst
        self._tokens = float(burst)  # below 0: that many have been reserved ahead
        self._at = -math.inf  # when that was true

    def reserve(self, now: float) -> float:
        """Take a token, ahead of time if there is none; the seconds until it is there, 0 for now.

        Whoever reserves must wait that long, or more than the rate goes.
        """
        wait = self._wait(now)
        self._tokens -= 1.0
        return wait

    def take(self, now: float, patience: float) -> Optional[float]:
        """Like `reserve`, or None where that is more than `patience` seconds: nothing is taken.

        >>> bucket = Bucket(rate=2, burst=1)
        >>> bucket.take(10.0, patience=3), bucket.take(10.0, patience=3)
        (0.0, 0.5)
        >>> bucket.take(10.0, patience=0.75) is None
        True
        """
        wait = self._wait(now)
        if wait > patience:
            return None
        self._tokens -= 1.0
        return wait

    def _wait(self, now: float) -> float:
        """Seconds until the next token that is not reserved yet."""
        if self.rate <= 0 or self.burst <= 0:
            return 0.0
        if now > self._at:
            self._tokens = min(float(self.burst), self._tokens + (now - self._at) * self.rate)
            self._at = now
        if self._tokens >= 1.0:
            return 0.0
        # `_at` is later than `now` for a clock that went back.
        return (self._at - now) + (1.0 - self._tokens) / self.rate
