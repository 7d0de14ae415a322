"""Lines that came and wait for their turn. While any waits nothing is read, so they stay few."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Union

from rabbitchat.codecs.telnet import EndOfInput, Line, TooLong

Heard = Union[Line, TooLong, EndOfInput]


class LineQueue:
    """Deals with one line after the other, unless the next one must wait for the answer to the
    last one (`waiting`). Nothing is read then, nor while the daemon has paused the client
    (`paused`); but what was read already is the daemon's to weigh, as on any transport."""

    __slots__ = (
        "_deal_with",
        "_lines",
        "_pause",
        "_reading",
        "_resume",
        "_working",
        "paused",
        "waiting",
    )

    def __init__(
        self,
        deal_with: Callable[[Heard], None],
        pause: Callable[[], None],
        resume: Callable[[], None],
    ) -> None:
        self._deal_with = deal_with
        self._pause = pause  # stops the reading
        self._resume = resume
        self._lines: deque[Heard] = deque()
        self._reading = True
        self._working = False
        self.paused = False
        self.waiting = False

    def put(self, heard: Heard) -> None:
        """Something came: deal with it in its turn."""
        self._lines.append(heard)
        self.work()

    def clear(self) -> None:
        """Forget what waits."""
        self._lines.clear()

    def work(self) -> None:
        """Go on: a flag has changed. What is called may call this again; order is kept."""
        if self._working:
            return
        self._working = True
        try:
            while self._lines and not self.waiting:
                self._deal_with(self._lines.popleft())
        finally:
            self._working = False
        self._regulate()

    def _regulate(self) -> None:
        reading = not (self.paused or self._lines)
        if reading != self._reading:
            self._reading = reading
            if reading:
                self._resume()
            else:
                self._pause()
