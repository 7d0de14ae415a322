"""Python as the daemon sets it up."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest
from twisted.internet.testing import MemoryReactor

from rabbitchat import interpreter


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Other tests share this interpreter."""
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)


def test_threads_take_turns_often() -> None:
    """Nobody waits for the 5 ms that a thread is usually left alone."""
    interpreter.tune(MemoryReactor())
    assert sys.getswitchinterval() == pytest.approx(interpreter.SWITCH_INTERVAL)


def test_what_is_there_when_it_runs_is_not_collected_again() -> None:
    """Only what is made later is looked at in a full collection."""
    gc.unfreeze()
    reactor = MemoryReactor()
    interpreter.tune(reactor)
    assert gc.get_freeze_count() == 0
    for what, args, kwargs in reactor.whenRunningHooks:
        what(*args, **kwargs)
    assert gc.get_freeze_count() > 0
