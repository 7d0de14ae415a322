"""A warning that anybody outside can cause: said once a minute at the most, and counted."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

INTERVAL = 60.0
"""Seconds between two lines."""


class Seldom:
    """Logs what somebody else did wrong without letting them fill the log."""

    def __init__(self, clock: IReactorTime, logger: Logger) -> None:
        self._clock = clock
        self._logger = logger
        self._next = 0.0
        self._unsaid = 0

    def warn(self, format: str, **values: Any) -> None:
        """Log this, or count it towards the next line."""
        now = self._clock.seconds()
        if now < self._next:
            self._unsaid += 1
            return
        if self._unsaid:
            format = f"{format} (and {self._unsaid} more since the last such line)"
        self._logger.warn(format, **values)
        self._next = now + INTERVAL
        self._unsaid = 0
