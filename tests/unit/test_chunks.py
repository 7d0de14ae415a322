"""A part of a response goes past twisted.web only where the client gets the same."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.resource import EncodingResourceWrapper, Resource
from twisted.web.server import NOT_DONE_YET, GzipEncoderFactory, Request, Site

from rabbitchat.sockjs.sending import send_chunk

HTTP11 = b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"
HTTP10 = b"GET / HTTP/1.0\r\n\r\n"


class Page(Resource):
    """Answers later."""

    isLeaf = True
    request: Request

    def render_GET(self, request: Request) -> int:
        """See Resource."""
        self.request = request
        return NOT_DONE_YET


class Loud(Request):
    """A request with a `write` of its own."""

    def write(self, data: bytes) -> None:
        """In capitals."""
        super().write(data.upper())


class Wire(StringTransport):
    """What twisted.web wants of a TCP transport, too."""

    def setTcpNoDelay(self, enabled: bool) -> None:
        """See ITCPTransport."""


class Begun:
    """A response that has begun with the word "first"."""

    def __init__(self, asked: bytes, kind: type[Request], encoded: bool) -> None:
        page = Page()
        root = EncodingResourceWrapper(page, [GzipEncoderFactory()]) if encoded else page
        site: Any = Site(root, requestFactory=kind, reactor=Clock())
        self.wire = Wire()
        self.channel = site.buildProtocol(self.wire.getPeer())
        self.channel.makeConnection(self.wire)
        self.channel.dataReceived(asked)
        self.request = page.request
        self.request.write(b"first")

    def finish(self) -> bytes:
        """What followed the headers."""
        self.request.finish()
        return bytes(self.wire.value()).partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("asked", "kind", "encoded"),
    [
        (HTTP11, Request, False),
        (HTTP10, Request, False),
        (HTTP11, Loud, False),
        (HTTP11, Request, True),
    ],
    ids=["chunks", "HTTP/1.0", "a write of its own", "gzip"],
)
def test_it_looks_as_twisted_web_writes_it(
    asked: bytes, kind: type[Request], encoded: bool
) -> None:
    usual, fast = (Begun(asked, kind, encoded) for _ in range(2))
    for part in (b"second", b"x" * 1000):
        usual.request.write(part)
        send_chunk(fast.request, part)
    assert fast.request.sentLength == usual.request.sentLength
    assert fast.finish() == usual.finish()


def test_after_the_loss_nothing_is_written() -> None:
    response = Begun(HTTP11, Request, encoded=False)
    before = response.wire.value()
    response.channel.connectionLost(Failure(ConnectionLost()))
    send_chunk(response.request, b"second")
    assert response.wire.value() == before
