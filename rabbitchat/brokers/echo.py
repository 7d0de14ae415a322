"""Does what this node publishes come back to it? A link can be up and deaf.

When somebody deletes the exchange and another node makes it again, no error ever reaches a node
whose bindings went with it: publishes are confirmed and nothing arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

ECHO_EVERY = 5.0  # seconds


class Echo:
    """Publishes to its own node and says when nothing at all has come in since the last time."""

    def __init__(self, clock: IReactorTime, node: str) -> None:
        self.key = f"echo.{node}"
        self.heard = False  # set by whoever sees a delivery
        self._clock = clock
        self._loop: Optional[LoopingCall] = None

    def start(self, send: Callable[[], bool], deaf: Callable[[], None]) -> None:
        """A link is up. `send` publishes on `key` if it can and says so; `deaf` gives up."""
        sent = False

        def beat() -> None:
            nonlocal sent
            if sent and not self.heard:
                deaf()
                return
            self.heard = False
            sent = send()

        self._loop = LoopingCall(beat)
        self._loop.clock = self._clock
        self._loop.start(ECHO_EVERY, now=False)

    def stop(self) -> None:
        """The link is lost."""
        loop, self._loop = self._loop, None
        if loop is not None and loop.running:
            loop.stop()
