"""`/ws`: WebSocket on autobahn, hardened.

Autobahn by itself takes messages of any size, any number of fragments and pings, pages from
anywhere, and cuts a connection without a code on a broken frame. What is set against that stands
here; each has its test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Protocol

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import ILogObserver, LogEvent, Logger
from twisted.web.resource import Resource
from twisted.web.server import Request
from zope.interface import implementer

from rabbitchat.chat.buckets import Bucket
from rabbitchat.chat.errors import Close
from rabbitchat.daemon import ChatDaemon
from rabbitchat.sockjs.http_limits import BoundedChannel
from rabbitchat.sockjs.incoming import Incoming
from rabbitchat.sockjs.origins import Origins, Proxies
from rabbitchat.sockjs.outgoing import Outgoing
from rabbitchat.transports.speakers import JSONSpeaker, LineSpeaker


@implementer(ILogObserver)
def _nobody(event: LogEvent) -> None:
    """Listens to nothing."""


SILENT = Logger(observer=_nobody)
"""For autobahn's own lines: any client could fill the log with them."""

LINE = "rabbitchat.line"
"""The subprotocol that speaks the line protocol, one line a frame."""

GOING_AWAY = 1001
"""What a browser says when a page is closed or loaded again (RFC 6455, section 7.4.1): the user
may be back at once, so that is no good-bye."""

COMING_BACK = 4000
"""What a client says that gives a connection up and makes another one, as one that got no answer.
A page has no other code for that: a browser lets it send 1000 and 3000 to 4999 only."""

ANSWER_CLOSE = 4.0
"""Seconds for a client to answer a close frame; autobahn rounds down to a whole second, so a
client may get one less. Its default of 1 cut half of those that were far away."""

MAX_FRAGMENTS = 64  # frames of one message
PINGS_A_SECOND = 20.0  # and pongs

SLICE = 2048
"""Bytes taken in one reactor turn: autobahn needs up to 40 µs for each of the 340 frames that may
be in them. All that one read brings, 64 KiB, would hold everybody up for half a second."""

TICKS = 4  # looks at each connection in one `--ping` time


class Speaker(Protocol):
    """What is spoken over one WebSocket connection: JSON objects, or lines."""

    def start(self) -> None:
        """The connection is open."""

    def heard(self, payload: bytes, is_binary: bool) -> None:
        """A whole message came."""

    def close(self, code: Close, reason: str) -> None:
        """Say why, and close."""

    def lost(self, clean: bool) -> None:
        """The connection is gone. `clean`: the client closed it."""


