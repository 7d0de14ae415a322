"""What a run of the fault test says of itself, and when it isn't enough."""

from __future__ import annotations

from collections import Counter

from support.faults import report
from support.faults.schedule import KINDS
from support.faults.seed_run import Outcome
from support.faults.verdict import Verdict


def outcome(
    seed: int = 1, publishes: int = 2000, faults: int = 3, kinds: int = len(KINDS)
) -> Outcome:
    """A seed in which each of so many kinds came so many times."""
    counts = Counter({kind: faults for kind in sorted(KINDS)[:kinds]})
    return Outcome(seed, publishes, counts, Verdict(), 1.5, {"daemon killed": [0.5, 2.5, 1.0]})


def test_a_good_seed() -> None:
    one = outcome()
    assert one.good
    assert not report.too_little([one], 60)
    said = report.of_seed(one)
    assert "seed 1: 2000 publishes, 48 faults of 16 kinds" in said
    assert "lost 0, duplicated 0, unexpected 0, out_of_order 0, unresolved 0" in said
    assert "all there after 1.5 s" in said


def test_a_seed_that_lost_something_names_it() -> None:
    one = outcome()
    one.verdict.found["lost"].append("ann was never shown 'hello'")
    assert not one.good
    assert "lost 1" in report.of_seed(one)
    assert "ann was never shown 'hello'" in report.of_seed(one)
    assert "lost 1" in report.of_all([one, outcome(2)])


def test_trouble_beside_the_counters_is_no_good_seed() -> None:
    one = outcome()
    one.troubles.append("alpha ended by itself")
    assert not one.good
    assert "trouble: alpha ended by itself" in report.of_seed(one)


def test_each_minimum_of_a_seed() -> None:
    few = [outcome(publishes=1999), outcome(faults=1, kinds=14), outcome(faults=4, kinds=5)]
    assert report.too_little(few, 60) == [
        "seed 1: 1999 publishes, not 2000",
        "seed 1: 14 faults, not 15",
        "seed 1: 5 kinds of fault, not 6",
    ]
    assert not report.too_little([outcome(publishes=1000, faults=1, kinds=8)], 30), "half of it"


def test_over_twenty_seeds_each_kind_must_come_five_times() -> None:
    seeds = [outcome(seed, faults=2, kinds=len(KINDS) - 1) for seed in range(20)]
    (missing,) = report.too_little(seeds, 60)
    assert missing == f"{max(KINDS)}: 0 times, not 5"
    assert not report.too_little(seeds[:19], 60)


def test_the_sums() -> None:
    said = report.of_all([outcome(1), outcome(2)])
    assert "2 seeds: 4000 publishes, 96 faults" in said
    (line,) = [line for line in said.splitlines() if line.startswith("daemon killed")]
    assert line.split() == ["daemon", "killed", "6", "1.0", "s", "2.5", "s"]
