"""Texts over a real socket: in WebSocket frames, or as lines on TCP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional, Protocol

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

reactor: Any = _reactor

HOST = "127.0.0.1"


@dataclass(frozen=True)
class End:
    """How a connection ended; `code` is the WebSocket close code, None on TCP."""

    clean: bool
    code: Optional[int]
    reason: str


class Receiver(Protocol):
    """Who gets the texts of a carrier."""

    def received(self, text: str) -> None:
        """A frame, or a line without its end."""

    def over(self, end: End) -> None:
        """The connection is gone."""


class Carrier(Protocol):
    """A connection that carries texts both ways."""

    receiver: Receiver

    def send_text(self, text: str) -> None:
        """Send a frame or a line."""

    def close(self) -> None:
        """Close as somebody does who goes."""

    def vanish(self) -> None:
        """Be lost, as when a cable is pulled."""

    def stop_reading(self) -> None:
        """Leave in the socket what comes."""

    def read_again(self) -> None:
        """Take it out again."""


class Nobody:
    """Receives until somebody else does; keeps what came."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def received(self, text: str) -> None:
        """Keep it."""
        self.texts.append(text)

    def over(self, end: End) -> None:
        """Nobody minds."""


def hand_over(carrier: Carrier, receiver: Receiver) -> None:
    """From now on `receiver` gets the texts, those that nobody took first."""
    before = carrier.receiver
    carrier.receiver = receiver
    if isinstance(before, Nobody):
        for text in before.texts:
            receiver.received(text)


class WebSocket(WebSocketClientProtocol):
    """A WebSocket client, as a library makes one."""

    transport: Any

    def __init__(self) -> None:
        super().__init__()
        self.receiver: Receiver = Nobody()
        self.opened: Deferred[WebSocket] = Deferred()
        self.answers_pings = True
        self.extensions: list[str] = []
        self.close_code = 1000

    def onConnect(self, response: Any) -> None:
        """The server has upgraded."""
        self.extensions = [str(extension) for extension in response.extensions]

    def onOpen(self) -> None:
        """Frames may go."""
        self.opened.callback(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """A frame came."""
        self.receiver.received(payload.decode())

    def onPing(self, payload: bytes) -> None:
        """A ping came."""
        if self.answers_pings:
            super().onPing(payload)

    def onClose(self, wasClean: bool, code: Optional[int], reason: Optional[str]) -> None:
        """It is over."""
        if not self.opened.called:
            self.opened.errback(ConnectionError(reason))
        self.receiver.over(End(wasClean, code, reason or ""))

    def send_text(self, text: str) -> None:
        """See Carrier."""
        self.sendMessage(text.encode())

    def close(self) -> None:
        """See Carrier."""
        self.sendClose(self.close_code)

    def vanish(self) -> None:
        """See Carrier."""
        self.transport.abortConnection()

    def stop_reading(self) -> None:
        """See Carrier."""
        self.transport.pauseProducing()

    def read_again(self) -> None:
        """See Carrier."""
        self.transport.resumeProducing()


class TCPLines(LineOnlyReceiver):
    """Lines on a TCP connection, as `nc` sends and shows them."""

    delimiter = b"\r\n"
    MAX_LENGTH = 1 << 24
    transport: Any

    def __init__(self) -> None:
        self.receiver: Receiver = Nobody()

    def lineReceived(self, line: bytes) -> None:
        """A line came."""
        self.receiver.received(line.decode())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is over."""
        clean = bool(reason.check(type(connectionDone.value)))
        self.receiver.over(End(clean, None, reason.getErrorMessage()))

    def send_text(self, text: str) -> None:
        """See Carrier."""
        self.transport.write(text.encode() + b"\n")

    def send_bytes(self, data: bytes) -> None:
        """What no text is."""
        self.transport.write(data)

    def close(self) -> None:
        """See Carrier."""
        self.transport.loseConnection()

    def vanish(self) -> None:
        """See Carrier."""
        self.transport.abortConnection()

    def stop_reading(self) -> None:
        """See Carrier."""
        self.transport.pauseProducing()

    def read_again(self) -> None:
        """See Carrier."""
        self.transport.resumeProducing()


async def open_websocket(
    port: int,
    path: str = "/ws",
    protocols: Sequence[str] = (),
    origin: Optional[str] = None,
    headers: Optional[Mapping[str, str]] = None,
    configure: Callable[[WebSocketClientFactory], None] = lambda factory: None,
) -> WebSocket:
    """Connect and upgrade. Raises ConnectionError with the server's answer if it doesn't."""
    factory = WebSocketClientFactory(
        f"ws://{HOST}:{port}{path}", origin=origin, protocols=list(protocols), headers=headers
    )
    factory.protocol = WebSocket
    factory.setProtocolOptions(closeHandshakeTimeout=10)  # its 1 may be no second at all
    configure(factory)
    websocket: Any = await TCP4ClientEndpoint(reactor, HOST, port).connect(factory)
    assert isinstance(websocket, WebSocket)
    return await websocket.opened


async def open_lines(port: int) -> TCPLines:
    """Connect to a port that speaks in lines."""
    lines = TCPLines()
    await connectProtocol(TCP4ClientEndpoint(reactor, HOST, port), lines)
    return lines
