"""What came, one thing after the other, for a test that waits for some of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Optional, TypeVar

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred

reactor: Any = _reactor

T = TypeVar("T")

TIMEOUT = 10.0  # seconds that a test waits for something it expects


class Inbox(Generic[T]):
    """Things in the order they came. `seen` keeps all of them, `take` gives each once."""

    def __init__(self) -> None:
        self.seen: list[T] = []
        self.ended: Optional[str] = None  # how, once nothing more comes
        self._untaken: list[T] = []
        self._waiting: list[tuple[Callable[[T], bool], Deferred[T]]] = []

    def put(self, thing: T) -> None:
        """Something came."""
        self.seen.append(thing)
        for waiting in self._waiting:
            wanted, found = waiting
            if wanted(thing):
                self._waiting.remove(waiting)
                found.callback(thing)
                return
        self._untaken.append(thing)

    def end(self, how: str) -> None:
        """Nothing more comes."""
        self.ended = how
        waiting, self._waiting = self._waiting, []
        for _, found in waiting:
            found.errback(AssertionError(self._report("it ended")))

    async def take(
        self, wanted: Callable[[T], bool], what: str = "it", timeout: float = TIMEOUT
    ) -> T:
        """The first thing not taken yet that is wanted; waits for it. AssertionError without."""
        for thing in self._untaken:
            if wanted(thing):
                self._untaken.remove(thing)
                return thing
        if self.ended is not None:
            raise AssertionError(self._report(f"no {what}"))
        found: Deferred[T] = Deferred()
        self._waiting.append((wanted, found))
        late = reactor.callLater(timeout, self._late, found, what)
        try:
            return await found
        finally:
            if late.active():
                late.cancel()

    async def next(self, what: str = "anything") -> T:
        """The first thing not taken yet."""
        return await self.take(lambda _: True, what)

    def forget(self) -> None:
        """What has come by now is of no interest."""
        self.seen.clear()
        self._untaken.clear()

    def _late(self, found: Deferred[T], what: str) -> None:
        self._waiting = [waiting for waiting in self._waiting if waiting[1] is not found]
        found.errback(AssertionError(self._report(f"no {what} in time")))

    def _report(self, problem: str) -> str:
        last = "".join(f"\n  {str(thing)[:300]}" for thing in self.seen[-20:])
        return f"{problem}; ended: {self.ended}; the last things that came:{last}"
