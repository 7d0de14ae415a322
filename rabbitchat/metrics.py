"""What a node counts, for Prometheus (`/metrics`)."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from rabbitchat.brokers.interface import IBroker

REACTOR_TICK = 1.0
"""Seconds between two measurements of how late the reactor is."""


class Metrics:
    """One node's figures, in a registry of their own so that several nodes fit one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.connections = self._gauge("connections", "Clients connected", ["transport"])
        self.users = self._gauge("users", "Users connected to this node")
        self.rooms = self._gauge("rooms", "Rooms with somebody in them, on any node")
        self.messages_in = self._counter("messages_in", "Commands that clients sent")
        self.messages_out = self._counter("messages_out", "Replies sent to clients")
        self.deliveries = self._counter("deliveries", "Events sent to clients by fan-out")
        self.published = self._counter("published", "Entries stored for clients of this node")
        self.link_up = self._gauge("broker_link_up", "1 when messages pass the broker")
        self.outcomes = self._gauge(
            "broker_publishes", "Publishes on the broker since the start", ["outcome"]
        )
        self.rooms_behind = self._gauge(
            "rooms_behind", "Rooms with entries that the other nodes did not get yet"
        )
        self.rejected = self._gauge(
            "rejected", "Broker messages that were malformed, since the start", ["kind"]
        )
        self.reactor_delay = Histogram(
            "rabbitchat_reactor_delay_seconds",
            "How much later than asked the reactor made a call",
            registry=self.registry,
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
        )

    def _gauge(self, name: str, text: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(f"rabbitchat_{name}", text, labels or [], registry=self.registry)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"rabbitchat_{name}", text, registry=self.registry)

    def watch_broker(self, broker: IBroker) -> None:
        """Read the broker's own figures whenever somebody asks."""
        self.link_up.set_function(lambda: float(broker.link.up))
        for outcome in broker.outcomes:
            self.outcomes.labels(outcome).set_function(_reader(broker, outcome))


def _reader(broker: IBroker, outcome: str) -> Callable[[], float]:
    return lambda: float(broker.outcomes[outcome])


class ReactorDelay:
    """Measures how late the reactor makes its calls: what a blocked one does to everybody."""

    def __init__(self, clock: IReactorTime, observe: Callable[[float], None]) -> None:
        self._clock = clock
        self._observe = observe
        self._call: IDelayedCall | None = None

    def start(self) -> None:
        """Begin to measure."""
        due = self._clock.seconds() + REACTOR_TICK
        self._call = self._clock.callLater(REACTOR_TICK, self._tick, due)

    def _tick(self, due: float) -> None:
        self._observe(max(0.0, self._clock.seconds() - due))
        self.start()

    def stop(self) -> None:
        """Measure no more."""
        if self._call is not None and self._call.active():
            self._call.cancel()
