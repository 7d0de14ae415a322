"""A connection to a SockJS site without a socket: bytes arrive exactly in the given parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from rabbitchat.sockjs.conformance import make_site
from rabbitchat.sockjs.factory import SockJSSite
from rabbitchat.sockjs.options import Options


class Wire(StringTransport):
    """A transport whose protocol may be another one later, as with a socket."""

    protocol: Any

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        peer = IPv4Address("TCP", "127.0.0.1", 40000)
        super().__init__(peerAddress=peer)
        self.ended = False

    def setTcpNoDelay(self, enabled: bool) -> None:
        """It has no delay."""

    def unregisterProducer(self) -> None:
        """A socket doesn't mind when there is none."""
        if self.producer is not None:
            super().unregisterProducer()

    def pauseProducing(self) -> None:
        """A socket that is closing doesn't mind."""
        if not self.disconnecting:
            super().pauseProducing()

    def resumeProducing(self) -> None:
        """The same."""
        if not self.disconnecting:
            super().resumeProducing()

    def loseConnection(self) -> None:
        """The end; the protocol hears of it in a later turn."""
        if not self.ended:
            self.ended = self.disconnecting = True
            self._clock.callLater(0, self._tell)

    def _tell(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionDone()))

    def abortConnection(self) -> None:
        """The same."""
        self.loseConnection()


class Wired:
    """A site, that of the test services by default, reached by one wire after the other."""

    def __init__(self, make: Callable[[Clock], SockJSSite] = make_site) -> None:
        self._clock = Clock()
        self._site = make(self._clock)
        self._site.doStart()

    def answers(self, parts: Iterable[bytes]) -> bytes:
        """What is answered to these bytes when each part is a read of its own.

        Calls without delay are made after each part; no other time passes. When the wire has
        ended all sessions are forgotten. The answers' Date, which the clock doesn't give, is left
        out."""
        wire = Wire(self._clock)
        wire.protocol = self._site.buildProtocol(wire.getPeer())
        wire.protocol.makeConnection(wire)
        for part in parts:
            if not wire.ended:
                wire.protocol.dataReceived(part)
                _settle(self._clock)
        wire.loseConnection()
        _settle(self._clock)
        self._clock.advance(Options.disconnect_delay + 0.1)
        assert not any(one.service._sessions or one.service._counts for one in self._site.services)
        return re.sub(rb"\r\nDate: [^\r]*", b"", wire.value())

    def stop(self) -> None:
        """Leaves no call behind."""
        self._site.doStop()
        _settle(self._clock)
        left = [str(call) for call in self._clock.getDelayedCalls()]
        assert not left, left


def _settle(clock: Clock) -> None:
    for _ in range(100):
        if not any(call.getTime() <= clock.seconds() for call in clock.getDelayedCalls()):
            return
        clock.advance(0)
    raise AssertionError("it never settles")


def split(data: bytes, places: Iterable[int]) -> list[bytes]:
    """The data, cut at these places."""
    cuts = [0, *sorted(places), len(data)]
    return [data[begin:end] for begin, end in zip(cuts, cuts[1:], strict=False)]
