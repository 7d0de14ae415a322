"""WebSocket on autobahn, hardened.

Autobahn by itself takes messages of any size, any number of fragments and pings, and cuts a
connection without a code on a broken frame. What is set against that stands here; each has its
test. A subclass of `WebSocket` says what is spoken, `WebSocketServer` makes one for each client
that `upgrades.upgrade` hands over.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from autobahn.twisted.websocket import WebSocketServerFactory
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from .incoming import Incoming
from .origins import Proxies
from .outgoing import Outgoing
from .slim import SlimProtocol, with_options


class _Silent:
    """A logger that makes no events, of which autobahn has sixteen for each connection."""

    def debug(self, *text: object, **values: object) -> None:
        """Say nothing."""

    trace = info = warn = error = critical = failure = debug


SILENT = _Silent()
"""For autobahn's own lines: any client could fill the log with them."""

TEXT, BINARY = 1, 2
"""Opcodes of messages (RFC 6455, section 5.2)."""

INTERNAL_ERROR = 1011  # RFC 6455, section 7.4.1

LONGEST_REASON = 123  # bytes, with the code in a control frame (RFC 6455, section 5.5)

SLICE = 2048
"""Bytes taken in one reactor turn: autobahn needs up to 40 µs for each of the 340 frames that may
be in them. All that one read brings, 64 KiB, would hold everybody up for half a second."""

TICKS = 4  # looks at each connection in one `ping` time


@dataclass(frozen=True)
class WebSocketLimits:
    """What one client may do. 0 lifts each of the first four."""

    max_message: int = 65536  # bytes of a message
    max_fragments: int = 64  # frames of one message
    pings_a_second: float = 20.0  # and pongs
    max_buffer: int = 262144  # bytes unsent to one client
    ping: float = 25.0  # seconds until a silent client is asked, and again until it is gone; 0: no
    open_within: float = 15.0  # seconds for the opening handshake
    close_within: float = 4.0
    """Seconds for a client to answer a close frame; autobahn rounds down to a whole second, so a
    client may get one less. Its default of 1 cut half of those that were far away."""


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A whole message as one unmasked frame (RFC 6455, section 5.2)."""
    size, first = len(payload), 0x80 | opcode
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


class WebSocket(SlimProtocol):
    """One WebSocket connection: frames, their limits, pings and the close.

    autobahn's attributes of the handshake (`http_headers` and so on) are gone after `opened`.
    A subclass overrides what stands under "for subclasses". An error in one of those is logged
    and costs this connection only.
    """

    log = SILENT
    logger = Logger()
    transport: Any
    factory: WebSocketServer
    outgoing: Outgoing
    incoming: Incoming
    closeHandshakeTimeoutCall: Any
    address = ""  # the client's, believed proxies looked through
    _is_open = False
    _fragments = 0
    _quiet = 0
    _in_close_frame = False
    _pings = 0.0  # and pongs that count still
    _pinged = 0.0  # seconds of the clock when that was so

    # -- for subclasses

    def opened(self) -> None:
        """The handshake is over."""

    def heard(self, payload: bytes, is_binary: bool) -> None:
        """A whole message came; text is valid UTF-8."""

    def closed(self, clean: bool, code: Optional[int]) -> None:
        """The connection is gone, after `opened`. `clean`: the client closed it, with this code,
        None if it gave none; else it was lost, or closed from here, be it for a broken frame."""

    def slow(self) -> None:
        """More than `max_buffer` bytes are unsent: this client is to be sent away."""
        self.cut()

    def silent(self) -> None:
        """The client answered no ping: it is to be sent away."""
        self.cut()

    def failed(self) -> None:
        """One of these methods raised an exception, which is logged already."""
        self.finish(b"", INTERNAL_ERROR, "")

    @property
    def can_send(self) -> bool:
        """Whether frames can be sent."""
        return bool(self.state == self.STATE_OPEN)

    def write(self, data: bytes) -> None:
        """Send ready-made frames; nothing happens once the close has begun."""
        if self.state == self.STATE_OPEN:
            self.outgoing.write(data)

    def finish(self, last_frames: bytes, code: int, reason: str) -> None:
        """Send these frames and close; who doesn't answer in `close_within` is cut."""
        if self.state == self.STATE_OPEN:
            self.transport.write(last_frames)
            encoded = (
                reason.encode("utf-8", "replace")[:LONGEST_REASON]
                .decode("utf-8", "ignore")
                .encode()
            )
            self.sendCloseFrame(int(code), encoded)

    def cut(self) -> None:
        """Cut the connection at once, without a close frame."""
        self.dropConnection(abort=True)

    # -- what autobahn calls

    def onConnect(self, request: Any) -> Optional[str]:
        """The opening handshake: the server's first subprotocol that the client offers too."""
        forwarded = request.headers.get("x-forwarded-for", "")
        peer = getattr(self.transport.getPeer(), "host", "")
        self.address = self.factory.proxies.client(peer, forwarded)
        return next((one for one in self.factory.protocols if one in request.protocols), None)

    def sendHttpErrorResponse(
        self, code: int, reason: str, responseHeaders: Optional[Sequence[tuple[str, Any]]] = None
    ) -> None:
        """The handshake is refused. autobahn's own answer doesn't say where it ends."""
        end = [("Content-Length", 0), ("Connection", "close")]
        super().sendHttpErrorResponse(code, reason, [*(responseHeaders or ()), *end])

    def onOpen(self) -> None:
        """The handshake is over."""
        clock, limits = self.factory.clock, self.factory.limits
        self.transport.unregisterProducer()  # twisted.web's channel, which is done
        self.outgoing = Outgoing(self.transport, clock, limits.max_buffer, self._slow)
        self.incoming = Incoming(self.transport, clock, SLICE, self._take)
        self._is_open = True
        self.factory.came(self)
        self._call(self.opened)
        self.forget_handshake()

    def dataReceived(self, data: bytes) -> None:
        """Bytes came."""
        self._quiet = 0
        if self._is_open:
            self.incoming.received(data)
        else:  # the handshake is bounded already
            self._dataReceived(data)

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
        most = self.factory.limits.max_fragments
        if 0 < most < self._fragments:
            self._max_message_size_exceeded(0, 0, f"more than {most} frames a message")
        super().onMessageFrameBegin(length)

    def onPing(self, payload: bytes) -> None:
        """A ping came: answer, unless it is a flood of them or the client doesn't read."""
        if not self._is_flood() and not self.outgoing.paused:
            super().onPing(payload)

    def onPong(self, payload: bytes) -> None:
        """A pong came; nobody has to send more of them than pings."""
        self._is_flood()

    def _is_flood(self) -> bool:
        """Count one; more than a second's worth at once, or that many a second, are a flood."""
        most = self.factory.limits.pings_a_second
        if not most:
            return False
        now = self.factory.clock.seconds()
        self._pings = max(0.0, self._pings - (now - self._pinged) * most) + 1.0
        self._pinged = now
        if self._pings <= max(most, 1.0):
            return False
        self.cut()  # abortConnection would go on parsing what came
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
        if self._is_open and not abort:
            self.outgoing.close(patience=self.factory.limits.close_within)
        super().dropConnection(abort)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """A message came."""
        if self._is_open:
            self._call(self.heard, payload, isBinary)

    def onClose(self, wasClean: bool, code: Optional[int], reason: Optional[str]) -> None:
        """The connection is gone."""
        if self.closeHandshakeTimeoutCall is not None:  # autobahn leaves it to expire
            self.closeHandshakeTimeoutCall.cancel()
            self.closeHandshakeTimeoutCall = None
        if self._is_open:
            self._is_open = False
            self.factory.went(self)
            self.incoming.lost()
            self.outgoing.lost()
            clean = wasClean and not self.closedByMe
            self._call(self.closed, clean, code if clean else None)

    def _slow(self) -> None:
        if self._is_open:
            self._call(self.slow)

    def _call(self, hook: Callable[..., None], *arguments: object) -> None:
        try:
            hook(*arguments)
        except Exception:
            self.logger.failure("a WebSocket, {hook}", hook=hook.__name__)
            if hook == self.failed:
                self.cut()
            elif self._is_open:
                self._call(self.failed)

    # -- what the server calls

    def tick(self) -> None:
        """Called TICKS times in one ping time: ping who is silent, close who doesn't answer."""
        if self.incoming.paused:  # by us: whatever it says, we would not hear it
            return
        self._quiet += 1
        if self._quiet == TICKS:
            self.sendPing()
        elif self._quiet >= 2 * TICKS and self._is_open:
            self._call(self.silent)


