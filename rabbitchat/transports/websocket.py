"""`/ws`: the chat on WebSocket, in JSON or in lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.web.resource import Resource
from twisted.web.server import Request

from rabbitchat.chat.errors import Close
from rabbitchat.daemon import ChatDaemon
from rabbitchat.sockjs.origins import Origins, Proxies
from rabbitchat.sockjs.upgrades import header_values, upgrade
from rabbitchat.sockjs.websockets import WebSocket, WebSocketLimits, WebSocketServer
from rabbitchat.transports.speakers import JSONSpeaker, LineSpeaker

LINE = "rabbitchat.line"
"""The subprotocol that speaks the line protocol, one line a frame."""

GOING_AWAY = 1001
"""What a browser says when a page is closed or loaded again (RFC 6455, section 7.4.1): the user
may be back at once, so that is no good-bye."""

COMING_BACK = 4000
"""What a client says that gives a connection up and makes another one, as one that got no answer.
A page has no other code for that: a browser lets it send 1000 and 3000 to 4999 only."""

ANSWER_CLOSE = 4.0  # seconds for a client to answer a close frame


def is_goodbye(code: Optional[int]) -> bool:
    """Whether a client that closed its WebSocket with this code, or none, is not coming back."""
    return code not in (GOING_AWAY, COMING_BACK)


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


class WebSocketConnection(WebSocket):
    """One WebSocket connection of the chat, and who speaks on it."""

    factory: WebSocketFactory
    _speaker: Speaker

    def opened(self) -> None:
        """The handshake is over."""
        daemon = self.factory.daemon
        speaks_lines = self.websocket_protocol_in_use == LINE
        self._speaker = LineSpeaker(self, daemon) if speaks_lines else JSONSpeaker(self, daemon)
        self._speaker.start()

    def heard(self, payload: bytes, is_binary: bool) -> None:
        """A message came."""
        self._speaker.heard(payload, is_binary)

    def closed(self, clean: bool, code: Optional[int]) -> None:
        """The connection is gone."""
        self._speaker.lost(clean and is_goodbye(code))

    def slow(self) -> None:
        """The client reads too slowly."""
        self._speaker.close(Close.SLOW, "you read too slowly: come back")

    def silent(self) -> None:
        """The client answered no ping."""
        self._speaker.close(Close.NO_PONG, "you did not answer a ping: come back")

    def failed(self) -> None:
        """A bug of ours costs this session only."""
        self._speaker.close(Close.STATE_LOST, "an error of the server: come back")


class WebSocketFactory(WebSocketServer):
    """Makes the chat's WebSocket connections."""

    protocol = WebSocketConnection

    def __init__(self, clock: IReactorTime, daemon: ChatDaemon, proxies: Proxies) -> None:
        limits = WebSocketLimits(
            max_message=daemon.limits.max_line,
            max_buffer=daemon.limits.max_buffer,
            ping=daemon.limits.ping,
            close_within=ANSWER_CLOSE,
        )
        super().__init__(clock, limits, proxies, [LINE], server="rabbitchat")
        self.daemon = daemon


class WebSocketPage(Resource):
    """The resource at `/ws`: an upgrade from an allowed page, or a clear answer."""

    isLeaf = True

    def __init__(self, factory: WebSocketFactory, origins: Origins) -> None:
        super().__init__()
        self._factory = factory
        self._origins = origins

    def render(self, request: Request) -> Any:
        """Hand the connection over to WebSocket."""
        request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
        if (header_values(request, b"Upgrade") or [""])[-1].lower() != "websocket":
            request.setResponseCode(426)
            request.setHeader(b"Upgrade", b"websocket")
            return b"This address speaks WebSocket.\n"
        if not self._may_come(request):
            request.setResponseCode(403)
            return b"Pages from that origin may not connect: see --allow-origin.\n"
        return upgrade(request, self._factory)

    def _may_come(self, request: Request) -> bool:
        """No browser sends two origins: what does wants us to look at the wrong one."""
        origins: Sequence[Optional[str]] = header_values(request, b"Origin") or (None,)
        host = (header_values(request, b"Host") or [""])[-1]
        return len(origins) == 1 and self._origins.allows(origins[0], host)
