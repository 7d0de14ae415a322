"""Sets Python itself up for a process in which one thread, the reactor's, must never wait long."""

from __future__ import annotations

import gc
import sys
from typing import Any

SWITCH_INTERVAL = 0.0005
"""Seconds that a thread may go on with Python code while another one waits for its turn. With the
5 ms that are usual the reactor stood still for up to 19 ms while the database's three threads were
busy, and for up to 11 ms with this; nothing got slower (`python -m bench.database`)."""


def tune(reactor: Any) -> None:
    """To be called before the reactor runs.

    What exists when all has started stays for good. Looking at it again in each full garbage
    collection would hold the reactor for over 100 ms, most of it for SQLAlchemy's objects.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    reactor.callWhenRunning(gc.collect)
    reactor.callWhenRunning(gc.freeze)
