"""Which routing keys this node is bound to: as long as somebody wants one, and a minute more.

A binding costs the broker about half a millisecond, and people who leave often come back.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from rabbitchat.brokers.interface import IBroker, NotSent

LINGER = 60.0
"""Seconds, at least, that a key stays bound after nobody wants it any more."""


class Bindings:
    """Counts who wants a routing key; `on_released` is told when one was given up."""

    def __init__(
        self,
        clock: IReactorTime,
        broker: IBroker,
        on_released: Callable[[str], None],
        linger: float = LINGER,
    ) -> None:
        self._clock = clock
        self._broker = broker
        self._on_released = on_released
        self._linger = max(linger, LINGER)
        self._wanted: dict[str, int] = {}
        self._lingering: dict[str, IDelayedCall] = {}
        self._waiting: dict[str, list[Deferred[None]]] = {}
        self._stopped = False

    async def hold(self, key: str) -> None:
        """Want a key. Returns when the binding is in force, or at once while the link is away:
        then there is nobody to hear from, and it will be in force before the link is up."""
        self._wanted[key] = self._wanted.get(key, 0) + 1
        lingering = self._lingering.pop(key, None)
        if lingering is not None:
            lingering.cancel()
        elif self._wanted[key] == 1:
            try:
                await self._bind(key)
            except BaseException:
                self.release(key)
                raise
            return
        if key in self._waiting:
            in_force: Deferred[None] = Deferred()
            self._waiting[key].append(in_force)
            await in_force

    async def _bind(self, key: str) -> None:
        self._waiting[key] = []
        try:
            await self._broker.subscribe(key)
        except NotSent:
            pass
        finally:
            for waiting in self._waiting.pop(key):
                waiting.callback(None)

    def release(self, key: str) -> None:
        """Want a key no longer."""
        self._wanted[key] -= 1
        if self._wanted[key] > 0:
            return
        del self._wanted[key]
        if not self._stopped:
            self._lingering[key] = self._clock.callLater(self._linger, self._let_go, key)

    def _let_go(self, key: str) -> None:
        del self._lingering[key]
        self._on_released(key)
        self._broker.unsubscribe(key)

    def stop(self) -> None:
        """Leave no timer behind; the broker goes away with its bindings."""
        self._stopped = True
        for call in self._lingering.values():
            call.cancel()
        self._lingering.clear()
