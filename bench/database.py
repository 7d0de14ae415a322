"""How long a database holds the reactor: `python -m bench.database [URL]`; without one, SQLite.

A hundred people talk in twenty rooms as fast as they are answered, others read pages of a thousand
entries, conversations are compared; meanwhile each turn of the reactor is measured. `work` is the
processor time of a turn, `gc` that of a garbage collection in any thread (nothing else runs then),
`late` how much later than asked a call was made: on a busy machine that is other programs' doing
as well, so it is shown for an idle process first.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.task import LoopingCall, deferLater

from rabbitchat import interpreter
from rabbitchat.chat.entries import Draft, conversation
from rabbitchat.database.database import Database
from rabbitchat.log.interface import Unavailable
from rabbitchat.log.sql import SqlLog
from rabbitchat.sockjs.reactors import installed_reactor

TALKERS, READERS, ROOMS = 100, 5, 20
SECONDS = 10.0
TICK = 0.005


class Meter:
    """Measures the turns of a reactor."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self.turns: list[float] = []
        self.late: list[float] = []
        self.collections: list[float] = []
        self._began = 0.0
        gc.callbacks.append(self._collects)
        self._due = 0.0
        for name in ("runUntilCurrent", "doIteration"):
            self._wrap(name)
        LoopingCall(self._tick).start(TICK)

    def _wrap(self, name: str) -> None:
        inner = getattr(self._reactor, name)

        def measured(*arguments: Any) -> None:
            began = time.thread_time()
            inner(*arguments)
            self.turns.append(time.thread_time() - began)

        setattr(self._reactor, name, measured)

    def _collects(self, phase: str, _: object) -> None:
        if phase == "start":
            self._began = time.thread_time()
        else:
            self.collections.append(time.thread_time() - self._began)

    def _tick(self) -> None:
        now = time.perf_counter()
        if self._due:
            self.late.append(max(0.0, now - self._due))
        self._due = now + TICK

    def show(self, what: str) -> None:
        """Print what was measured since the last time."""
        measured = {"work": self.turns, "gc": self.collections, "late": self.late}
        for name, values in measured.items():
            ordered = sorted(values) or [0.0]
            figures = [ordered[int(len(ordered) * part)] for part in (0.5, 0.99, 0.999)]
            shown = "  ".join(f"{1000 * figure:7.2f}" for figure in (*figures, ordered[-1]))
            print(f"{what:10} {name:4} {shown} ms (half, 99 %, 99.9 %, longest)")
            values.clear()


class Load:
    """People who talk and read until they are stopped."""

    def __init__(self, reactor: Any, log: SqlLog) -> None:
        self._reactor = reactor
        self._log = log
        self._numbers = count()
        self.running = True
        self.said = 0
        self.read = 0
        self.refused = 0

    def start(self) -> list[Deferred[None]]:
        """All of them."""
        kinds: list[tuple[int, Callable[[int], Awaitable[None]]]] = [
            (TALKERS, self._say),
            (READERS, self._read),
            (1, self._compare),
        ]
        return [self._again(work, who) for number, work in kinds for who in range(number)]

    def _again(self, work: Callable[[int], Awaitable[None]], who: int) -> Deferred[None]:
        async def repeat() -> None:
            while self.running:
                try:
                    await work(who)
                except Unavailable:
                    self.refused += 1
                    await deferLater(self._reactor, 0.1)

        return Deferred.fromCoroutine(repeat())

    async def _say(self, who: int) -> None:
        number = next(self._numbers)
        room = f"room{who % ROOMS}" if number % 4 else conversation(f"u{who}", f"u{who // 2}")
        await self._log.append(
            Draft(
                room=room,
                msgid=f"m{number}",
                user=f"u{who}",
                nick=f"nick{who}",
                text="what somebody says, of usual length, in a room with others " * 2,
                time="2026-01-01T00:00:00.000Z",
                node="bench",
            )
        )
        self.said += 1

    async def _read(self, who: int) -> None:
        page = await self._log.before(f"room{who}", None, 1000, 65536)
        self.read += len(page.entries)
        await deferLater(self._reactor, 0.01)

    async def _compare(self, who: int) -> None:
        await self._log.newest([f"room{number}" for number in range(1000)])
        await self._log.conversations([f"u{number}" for number in range(5000)], 0)
        await deferLater(self._reactor, 0.1)


async def measure(reactor: Any, url: str) -> None:
    """Print the figures of one database."""
    log = SqlLog(Database(reactor, url), reactor)
    log.startService()
    meter = Meter(reactor)
    await deferLater(reactor, SECONDS / 2)
    meter.show("idle")
    load = Load(reactor, log)
    ended = DeferredList(load.start())
    await deferLater(reactor, SECONDS)
    meter.show("under load")
    print(
        f"{load.said / SECONDS:.0f} appends a second, {load.read / SECONDS:.0f} entries read a"
        f" second, {load.refused} refused"
    )
    load.running = False
    await ended
    await log.stopService()


def main() -> None:
    """Measure, then end."""
    reactor: Any = installed_reactor()
    with tempfile.TemporaryDirectory() as directory:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{directory}/bench.sqlite"
        interpreter.tune(reactor)

        def begin() -> None:
            work = Deferred.fromCoroutine(measure(reactor, url))
            work.addErrback(lambda failure: failure.printTraceback())
            work.addBoth(lambda _: reactor.stop())

        reactor.callWhenRunning(begin)
        reactor.run()


if __name__ == "__main__":
    main()
