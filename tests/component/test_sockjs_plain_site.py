"""A service in a site of twisted.web's own, which bounds nothing by itself."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.protocol import Factory
from twisted.protocols.wire import Echo
from twisted.web.resource import Resource
from twisted.web.server import Site

from rabbitchat.sockjs import SockJSResource
from support import sockjs_raw as raw

reactor: Any = _reactor


@pytest.mark.parametrize("kind", ["xhr_send", "jsonp_send"])
@pytest_twisted.ensureDeferred
async def test_what_a_request_brings_is_bounded_once_it_was_read(kind: str) -> None:
    service = SockJSResource(Factory.forProtocol(Echo), {"max_message": 1000})
    root = Resource()
    root.putChild(b"echo", service)
    port = reactor.listenTCP(0, Site(root), interface="127.0.0.1")
    connection = await raw.connect(port.getHost().port)
    opened = await connection.send("POST", "/echo/0/bob/xhr", body=b"").whole()
    assert opened.body == b"o\n"
    for size, status in ((1001, 413), (1000, 204 if kind == "xhr_send" else 200)):
        body = b'["' + b"x" * (size - 4) + b'"]'
        answer = connection.send("POST", f"/echo/0/bob/{kind}", body=body)
        assert (await answer.whole()).status == status
    connection.vanish()
    service.stop()
    await port.stopListening()
