"""`python -m bench`: CPU per delivery, latency, memory per connection, on WebSocket and line.

The daemon and the load are processes of their own. These figures depend on the machine: compare
runs on one machine, better the ratios within one run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

from bench.load import KINDS
from bench.server import Server

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

    def settle(self) -> None:
        """Let it come and go."""
        self.step()
        self.end()

    def end(self) -> None:
        """Let it go."""
        self.go()
        self._process.wait(30)


def deliver(kind: str, receivers: int, deliveries: int) -> None:
    """One row: CPU per delivery and latency with that many receivers."""
    messages = max(20, min(2000, deliveries // receivers))
    with Server() as server:
        port = server.port if kind == "websocket" else server.line_port
        load = Load("bench.load", kind, port, receivers, messages, server.port)
        load.step()
        cpu, begin = server.cpu(), time.monotonic()
        load.go()
        result = load.step()
        cpu, took = server.cpu() - cpu, time.monotonic() - begin
        load.end()
    each = cpu / result["deliveries"] * 1e6
    latency = statistics.quantiles(result["latency"], n=100)
    print(
        f"{kind:10} {receivers:9} {result['deliveries']:10} {each:11.1f}"
        f" {latency[49] * 1e3:8.2f} {latency[98] * 1e3:8.2f} {result['deliveries'] / took:10.0f}",
        flush=True,
    )


def idle(kind: str, connections: int) -> None:
    """One row: memory per idle connection."""
    with Server() as server:
        port = server.port if kind == "websocket" else server.line_port
        Load("bench.idle", kind, port, 20, "warm").settle()
        before = server.memory()
        load = Load("bench.idle", kind, port, connections, "idle")
        load.step()
        kib = (server.memory() - before) / connections / 1024
        load.end()
    print(f"{kind:10} {connections:11} {kib:9.1f}", flush=True)


def main() -> None:
    """Run all, or what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--kinds", nargs="+", choices=sorted(KINDS), default=list(KINDS))
    parser.add_argument("--receivers", nargs="*", type=int, default=[1, 100, 500, 1000])
    parser.add_argument("--deliveries", type=int, default=100_000, help="in each row, about")
    parser.add_argument("--idle", type=int, default=2000, help="idle connections; 0: none")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.receivers:
        print("kind       receivers deliveries CPU us/del.   p50 ms   p99 ms   deliv./s")
    for kind in options.kinds:
        for receivers in options.receivers:
            deliver(kind, receivers, options.deliveries)
    if options.idle:
        print("\nkind       connections KiB/conn.")
    for kind in options.kinds:
        if options.idle:
            idle(kind, options.idle)


if __name__ == "__main__":
    main()
