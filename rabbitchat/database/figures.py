"""What a database's use is counted in, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_QUESTIONS = (1, 2, 5, 10, 20, 50, 100, 200)


class Figures:
    """Of one database; `registry` is where they can be read."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry or CollectorRegistry()
        self.up = Gauge(
            "rabbitchat_database_up", "1 when what is said can be stored", registry=registry
        )
        self.appends = Counter(
            "rabbitchat_appends",
            "Messages given to the log, by what became of them",
            ["outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "rabbitchat_database_seconds",
            "From a question to the database to its answer",
            ["thread"],
            registry=registry,
            buckets=_SECONDS,
        )
        self._together = Histogram(
            "rabbitchat_database_batch",
            "Questions answered in one transaction",
            ["thread"],
            registry=registry,
            buckets=_QUESTIONS,
        )
        self._waiting = Gauge(
            "rabbitchat_database_waiting",
            "Questions to the database that are not answered yet",
            ["thread"],
            registry=registry,
        )
        for outcome in ("stored", "repeated", "unavailable"):
            self.appends.labels(outcome)

    def of(self, thread: str, waiting: Callable[[], int]) -> ThreadFigures:
        """Those of one thread; `waiting` tells its questions."""
        self._waiting.labels(thread).set_function(lambda: float(waiting()))
        return ThreadFigures(self._seconds.labels(thread), self._together.labels(thread))


class ThreadFigures:
    """Those of one thread."""

    def __init__(self, seconds: Histogram, together: Histogram) -> None:
        self.answered = seconds.observe
        self.together = together.observe