class WebSocketServer(WebSocketServerFactory):
    """Makes WebSocket connections, and looks after the silent ones while there are any.

    A subclass names its `protocol`, a subclass of `WebSocket`. Origins are not looked at: that is
    done before a connection is handed over.
    """

    protocol: Any = WebSocket
    log = SILENT
    logger = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        limits: WebSocketLimits,
        proxies: Proxies,
        subprotocols: Sequence[str] = (),
        server: str = "",
    ) -> None:
        super().__init__(protocols=list(subprotocols), server=server)
        self.clock = clock
        self.limits = limits
        self.proxies = proxies
        self.connections: set[WebSocket] = set()
        self._loop = LoopingCall(self._tick)
        self._loop.clock = clock
        self.setProtocolOptions(
            failByDrop=False,
            maxFramePayloadSize=limits.max_message,
            maxMessagePayloadSize=limits.max_message,
            openHandshakeTimeout=limits.open_within,
            closeHandshakeTimeout=limits.close_within,
            tcpNoDelay=True,
            allowedOrigins=["*"],
            allowNullOrigin=True,
        )
        self.protocol = with_options(self.protocol, self)

    def came(self, websocket: WebSocket) -> None:
        """A connection is open."""
        self.connections.add(websocket)
        if self.limits.ping and not self._loop.running:
            running = self._loop.start(self.limits.ping / TICKS, now=False)
            running.addErrback(lambda why: self.logger.failure("pinging", why))

    def went(self, websocket: WebSocket) -> None:
        """A connection is gone."""
        self.connections.discard(websocket)
        if not self.connections:
            self.stop()

    def stop(self) -> None:
        """Look after nobody any more, until another connection comes."""
        if self._loop.running:
            self._loop.stop()

    def _tick(self) -> None:
        for connection in list(self.connections):
            connection.tick()
