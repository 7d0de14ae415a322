"""A TCP proxy between clients and one port of a daemon, whose way can be bad in three manners."""

from __future__ import annotations

from collections import deque
from typing import Any, Optional

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ClientFactory, Factory, Protocol
from twisted.python.failure import Failure


class Wire:
    """Listens on a free port of this machine and forwards to its port `behind`.

    One trouble at a time, on all connections, also those that are made while it lasts; `heal`
    ends it.
    """

    def __init__(self, reactor: Any, behind: int) -> None:
        self.reactor = reactor
        self.behind = behind
        self.forwarded: set[Forwarded] = set()
        self.cut_after: Optional[int] = None
        self.silent = False
        self.delay = 0.0
        factory: Any = Factory.forProtocol(lambda: Forwarded(self).near)
        factory.noisy = False
        self._listening = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.port: int = self._listening.getHost().port

    def cut(self, after: int) -> None:
        """End each connection when so many more bytes have gone through it, both ways counted."""
        self.cut_after = after
        for connection in self.forwarded:
            connection.left = after

    def swallow(self) -> None:
        """Let nothing through, not even the end of a connection. Who was connected thinks that
        they are still."""
        self.silent = True

    def slow_down(self, seconds: float) -> None:
        """Let what comes wait so long, each way."""
        self.delay = seconds

    def heal(self) -> None:
        """All is well again. A connection that lost bytes is ended: it is of no use."""
        self.silent, self.cut_after, self.delay = False, None, 0.0
        for connection in list(self.forwarded):
            connection.left = None
            connection.forward_all()
            if connection.spoiled:
                connection.abort()

    async def close(self) -> None:
        """Stop listening and end all."""
        await maybeDeferred(self._listening.stopListening)
        for connection in list(self.forwarded):
            connection.abort()


class Forwarded:
    """One connection of a client, and the one that was made for it."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.left = wire.cut_after
        self.spoiled = False  # bytes or an end were swallowed
        self.near = _End(self)
        self.far = _End(self)
        self._waiting: deque[tuple[float, _End, bytes]] = deque()  # when, to whom, what
        self._timer: Optional[IDelayedCall] = None

    def came(self, end: _End) -> None:
        """One of the two is connected; the near one comes first."""
        self.wire.forwarded.add(self)
        if end is self.near:
            end.transport.pauseProducing()
            behind: Any = ClientFactory.forProtocol(lambda: self.far)
            behind.noisy = False
            behind.clientConnectionFailed = lambda *_: self.abort()
            self.wire.reactor.connectTCP("127.0.0.1", self.wire.behind, behind)
        elif self.near.connected:
            self.near.transport.resumeProducing()
        else:
            self.lost(self.near)

    def carry(self, data: bytes, to: _End) -> None:
        """Bytes came for the other end."""
        wire = self.wire
        if wire.silent:
            self.spoiled = True
        elif self.left is not None:
            self._carry_the_last(data, to)
        elif wire.delay or self._waiting:
            self._waiting.append((wire.reactor.seconds() + wire.delay, to, data))
            self._wait()
        else:
            to.write(data)

    def _carry_the_last(self, data: bytes, to: _End) -> None:
        assert self.left is not None
        to.write(data[: self.left])
        self.left = max(0, self.left - len(data))
        if self.left == 0:
            to.finish()
            self.other(to).abort()

    def _wait(self) -> None:
        if self._timer is None and self._waiting:
            pause = max(0.0, self._waiting[0][0] - self.wire.reactor.seconds())
            self._timer = self.wire.reactor.callLater(pause, self._forward_due)

    def _forward_due(self) -> None:
        self._timer = None
        now = self.wire.reactor.seconds()
        while self._waiting and self._waiting[0][0] <= now:
            _, to, data = self._waiting.popleft()
            to.write(data)
        self._wait()

    def forward_all(self) -> None:
        """What waits has waited enough."""
        while self._waiting:
            _, to, data = self._waiting.popleft()
            to.write(data)
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def lost(self, end: _End) -> None:
        """One end is closed. The other one hears of it after what was sent before."""
        if not self.near.connected and not self.far.connected:
            self._stop_waiting()
            self.wire.forwarded.discard(self)
        elif self.wire.silent:
            self.spoiled = True
        else:
            self.forward_all()
            self.other(end).finish()

    def other(self, end: _End) -> _End:
        """The opposite end."""
        return self.far if end is self.near else self.near

    def abort(self) -> None:
        """End both at once."""
        self._stop_waiting()
        self.near.abort()
        self.far.abort()


class _End(Protocol):
    """One end. `connected` is Protocol's: true between being made and being lost."""

    transport: Any

    def __init__(self, connection: Forwarded) -> None:
        self._connection = connection

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)
        self._connection.came(self)

    def dataReceived(self, data: bytes) -> None:
        self._connection.carry(data, self._connection.other(self))

    def connectionLost(self, reason: Failure = Failure(Exception())) -> None:  # noqa: B008
        self.connected = 0
        self._connection.lost(self)

    def write(self, data: bytes) -> None:
        """Send, if there is still somebody."""
        if self.connected:
            self.transport.write(data)

    def finish(self) -> None:
        """End it after what was written."""
        if self.connected:
            self.transport.loseConnection()

    def abort(self) -> None:
        """End it at once, with a reset."""
        if self.connected:
            self.transport.abortConnection()
