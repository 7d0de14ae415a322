"""Texts over SockJS: in its frames on a WebSocket, or by one HTTP request after the other."""

from __future__ import annotations

import json
from io import BytesIO
from itertools import count
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    FileBodyProducer,
    HTTPConnectionPool,
    ResponseDone,
    ResponseFailed,
    ResponseNeverReceived,
)

from support.carriers import HOST, Carrier, End, Nobody, Receiver, WebSocket, open_websocket

reactor: Any = _reactor

POLLING, STREAMING = "xhr", "xhr_streaming"

_names = count(1)
_LOST = (CancelledError, ConnectionRefusedError, ResponseFailed, ResponseNeverReceived)


class FramedWebSocket:
    """A Carrier on SockJS's WebSocket transport."""

    def __init__(self, websocket: WebSocket) -> None:
        self.receiver: Receiver = Nobody()
        self.opened: Deferred[None] = Deferred()
        self._websocket = websocket
        self._farewell: list[Any] = []
        before, websocket.receiver = websocket.receiver, self
        assert isinstance(before, Nobody)
        for frame in before.texts:
            self.received(frame)

    def received(self, text: str) -> None:
        """A frame came."""
        if text == "o":
            self.opened.callback(None)
        elif text.startswith("a"):
            for message in json.loads(text[1:]):
                self.receiver.received(message)
        elif text.startswith("c"):
            self._farewell = json.loads(text[1:])
        else:
            assert text == "h"

    def over(self, end: End) -> None:
        """The WebSocket is gone, with the code that was said in a frame before."""
        if self._farewell:
            assert end.code == self._farewell[0]
        self.receiver.over(end)

    def send_text(self, text: str) -> None:
        """See Carrier."""
        self._websocket.send_text(json.dumps([text]))

    def close(self) -> None:
        """See Carrier; the code says that it is for good."""
        self._websocket.close()

    def vanish(self) -> None:
        """See Carrier."""
        self._websocket.vanish()

    def stop_reading(self) -> None:
        """See Carrier."""
        self._websocket.stop_reading()

    def read_again(self) -> None:
        """See Carrier."""
        self._websocket.read_again()


class Requests:
    """A Carrier on SockJS's xhr or xhr_streaming transport."""

    def __init__(self, url: str, transport: str) -> None:
        self.receiver: Receiver = Nobody()
        self.opened: Deferred[None] = Deferred()
        self._url = f"{url}/000/client{next(_names)}"
        self._transport = transport
        self._agent = Agent(reactor, pool=HTTPConnectionPool(reactor, persistent=False))
        self._asked: Deferred[Any] = Deferred()
        self._body = _Body(self)
        self._to_send: list[str] = []
        self._sending = False
        self._leaving = False
        self._end = End(False, None, "")
        self._over = False
        Deferred.fromCoroutine(self._receive()).addErrback(self._stopped)

    async def _receive(self) -> None:
        while not self._over:
            self._asked = self._agent.request(b"POST", f"{self._url}/{self._transport}".encode())
            response = await self._asked
            assert response.code == 200
            self._body = _Body(self)
            response.deliverBody(self._body)
            await self._body.ended

    def frame(self, frame: str) -> None:
        """A frame came."""
        if frame == "o":
            self.opened.callback(None)
        elif frame.startswith("a"):
            for message in json.loads(frame[1:]):
                self.receiver.received(message)
        elif frame.startswith("c"):
            code, reason = json.loads(frame[1:])
            self._finish(End(True, code, reason))
        else:
            assert frame in ("h", "h" * 2048)

    def send_text(self, text: str) -> None:
        """See Carrier. What is said while a request is under way goes with the next one."""
        self._to_send.append(text)
        if not self._sending:
            self._sending = True
            Deferred.fromCoroutine(self._send()).addErrback(self._stopped)

    async def _send(self) -> None:
        while self._to_send:
            body, self._to_send = json.dumps(self._to_send), []
            url = f"{self._url}/xhr_send".encode()
            response = await self._agent.request(b"POST", url, bodyProducer=_producer(body))
            assert response.code == 204
        self._sending = False
        if self._leaving:
            self.vanish()

    def _stopped(self, why: Failure) -> None:
        if not self._over:
            why.trap(*_LOST)
            self._finish(self._end)

    def _finish(self, end: End) -> None:
        if not self._over:
            self._over = True
            self.receiver.over(end)

    def close(self) -> None:
        """See Carrier: stop asking, once all is sent."""
        self._end = End(True, None, "")
        self._leaving = True
        if not self._sending:
            self.vanish()

    def vanish(self) -> None:
        """See Carrier."""
        if not self._over:
            self._finish(self._end)
            self._asked.cancel()
            self._body.cut()

    def stop_reading(self) -> None:
        """See Carrier."""
        self._body.transport.pauseProducing()

    def read_again(self) -> None:
        """See Carrier."""
        self._body.transport.resumeProducing()


class _Body(LineOnlyReceiver):
    """The frames of one response, a line each."""

    delimiter = b"\n"
    MAX_LENGTH = 1 << 24
    transport: Any = None

    def __init__(self, carrier: Requests) -> None:
        self.ended: Deferred[None] = Deferred()
        self._carrier = carrier

    def lineReceived(self, line: bytes) -> None:
        """A frame came."""
        self._carrier.frame(line.decode())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The response is over."""
        if reason.check(ResponseDone):
            self.ended.callback(None)
        else:
            self.ended.errback(CancelledError())

    def cut(self) -> None:
        """Be lost."""
        if self.transport is not None and not self.ended.called:
            self.transport.stopProducing()


def _producer(body: str) -> FileBodyProducer:
    return FileBodyProducer(BytesIO(body.encode()))


async def open_sockjs(port: int, transport: str) -> Carrier:
    """Open a session at `/chat` by `websocket`, `xhr` or `xhr_streaming`."""
    if transport == "websocket":
        path = f"/chat/000/client{next(_names)}/websocket"
        carrier: Any = FramedWebSocket(await open_websocket(port, path))
    else:
        carrier = Requests(f"http://{HOST}:{port}/chat", transport)
    await carrier.opened
    opened: Carrier = carrier
    return opened
