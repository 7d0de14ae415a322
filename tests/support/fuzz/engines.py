"""Where inputs come from: drawn by Hypothesis from a grammar, or mutated from good ones."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings

from support.fuzz.judge import Judge
from support.fuzz.mutate import mutated
from support.fuzz.target import Target

DRAWN = 0.1
"""The part of all inputs that is drawn; those are the slow ones to make."""


def fuzz(target: Target, count: int, number: int) -> Judge:
    """Give a target so many inputs; `number` is the seed of all of them. Raises Finding."""
    with Judge(target) as judge:
        draw(target, judge, int(count * DRAWN), number)
        random = Random(f"{target.name} {number}")
        while judge.taken < count:
            judge.judge(mutated(random, target.corpus))
    return judge


def draw(target: Target, judge: Judge, count: int, number: int) -> None:
    """Draw inputs; the Finding that is raised is of the smallest input that has it."""

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(target.drawn)
    def each(data: bytes) -> None:
        judge.judge(data)

    each()
