"""Sessions on a WebSocket: with SockJS's frames, and raw.

The session is the connection: it has no name, and nothing of it is left when the connection is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Optional

from twisted.internet.interfaces import IDelayedCall
from twisted.web.server import Request

from .closing import FAILED, GO_AWAY, Ending
from .frames import HEARTBEAT, OPEN, BrokenPayload, Frame, Message, closing, decode_frame
from .refusals import Refused
from .service import Service, TooManySessions, host_of, seen_as
from .session import MESSAGES_A_TURN
from .transport import SockJSTransport
from .upgrades import is_upgrade, upgrade
from .websockets import BINARY, TEXT, TICKS, WebSocket, WebSocketLimits, WebSocketServer, frame

BROKEN = 1007


class SessionWebSocket(WebSocket):
    """What both kinds have in common: a carrier of a `SockJSTransport`."""

    factory: SessionWebSockets
    _session: Optional[SockJSTransport] = None
    _ending = Ending.LOST
    _held: Optional[deque[Any]] = None  # messages that came and wait for their turn
    _turn: Optional[IDelayedCall] = None
    _is_handing_over = False
    _is_stopped = False  # the application doesn't read

    def opened(self) -> None:
        """See WebSocket."""
        service = self.factory.service
        service.count(self.address)
        peer = seen_as(self.transport.getPeer(), self.address)
        self._session = service.connect(self, self.transport.getHost(), peer)
        self.outgoing.writer = self._session
        self._greet()
        self._session.opened()

    def _greet(self) -> None:
        """Say that the session is open."""

    def closed(self, clean: bool, code: Optional[int]) -> None:
        """See WebSocket. What came before the end is heard before it."""
        self.factory.service.uncount(self.address)
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        while self._held and self._session is not None and not self._is_stopped:
            self._receive(self._held.popleft())
        session, self._session = self._session, None
        if session is not None:
            session.lost(Ending.LEFT if clean else self._ending, code)

    def slow(self) -> None:
        """See WebSocket."""
        if self._session is not None:
            self._session.slow()

    def silent(self) -> None:
        """See WebSocket."""
        if self._session is not None:
            self._session.silent()

    def failed(self) -> None:
        """See WebSocket."""
        self._say_farewell(*FAILED)

    def _say_farewell(self, code: int, reason: str, last_frames: bytes = b"") -> None:
        self.finish(last_frames, code, reason)

    def _frame(self, message: Message) -> bytes:
        """A message in this kind's frame."""
        raise NotImplementedError

    # -- transport.Carrier

    def send(self, message: Message) -> None:
        """Send a message."""
        self.write(self._frame(message))

    def end(self, code: int, reason: str, last_words: Optional[Message] = None) -> None:
        """Say a last message and why, and close."""
        self._ending = Ending.CLOSED
        last_frames = b"" if last_words is None else self._frame(last_words)
        self._say_farewell(code, reason, last_frames)

    def abort(self, code: int, reason: str) -> None:
        """The same: what waits can't be taken back, but who doesn't read it is cut soon."""
        self._say_farewell(code, reason)

    def pause(self) -> None:
        """Hear no more for now."""
        self._is_stopped = True
        self._regulate()

    def resume(self) -> None:
        """Hear on, in a turn of its own: the application may be in the middle of something."""
        self._is_stopped = False
        if self._held is not None and self._turn is None and not self._is_handing_over:
            self._turn = self.factory.clock.callLater(0, self._hand_over)
        self._regulate()

    # -- what came

    def _came(self, messages: Sequence[Any]) -> None:
        """Hear these, behind those that wait."""
        if self._held is not None:
            self._held.extend(messages)
            return
        if len(messages) == 1 and not self._is_stopped:  # nearly always
            self._receive(messages[0])
            return
        self._held = deque(messages)
        self._hand_over()

    def _hand_over(self) -> None:
        self._turn = None
        held, self._is_handing_over = self._held, True
        for _ in range(MESSAGES_A_TURN):
            if not held or self._is_stopped or self._session is None:
                break
            if self._session.disconnecting:
                break
            self._receive(held.popleft())
        self._is_handing_over = False
        if not held or self._session is None or self._session.disconnecting:
            self._held = None  # who has closed would hear nothing of the rest
        elif not self._is_stopped:
            self._turn = self.factory.clock.callLater(0, self._hand_over)
        self._regulate()

    def _receive(self, message: Any) -> None:
        """Give the application one message."""
        assert self._session is not None
        self._session.received(message)

    def _regulate(self) -> None:
        """Read from the connection only what can be heard at once."""
        waits = self._is_stopped or self._held is not None
        if waits != self.incoming.paused:
            self.incoming.pause() if waits else self.incoming.resume()


