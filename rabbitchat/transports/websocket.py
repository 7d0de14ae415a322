"""`/ws`: one JSON object a text frame, on autobahn, hardened.

Autobahn by itself takes messages of any size, any number of fragments and pings, pages from
anywhere, and cuts a connection without a code on a broken frame. What is set against that stands
here; each has its test.
"""

from __future__ import annotations

import struct
from typing import Any, Optional

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import ILogObserver, LogEvent, Logger
from twisted.web.resource import Resource
from twisted.web.server import Request
from zope.interface import implementer

from rabbitchat.chat import events
from rabbitchat.chat.buckets import Bucket
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.clients import IClient, IWire
from rabbitchat.codecs import json
from rabbitchat.connection import Connection
from rabbitchat.daemon import ChatDaemon
from rabbitchat.origins import Origins, Proxies
from rabbitchat.transports.outgoing import Outgoing


@implementer(ILogObserver)
def _nobody(event: LogEvent) -> None:
    """Listens to nothing."""


SILENT = Logger(observer=_nobody)
"""For autobahn's own lines: any client could fill the log with them."""

LINE = "rabbitchat.line"
"""The subprotocol that speaks the line protocol, one line a frame."""

MAX_FRAGMENTS = 64  # frames of one message
PINGS_A_SECOND = 20.0
TICKS = 4  # looks at each connection in one `--ping` time


def frame(payload: bytes) -> bytes:
    """A whole text message as one unmasked frame (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


@implementer(IWire)
class JSONFrames:
    """Events as JSON text frames."""

    def encode(self, event: events.Event) -> bytes:
        """The frame."""
        return frame(json.encode(event))


JSON_FRAMES = JSONFrames()


@implementer(IClient)
class WebSocketClient(WebSocketServerProtocol):
    """One WebSocket connection."""

    log = SILENT
    transport: Any
    logger = Logger()
    transport_name = "websocket"
    factory: WebSocketFactory
    connection: Optional[Connection] = None
    outgoing: Optional[Outgoing] = None
    address = ""
    _closing: Optional[Close] = None
    _fragments = 0
    _quiet = 0

    # -- what autobahn calls

    def onConnect(self, request: Any) -> Optional[str]:
        """The opening handshake: choose the subprotocol."""
        forwarded = request.headers.get("x-forwarded-for", "")
        self.address = self.factory.proxies.client(self.transport.getPeer().host, forwarded)
        return LINE if LINE in request.protocols else None

    def onOpen(self) -> None:
        """The handshake is over."""
        self.transport.unregisterProducer()  # twisted.web's channel, which is done
        self.outgoing = Outgoing(
            self.transport, self.factory.clock, self.factory.daemon.limits.max_buffer, self._slow
        )
        self._pings = Bucket(PINGS_A_SECOND, int(PINGS_A_SECOND))
        self.factory.clients.add(self)
        self.connection = self.factory.daemon.accept(self)
        if self.connection is not None:
            self.connection.expect_connect(self.factory.daemon.limits.connect_timeout)

    def dataReceived(self, data: bytes) -> None:
        """Bytes came."""
        self._quiet = 0
        self._dataReceived(data)

    def onMessageBegin(self, isBinary: bool) -> None:
        """The first frame of a message came."""
        self._fragments = 0
        super().onMessageBegin(isBinary)

    def onMessageFrameBegin(self, length: int) -> None:
        """A frame of a message came; empty ones cost nothing to send."""
        self._fragments += 1
        if self._fragments > MAX_FRAGMENTS:
            self._max_message_size_exceeded(0, 0, f"more than {MAX_FRAGMENTS} frames a message")
        super().onMessageFrameBegin(length)

    def onPing(self, payload: bytes) -> None:
        """A ping came: answer, unless it is a flood of them."""
        if self._pings.take(self.factory.clock.seconds(), 0) is None:
            self.dropConnection(abort=True)  # abortConnection would go on parsing what came
        else:
            super().onPing(payload)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """A message came."""
        if self.connection is None:
            return
        try:
            self._take(payload, isBinary)
        except Exception:  # a bug of ours costs this session only
            self.logger.failure("taking a WebSocket message")
            self.close(Close.STATE_LOST, "an error of the server: come back")

    def _take(self, payload: bytes, is_binary: bool) -> None:
        assert self.connection is not None
        if is_binary:
            self.connection.refuse(ChatError(Code.BAD_JSON, "send text frames, not binary ones"))
            return
        try:
            command = json.decode(payload)
        except json.Refused as refused:
            self.connection.refuse(refused.error, refused.id)
        else:
            self.connection.receive(command)

    def onClose(self, wasClean: bool, code: Optional[int], reason: Optional[str]) -> None:
        """The connection is gone."""
        self.factory.clients.discard(self)
        if self.outgoing is not None:
            self.outgoing.lost()
        if self.connection is not None:
            connection, self.connection = self.connection, None
            clean = wasClean if self._closing is None else not self._closing.reconnect
            connection.lost(clean, "closed" if clean else "connection lost")

    # -- what the daemon calls

    def wire_for(self, event: events.Event) -> Optional[IWire]:
        """JSON frames for everything."""
        return JSON_FRAMES

    def send(self, event: events.Event) -> None:
        """One event for this client."""
        self.write(JSON_FRAMES.encode(event))

    def write(self, data: bytes) -> None:
        """A frame."""
        if self.state == self.STATE_OPEN and self.outgoing is not None:
            self.outgoing.write(data)

    def close(self, code: Close, reason: str) -> None:
        """Say `disconnect`, then close with the same code; autobahn cuts who doesn't answer."""
        if self._closing is not None or self.state != self.STATE_OPEN:
            return
        self.send(events.Disconnect(code=code, reason=reason, reconnect=code.reconnect))
        self._closing = code
        self.sendClose(int(code), reason)

    def _slow(self) -> None:
        self.close(Close.SLOW, "you read too slowly: come back")

    def pause(self) -> None:
        """Read no more for now."""
        self.transport.pauseProducing()

    def resume(self) -> None:
        """Read on."""
        self.transport.resumeProducing()

    def tick(self) -> None:
        """Called TICKS times in one ping time: ping who is silent, close who doesn't answer."""
        self._quiet += 1
        if self._quiet == TICKS:
            self.sendPing()
        elif self._quiet >= 2 * TICKS:
            self.close(Close.NO_PONG, "you did not answer a ping: come back")


