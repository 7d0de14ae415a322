"""SockJS by one HTTP request after the other, for a server that may fail at any moment.

As sockjs-client does, it gives the session up when a request fails, or when the server opens
another one in its place; whoever uses it comes back with a new one.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any, Optional

from twisted.internet.defer import CancelledError, Deferred
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure
from twisted.web.client import Agent, FileBodyProducer, HTTPConnectionPool, ResponseDone

from support.carriers import End, Nobody, Receiver

_BROKEN = End(False, None, "a request failed")


class Polling:
    """A Carrier; `transport` is `xhr` or `xhr_streaming`. `opened` fires with the first frame."""

    def __init__(self, reactor: Any, url: str, transport: str) -> None:
        self.receiver: Receiver = Nobody()
        self.opened: Deferred[None] = Deferred()
        self._url = url
        self._agent = Agent(
            reactor, connectTimeout=4.0, pool=HTTPConnectionPool(reactor, persistent=False)
        )
        self._frames: Optional[_Frames] = None
        self._to_send: list[str] = []
        self._sending: Optional[Deferred[None]] = None
        self._is_open = False
        self._over = False
        self._polling = Deferred.fromCoroutine(self._poll(transport)).addErrback(self._failed)

    async def _request(self, path: str, body: bytes, status: int) -> Any:
        url = f"{self._url}/{path}".encode()
        producer = FileBodyProducer(BytesIO(body))
        response = await self._agent.request(b"POST", url, bodyProducer=producer)
        if response.code != status:
            raise ConnectionError(f"status {response.code}")
        return response

    async def _poll(self, transport: str) -> None:
        while not self._over:
            response = await self._request(transport, b"", 200)
            self._frames = _Frames(self)
            response.deliverBody(self._frames)
            await self._frames.ended

    def frame(self, frame: str) -> None:
        """A frame came."""
        if self._over:
            return
        if frame == "o" and not self._is_open:
            self._is_open = True
            self.opened.callback(None)
        elif frame == "o":
            self._finish(End(False, None, "the session was lost"))
        elif frame.startswith("a"):
            for text in json.loads(frame[1:]):
                self.receiver.received(text)
        elif frame.startswith("c"):
            code, reason = json.loads(frame[1:])
            self._finish(End(True, code, reason))

    def send_text(self, text: str) -> None:
        """See Carrier. What is said while a request is under way goes with the next one."""
        self._to_send.append(text)
        if self._sending is None and not self._over:
            self._sending = Deferred.fromCoroutine(self._send()).addErrback(self._failed)

    async def _send(self) -> None:
        while self._to_send:
            body, self._to_send = json.dumps(self._to_send).encode(), []
            await self._request("xhr_send", body, 204)
        self._sending = None

    def _failed(self, why: Failure) -> None:
        """Whatever it was: a connection that can't be made, that broke, or a bad answer."""
        self._finish(_BROKEN)

    def _finish(self, end: End) -> None:
        if self._over:
            return
        self._over = True
        self._polling.cancel()
        if self._sending is not None:
            self._sending.cancel()
        if self._frames is not None:
            self._frames.cut()
        if not self._is_open:
            self.opened.errback(ConnectionError(end.reason))
        self.receiver.over(end)

    def close(self) -> None:
        """See Carrier: just ask no more."""
        self._finish(_BROKEN)

    def vanish(self) -> None:
        """See Carrier."""
        self._finish(_BROKEN)

    def stop_reading(self) -> None:
        """See Carrier. Nobody asks for it here."""

    def read_again(self) -> None:
        """See Carrier."""


class _Frames(LineOnlyReceiver):
    """The frames of one response, a line each."""

    delimiter = b"\n"
    MAX_LENGTH = 1 << 24
    transport: Any = None

    def __init__(self, carrier: Polling) -> None:
        self.ended: Deferred[None] = Deferred()
        self._carrier = carrier

    def lineReceived(self, line: bytes) -> None:
        """A frame came."""
        self._carrier.frame(line.decode())

    def connectionLost(self, reason: Any = None) -> None:
        """The response is over."""
        if self.ended.called:
            return
        if reason is not None and reason.check(ResponseDone):
            self.ended.callback(None)
        else:
            self.ended.errback(CancelledError())

    def cut(self) -> None:
        """Be lost."""
        if self.transport is not None:
            self.transport.stopProducing()