class SockJSWebSocket(SessionWebSocket):
    """`/SERVER/SESSION/websocket`."""

    _silence = 0  # ticks since a frame was sent

    def _greet(self) -> None:
        self.write(_framed(OPEN))

    def heard(self, payload: bytes, is_binary: bool) -> None:
        """See WebSocket. What is broken ends the connection, without a frame of SockJS's."""
        if not self.can_send or self._session is None:
            return
        try:
            batch = decode_frame(payload)
        except BrokenPayload as broken:
            self.finish(b"", BROKEN, str(broken))
            return
        self._came(batch)

    def tick(self) -> None:
        """See WebSocket; there is a heartbeat after TICKS of them without a frame."""
        super().tick()
        self._silence += 1
        if self._silence >= TICKS and not self.outgoing.paused:
            self._silence = 0
            self.write(_framed(HEARTBEAT))

    def _say_farewell(self, code: int, reason: str, last_frames: bytes = b"") -> None:
        self.finish(last_frames + _framed(closing(code, reason)), code, reason)

    def _frame(self, message: Message) -> bytes:
        self._silence = 0
        return _framed(message.frame)


class RawWebSocket(SessionWebSocket):
    """`/websocket`: each message as it is, both ways."""

    def heard(self, payload: bytes, is_binary: bool) -> None:
        """See WebSocket."""
        if self.can_send and self._session is not None:
            self._came([(payload, is_binary)])

    def _receive(self, message: tuple[bytes, bool]) -> None:
        assert self._session is not None
        data, self._session.is_binary = message
        self._session.received(data)

    def _frame(self, message: Message) -> bytes:
        """What is no UTF-8 goes as a binary message."""
        framed = message.framed.get(RawWebSocket)
        if framed is None:
            opcode = TEXT if message.is_text else BINARY
            framed = message.framed[RawWebSocket] = frame(message, opcode)
        return framed

    def send_binary(self, data: bytes) -> None:
        """See transport.BinaryCarrier."""
        self.write(frame(data, BINARY))


def _framed(plain: Frame) -> bytes:
    """A frame of SockJS's in one of WebSocket's, made once."""
    framed = plain.framed.get(SockJSWebSocket)
    if framed is None:
        framed = plain.framed[SockJSWebSocket] = frame(plain)
    return framed


class SessionWebSockets(WebSocketServer):
    """Makes the WebSockets of one kind for a service."""

    def __init__(self, service: Service, protocol: type[SessionWebSocket]) -> None:
        options = service.options
        limits = WebSocketLimits(
            max_message=options.max_message,
            max_fragments=options.max_fragments,
            pings_a_second=options.pings_a_second,
            max_buffer=options.max_buffer,
            ping=options.heartbeat_delay,
        )
        self.protocol = protocol
        self.service = service
        super().__init__(service.clock, limits, service.proxies)

    def upgrade(self, request: Request) -> Any:
        """Take over a request's connection. Refused: it asks for no WebSocket, or there are too
        many sessions of its address."""
        if not is_upgrade(request):
            raise Refused(400, "Not a valid websocket request")
        try:
            self.service.check_room(host_of(self.service.peer(request)))
        except TooManySessions:
            raise Refused(503, "there are too many sessions of your address") from None
        return upgrade(request, self)

    def end_all(self) -> None:
        """End all sessions."""
        for websocket in list(self.connections):
            assert isinstance(websocket, SessionWebSocket)
            websocket.end(*GO_AWAY)


class WebSockets:
    """Both kinds."""

    def __init__(self, service: Service) -> None:
        self.sockjs = SessionWebSockets(service, SockJSWebSocket)
        self.raw = SessionWebSockets(service, RawWebSocket)

    def stop(self) -> None:
        """End all sessions."""
        self.sockjs.end_all()
        self.raw.end_all()
