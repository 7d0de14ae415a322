"""`python -m support.soak --clients 2000 --seconds 600`: what does the daemon keep of them?

It is warmed up by a wave of all clients, then counts what it holds; after the soak it must come
back to that. Exit status 1 when something is left, or a client met a problem.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.task import deferLater, react

from support.daemons import Foreground, environment, free_port
from support.soak.people import Person, Tally

QUIET = 240.0  # seconds that everything may take to be gone: rooms are bound for a minute more
MORE_MEMORY = 1.1  # times what there was after the first wave
WARM_UP = 60.0  # seconds
STEADY = 70.0  # seconds without a change, after the first wave
STEADY_THINGS = ("calls", "selectables", "objects")

Census = dict[str, Any]


class Daemon:
    """The daemon under test, and its censuses."""

    def __init__(self, directory: Path) -> None:
        self.ports = free_port(), free_port()
        self._census = directory / "census"
        port, line_port = self.ports
        self.process = Foreground(
            [
                *(sys.executable, "-m", "support.soak.daemon", self._census),
                f"--port=tcp:{port}:interface=127.0.0.1:backlog=4096",
                f"--line-port=tcp:{line_port}:interface=127.0.0.1:backlog=4096",
                f"--database=sqlite:///{directory}/soak.sqlite",
                *("--rate=0", "--max-connections-per-ip=0", "--grace=2"),
            ],
            directory,
            environment(PYTHONPATH=os.pathsep.join(filter(None, sys.path))),
        )
        self.process.wait_until_accepting(*self.ports)

    async def census(self) -> Census:
        """What it holds now."""
        self._census.unlink(missing_ok=True)
        self.process.process.send_signal(signal.SIGUSR1)
        while not self._census.exists():
            assert self.process.process.poll() is None, self.process.output
            await deferLater(_reactor, 0.05)
        census: Census = json.loads(self._census.read_text())
        return census


def left_over(before: Census, after: Census) -> list[str]:
    """What there is more of after than before."""
    found = [
        f"{name}: {after[name]}, before {before[name]}"
        for name in ("calls", "selectables")
        if after[name] > before[name]
    ]
    for name, count in sorted(after["objects"].items()):
        if count > before["objects"].get(name, 0):
            found.append(f"{name}: {count}, before {before['objects'].get(name, 0)}")
    if after["memory"] > before["memory"] * MORE_MEMORY:
        found.append(f"memory: {after['memory']:,} bytes, before {before['memory']:,}")
    return found


async def wave(daemon: Daemon, clients: int, seconds: float) -> Tally:
    """So many people for so long."""
    tally = Tally()
    end = time.monotonic() + seconds
    people = [Person(_reactor, number, daemon.ports, tally) for number in range(clients)]
    lives = [
        Deferred.fromCoroutine(person.live(lambda: time.monotonic() > end)) for person in people
    ]
    said = 0.0
    while time.monotonic() < end:
        await deferLater(_reactor, 1)
        if time.monotonic() - said > 30:
            said = time.monotonic()
            census = await daemon.census()
            print(
                f"  {end - said:4.0f} s to go: {tally.here} here,"
                f" {census['memory'] / 2**20:.0f} MiB, {census['calls']} delayed calls,"
                f" {sum(census['objects'].values())} objects",
                flush=True,
            )
    for fine, why in await DeferredList(lives, consumeErrors=True):
        if not fine:
            tally.problems.append(str(why))
    return tally


async def quiet(daemon: Daemon, before: Census) -> tuple[Census, list[str]]:
    """Wait until it holds no more than before; what is left if it doesn't."""
    end = time.monotonic() + QUIET
    while True:
        census = await daemon.census()
        left = left_over(before, census)
        if not left or time.monotonic() > end:
            return census, left
        await deferLater(_reactor, 2)


async def settled(daemon: Daemon) -> Census:
    """Wait until nothing changes any more; what it holds then."""
    last: Census = {}
    since = time.monotonic()
    while time.monotonic() - since < STEADY:
        await deferLater(_reactor, 2)
        census = await daemon.census()
        if [census[name] for name in STEADY_THINGS] != [last.get(name) for name in STEADY_THINGS]:
            last, since = census, time.monotonic()
    return last


async def soak(clients: int, seconds: float, directory: Path) -> int:
    """Run it; the exit status."""
    daemon = Daemon(directory)
    with daemon.process:
        started = await daemon.census()
        print(f"warming up: {WARM_UP:g} s", flush=True)
        await wave(daemon, clients, min(WARM_UP, seconds))
        begin = await settled(daemon)
        print(f"soaking: {clients} clients, {seconds:g} s", flush=True)
        tally = await wave(daemon, clients, seconds)
        print(f"  {dict(sorted(tally.counts.items()))}")
        after, left = await quiet(daemon, begin)
        for name in ("memory", "calls", "selectables"):
            print(f"{name}: {started[name]:,} at the start, {begin[name]:,} after the first wave,"
                  f" {after[name]:,} at the end")  # fmt: skip
        print(f"objects: {sum(begin['objects'].values())} then, {sum(after['objects'].values())}")
    for line in [*left, *tally.problems[:20]]:
        print(f"NOT FINE: {line}")
    log = daemon.process.output
    if "Traceback" in log or "Unhandled" in log:
        print(f"NOT FINE: the daemon's log:\n{log[-5000:]}")
        return 1
    return 1 if left or tally.problems else 0


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(prog="support.soak", description=__doc__)
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=600.0)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    status = 0

    async def run(_: Any) -> None:
        nonlocal status
        with tempfile.TemporaryDirectory() as directory:
            status = await soak(options.clients, options.seconds, Path(directory))

    try:
        react(lambda reactor: Deferred.fromCoroutine(run(reactor)), ())
    except SystemExit as end:
        status = status or int(end.code or 0)
    sys.exit(status)


if __name__ == "__main__":
    main()
