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
            outcomes.append(await run.run(wanted.bug))
            print(report.of_seed(outcomes[-1]), flush=True)
    finally:
        servers.close()
    print(f"\n{report.of_all(outcomes)}")
    missing = report.too_little(outcomes, wanted.seconds)
    for line in missing:
        print(f"too little: {line}")
    if missing or not all(outcome.good for outcome in outcomes):
        sys.exit(f"the daemons' logs: {logs}")


def main() -> None:
    """Run it."""
    wanted = _arguments()
    react(lambda reactor: Deferred.fromCoroutine(_run(reactor, wanted)))


if __name__ == "__main__":
    main()
