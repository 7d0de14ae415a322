"""Connections whose peer is gone without a word end after a while."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.endpoints import UNIXClientEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol

from rabbitchat.sockjs.sending import lose_after
from support.raw import open_raw
from support.waiting import until

reactor: Any = _reactor


class Around:
    """A protocol that wraps a transport, as TLS does."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport


@pytest_twisted.ensureDeferred
async def test_the_kernel_is_told_how_long_to_try() -> None:
    made: list[Protocol] = []

    class Server(Factory):
        def buildProtocol(self, addr: Any) -> Protocol:
            made.append(Protocol())
            return made[-1]

    port = reactor.listenTCP(0, Server(), interface="127.0.0.1")
    raw = await open_raw(port.getHost().port)
    await until(lambda: made and made[0].transport, what="the connection")
    transport: Any = made[0].transport

    def patience() -> int:
        return int(
            transport.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        )  # milliseconds

    lose_after(transport, 0)
    assert patience() == 0
    lose_after(transport, 25.0)
    assert patience() == 25_000
    lose_after(Around(Around(transport)), 2.5)
    assert patience() == 2_500
    raw.vanish()
    await until(lambda: not transport.connected, what="the end")
    await port.stopListening()


@pytest_twisted.ensureDeferred
async def test_a_unix_socket_has_no_such_thing(tmp_path: Path) -> None:
    class Asked(Protocol):
        def connectionMade(self) -> None:
            lose_after(self.transport, 25.0)
            assert self.transport is not None
            self.transport.write(b"done")
            self.transport.loseConnection()

    port = reactor.listenUNIX(str(tmp_path / "socket"), Factory.forProtocol(Asked))
    heard: list[bytes] = []

    class Heard(Protocol):
        def dataReceived(self, data: bytes) -> None:
            heard.append(data)

    endpoint = UNIXClientEndpoint(reactor, str(tmp_path / "socket"))
    await connectProtocol(endpoint, Heard())
    await until(lambda: heard == [b"done"], what="the answer")
    await port.stopListening()