class WebSocketConnection(WebSocketServerProtocol):
    """One WebSocket connection: frames, their limits, pings and the close."""

    log = SILENT
    logger = Logger()
    transport: Any
    factory: WebSocketFactory
    outgoing: Outgoing
    incoming: Incoming
    closeHandshakeTimeoutCall: Any
    address = ""
    _speaker: Optional[Speaker] = None
    _fragments = 0
    _quiet = 0
    _in_close_frame = False

    # -- what autobahn calls

    def onConnect(self, request: Any) -> Optional[str]:
        """The opening handshake: choose the subprotocol."""
        forwarded = request.headers.get("x-forwarded-for", "")
        peer = getattr(self.transport.getPeer(), "host", "")
        self.address = self.factory.proxies.client(peer, forwarded)
        return LINE if LINE in request.protocols else None

    def onOpen(self) -> None:
        """The handshake is over."""
        daemon, clock = self.factory.daemon, self.factory.clock
        self.transport.unregisterProducer()  # twisted.web's channel, which is done
        self.outgoing = Outgoing(self.transport, clock, daemon.limits.max_buffer, self._slow)
        self.incoming = Incoming(self.transport, clock, SLICE, self._take)
        self._pings = Bucket(PINGS_A_SECOND, int(PINGS_A_SECOND))
        self.factory.connections.add(self)
        speaks_lines = self.websocket_protocol_in_use == LINE
        self._speaker = LineSpeaker(self, daemon) if speaks_lines else JSONSpeaker(self, daemon)
        self._speaker.start()

    def dataReceived(self, data: bytes) -> None:
        """Bytes came."""
        self._quiet = 0
        if self._speaker is None:  # the handshake is bounded already
            self._dataReceived(data)
            return
        self.incoming.received(data)

    def _take(self, data: bytes) -> None:
        if self.state != self.STATE_CLOSED:
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
        """A ping came: answer, unless it is a flood of them or the client doesn't read."""
        if not self._is_flood() and not self.outgoing.paused:
            super().onPing(payload)

    def onPong(self, payload: bytes) -> None:
        """A pong came; nobody has to send more of them than pings."""
        self._is_flood()

    def _is_flood(self) -> bool:
        if self._pings.take(self.factory.clock.seconds(), 0) is not None:
            return False
        self.dropConnection(abort=True)  # abortConnection would go on parsing what came
        return True

    def onCloseFrame(self, code: Any, reasonRaw: Any) -> Any:
        """A close frame came. When it is broken autobahn complains, and then takes the same
        frame for the answer to its complaint and cuts before that was sent."""
        self._in_close_frame = True
        try:
            return super().onCloseFrame(code, reasonRaw)
        finally:
            self._in_close_frame = False

    def dropConnection(self, abort: bool = False) -> None:
        """Close the TCP connection; a client that doesn't take what is unsent is cut later."""
        abort = abort and not self._in_close_frame
        if self._speaker is not None and not abort:
            self.outgoing.close(patience=ANSWER_CLOSE)
        super().dropConnection(abort)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """A message came."""
        if self._speaker is None:
            return
        try:
            self._speaker.heard(payload, isBinary)
        except Exception:  # a bug of ours costs this session only
            self.logger.failure("taking a WebSocket message")
            self._speaker.close(Close.STATE_LOST, "an error of the server: come back")

    def onClose(self, wasClean: bool, code: Optional[int], reason: Optional[str]) -> None:
        """The connection is gone."""
        self.factory.connections.discard(self)
        if self.closeHandshakeTimeoutCall is not None:  # autobahn leaves it to expire
            self.closeHandshakeTimeoutCall.cancel()
            self.closeHandshakeTimeoutCall = None
        if self._speaker is not None:
            self.incoming.lost()
            self.outgoing.lost()
            speaker, self._speaker = self._speaker, None
            speaker.lost(wasClean and code not in (GOING_AWAY, COMING_BACK))

    # -- what speakers call

    @property
    def can_send(self) -> bool:
        """Whether frames can be sent."""
        return bool(self.state == self.STATE_OPEN)

    def write(self, data: bytes) -> None:
        """Send frames; nothing happens once the close has begun."""
        if self.state == self.STATE_OPEN:
            self.outgoing.write(data)

    def finish(self, last_frames: bytes, code: int, reason: str) -> None:
        """Send these frames and close; autobahn cuts who doesn't answer in ANSWER_CLOSE."""
        if self.state == self.STATE_OPEN:
            self.transport.write(last_frames)
            self.sendClose(int(code), reason)

    def _slow(self) -> None:
        if self._speaker is not None:
            self._speaker.close(Close.SLOW, "you read too slowly: come back")

    def tick(self) -> None:
        """Called TICKS times in one ping time: ping who is silent, close who doesn't answer."""
        if self.incoming.paused:  # by us: whatever it says, we would not hear it
            return
        self._quiet += 1
        if self._quiet == TICKS:
            self.sendPing()
        elif self._quiet >= 2 * TICKS and self._speaker is not None:
            self._speaker.close(Close.NO_PONG, "you did not answer a ping: come back")


class WebSocketFactory(WebSocketServerFactory):
    """Makes WebSocket connections, and looks after the silent ones."""

    protocol = WebSocketConnection  # type: ignore[assignment]
    log = SILENT
    logger = Logger()

    def __init__(self, clock: IReactorTime, daemon: ChatDaemon, proxies: Proxies) -> None:
        super().__init__(protocols=[LINE], server="rabbitchat")
        self.clock = clock
        self.daemon = daemon
        self.proxies = proxies
        self.connections: set[WebSocketConnection] = set()
        self._loop = LoopingCall(self._tick)
        self._loop.clock = clock
        self.setProtocolOptions(
            failByDrop=False,
            maxFramePayloadSize=daemon.limits.max_line,
            maxMessagePayloadSize=daemon.limits.max_line,
            openHandshakeTimeout=15,
            closeHandshakeTimeout=ANSWER_CLOSE,
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
        for connection in list(self.connections):
            connection.tick()


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
        if (_headers(request, b"Upgrade") or [""])[-1].lower() != "websocket":
            request.setResponseCode(426)
            request.setHeader(b"Upgrade", b"websocket")
            return b"This address speaks WebSocket.\n"
        if not self._may_come(request):
            request.setResponseCode(403)
            return b"Pages from that origin may not connect: see --allow-origin.\n"
        channel = request.channel
        if isinstance(channel, BoundedChannel):
            channel.hand_over()
        return self._upgrade.render(request)

    def _may_come(self, request: Request) -> bool:
        """No browser sends two origins: what does wants us to look at the wrong one."""
        origins: Sequence[Optional[str]] = _headers(request, b"Origin") or (None,)
        host = (_headers(request, b"Host") or [""])[-1]
        return len(origins) == 1 and self._origins.allows(origins[0], host)


def _headers(request: Request, name: bytes) -> list[str]:
    """All headers of this name. Twisted takes them for UTF-8 and raises where they aren't; these
    here hold ASCII only, or nothing that we accept."""
    return [value.decode("latin-1") for value in request.requestHeaders.getRawHeaders(name, [])]
