"""Waiting for a condition instead of sleeping a fixed time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.task import deferLater

reactor: Any = _reactor

STEP = 0.02  # seconds between two looks


async def until(
    condition: Callable[[], object], timeout: float = 10.0, what: str = "the condition"
) -> None:
    """Return as soon as `condition()` is true; fail with `what` after `timeout` seconds."""
    deadline = reactor.seconds() + timeout
    while not condition():
        assert reactor.seconds() < deadline, f"not within {timeout} s: {what}"
        await deferLater(reactor, STEP, lambda: None)


async def pause(seconds: float) -> None:
    """Let the reactor run for a while: only to see that something does not happen."""
    await deferLater(reactor, seconds, lambda: None)
