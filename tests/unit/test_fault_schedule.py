"""The schedule of the fault test: what 20 seeds are promised to hold."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from support.faults.schedule import DAEMONS, KINDS, lanes, plan

SECONDS = 60.0


@pytest.mark.parametrize("seed", range(1, 21))
def test_a_seed_has_at_least_fifteen_faults_of_six_kinds(seed: int) -> None:
    faults = plan(seed, SECONDS)
    assert len(faults) >= 15
    assert len({fault.kind for fault in faults}) >= 6
    assert {fault.kind for fault in faults} <= set(KINDS)


def test_twenty_seeds_have_each_kind_at_least_five_times() -> None:
    counts = Counter(fault.kind for seed in range(1, 21) for fault in plan(seed, SECONDS))
    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 5, counts


def test_the_same_seed_is_the_same_schedule_and_another_another() -> None:
    assert plan(7, SECONDS) == plan(7, SECONDS)
    assert plan(7, SECONDS) != plan(8, SECONDS)


@pytest.mark.parametrize("seed", range(1, 21))
def test_one_target_has_one_fault_at_a_time_and_time_to_recover(seed: int) -> None:
    faults = plan(seed, SECONDS)
    assert list(faults) == sorted(faults, key=lambda fault: fault.at)
    for lane in lanes(faults).values():
        for one, next_one in pairwise(lane):
            assert one.until + KINDS[one.kind].recovery <= next_one.at
    assert all(0 <= fault.at <= fault.until <= SECONDS for fault in faults)


def test_faults_of_different_targets_overlap() -> None:
    overlapping = [
        (one, other)
        for seed in range(1, 21)
        for one, other in pairwise(plan(seed, SECONDS))
        if other.at < one.until
    ]
    assert overlapping


def test_freezing_lasts_from_three_to_twenty_seconds() -> None:
    frozen = [
        fault.until - fault.at
        for seed in range(1, 200)
        for fault in plan(seed, SECONDS)
        if fault.kind in ("broker frozen", "daemon frozen")
    ]
    assert 2.99 < min(frozen) < 4
    assert 15 < max(frozen) < 20.01


def test_every_daemon_and_every_way_to_one_is_a_target() -> None:
    targets = {fault.target for fault in plan(1, 300.0)}
    assert targets >= {*DAEMONS, *(f"to {name}" for name in DAEMONS), "broker", "database"}
