"""The receiving half of a connection: slices in order, pauses, nothing left over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from rabbitchat.sockjs.incoming import Incoming


class Bench:
    """An Incoming, what it gave, and its transport."""

    def __init__(self, size: int = 4) -> None:
        self.clock = Clock()
        self.transport = StringTransport()
        self.slices: list[bytes] = []
        self.incoming = Incoming(self.transport, self.clock, size, self.slices.append)

    @property
    def is_read(self) -> bool:
        """Whether the transport reads."""
        return bool(self.transport.producerState == "producing")


def test_a_small_read_is_taken_at_once() -> None:
    bench = Bench()
    bench.incoming.received(b"abc")
    assert bench.slices == [b"abc"]
    assert bench.is_read
    assert bench.clock.getDelayedCalls() == []


def test_a_large_read_is_taken_in_turns_and_nothing_is_read_meanwhile() -> None:
    bench = Bench()
    bench.incoming.received(b"abcdefghij")
    assert bench.slices == [b"abcd"]
    assert not bench.is_read
    assert len(bench.clock.getDelayedCalls()) == 1
    bench.clock.advance(0)  # a Clock takes all turns that are due
    assert bench.slices == [b"abcd", b"efgh", b"ij"]
    assert bench.is_read


@given(reads=st.lists(st.tuples(st.binary(max_size=20), st.integers(0, 3))))
def test_all_is_taken_in_order_however_it_comes(reads: list[tuple[bytes, int]]) -> None:
    bench = Bench()
    for data, turns in reads:
        bench.incoming.received(data)
        for _ in range(turns):
            bench.clock.advance(0)
    for _ in range(200):
        bench.clock.advance(0)
    assert b"".join(bench.slices) == b"".join(data for data, _ in reads)
    assert all(len(one) <= 4 for one in bench.slices)
    assert bench.is_read


def test_a_pause_stops_the_reading_until_it_ends() -> None:
    bench = Bench()
    bench.incoming.pause()
    assert (bench.is_read, bench.incoming.paused) == (False, True)
    bench.incoming.received(b"abcdef")  # read before the pause
    bench.clock.advance(0)
    assert bench.slices == [b"abcd", b"ef"]
    assert not bench.is_read
    bench.incoming.resume()
    assert bench.is_read


def test_a_resume_waits_for_what_is_still_to_be_taken() -> None:
    bench = Bench()
    bench.incoming.pause()
    bench.incoming.received(b"abcdef")
    bench.incoming.resume()
    assert not bench.is_read
    bench.clock.advance(0)
    assert bench.is_read


@pytest.mark.parametrize("paused", [False, True])
def test_after_the_end_nothing_is_read(paused: bool) -> None:
    bench = Bench()
    if paused:
        bench.incoming.pause()
    bench.incoming.end()
    before = bench.is_read
    bench.incoming.resume()
    assert bench.is_read == before


def test_after_the_loss_nothing_is_left_over() -> None:
    bench = Bench()
    bench.incoming.received(b"abcdefghij")
    bench.incoming.lost()
    assert bench.clock.getDelayedCalls() == []
    assert bench.slices == [b"abcd"]
