"""One timer for very many delays: who expires, when, and what is left over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from rabbitchat.sockjs.timeouts import Timeouts

DELAY = 10.0


class Bench:
    """Timeouts whose expiries are remembered with their time."""

    def __init__(self, delay: float = DELAY) -> None:
        self.clock = Clock()
        self.expired: list[tuple[str, float]] = []
        self.timeouts: Timeouts[str] = Timeouts(self.clock, delay, self._expire)

    def _expire(self, key: str) -> None:
        self.expired.append((key, self.clock.seconds()))

    def start(self, *keys: str, at: float) -> None:
        """Start these at a time."""
        self.clock.advance(at - self.clock.seconds())
        for key in keys:
            self.timeouts.start(key)

    def pass_time(self, until: float, step: float = 0.5) -> None:
        """Let time pass in steps."""
        while self.clock.seconds() < until:
            self.clock.advance(step)


def test_each_expires_once_when_its_time_has_come() -> None:
    bench = Bench()
    bench.start("a", at=0)
    bench.start("b", "c", at=3)
    bench.start("d", at=9.5)
    assert "a" in bench.timeouts
    bench.pass_time(40)
    assert bench.expired == [("a", 10), ("b", 13), ("c", 13), ("d", 19.5)]
    assert "a" not in bench.timeouts
    assert bench.clock.getDelayedCalls() == []


def test_all_of_them_have_one_timer() -> None:
    bench = Bench()
    for number in range(100):
        bench.start(str(number), at=number / 100)
    assert len(bench.clock.getDelayedCalls()) == 1


def test_who_is_started_again_waits_again() -> None:
    bench = Bench()
    bench.start("a", "b", at=0)
    bench.start("a", at=6)
    bench.pass_time(40)
    assert bench.expired == [("b", 10), ("a", 16)]


def test_who_is_stopped_does_not_expire() -> None:
    bench = Bench()
    bench.start("a", "b", at=0)
    bench.timeouts.stop("a")
    bench.timeouts.stop("a")
    bench.timeouts.stop("nobody")
    assert "a" not in bench.timeouts
    bench.pass_time(40)
    assert bench.expired == [("b", 10)]


def test_without_anybody_there_is_no_timer() -> None:
    bench = Bench()
    bench.timeouts.stop("nobody")
    bench.start("a", "b", at=0)
    bench.timeouts.stop("a")
    bench.timeouts.stop("b")
    assert bench.clock.getDelayedCalls() == []
    bench.start("a", at=1)
    bench.pass_time(40)
    assert bench.expired == [("a", 11)]


def test_no_delay_is_never() -> None:
    bench = Bench(delay=0)
    bench.start("a", at=0)
    assert "a" not in bench.timeouts
    assert bench.clock.getDelayedCalls() == []
    bench.timeouts.stop("a")


class Again(Bench):
    """Those that expire are started again at once, as after a heartbeat."""

    def _expire(self, key: str) -> None:
        super()._expire(key)
        self.timeouts.start(key)


def test_who_starts_again_when_it_expires_does_not_hold_up_the_others() -> None:
    bench = Again()
    bench.start("a", at=0)
    bench.start("b", at=5)
    bench.pass_time(36)
    assert bench.expired == [
        ("a", 10),
        ("b", 15),
        ("a", 20),
        ("b", 25),
        ("a", 30),
        ("b", 35),
    ]


class Stopping(Bench):
    """The first that expires stops the others."""

    def _expire(self, key: str) -> None:
        super()._expire(key)
        for other in "abc":
            self.timeouts.stop(other)


def test_who_is_stopped_by_another_ones_expiry_does_not_expire() -> None:
    bench = Stopping()
    bench.start("a", "b", "c", at=0)
    bench.pass_time(40)
    assert bench.expired == [("a", 10)]
    assert bench.clock.getDelayedCalls() == []


class Failing(Bench):
    """The expiry of one is an error."""

    def _expire(self, key: str) -> None:
        super()._expire(key)
        if key == "bad":
            raise ZeroDivisionError


def test_an_error_in_one_does_not_cost_the_others_theirs() -> None:
    bench = Failing()
    bench.start("a", "bad", "b", at=0)
    bench.start("c", at=1)
    with pytest.raises(ZeroDivisionError):
        bench.pass_time(40)
    bench.pass_time(40)
    assert [key for key, _ in bench.expired] == ["a", "bad", "b", "c"]
    assert dict(bench.expired)["c"] == 11


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["start", "stop"]), st.sampled_from("abcd"), st.integers(0, 6)),
    max_size=30,
)


@given(actions=ACTIONS, again=st.booleans())
def test_whatever_happens_all_expire_in_time(
    actions: list[tuple[str, str, int]], again: bool
) -> None:
    """Against a model that looks at each of them at each second."""
    bench = Again() if again else Bench()
    due: dict[str, float] = {}
    expected: list[tuple[str, float]] = []

    def pass_second() -> None:
        bench.clock.advance(1)
        now = bench.clock.seconds()
        for key in [key for key, when in due.items() if when == now]:
            expected.append((key, now))
            del due[key]
            if again:
                due[key] = now + DELAY

    for name, key, seconds in actions:
        getattr(bench.timeouts, name)(key)
        due.pop(key, None)
        if name == "start":
            due[key] = bench.clock.seconds() + DELAY
        assert set("abcd") & set(due) == {one for one in "abcd" if one in bench.timeouts}
        for _ in range(seconds):
            pass_second()
    for _ in range(25):
        pass_second()
    assert bench.expired == expected
    assert bool(bench.clock.getDelayedCalls()) == bool(due)
