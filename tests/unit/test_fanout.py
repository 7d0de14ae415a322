"""One event to many clients: encoded once a wire, in order, in slices, and one bug costs one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock

from rabbitchat.chat.events import Event, Ok, Pong, Renamed
from rabbitchat.clients import IWire
from rabbitchat.transports.fanout import SLICE, Fanout
from support.fakes import FakeClient, FakeWire
from support.hygiene import LoggedFailures


class Receiver:
    """Somebody with a client."""

    def __init__(self, client: FakeClient) -> None:
        self.client = client

    @property
    def nicks(self) -> list[str]:
        """What it was shown: the events of these tests are told apart by their nick."""
        return [event.nick for event in self.client.seen if isinstance(event, Renamed)]


TURN = 0.001  # seconds that a reactor turn takes here


class TurnClock(Clock):
    """A clock on which what is called later is called in the next turn, as in a reactor."""

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> IDelayedCall:
        """See Clock."""
        return super().callLater(max(delay, TURN), callable, *args, **kw)


class Bench:
    """A fan-out on a fake clock, and what it counted."""

    def __init__(self) -> None:
        self.clock = TurnClock()
        self.counted = 0
        self.fanout = Fanout(self.clock, self._count)
        self.wire = FakeWire()

    def _count(self, deliveries: int) -> None:
        self.counted += deliveries

    def receivers(self, count: int) -> list[Receiver]:
        """So many of one wire."""
        return [Receiver(FakeClient(self.wire)) for _ in range(count)]

    def turns(self) -> int:
        """Let reactor turns pass until nothing is left to do; how many it took."""
        turns = 0
        while self.clock.getDelayedCalls():
            self.clock.advance(TURN)
            turns += 1
        return turns


def event(number: int) -> Event:
    """An event that can be told from others."""
    return Renamed(nick=str(number))


def test_an_event_is_encoded_once_for_each_wire() -> None:
    bench = Bench()
    other = FakeWire()
    receivers = [*bench.receivers(20), *(Receiver(FakeClient(other)) for _ in range(10))]
    bench.fanout.deliver(event(1), list(receivers))
    assert all(receiver.nicks == ["1"] for receiver in receivers)
    assert bench.wire.encoded == other.encoded == [event(1)]
    assert bench.counted == 30


def test_it_is_encoded_once_even_in_many_slices() -> None:
    bench = Bench()
    receivers = bench.receivers(3 * SLICE + 1)
    bench.fanout.deliver(event(1), list(receivers))
    assert sum(bool(receiver.nicks) for receiver in receivers) == SLICE
    assert bench.turns() == 3
    assert all(receiver.nicks == ["1"] for receiver in receivers)
    assert bench.wire.encoded == [event(1)]


@pytest.mark.parametrize("count", [SLICE - 1, SLICE, SLICE + 1, 2 * SLICE])
def test_a_slice_that_is_just_full(count: int) -> None:
    bench = Bench()
    receivers = bench.receivers(count)
    bench.fanout.deliver(event(1), list(receivers))
    bench.fanout.deliver(event(2), list(receivers))
    bench.turns()
    assert all(receiver.nicks == ["1", "2"] for receiver in receivers)
    assert bench.counted == 2 * count


@given(st.lists(st.integers(0, SLICE + 100), max_size=8), st.lists(st.booleans(), max_size=20))
def test_order_is_kept_for_every_receiver(sizes: list[int], turns: list[bool]) -> None:
    bench = Bench()
    everybody = bench.receivers(max(sizes, default=0))
    passing = iter(turns)
    for number, size in enumerate(sizes):
        bench.fanout.deliver(event(number), everybody[:size])
        if next(passing, False):
            bench.clock.advance(TURN)
    bench.turns()
    for position, receiver in enumerate(everybody):
        expected = [str(number) for number, size in enumerate(sizes) if size > position]
        assert receiver.nicks == expected


def test_what_a_write_makes_deliver_comes_after_it_for_everybody() -> None:
    bench = Bench()
    receivers = bench.receivers(5)

    def says_more() -> None:
        receivers[2].client.on_write = lambda: None
        bench.fanout.deliver(event(2), list(receivers))

    receivers[2].client.on_write = says_more
    bench.fanout.deliver(event(1), list(receivers))
    bench.turns()
    assert all(receiver.nicks == ["1", "2"] for receiver in receivers)


def test_who_is_not_wanted_any_more_when_its_turn_comes_gets_nothing() -> None:
    bench = Bench()
    receivers = bench.receivers(SLICE + 2)
    inside = set(receivers)
    bench.fanout.deliver(event(1), list(receivers), inside.__contains__)
    inside.discard(receivers[-1])
    bench.turns()
    assert receivers[-2].nicks == ["1"]
    assert receivers[-1].nicks == []


class BrokenWire(FakeWire):
    """A wire with a bug."""

    def encode(self, event: Event) -> bytes:
        raise RuntimeError("a bug in encode")


class BrokenClient(FakeClient):
    """A client with a bug in one of its methods."""

    def __init__(self, where: str) -> None:
        super().__init__(BrokenWire() if where == "encode" else None)
        self.where = where

    def wire_for(self, event: Event) -> Optional[IWire]:
        if self.where == "wire_for":
            raise RuntimeError("a bug in wire_for")
        return self.wire

    def write(self, data: bytes) -> None:
        raise RuntimeError("a bug in write")


@pytest.mark.parametrize("where", ["wire_for", "encode", "write"])
def test_a_client_with_a_bug_does_not_stop_the_others(
    where: str, expected_failures: LoggedFailures
) -> None:
    bench = Bench()
    receivers = [*bench.receivers(2), Receiver(BrokenClient(where)), *bench.receivers(2)]
    bench.fanout.deliver(event(1), list(receivers))
    bench.fanout.deliver(event(2), list(receivers))
    assert [receiver.nicks for receiver in receivers] == [["1", "2"]] * 2 + [[]] + [["1", "2"]] * 2
    assert len(expected_failures.flush(RuntimeError)) == 2


def test_a_bug_in_wanted_costs_one_delivery(expected_failures: LoggedFailures) -> None:
    bench = Bench()
    receivers = bench.receivers(3)

    def wanted(receiver: Receiver) -> bool:
        if receiver is receivers[1]:
            raise RuntimeError("a bug in wanted")
        return True

    bench.fanout.deliver(event(1), list(receivers), wanted)
    bench.fanout.deliver(event(2), list(receivers))
    assert [receiver.nicks for receiver in receivers] == [["1", "2"], ["2"], ["1", "2"]]
    assert len(expected_failures.flush(RuntimeError)) == 1


def test_who_is_not_to_see_an_event_sees_nothing() -> None:
    bench = Bench()
    [no_wire] = bench.receivers(1)
    no_wire.client.wire = None
    silent = Receiver(FakeClient(FakeWire(nothing_for=Pong)))
    bench.fanout.deliver(Pong(), [no_wire, silent])
    bench.fanout.deliver(Ok(), [silent])
    assert no_wire.client.seen == []
    assert silent.client.seen == [Ok()]


def test_nobody_to_deliver_to() -> None:
    bench = Bench()
    bench.fanout.deliver(event(1), [])
    assert bench.clock.getDelayedCalls() == []


def test_the_stop_delivers_what_is_queued() -> None:
    bench = Bench()
    receivers = bench.receivers(4 * SLICE)
    bench.fanout.deliver(event(1), list(receivers))
    bench.fanout.deliver(event(2), list(receivers))
    bench.fanout.stop()
    assert all(receiver.nicks == ["1", "2"] for receiver in receivers)
    assert bench.clock.getDelayedCalls() == []


def test_the_backlog_is_what_waits_for_its_turn() -> None:
    bench = Bench()
    bench.fanout.deliver(Renamed(nick="ann"), list(bench.receivers(SLICE + 3)))
    assert bench.fanout.backlog == 3
    bench.clock.advance(TURN)
    assert bench.fanout.backlog == 0
