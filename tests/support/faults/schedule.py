"""Which faults happen when, by a seed: the same seed is the same schedule. Pure.

What can fail is divided into targets: the two brokers together, the database, each daemon, and
the way to each daemon. On one target one fault follows another, with time to recover between
them; on different targets they overlap as chance has it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

DAEMONS = ("alpha", "beta", "gamma")

BROKER = "broker"
DATABASE = "database"


@dataclass(frozen=True)
class Kind:
    """One kind of fault. Times are in seconds."""

    lasts: tuple[float, float]  # from when it is applied to when it is healed
    recovery: float  # at least so long until the next fault of the same target
    amounts: tuple[float, float] = (0.0, 0.0)  # what `Planned.amount` is taken from
    parts: tuple[str, ...] = ("",)  # what `Planned.part` is taken from


_ONE_OR_BOTH = ("first", "second", "both")
_ONE = ("first", "second")

BROKER_KINDS: Mapping[str, Kind] = {
    "broker killed": Kind((0.5, 4), 8, parts=_ONE_OR_BOTH),
    "broker frozen": Kind((3, 20), 3, parts=_ONE_OR_BOTH),
    "broker restarted": Kind((0.1, 2), 8, parts=_ONE_OR_BOTH),
    "broker closes connections": Kind((0, 0), 2),
    "broker out of memory": Kind((2, 8), 2, parts=_ONE),
    "exchange deleted": Kind((0, 0), 3),
    "queues deleted": Kind((0, 0), 3),
    "brokers partitioned": Kind((3, 8), 6),
}
DATABASE_KINDS: Mapping[str, Kind] = {
    "database stopped": Kind((0.5, 5), 4),
    "database frozen": Kind((2, 9), 4),
}
DAEMON_KINDS: Mapping[str, Kind] = {
    "daemon killed": Kind((0, 3), 4),
    "daemon frozen": Kind((3, 20), 3),
    "daemon terminated": Kind((0, 2), 4),
}
WAY_KINDS: Mapping[str, Kind] = {
    "clients cut": Kind((1, 4), 1, amounts=(0, 4000)),  # bytes until the cut
    "clients half open": Kind((3, 8), 2),
    "clients delayed": Kind((2, 6), 1, amounts=(0.1, 0.5)),  # seconds, each way
}

KINDS: Mapping[str, Kind] = {**BROKER_KINDS, **DATABASE_KINDS, **DAEMON_KINDS, **WAY_KINDS}


@dataclass(frozen=True)
class Planned:
    """One fault: applied at `at` and healed at `until`, seconds after the load began."""

    at: float
    until: float
    kind: str  # of KINDS
    target: str  # BROKER, DATABASE, one of DAEMONS, or "to " and one of DAEMONS
    part: str  # of the target: which broker
    amount: float  # bytes or seconds, where the kind has any


def plan(seed: int, seconds: float) -> tuple[Planned, ...]:
    """All faults of a seed in the order of their times; all are healed after `seconds`."""
    chance = random.Random(seed)
    lanes = [(BROKER, BROKER_KINDS, (0.5, 3.0)), (DATABASE, DATABASE_KINDS, (4.0, 16.0))]
    lanes += [(name, DAEMON_KINDS, (4.0, 20.0)) for name in DAEMONS]
    lanes += [(f"to {name}", WAY_KINDS, (3.0, 14.0)) for name in DAEMONS]
    faults = [
        fault
        for target, kinds, pause in lanes
        for fault in _lane(chance, target, kinds, pause, seconds)
    ]
    return tuple(sorted(faults, key=lambda fault: fault.at))


def lanes(faults: Sequence[Planned]) -> Mapping[str, Sequence[Planned]]:
    """The faults of each target, which are carried out one after the other."""
    targets: dict[str, list[Planned]] = {}
    for fault in faults:
        targets.setdefault(fault.target, []).append(fault)
    return targets


def _lane(
    chance: random.Random,
    target: str,
    kinds: Mapping[str, Kind],
    pause: tuple[float, float],
    seconds: float,
) -> Iterator[Planned]:
    """The faults of one target: each of its kinds once before any comes again."""
    now = chance.uniform(0, pause[1])
    while True:
        for name in chance.sample(sorted(kinds), len(kinds)):
            kind = kinds[name]
            shortest, longest = kind.lasts
            # Long ones are rarer, so that there is time for others.
            until = now + chance.triangular(shortest, longest, shortest)
            if until > seconds:
                return
            amount = chance.uniform(*kind.amounts)
            yield Planned(now, until, name, target, chance.choice(kind.parts), amount)
            now = until + kind.recovery + chance.uniform(*pause)
