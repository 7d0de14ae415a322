"""`make test-faults`: seed after seed; status 1 unless every promise was kept in each."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from support.faults import bugs, report
from support.faults.bug_runs import run_bug
from support.faults.seed_run import Outcome, SeedRun
from support.faults.world import Servers


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test-faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many [default: %(default)s]")
    parser.add_argument("--first", type=int, default=1, help="the first [default: %(default)s]")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="of load, each [default: %(default)g]"
    )
    parser.add_argument("--bug", choices=sorted(bugs.BUGS), help="put this one back")
    parser.add_argument(
        "--bugs", action="store_true", help="no seeds: put back one after the other; is it seen?"
    )
    parser.add_argument("--logs", type=Path, help="where to keep the daemons' logs")
    return parser.parse_args()


async def _run(reactor: Any, wanted: argparse.Namespace) -> None:
    logs = wanted.logs or Path(tempfile.mkdtemp(prefix="rabbitchat-faults-logs-"))
    outcomes: list[Outcome] = []
    servers = Servers()
    try:
        await servers.start()
        for seed in range(wanted.first, wanted.first + wanted.seeds):
            run = SeedRun(reactor, servers, seed, wanted.seconds, logs / f"seed-{seed}")
            outcomes.append(await run.run(bugs.program(wanted.bug) if wanted.bug else None))
            print(report.of_seed(outcomes[-1]), flush=True)
    finally:
        servers.close()
    print(f"\n{report.of_all(outcomes)}")
    missing = report.too_little(outcomes, wanted.seconds)
    for line in missing:
        print(f"too little: {line}")
    if missing or not all(outcome.good for outcome in outcomes):
        sys.exit(f"the daemons' logs: {logs}")


async def _run_bugs(reactor: Any, wanted: argparse.Namespace) -> None:
    logs = wanted.logs or Path(tempfile.mkdtemp(prefix="rabbitchat-faults-logs-"))
    servers, missed = Servers(), []
    try:
        await servers.start()
        for bug in bugs.BUGS if wanted.bug is None else [wanted.bug]:
            seen = await run_bug(reactor, servers, bug, logs / bug)
            print(seen, flush=True)
            missed += [] if seen.good else [bug]
    finally:
        servers.close()
    if missed:
        sys.exit(f"not seen: {', '.join(missed)}; the daemons' logs: {logs}")


def main() -> None:
    """Run it."""
    wanted = _arguments()
    run = _run_bugs if wanted.bugs else _run
    react(lambda reactor: Deferred.fromCoroutine(run(reactor, wanted)))


if __name__ == "__main__":
    main()
