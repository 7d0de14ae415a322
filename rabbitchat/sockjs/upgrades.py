"""From HTTP to WebSocket: is this an opening handshake, and who takes the connection."""

from __future__ import annotations

from typing import Any

from autobahn.twisted.resource import WebSocketResource
from twisted.web.server import Request

from .http_limits import BoundedChannel
from .websockets import WebSocketServer


def header_values(request: Request, name: bytes) -> list[str]:
    """All headers of this name. Twisted takes them for UTF-8 and raises where they aren't; what
    we look for is ASCII."""
    return [value.decode("latin-1") for value in request.requestHeaders.getRawHeaders(name, [])]


def has_token(request: Request, name: bytes, token: str) -> bool:
    """Whether a header that is a list (RFC 9110, section 5.6.1) has this, in any case."""
    listed = ",".join(header_values(request, name)).split(",")
    return any(one.strip(" \t").lower() == token for one in listed)


def is_upgrade(request: Request) -> bool:
    """Whether this asks for a WebSocket (RFC 6455, section 4.2.1, points 1 to 4).

    The rest of the handshake is looked at by whoever it is handed over to.
    """
    return (
        request.method == b"GET"
        and request.clientproto == b"HTTP/1.1"
        and has_token(request, b"Upgrade", "websocket")
        and has_token(request, b"Connection", "upgrade")
    )


def upgrade(request: Request, server: WebSocketServer) -> Any:
    """Hand a request's connection over to a WebSocket of this server, which answers the
    handshake; gives what a resource's `render` returns."""
    channel: Any = request.channel
    if isinstance(channel, BoundedChannel):
        channel.hand_over()
    maker = _Maker(server)
    answer = WebSocketResource(maker).render(request)
    if maker.made is not None:
        # A client that didn't wait for the answer sent frames with the handshake. twisted.web
        # would keep them for the next request.
        channel.rawDataReceived = maker.made.dataReceived
    return answer


class _Maker:
    """A server's factory, and what it made last."""

    def __init__(self, server: WebSocketServer) -> None:
        self._server = server
        self.made: Any = None

    def buildProtocol(self, address: Any) -> Any:
        """See IProtocolFactory."""
        self.made = self._server.buildProtocol(address)
        return self.made
