"""What a WebSocket connection shares with the others of its server."""

from __future__ import annotations

from typing import Any

from autobahn.twisted.websocket import WebSocketServerProtocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from rabbitchat.sockjs.origins import Proxies
from rabbitchat.sockjs.websockets import WebSocketLimits, WebSocketServer


def test_every_option_holds_and_only_functions_are_copied() -> None:
    limits = WebSocketLimits(max_message=77, open_within=0)
    server: Any = WebSocketServer(Clock(), limits, Proxies(()))
    connection = server.buildProtocol(None)
    connection.makeConnection(StringTransport())
    assert connection.maxMessagePayloadSize == 77
    for name in WebSocketServerProtocol.CONFIG_ATTRS:
        option = getattr(server, name)
        assert getattr(connection, name) == option
        assert (name in vars(connection)) == callable(option)
