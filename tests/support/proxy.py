"""A TCP proxy between a node and its broker, to cut one node's link and no other."""

from __future__ import annotations

from typing import Any, Optional

from twisted.internet import reactor as _reactor
from twisted.internet.defer import maybeDeferred
from twisted.internet.protocol import ClientFactory, Factory, Protocol

reactor: Any = _reactor


class _End(Protocol):
    """One end of a forwarded connection."""

    transport: Any

    def __init__(self, proxy: Proxy, peer: Optional[_End] = None) -> None:
        self.proxy = proxy
        self.peer = peer

    def connectionMade(self) -> None:
        self.proxy.ends.append(self)
        if self.peer is None:  # the near end
            self.transport.pauseProducing()
            self.proxy.accepted += 1
            behind: Any = ClientFactory.forProtocol(lambda: _End(self.proxy, self))
            behind.noisy = False
            behind.clientConnectionFailed = lambda *_: self.transport.abortConnection()
            reactor.connectTCP("127.0.0.1", self.proxy.behind, behind)
        else:
            self.peer.peer = self
            self.peer.transport.resumeProducing()

    def dataReceived(self, data: bytes) -> None:
        if self.peer is not None:
            self.peer.transport.write(data)

    def connectionLost(self, reason: object = None) -> None:
        self.proxy.ends.remove(self)
        if self.peer in self.proxy.ends:
            self.peer.transport.abortConnection()


class Proxy:
    """Listens on a free port and forwards to the port `behind` of this machine.

    With `tls`, a context factory, it is what ends TLS before a broker.
    """

    def __init__(self, behind: int, tls: Any = None) -> None:
        self.behind = behind
        self.ends: list[_End] = []
        self.accepted = 0  # connections so far
        factory: Any = Factory.forProtocol(lambda: _End(self))
        factory.noisy = False
        if tls is None:
            self._listening = reactor.listenTCP(0, factory, interface="127.0.0.1")
        else:
            self._listening = reactor.listenSSL(0, factory, tls, interface="127.0.0.1")
        self.port: int = self._listening.getHost().port

    def through(self, url: str) -> str:
        """The same URL by way of this proxy."""
        return url.replace(f":{self.behind}/", f":{self.port}/")

    def cut(self) -> None:
        """End all connections at once, in the middle of whatever is on its way."""
        for end in list(self.ends):
            end.transport.abortConnection()

    async def close(self) -> None:
        """Stop listening and cut all."""
        await maybeDeferred(self._listening.stopListening)
        self.cut()
