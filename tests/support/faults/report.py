"""What a run of the fault test prints: for each seed, and in total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from support.faults.schedule import KINDS
from support.faults.seed_run import FULL, LEAST_PUBLISHES, Outcome
from support.faults.verdict import COUNTERS

LEAST_FAULTS = 15  # in a seed of `FULL` seconds
LEAST_KINDS = 6
LEAST_OF_EACH_KIND = 5  # in `MANY` seeds
MANY = 20


def of_seed(outcome: Outcome) -> str:
    """A few lines about one seed."""
    counters = ", ".join(f"{name} {count}" for name, count in outcome.verdict.counts.items())
    settled = "not in time" if outcome.settled is None else f"{outcome.settled:.1f} s"
    lines = [
        f"seed {outcome.seed}: {outcome.publishes} publishes, {outcome.faults.total()} faults of "
        f"{len(outcome.faults)} kinds; {counters}; all there after {settled}",
        "  " + ", ".join(f"{kind} {count}" for kind, count in sorted(outcome.faults.items())),
    ]
    if not outcome.verdict.good:
        lines.append(str(outcome.verdict))
    return "\n".join([*lines, *(f"  trouble: {trouble}" for trouble in outcome.troubles)])


def of_all(outcomes: Sequence[Outcome]) -> str:
    """The sums, and how long recovery took."""
    faults = _faults(outcomes)
    recoveries: dict[str, list[float]] = {}
    for outcome in outcomes:
        for kind, seconds in outcome.recoveries.items():
            recoveries.setdefault(kind, []).extend(seconds)
    settled = [outcome.settled for outcome in outcomes if outcome.settled is not None]
    sums = (f"{name} {sum(one.verdict.counts[name] for one in outcomes)}" for name in COUNTERS)
    lines = [
        f"{len(outcomes)} seeds: {sum(one.publishes for one in outcomes)} publishes, "
        f"{faults.total()} faults; {', '.join(sums)}",
        *_table(faults, recoveries),
    ]
    if settled:
        lines.append(
            f"all with everybody after the last fault: median {median(settled):.1f} s, "
            f"longest {max(settled):.1f} s"
        )
    return "\n".join(lines)


def _table(faults: Counter[str], recoveries: Mapping[str, Sequence[float]]) -> list[str]:
    lines = [f"{'fault':28}{'times':>6}{'well again: median':>21}{'longest':>10}"]
    for kind in KINDS:
        seconds = recoveries.get(kind)
        figures = f"{median(seconds):19.1f} s{max(seconds):8.1f} s" if seconds else ""
        lines.append(f"{kind:28}{faults[kind]:6}{figures}")
    return lines


def too_little(outcomes: Sequence[Outcome], seconds: float) -> list[str]:
    """Which minimums weren't reached; a shorter seed may have less in proportion."""
    share = min(1.0, seconds / FULL)
    found = []
    for outcome in outcomes:
        for what, count, least in (
            ("publishes", outcome.publishes, LEAST_PUBLISHES * share),
            ("faults", outcome.faults.total(), LEAST_FAULTS * share),
            ("kinds of fault", len(outcome.faults), LEAST_KINDS),
        ):
            if count < least:
                found.append(f"seed {outcome.seed}: {count} {what}, not {least:.0f}")
    if len(outcomes) >= MANY:
        faults = _faults(outcomes)
        found += [
            f"{kind}: {faults[kind]} times, not {LEAST_OF_EACH_KIND}"
            for kind in KINDS
            if faults[kind] < LEAST_OF_EACH_KIND
        ]
    return found


def _faults(outcomes: Sequence[Outcome]) -> Counter[str]:
    faults: Counter[str] = Counter()
    for outcome in outcomes:
        faults.update(outcome.faults)
    return faults