class WebSocketFactory(WebSocketServerFactory):
    """Makes WebSocket clients, and looks after the silent ones."""

    protocol = WebSocketClient  # type: ignore[assignment]
    log = SILENT
    logger = Logger()

    def __init__(self, clock: IReactorTime, daemon: ChatDaemon, proxies: Proxies) -> None:
        super().__init__(protocols=[LINE], server="rabbitchat")
        self.clock = clock
        self.daemon = daemon
        self.proxies = proxies
        self.clients: set[WebSocketClient] = set()
        self._loop = LoopingCall(self._tick)
        self._loop.clock = clock
        self.setProtocolOptions(
            failByDrop=False,
            maxFramePayloadSize=daemon.limits.max_line,
            maxMessagePayloadSize=daemon.limits.max_line,
            openHandshakeTimeout=15,
            tcpNoDelay=True,
        )

    def start(self) -> None:
        """Begin to look after silent clients."""
        if self.daemon.limits.ping:
            running = self._loop.start(self.daemon.limits.ping / TICKS, now=False)
            running.addErrback(lambda why: self.logger.failure("pinging", why))

    def stop(self) -> None:
        """End that."""
        if self._loop.running:
            self._loop.stop()

    def _tick(self) -> None:
        for client in list(self.clients):
            client.tick()


class WebSocketPage(Resource):
    """The resource at `/ws`: an upgrade from an allowed page, or a clear answer."""

    isLeaf = True

    def __init__(self, factory: WebSocketFactory, origins: Origins) -> None:
        super().__init__()
        self._upgrade = WebSocketResource(factory)
        self._origins = origins

    def render(self, request: Request) -> Any:
        """Hand the connection over to autobahn."""
        request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
        if (request.getHeader("upgrade") or "").lower() != "websocket":
            request.setResponseCode(426)
            request.setHeader(b"Upgrade", b"websocket")
            return b"This address speaks WebSocket.\n"
        if not self._origins.allows(request.getHeader("origin"), request.getHeader("host") or ""):
            request.setResponseCode(403)
            return b"Pages from that origin may not connect: see --allow-origin.\n"
        return self._upgrade.render(request)
