"""What a Twisted Protocol writes to when its client comes by SockJS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional, Protocol, runtime_checkable

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IProtocol,
    IPushProducer,
    IReactorTime,
    ITransport,
)
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from .closing import FAILED, GO_AWAY, SILENT, SLOW, Ending
from .frames import LatestMessage, Message
from .producers import PullPump

NORMAL = 1000
OWN_CODES = range(3000, 5000)
"""Codes that an endpoint may close a WebSocket with (RFC 6455, section 7.4; the WebSocket API
allows its pages the same)."""


class ClosedByClient(ConnectionDone):
    """The client closed its WebSocket in good order; `code` is None when it gave none."""

    def __init__(self, code: Optional[int]) -> None:
        super().__init__()
        self.code = code


class Carrier(Protocol):
    """What brings messages to the client: a polling session or a WebSocket."""

    def send(self, message: Message) -> None:
        """Send a message."""

    def end(self, code: int, reason: str, last_words: Optional[Message]) -> None:
        """Send what waits and a last message, say this, and end."""

    def abort(self, code: int, reason: str) -> None:
        """End, whatever waits."""

    def pause(self) -> None:
        """Read no more for now."""

    def resume(self) -> None:
        """Read on."""


@runtime_checkable
class BinaryCarrier(Carrier, Protocol):
    """One that carries bytes as well as text."""

    def send_binary(self, data: bytes) -> None:
        """Send a binary message."""


@implementer(ITransport, IConsumer, IPushProducer)
class SockJSTransport:
    """The transport of one session: each `write` is one message to the client, and each of the
    client's messages is one `dataReceived`, both in UTF-8.

    `disconnecting` and `disconnected` are what Twisted's own transports have. The name of the
    session, which is all one needs to take it over, is not shown to the application.

    `is_binary`: the message that was received last came as a binary one, by a raw WebSocket.
    """

    log = Logger()
    __slots__ = (
        "_carrier",
        "_clock",
        "_farewell",
        "_full",
        "_host",
        "_latest",
        "_peer",
        "_producer",
        "_protocol",
        "disconnected",
        "disconnecting",
        "is_binary",
    )

    def __init__(
        self,
        carrier: Carrier,
        clock: IReactorTime,
        latest: LatestMessage,
        host: IAddress,
        peer: IAddress,
    ) -> None:
        self._carrier = carrier
        self._latest = latest
        self._clock = clock
        self._host = host
        self._peer = peer
        self._protocol: Optional[IProtocol] = None
        self._producer: Optional[Any] = None
        self._farewell: Optional[tuple[int, str, Optional[Message]]] = None
        self._full = False
        self.disconnecting = False
        self.disconnected = False
        self.is_binary = False

    @property
    def connected(self) -> bool:
        """Whether the session goes on."""
        return not self.disconnected

    @property
    def is_raw(self) -> bool:
        """Whether this is a raw WebSocket, without SockJS's frames."""
        return isinstance(self._carrier, BinaryCarrier)

    @property
    def _takes_more(self) -> bool:
        """Until the end; a producer may finish after `loseConnection`."""
        return not self.disconnected and (not self.disconnecting or self._producer is not None)

    # -- ITransport

    def write(self, data: bytes) -> None:
        """Send one message. ValueError: it isn't UTF-8, which SockJS can't carry. TypeError: it
        isn't bytes. Write the same object to many sessions and it is encoded once."""
        message = self._latest.of(data)
        if self._takes_more:
            self._carrier.send(message)

    def write_binary(self, data: bytes) -> None:
        """Send one binary message, which only the raw WebSocket can: TypeError elsewhere."""
        if not isinstance(self._carrier, BinaryCarrier):  # as is_raw; mypy knows this form
            raise TypeError("only a raw WebSocket carries binary messages")
        if self._takes_more:
            self._carrier.send_binary(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Send these bytes as one message."""
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        """End the session once all is sent that was written, and a producer has finished; the
        client is told 3000, "Go away!"."""
        self.close(*GO_AWAY)

    def close(self, code: int, reason: str, last_words: bytes = b"") -> None:
        """The same with a code and a reason of one's own (1000, or 3000 to 4999).

        `last_words`: a message that is sent even if too much waits already. ValueError, TypeError:
        as in `write`, or the code is none of those."""
        if code != NORMAL and code not in OWN_CODES:
            raise ValueError(f"{code} is no code to close with: 1000, or 3000 to 4999")
        message = self._latest.of(last_words) if last_words else None
        if message is not None and not self.is_raw:
            message.quoted  # noqa: B018  # ValueError, before anything has begun
        if self.disconnecting or self.disconnected:
            return
        self.disconnecting = True
        self._farewell = (code, reason, message)
        if self._producer is None:
            self._carrier.end(*self._farewell)

    def abortConnection(self) -> None:
        """End the session at once; what waits to be sent is dropped."""
        if not self.disconnected:
            self.disconnecting = True
            self._carrier.abort(*GO_AWAY)

    def getPeer(self) -> IAddress:
        """Where the client's first request came from; believed proxies are looked through."""
        return self._peer

    def getHost(self) -> IAddress:
        """Our side of that connection."""
        return self._host

    # -- IConsumer

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Have a producer paused while the client doesn't keep up. RuntimeError: there is one."""
        if self._producer is not None:
            raise RuntimeError(f"{self._producer!r} must be unregistered first")
        if self.disconnected:
            producer.stopProducing()
            return
        if not streaming:
            producer = PullPump(producer, self._clock, self._pull_failed)
        self._producer = producer
        if self._full:
            producer.pauseProducing()
        elif not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """There is nothing more to come from it."""
        producer, self._producer = self._producer, None
        if isinstance(producer, PullPump):
            producer.pauseProducing()
        if producer is not None and self._farewell is not None and not self.disconnected:
            self._carrier.end(*self._farewell)

    # -- IPushProducer: the protocol says when it wants to read

    def pauseProducing(self) -> None:
        """Take no more from the client for now."""
        self._carrier.pause()

    def resumeProducing(self) -> None:
        """Go on."""
        if not self.disconnected:
            self._carrier.resume()

    def stopProducing(self) -> None:
        """End the session."""
        self.loseConnection()

    # -- what the carrier calls (session.Application)

    def serve(self, protocol: Optional[IProtocol]) -> None:
        """Be the transport of this protocol; None: the factory refused the client."""
        self._protocol = protocol

    def opened(self) -> None:
        """The client is there."""
        if self._protocol is None:
            self.loseConnection()
            return
        try:
            self._protocol.makeConnection(self)
        except Exception:
            self._failed("connecting")

    def received(self, data: bytes) -> None:
        """A message came."""
        if self._protocol is None or self.disconnecting or self.disconnected:
            return
        try:
            self._protocol.dataReceived(data)
        except Exception:
            self._failed("taking a message")

    def _failed(self, doing: str) -> None:
        """A bug of the application's costs this session, and no other."""
        self.log.failure("{doing}, by {protocol}", doing=doing, protocol=self._protocol)
        self._give_up("session_failed", FAILED)

    def slow(self) -> None:
        """The client has let too much wait, on which it was dropped."""
        self._give_up("client_slow", SLOW)

    def silent(self) -> None:
        """The client answers no ping."""
        self._give_up("client_silent", SILENT)

    def _give_up(self, hook: str, farewell: tuple[int, str]) -> None:
        """End the session: in the application's words, if it has a method for this."""
        if not self.disconnecting and not self.disconnected:
            try:
                getattr(self._protocol, hook, _no_words)()
            except Exception:
                self.log.failure("{hook}, by {protocol}", hook=hook, protocol=self._protocol)
        if not self.disconnected and (self._producer is not None or not self.disconnecting):
            self.disconnecting = True
            self._carrier.abort(*farewell)

    def pause_writing(self) -> None:
        """The client doesn't keep up."""
        self._full = True
        self._tell(self._producer, "pauseProducing")

    def resume_writing(self) -> None:
        """It does again."""
        self._full = False
        self._tell(self._producer, "resumeProducing")

    def _tell(self, producer: Optional[Any], what: str) -> None:
        if producer is not None:
            try:
                getattr(producer, what)()
            except Exception:
                self._failed(what)

    def _pull_failed(self) -> None:
        self._failed("producing")

    def lost(self, ending: Ending, code: Optional[int] = None) -> None:
        """The session is over. The protocol hears of it in a later turn of the reactor, as with
        any other transport: it may be in the middle of a call of ours."""
        if self.disconnected:
            return
        self.disconnected = True
        producer, self._producer = self._producer, None
        self._tell(producer, "stopProducing")
        self._clock.callLater(0, self._connection_lost, _reason(ending, code))

    def _connection_lost(self, reason: Exception) -> None:
        protocol, self._protocol = self._protocol, None
        if protocol is None:
            return
        try:
            protocol.connectionLost(Failure(reason))
        except Exception:
            self.log.failure("{protocol} lost its connection", protocol=protocol)


def _no_words() -> None:
    """Most applications have none."""


def _reason(ending: Ending, code: Optional[int]) -> Exception:
    if ending is Ending.LEFT:
        return ClosedByClient(code)
    return ConnectionDone() if ending is Ending.CLOSED else ConnectionLost()
