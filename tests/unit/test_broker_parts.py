"""The parts of the AMQP broker that need no broker."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from rabbitchat.brokers.backoff import Backoff
from rabbitchat.brokers.deliveries import AckBatch, Repeats
from rabbitchat.brokers.echo import ECHO_EVERY, Echo
from rabbitchat.brokers.interface import Message, Uncertain
from rabbitchat.brokers.limits import check_key, check_message
from rabbitchat.brokers.pending import ConfirmWindow, Operations


class Outcomes:
    """What became of the publishes of a window, in the order it was told."""

    def __init__(self) -> None:
        self.counts = {"confirmed": 0, "uncertain": 0}
        self.clock = Clock()
        self.window = ConfirmWindow(self.clock, self.counts)
        self.told: list[tuple[int, str]] = []

    def publish(self, tag: int) -> None:
        """Send the message with that tag, the next one."""

        def note(result: object) -> None:
            self.told.append((tag, "uncertain" if isinstance(result, Failure) else "confirmed"))
            assert not isinstance(result, Failure) or result.check(Uncertain)

        self.window.add().addBoth(note)


def test_confirms_are_told_in_order() -> None:
    outcomes = Outcomes()
    for tag in range(1, 6):
        outcomes.publish(tag)
    outcomes.window.confirm(3, False)
    assert outcomes.told == []
    outcomes.window.confirm(1, False)
    assert outcomes.told == [(1, "confirmed")]
    outcomes.window.confirm(2, False)
    assert outcomes.told == [(tag, "confirmed") for tag in (1, 2, 3)]
    outcomes.window.give_up("gone")
    assert outcomes.told[3:] == [(4, "uncertain"), (5, "uncertain")]
    assert outcomes.counts == {"confirmed": 3, "uncertain": 2}


confirms = st.lists(st.tuples(st.integers(1, 12), st.booleans()), max_size=12)


@given(confirms, st.integers(0, 12))
def test_no_confirmed_publish_overtakes_an_uncertain_one(
    steps: list[tuple[int, bool]], given_up_after: int
) -> None:
    outcomes = Outcomes()
    for tag in range(1, 13):
        outcomes.publish(tag)
    acked: set[int] = set()
    for tag, multiple in steps[:given_up_after]:
        outcomes.window.confirm(tag, multiple)
        acked |= set(range(1, tag + 1)) if multiple else {tag}
    confirmed = [tag for tag, outcome in outcomes.told if outcome == "confirmed"]
    expected = next(count for count in range(13) if count + 1 not in acked)
    assert confirmed == list(range(1, expected + 1))
    assert len(outcomes.window) == 12 - expected
    outcomes.window.give_up("gone")
    assert [tag for tag, _ in outcomes.told] == list(range(1, 13))
    for tag, multiple in steps:  # too late: nothing is told twice
        outcomes.window.confirm(tag, multiple)
    assert len(outcomes.told) == 12


def test_a_publish_from_a_confirm_is_the_next_one() -> None:
    outcomes = Outcomes()
    outcomes.window.add().addCallback(lambda _: outcomes.publish(2))
    outcomes.window.confirm(1, False)
    assert len(outcomes.window) == 1
    outcomes.window.confirm(2, True)
    assert outcomes.told == [(2, "confirmed")]


def test_the_age_is_that_of_the_oldest() -> None:
    outcomes = Outcomes()
    ages = [outcomes.window.age]
    outcomes.publish(1)
    outcomes.clock.advance(2)
    outcomes.publish(2)
    outcomes.clock.advance(1)
    ages.append(outcomes.window.age)
    outcomes.window.confirm(1, False)
    ages.append(outcomes.window.age)
    assert ages == [0.0, 3.0, 1.0]


def test_one_operation_is_refused_and_the_others_go_on() -> None:
    operations = Operations(Clock())
    refused, other = operations.ask(), operations.ask()
    answers: list[Any] = []
    refused.addErrback(answers.append)
    other.addCallback(answers.append)
    operations.refuse(refused, KeyError("no such queue"))
    operations.refuse(refused, KeyError("again"))
    operations.answer(other, "yes")
    assert answers[0].check(KeyError)
    assert answers[1:] == ["yes"]


def test_operations_are_silent_only_while_an_answer_is_due() -> None:
    clock = Clock()
    operations = Operations(clock)
    clock.advance(100)
    assert operations.silence == 0.0
    first, second = operations.ask(), operations.ask()
    clock.advance(4)
    operations.answer(first, "yes")
    clock.advance(3)
    assert operations.silence == 3.0, "the second was asked 7 s ago, but the broker works on"
    operations.answer(second)
    operations.answer(second)
    assert operations.silence == 0.0


def test_settled_waits_for_all_asked_before() -> None:
    operations = Operations(Clock())
    assert operations.settled().called
    first, second = operations.ask(), operations.ask()
    settled: list[None] = []
    operations.settled().addCallback(settled.append)
    later = operations.ask()
    operations.answer(first)
    assert len(settled) == 0
    operations.answer(second)
    assert len(settled) == 1
    lost = operations.settled()
    operations.fail(ConnectionError("lost"))
    caught: list[Failure] = []
    for failed in (lost, later):
        failed.addErrback(caught.append)
    assert [failure.type for failure in caught] == [ConnectionError, ConnectionError]


def test_acknowledgements_go_out_every_50_or_every_50_ms() -> None:
    clock, sent = Clock(), list[int]()
    acks = AckBatch(clock, sent.append)
    for tag in range(1, 121):
        acks.done(tag)
    assert sent == [50, 100]
    clock.advance(0.049)
    assert sent == [50, 100]
    clock.advance(0.001)
    assert sent == [50, 100, 120]
    acks.done(121)
    acks.stop()
    assert clock.getDelayedCalls() == []


def test_only_what_was_dealt_with_and_comes_again_is_a_repeat() -> None:
    repeats = Repeats()
    assert not repeats.is_repeat("a.1", redelivered=False)
    assert not repeats.is_repeat("a.2", redelivered=True), "redelivered, but never dealt with"
    assert repeats.is_repeat("a.1", redelivered=True)
    assert not repeats.is_repeat(None, redelivered=True), "a foreign message has no name"
    for number in range(500):
        repeats.is_repeat(f"b.{number}", redelivered=False)
    assert not repeats.is_repeat("a.1", redelivered=True), "kept for ever"


def test_the_pause_grows_and_begins_anew() -> None:
    most = Backoff(choose=lambda _, high: high)
    assert [most.next() for _ in range(8)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0]
    most.reset()
    assert most.next() == 0.5
    least = Backoff(choose=lambda low, _: low)
    assert {least.next() for _ in range(2000)} == {0.1}
    assert len({round(Backoff().next(), 6) for _ in range(20)}) > 10, "no jitter"


@pytest.mark.parametrize("key", ["x" * 255, "é" * 127 + "x", ""])
def test_a_key_that_amqp_can_carry(key: str) -> None:
    check_key(key)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"message_id": "x" * 256}, "message_id of 256 bytes; at most 255"),
        ({"type": "é" * 128}, "type of 256 bytes"),
        ({"headers": {"x" * 256: 1}}, "header name of 256 bytes"),
        ({"headers": {"n": -(2**63) - 1}}, "header 'n' is a number of more than 64 bits"),
    ],
)
def test_what_amqp_cannot_carry(fields: dict[str, Any], wrong: str) -> None:
    check_message(Message(b"", headers={"n": -(2**63)}, correlation_id="x" * 255))
    with pytest.raises(ValueError, match=wrong):
        check_message(Message(b"", **fields))


class Ears:
    """An Echo with a switch for whether it can send."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.echo = Echo(self.clock, "a")
        self.can_send = True
        self.sent = 0
        self.deaf: list[bool] = []
        self.echo.start(self.send, lambda: self.deaf.append(True))

    def send(self) -> bool:
        """Count what is sent."""
        self.sent += self.can_send
        return self.can_send


def test_a_link_is_deaf_when_nothing_came_since_the_echo_was_sent() -> None:
    ears = Ears()
    for _ in range(3):
        ears.clock.advance(ECHO_EVERY)
        ears.echo.heard = True
    assert ears.sent == 3
    ears.can_send = False  # an alarm
    for _ in range(3):
        ears.clock.advance(ECHO_EVERY)
    ears.can_send = True
    ears.clock.advance(ECHO_EVERY)
    assert ears.deaf == []
    ears.clock.advance(ECHO_EVERY)
    assert ears.deaf == [True]
    ears.echo.stop()
    assert not ears.clock.getDelayedCalls()
