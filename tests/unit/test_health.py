"""Health: a canary went through the broker and back, lately."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from twisted.internet.task import Clock

from rabbitchat.brokers.interface import Message
from rabbitchat.health import FRESH, INTERVAL, Health
from support.fakes import ScriptedBroker


class Bench:
    """A node's health over a scripted broker."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.broker = ScriptedBroker()
        self.health = Health(self.clock, self.broker)
        self.broker.watch(self.health.link_changed)
        self.health.start()

    def back(self) -> list[Message]:
        """The broker confirms all canaries and brings them back."""
        canaries = [message for _, message, _ in self.broker.flying]
        self.broker.confirm(len(canaries))
        for canary in canaries:
            self.health.heard(canary)
        return canaries


@pytest.fixture
def bench() -> Generator[Bench, None, None]:
    """Started, and stopped afterwards without a timer left."""
    made = Bench()
    yield made
    made.health.stop()
    assert made.clock.getDelayedCalls() == []


def test_it_is_well_once_a_canary_is_back(bench: Bench) -> None:
    assert bench.broker.bound == {"canary.n1": 1}
    assert "yet" in str(bench.health.problem())
    bench.back()
    assert bench.health.problem() is None


def test_it_stays_well_while_canaries_come_back(bench: Bench) -> None:
    for _ in range(20):
        bench.back()
        bench.clock.advance(INTERVAL)
        assert bench.health.problem() is None


def test_a_broker_that_confirms_and_brings_nothing_is_not_enough(bench: Bench) -> None:
    bench.back()
    problems = []
    for _ in range(8):
        bench.clock.advance(INTERVAL)
        bench.broker.confirm(10)
        problems.append(bench.health.problem())
    assert problems[: int(FRESH)] == [None] * int(FRESH)
    assert "no message has been through the broker" in str(problems[-1])


def test_a_canary_that_took_some_seconds_proves_the_node_well(bench: Bench) -> None:
    bench.clock.pump([INTERVAL] * 4)
    assert bench.health.problem() is not None
    _, first, _ = bench.broker.flying[0]
    bench.health.heard(first)
    assert bench.health.problem() is None


def test_an_old_canary_proves_nothing(bench: Bench) -> None:
    old = bench.back()
    bench.clock.pump([INTERVAL] * 7)
    for canary in (*old, Message(body=b"nonsense"), Message(body=b"")):
        bench.health.heard(canary)
    assert bench.health.problem() is not None


def test_without_a_link_it_says_why_and_flies_again_with_it(bench: Bench) -> None:
    bench.back()
    bench.broker.lose_link()
    assert bench.health.problem() == bench.broker.link.reason
    bench.clock.advance(INTERVAL * 10)
    assert bench.broker.flying == []
    bench.broker.restore_link()
    assert len(bench.broker.flying) == 1
    assert bench.health.problem() is not None
    bench.back()
    assert bench.health.problem() is None


def test_refused_and_uncertain_canaries_are_no_errors(bench: Bench) -> None:
    bench.broker.refusing = True
    bench.clock.advance(INTERVAL)
    bench.broker.refusing = False
    bench.clock.advance(INTERVAL)
    bench.broker.lose_link()
    assert bench.health.problem() is not None


def test_a_canary_from_before_the_start_proves_nothing() -> None:
    health = Health(Clock(), ScriptedBroker())
    health.heard(Message(body=b"0"))
    assert health.problem() is not None
    health.stop()
