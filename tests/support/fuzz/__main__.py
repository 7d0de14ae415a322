"""`make test-fuzz`: all targets, 100,000 inputs each; what became of them, and the seed."""

from __future__ import annotations

import argparse
import base64
import secrets
import sys
import time

from support.fuzz.engines import fuzz
from support.fuzz.judge import Finding
from support.fuzz.targets import TARGETS

INPUTS = 100_000


def main() -> int:
    """Exit status 1 when there is a finding."""
    parser = argparse.ArgumentParser(prog="make test-fuzz ARGS=", description=__doc__)
    parser.add_argument("--inputs", type=int, default=INPUTS, help="of each target")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(10**9), help="to repeat a run"
    )
    parser.add_argument("--target", choices=list(TARGETS), action="append", help="only these")
    parser.add_argument(
        "--coverage",
        metavar="SECONDS",
        type=int,
        help="one --target, guided by coverage (atheris)",
    )
    options = parser.parse_args()
    chosen = options.target or list(TARGETS)
    if options.coverage:
        if len(chosen) != 1:
            parser.error("--coverage: give one --target")
        from support.fuzz.coverage import guided

        guided(TARGETS[chosen[0]], options.coverage, options.seed)
    print(f"seed {options.seed}", flush=True)
    return sum(not _passes(name, options.inputs, options.seed) for name in chosen) and 1


def _passes(name: str, count: int, seed: int) -> bool:
    began = time.monotonic()
    try:
        judge = fuzz(TARGETS[name], count, seed)
    except Finding as finding:
        print(f"{finding}\nas base64: {base64.b64encode(finding.data).decode()}", flush=True)
        return False
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in judge.counts.most_common())
    took = time.monotonic() - began
    print(
        f"{name}: {judge.taken} inputs in {took:.0f} s, none unhandled; the slowest took"
        f" {1000 * judge.slowest:.0f} ms; {outcomes}",
        flush=True,
    )
    return True


if __name__ == "__main__":
    sys.exit(main())
