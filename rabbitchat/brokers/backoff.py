"""How long to wait before the next try."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Exponential, with full jitter, so that many nodes don't come back in step.

    The n-th pause (seconds) is anywhere between `shortest` and `first` * 2**n, at most `longest`:
    so long, at the worst, nodes don't hear one another though their broker is back.
    """

    def __init__(
        self,
        shortest: float = 0.1,
        first: float = 0.25,
        longest: float = 5.0,
        choose: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._shortest = shortest
        self._first = first
        self._longest = longest
        self._choose = choose
        self._tries = 0

    def next(self) -> float:
        """The next pause."""
        self._tries = min(self._tries + 1, 30)
        return self._choose(self._shortest, min(self._longest, self._first * 2**self._tries))

    def reset(self) -> None:
        """It worked: the next pause is a short one again."""
        self._tries = 0
