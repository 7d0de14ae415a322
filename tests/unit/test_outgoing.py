"""Bytes to one client: fast while it reads, bounded when it doesn't, cut when it never does."""

from __future__ import annotations

import socket
from collections.abc import Generator
from typing import Any

import pytest
from twisted.internet import tcp
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport

from rabbitchat.sockjs.outgoing import TWISTED_BUFFER, Outgoing
from rabbitchat.sockjs.sending import send_now


class Transport(StringTransport):
    """A transport that can be told that its client does not read."""

    aborted = False

    def abortConnection(self) -> None:
        """See ITCPTransport."""
        self.aborted = True


class Bench:
    """One outgoing half with a limit of 100,000 bytes, on a fake clock."""

    def __init__(self, max_buffer: int = 100_000) -> None:
        self.clock = Clock()
        self.transport = Transport()
        self.slow = 0
        self.outgoing = Outgoing(self.transport, self.clock, max_buffer, self._slow)

    def _slow(self) -> None:
        self.slow += 1
        self.outgoing.close(b"too slow")


def test_a_client_that_reads_gets_all() -> None:
    bench = Bench()
    for _ in range(100):
        bench.outgoing.write(b"x" * 10_000)
    assert len(bench.transport.value()) == 1_000_000
    assert bench.slow == 0


def test_a_slow_client_gets_so_much_and_then_is_closed_once() -> None:
    bench = Bench()
    bench.outgoing.pauseProducing()
    room_left = 100_000 - TWISTED_BUFFER
    bench.outgoing.write(b"x" * room_left)
    assert bench.slow == 0
    for _ in range(1000):
        bench.outgoing.write(b"x" * 10_000)
    assert bench.slow == 1
    assert bench.transport.value() == b"x" * room_left + b"too slow"


def test_being_told_of_the_pause_again_does_not_begin_the_count_again() -> None:
    """A Twisted transport says it at each write beyond its buffer."""
    bench = Bench()
    for _ in range(5):
        bench.outgoing.pauseProducing()
        bench.outgoing.write(b"x" * 10_000)
    assert bench.slow == 1


def test_who_has_caught_up_may_lag_again() -> None:
    bench = Bench()
    for _ in range(20):
        bench.outgoing.pauseProducing()
        bench.outgoing.write(b"x" * 30_000)
        bench.outgoing.resumeProducing()
        bench.outgoing.write(b"y" * 200_000)
    assert bench.slow == 0


def test_zero_lifts_the_limit() -> None:
    bench = Bench(max_buffer=0)
    bench.outgoing.pauseProducing()
    bench.outgoing.write(b"x" * 5_000_000)
    assert bench.slow == 0
    assert len(bench.transport.value()) == 5_000_000


def test_the_close_says_the_last_words_and_cuts_who_does_not_read() -> None:
    bench = Bench()
    bench.outgoing.close(b"bye", patience=3.0)
    bench.outgoing.close(b"bye again")
    bench.outgoing.write(b"too late")
    assert bench.transport.value() == b"bye"
    assert bench.transport.disconnecting
    aborted = []
    for _ in range(3):
        bench.clock.advance(1.4)
        aborted.append(bench.transport.aborted)
    assert aborted == [False, False, True]
    bench.outgoing.lost()
    assert bench.clock.getDelayedCalls() == []


def test_who_goes_in_time_is_not_cut() -> None:
    bench = Bench()
    bench.outgoing.close()
    bench.outgoing.lost()
    assert bench.clock.getDelayedCalls() == []
    assert not bench.transport.aborted


@pytest.mark.parametrize("how", ["lost", "stopProducing"])
def test_after_the_loss_nothing_is_written(how: str) -> None:
    bench = Bench()
    getattr(bench.outgoing, how)()
    bench.outgoing.write(b"x")
    assert bench.transport.value() == b""


class Pair:
    """A Twisted transport on a real socket pair, whose reactor never gets a turn by itself."""

    def __init__(self) -> None:
        near, self.far = socket.socketpair()
        near.setblocking(False)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.reactor: Any = MemoryReactorClock()
        self.transport = tcp.Connection(near, Protocol(), self.reactor)
        self.transport.connected = True

    def read_all(self, length: int) -> bytes:
        """Read so many bytes, letting the transport write what waits."""
        self.far.settimeout(5)
        data = b""
        while len(data) < length:
            data += self.far.recv(65536)
            if self.transport in self.reactor.getWriters():
                self.transport.doWrite()
        return data

    def close(self) -> None:
        """Close both ends."""
        self.far.close()
        self.transport.socket.close()


@pytest.fixture
def pair() -> Generator[Pair, None, None]:
    """Two connected sockets, closed afterwards."""
    both = Pair()
    yield both
    both.close()


def test_what_the_kernel_takes_needs_no_turn_of_the_reactor(pair: Pair) -> None:
    send_now(pair.transport, b"hello")
    assert pair.reactor.getWriters() == []
    assert pair.read_all(5) == b"hello"


def test_what_the_kernel_takes_only_in_part_is_sent_whole_and_in_order(pair: Pair) -> None:
    pieces = [bytes([65 + number]) * 50_000 for number in range(20)]
    for piece in pieces:
        send_now(pair.transport, piece)
    assert pair.transport in pair.reactor.getWriters()
    assert pair.read_all(1_000_000) == b"".join(pieces)


def test_a_broken_socket_does_not_raise(pair: Pair) -> None:
    pair.far.close()
    for _ in range(3):
        send_now(pair.transport, b"x" * 100_000)


def test_who_reads_steadily_is_not_slow_though_it_never_catches_up(pair: Pair) -> None:
    slow: list[bool] = []
    outgoing = Outgoing(pair.transport, pair.reactor, 300_000, lambda: slow.append(True))
    outgoing.write(b"x" * 200_000)
    for _ in range(20):
        outgoing.write(b"x" * 50_000)
        pair.read_all(50_000)
    assert outgoing.paused
    assert slow == []
    for _ in range(6):
        outgoing.write(b"x" * 50_000)
    assert slow != []
