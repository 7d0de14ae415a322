"""For tests of hostile clients: somebody who is not to notice, and what the server holds."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.tcp import Server

from rabbitchat.sockjs.sending import unsent
from support.sockjs_raw import Connection, WebSocket
from support.sockjs_services import App, Recorder, new_session
from support.sockjs_transports import XHR_STREAMING, Receiver
from support.waiting import until

reactor: Any = _reactor

HELD = 65536 + 262144
"""Bytes that may wait for one client: in Twisted's buffer, and by the option max_buffer."""


class Bystander:
    """Clients of the same service, one with polls and one with a WebSocket."""

    def __init__(self, app: App, url: str, stream: Receiver, websocket: WebSocket) -> None:
        self._app = app
        self._url = url
        self._stream = stream
        self._websocket = websocket
        self._sessions: list[Recorder] = app.application.sessions[-2:]
        self.count = 2

    async def is_well(self) -> None:
        """Messages go both ways."""
        polled, open_ = self._sessions
        self._websocket.say('["still here"]')
        await self._app.send(self._url, b'["still here"]')
        await until(lambda: open_.heard, what="a message")
        assert polled.heard == open_.heard == [b"still here"]
        for session in self._sessions:
            session.heard.clear()
            session.transport.write(b"you too")
        await self._stream.frames('a["you too"]')
        await self._websocket.hears('a["you too"]')


async def bystander(app: App) -> Bystander:
    """Somebody who is there before the trouble begins."""
    url = "/app" + new_session()
    stream = await XHR_STREAMING.receive(app, url)
    websocket = await app.websocket(f"/app{new_session()}/websocket")
    await stream.frames("o")
    await websocket.hears("o")
    return Bystander(app, url, stream, websocket)


def waiting(connection: Connection) -> int:
    """Bytes that wait in this process for a client."""
    for one in {*reactor.getReaders(), *reactor.getWriters()}:
        if isinstance(one, Server) and one.getPeer() == connection.transport.getHost():
            return unsent(one) or 0
    return 0


def read_nothing(connection: Connection) -> None:
    """Leave in the socket what comes, and have it hold little."""
    connection.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.transport.pauseProducing()
