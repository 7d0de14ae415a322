"""Token buckets: never too much in any window, and never a needless wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabbitchat.chat.buckets import Bucket

RATES = st.floats(0.01, 1000)
BURSTS = st.integers(1, 50)
PAUSES = st.lists(st.floats(0, 10) | st.just(0.0), max_size=80)
ROUNDING = 1e-6


def times(pauses: list[float]) -> list[float]:
    """Points in time, from the pauses between them."""
    now, points = 1000.0, []
    for pause in pauses:
        now += pause
        points.append(now)
    return points


def assert_within(gone: list[float], rate: float, burst: int) -> None:
    """Check every window that begins with one thing and ends with a later one."""
    for first, begin in enumerate(gone):
        for last in range(first, len(gone)):
            count = last - first + 1
            assert count <= burst + rate * (gone[last] - begin) + ROUNDING


@given(RATES, BURSTS, PAUSES)
def test_no_window_holds_more_than_burst_and_rate(
    rate: float, burst: int, pauses: list[float]
) -> None:
    bucket = Bucket(rate, burst)
    gone = [now + bucket.reserve(now) for now in times(pauses)]
    assert all(later >= earlier - ROUNDING for earlier, later in zip(gone, gone[1:], strict=False))
    assert_within(gone, rate, burst)


@given(RATES, BURSTS, PAUSES, st.floats(0, 5))
def test_no_window_holds_more_with_patience_either(
    rate: float, burst: int, pauses: list[float], patience: float
) -> None:
    bucket = Bucket(rate, burst)
    gone = []
    for now in times(pauses):
        wait = bucket.take(now, patience)
        if wait is not None:
            assert 0 <= wait <= patience
            gone.append(now + wait)
    assert_within(gone, rate, burst)


@given(RATES, BURSTS, PAUSES)
def test_who_keeps_to_the_rate_never_waits(rate: float, burst: int, pauses: list[float]) -> None:
    bucket = Bucket(rate, burst)
    for now in times([max(pause, 1.000001 / rate) for pause in pauses]):
        assert bucket.reserve(now) <= ROUNDING


@given(RATES, BURSTS)
def test_a_whole_burst_goes_at_once_and_the_next_one_waits(rate: float, burst: int) -> None:
    bucket = Bucket(rate, burst)
    assert [bucket.reserve(5.0) for _ in range(burst)] == [0.0] * burst
    assert bucket.reserve(5.0) == pytest.approx(1 / rate)
    assert bucket.reserve(5.0) == pytest.approx(2 / rate)


def test_what_is_refused_costs_nothing() -> None:
    bucket = Bucket(rate=2, burst=5)
    assert [bucket.take(0.0, 3.0) for _ in range(11)] == [0, 0, 0, 0, 0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert [bucket.take(0.0, 3.0) for _ in range(100)] == [None] * 100
    assert bucket.take(0.5, 3.0) == 3.0
    assert bucket.take(100.0, 0.0) == 0.0


def test_a_long_rest_fills_it_to_the_burst_and_no_further() -> None:
    bucket = Bucket(rate=10, burst=3)
    assert [bucket.take(1e9, 0.0) for _ in range(4)] == [0, 0, 0, None]


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    bucket = Bucket(rate=1, burst=1)
    assert bucket.reserve(100.0) == 0.0
    assert bucket.reserve(50.0) == 51.0
    assert bucket.reserve(100.0) == 2.0


@pytest.mark.parametrize(("rate", "burst"), [(0, 5), (2, 0), (0, 0)])
def test_zero_lifts_the_limit(rate: float, burst: int) -> None:
    bucket = Bucket(rate, burst)
    assert {bucket.reserve(0.0) for _ in range(1000)} == {0.0}
    assert {bucket.take(0.0, 0.0) for _ in range(1000)} == {0.0}
