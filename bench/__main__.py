"""`python -m bench`: CPU per delivery, latency and memory, of the chat and of SockJS by itself.

The server and the load are processes of their own. These figures depend on the machine: compare
runs on one machine, better the ratios within one run. Each figure is the median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.kinds import ABSENT, CHAT, ROOM
from bench.load import TEXTS
from bench.server import SERVERS, Server

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Load:
    """A load process, stepped through its stdin and stdout."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def step(self) -> dict[str, Any]:
        """What it says next."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the load process ended early")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def go(self) -> None:
        """Let it do its next step."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> None:
        """Let it go."""
        self.go()
        self._process.wait(30)


def serve(kind: str) -> Server:
    """The server for clients of this kind."""
    return SERVERS[kind.partition("/")[0]]()


def port(server: Server, kind: str) -> int:
    """Where clients of this kind connect."""
    return server.line_port if kind == "chat/line" else server.port


def deliver(kind: str, receivers: int, messages: int, text: str) -> list[float]:
    """CPU µs per delivery, and the median and the 99th percentile of the latency in ms."""
    with serve(kind) as server:
        where = port(server, kind)
        load = Load("bench.load", kind, where, server.port, receivers, messages, text)
        load.step()
        cpu = server.cpu()
        load.go()
        result = load.step()
        cpu = server.cpu() - cpu
        load.end()
    latency = statistics.quantiles(result["latency"], n=100)
    return [cpu / result["deliveries"] * 1e6, latency[49] * 1e3, latency[98] * 1e3]


def idle(kind: str, connections: int) -> float:
    """KiB of memory per idle client."""
    with serve(kind) as server:
        where = port(server, kind)
        warm = Load("bench.idle", kind, where, 20, "warm")
        warm.step()
        warm.end()
        before = server.memory()
        load = Load("bench.idle", kind, where, connections, "idle")
        load.step()
        kib = (server.memory() - before) / connections / 1024
        load.end()
    return kib


def rounds(
    kinds: list[str], count: int, measure: Callable[[str], list[float]]
) -> list[tuple[str, list[float]]]:
    """The medians of each kind. A round is one of each, so that what disturbs the machine for a
    while disturbs them all."""
    found: dict[str, list[list[float]]] = {kind: [] for kind in kinds if kind != ABSENT}
    for _ in range(count):
        for kind, rows in found.items():
            rows.append(measure(kind))
    return [
        (kind, [*map(statistics.median, zip(*rows, strict=True))]) for kind, rows in found.items()
    ]


def show_deliveries(options: argparse.Namespace) -> None:
    """A table; the ratio is that of the CPU, to the first kind's."""
    print(f"{'kind':20}receivers    CPU us/del.  ratio   p50 ms   p99 ms")
    for receivers in options.receivers:
        messages = max(20, min(2000, options.deliveries // receivers))
        measure = partial(deliver, receivers=receivers, messages=messages, text=options.text)
        table = rounds(options.kinds, options.rounds, measure)
        first = table[0][1][0] or 1.0  # of very few deliveries /proc shows nothing
        for kind, (cpu, median, most) in table:
            print(f"{kind:20}{receivers:9}{cpu:15.1f}{cpu / first:7.2f}{median:9.2f}{most:9.2f}")
        sys.stdout.flush()


def show_idle(options: argparse.Namespace) -> None:
    """A table; of the small sessions without a connection there are five times as many."""
    print(f"\n{'kind':20}  clients KiB each")
    for kind in options.kinds:
        clients = options.idle * 5 if kind == ABSENT else options.idle
        found = [idle(kind, clients) for _ in range(options.rounds)]
        print(f"{kind:20}{clients:9}{statistics.median(found):9.1f}", flush=True)


def main() -> None:
    """Run all, or what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    every = [*CHAT, *ROOM, ABSENT]
    parser.add_argument("--kinds", nargs="+", choices=every, default=every)
    parser.add_argument("--receivers", nargs="*", type=int, default=[1, 100, 500, 1000])
    parser.add_argument("--deliveries", type=int, default=100_000, help="in each row, about")
    parser.add_argument("--text", choices=sorted(TEXTS), default="plain", help="what is said")
    parser.add_argument("--idle", type=int, default=2000, help="idle clients; 0: none")
    parser.add_argument("--rounds", type=int, default=1, help="of all that is measured")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.receivers:
        show_deliveries(options)
    if options.idle:
        show_idle(options)


if __name__ == "__main__":
    main()
