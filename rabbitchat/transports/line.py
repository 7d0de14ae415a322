"""The line protocol over TCP, for `telnet` and `nc`."""

from __future__ import annotations

import socket
from typing import Any, Optional

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IHalfCloseableProtocol,
    IReactorTime,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from rabbitchat.chat.errors import Close
from rabbitchat.codecs.telnet import Answer, EndOfInput, Item, TelnetDecoder
from rabbitchat.settings import Limits
from rabbitchat.sockjs.incoming import Incoming
from rabbitchat.sockjs.outgoing import Outgoing
from rabbitchat.transports.line_arrival import Arrival
from rabbitchat.transports.line_conversation import LineConversation
from rabbitchat.transports.line_peers import Daemon, ILineOutput
from rabbitchat.transports.line_wires import CRLF_LINES

__all__ = ["LineConversation", "LineFactory", "LineProtocol"]

SLICE = 4096
"""Bytes dealt with in one reactor turn: even if all are line ends that takes about 4 ms."""


@implementer(ILineOutput, IHalfCloseableProtocol)
class LineProtocol(Protocol):
    """One TCP connection that carries a conversation."""

    transport: Any
    transport_name = "line"
    address = ""

    def __init__(self, daemon: Daemon, limits: Limits, clock: IReactorTime) -> None:
        self._daemon = daemon
        self._limits = limits
        self._clock = clock
        self._decoder = TelnetDecoder(limits.max_line)

    # -- what Twisted calls

    def connectionMade(self) -> None:
        """A client came."""
        tune(self.transport, self._limits.ping)
        self.address = getattr(self.transport.getPeer(), "host", "")
        self._outgoing = Outgoing(self.transport, self._clock, self._limits.max_buffer, self._slow)
        self._incoming = Incoming(self.transport, self._clock, SLICE, self._take)
        self.arrival = Arrival(self.transport)
        self._conversation = LineConversation(
            self, self._daemon, self._limits, CRLF_LINES, self._clock
        )
        self._conversation.start()

    def dataReceived(self, data: bytes) -> None:
        """Bytes came."""
        self._incoming.received(data)

    def _take(self, data: bytes) -> None:
        self._hear(self._decoder.feed(data))

    def _hear(self, items: list[Item]) -> None:
        answers = b"".join([item.data for item in items if isinstance(item, Answer)])
        if answers:
            self._outgoing.write(answers)
        for item in items:
            if not isinstance(item, Answer):
                self._conversation.take(item)

    def readConnectionLost(self) -> None:
        """The client sends nothing more and may still read: `printf '…' | nc -N` wants to see
        what its lines lead to."""
        self._incoming.end()
        self._conversation.take(EndOfInput("closed"))

    def writeConnectionLost(self) -> None:
        """We have closed our half, which is never done alone."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection is gone."""
        self._incoming.lost()
        self._outgoing.lost()
        self._conversation.lost(clean=reason.check(ConnectionDone) is not None)

    # -- what the conversation calls (ILineOutput)

    def write(self, data: bytes) -> None:
        """Send framed lines."""
        self.arrival.written += len(data)
        self._outgoing.write(data)

    def close(self, last_words: bytes, code: Optional[Close], reason: str) -> None:
        """Send the last lines and close."""
        self._outgoing.close(last_words)

    def pause(self) -> None:
        """Stop reading."""
        self._incoming.pause()

    def resume(self) -> None:
        """Read on, if there can be more."""
        self._incoming.resume()

    def _slow(self) -> None:
        self._conversation.close(Close.SLOW, "you read too slowly: come back")


class LineFactory(Factory):
    """Makes a LineProtocol of each connection."""

    noisy = False

    def __init__(self, daemon: Daemon, limits: Limits, clock: IReactorTime) -> None:
        self._daemon = daemon
        self._limits = limits
        self._clock = clock

    def buildProtocol(self, addr: Optional[IAddress]) -> LineProtocol:
        """A protocol for one client."""
        protocol = LineProtocol(self._daemon, self._limits, self._clock)
        protocol.factory = self
        return protocol


def tune(transport: Any, ping: float) -> None:
    """Set what TCP can do for a conversation, where the transport is a TCP one.

    A peer that vanished is noticed by TCP itself within about three times `ping` seconds
    (0: never): a line client can't be pinged."""
    while hasattr(transport, "transport"):
        transport = transport.transport  # TLS, or the PROXY protocol, around it
    connected = transport.getHandle() if hasattr(transport, "getHandle") else None
    if not isinstance(connected, socket.socket):
        return
    # Telnet sends the mark that follows its ^C out of band; in its place it can be understood.
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    if connected.family in (socket.AF_INET, socket.AF_INET6):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if ping:
            _notice_the_vanished(connected, ping)


def _notice_the_vanished(connected: socket.socket, ping: float) -> None:
    seconds = min(max(1, round(ping)), 32767)  # what TCP takes
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", seconds),
        ("TCP_KEEPINTVL", seconds),
        ("TCP_KEEPCNT", 2),
        ("TCP_USER_TIMEOUT", 3000 * seconds),  # ms that what was sent may stay unconfirmed
    ):
        option = getattr(socket, name, None)  # not every system has them
        if option is not None:
            connected.setsockopt(socket.IPPROTO_TCP, option, value)
