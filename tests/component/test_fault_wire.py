"""The proxy of the fault test is bad in exactly the manner that it is told to be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure

from support.faults.wire import Wire
from support.waiting import pause, until

reactor: Any = _reactor


class Peer(Protocol):
    """One end: what it got, and whether it was told of an end."""

    transport: Any

    def __init__(self) -> None:
        self.got = b""
        self.over = False

    def dataReceived(self, data: bytes) -> None:
        self.got += data

    def connectionLost(self, reason: Failure = Failure(Exception())) -> None:  # noqa: B008
        self.over = True


class Server:
    """Listens behind a wire."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        factory: Any = Factory.forProtocol(self._new)
        factory.noisy = False
        self._port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.wire = Wire(reactor, self._port.getHost().port)

    def _new(self) -> Peer:
        self.peers.append(Peer())
        return self.peers[-1]

    async def connected(self) -> tuple[Peer, Peer]:
        """A client and its opposite."""
        before = len(self.peers)
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.wire.port)
        client = await connectProtocol(endpoint, Peer())
        await until(lambda: len(self.peers) > before and self.peers[-1].connected)
        return client, self.peers[-1]

    async def close(self) -> None:
        """End all."""
        await maybeDeferred(self._port.stopListening)
        await self.wire.close()
        await until(lambda: all(peer.over for peer in self.peers))


@asynccontextmanager
async def _serving() -> AsyncIterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        await server.close()


@pytest.fixture
def server() -> Iterator[Server]:
    serving = _serving()
    yield pytest_twisted.blockon(Deferred.fromCoroutine(serving.__aenter__()))
    pytest_twisted.blockon(Deferred.fromCoroutine(serving.__aexit__(None, None, None)))


@pytest_twisted.ensureDeferred
async def test_bytes_and_ends_go_through(server: Server) -> None:
    client, opposite = await server.connected()
    client.transport.write(b"there")
    opposite.transport.write(b"and back")
    await until(lambda: opposite.got == b"there" and client.got == b"and back")
    opposite.transport.write(b", the last")
    opposite.transport.loseConnection()
    await until(lambda: client.over)
    assert client.got == b"and back, the last"


@pytest_twisted.ensureDeferred
async def test_a_connection_is_cut_after_so_many_bytes_of_both_ways(server: Server) -> None:
    client, opposite = await server.connected()
    server.wire.cut(5)
    client.transport.write(b"abc")
    await until(lambda: opposite.got == b"abc")
    opposite.transport.write(b"defgh")
    await until(lambda: client.over and opposite.over)
    assert client.got == b"de"

    client, opposite = await server.connected()
    client.transport.write(b"abcdefgh")
    await until(lambda: client.over and opposite.over)
    assert opposite.got == b"abcde"

    server.wire.heal()
    client, opposite = await server.connected()
    client.transport.write(b"abcdefgh")
    await until(lambda: opposite.got == b"abcdefgh")


@pytest_twisted.ensureDeferred
async def test_half_open_means_that_nobody_hears_of_anything(server: Server) -> None:
    client, opposite = await server.connected()
    untouched, _ = await server.connected()
    server.wire.swallow()
    client.transport.write(b"lost")
    opposite.transport.write(b"lost too")
    late, behind = await server.connected()
    late.transport.abortConnection()
    await until(lambda: late.over)
    await pause(0.05)
    assert client.got + opposite.got == b""
    assert not any(peer.over for peer in (client, opposite, behind))

    server.wire.heal()
    await until(lambda: client.over and opposite.over and behind.over)
    assert not untouched.over, "it lost nothing"


@pytest_twisted.ensureDeferred
async def test_what_is_delayed_comes_later_and_in_order(server: Server) -> None:
    client, opposite = await server.connected()
    server.wire.slow_down(0.1)
    began = reactor.seconds()
    client.transport.write(b"one ")
    await pause(0.01)
    client.transport.write(b"two ")
    await until(lambda: opposite.got == b"one two ")
    assert reactor.seconds() - began >= 0.1

    server.wire.slow_down(30)
    client.transport.write(b"three ")
    await pause(0.02)
    assert opposite.got == b"one two "
    server.wire.heal()
    client.transport.write(b"four")
    await until(lambda: opposite.got == b"one two three four")


@pytest_twisted.ensureDeferred
async def test_nobody_listens_behind(server: Server) -> None:
    wire = Wire(reactor, 1)
    client = await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", wire.port), Peer())
    await until(lambda: client.over)
    await wire.close()
