"""An application's factory that fails costs the session that it should have served, only."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.wire import Echo

from rabbitchat.sockjs import SockJSFactory
from support import sockjs_raw as raw
from support.hygiene import LoggedFailures

reactor: Any = _reactor


class FailsOnce(Factory):
    """Raises when the first client comes."""

    asked = 0

    def buildProtocol(self, addr: Any) -> Protocol:
        self.asked += 1
        if self.asked == 1:
            raise RuntimeError("not today")
        return Echo()


@pytest.mark.parametrize("first", ["xhr", "websocket"])
@pytest_twisted.ensureDeferred
async def test_a_factory_that_raises_refuses_that_client(
    first: str, expected_failures: LoggedFailures
) -> None:
    port = reactor.listenTCP(0, SockJSFactory(FailsOnce()), interface="127.0.0.1")
    number = port.getHost().port
    if first == "xhr":
        connection = await raw.connect(number)
        for body in (b"o\n", b'c[3000,"Go away!"]\n'):
            answer = await connection.send("POST", "/0/bob/xhr", body=b"").whole()
            assert (answer.status, answer.body) == (200, body)
        connection.vanish()
    else:
        websocket = await raw.open_websocket(number, "/0/bob/websocket")
        await websocket.hears("o", 'c[3000,"Go away!"]')
        await websocket.closes(3000, "Go away!")
    assert len(expected_failures.flush(RuntimeError)) == 1
    connection = await raw.connect(number)
    await connection.send("POST", "/0/ann/xhr", body=b"").whole()
    await connection.send("POST", "/0/ann/xhr_send", body=b'["hi"]').whole()
    answer = await connection.send("POST", "/0/ann/xhr", body=b"").whole()
    assert answer.body == b'a["hi"]\n'
    connection.vanish()
    await port.stopListening()
