"""The endpoint `sockjs:` listens, and serves any factory by SockJS."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.endpoints import TCP4ServerEndpoint, serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint

from rabbitchat.sockjs.endpoint import SockJSEndpoint
from support.carriers import HOST
from support.sockjs_raw import (
    HTTP11,
    Connection,
    Response,
    WebSocket,
    connect,
    handshake,
    open_websocket,
)
from support.sockjs_services import Recorders, echo

reactor: Any = _reactor


class Listener:
    """Ports of endpoints, which are closed with the test, and an echo for them."""

    def __init__(self) -> None:
        self.echo = Recorders()
        self.echo.on_message = echo
        self._ports: list[IListeningPort] = []
        self._clients: list[Connection] = []

    async def listen(self, endpoint: str | IStreamServerEndpoint) -> int:
        """Listen; the number of the port."""
        listens: Any = endpoint
        if isinstance(endpoint, str):
            listens = serverFromString(reactor, endpoint)
        self._ports.append(await listens.listen(self.echo))
        number: int = self._ports[-1].getHost().port  # type: ignore[attr-defined]
        return number

    async def says(self, port: int, preface: bytes = b"") -> bytes:
        """What a poll of a new session gets once it has sent something, and where the session's
        client is said to be."""
        client = await connect(port)
        self._clients.append(client)
        client.write(preface)
        opened = await client.send("POST", "/000/one/xhr", body=b"").whole()
        assert opened.body == b"o\n"
        sent = await client.send("POST", "/000/one/xhr_send", body=b'["hello"]').whole()
        assert sent.status == 204
        return (await client.send("POST", "/000/one/xhr", body=b"").whole()).body

    def stop(self) -> None:
        """Close the ports, and cut the clients."""
        for client in self._clients:
            client.vanish()
        for port in self._ports:
            pytest_twisted.blockon(port.stopListening())


@pytest.fixture
def listener(twisted_greenlet: object) -> Iterator[Listener]:
    """Listens on endpoints."""
    listener = Listener()
    yield listener
    listener.stop()


@pytest.mark.parametrize("beneath", [r"tcp\:0\:interface=127.0.0.1", "tcp:0"])
@pytest_twisted.ensureDeferred
async def test_a_factory_is_served_at_the_root(listener: Listener, beneath: str) -> None:
    port = await listener.listen(f"sockjs:{beneath}")
    assert await listener.says(port) == b'a["hello"]\n'
    websocket = await open_websocket(port, "/websocket")
    websocket.say("raw")
    await websocket.hears("raw")
    websocket.vanish()


@pytest_twisted.ensureDeferred
async def test_options_are_heeded(listener: Listener) -> None:
    port = await listener.listen(r"sockjs:tcp\:0\:interface=127.0.0.1:websocket=no")
    client = await connect(port)
    info = await client.send("GET", "/info").whole()
    assert b'"websocket": false' in info.body
    client.vanish()


@pytest_twisted.ensureDeferred
async def test_beneath_may_be_the_proxy_protocol(listener: Listener) -> None:
    port = await listener.listen(r"sockjs:haproxy\:tcp\:0\:interface=127.0.0.1")
    preface = b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n"
    assert await listener.says(port, preface) == b'a["hello"]\n'
    assert listener.echo.session.transport.getPeer().host == "192.0.2.7"  # type: ignore[attr-defined]


@pytest_twisted.ensureDeferred
async def test_a_websocket_behind_the_proxy_protocol(listener: Listener) -> None:
    port = await listener.listen(r"sockjs:haproxy\:tcp\:0\:interface=127.0.0.1")
    client = await connect(port)
    client.write(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n" + handshake("/websocket"))
    response = await Response(client, "GET", HTTP11).head()
    assert response.status == 101
    websocket = WebSocket(client, response)
    websocket.say("raw")
    await websocket.hears("raw")
    assert listener.echo.session.transport.getPeer().host == "192.0.2.7"  # type: ignore[attr-defined]
    websocket.vanish()


@pytest_twisted.ensureDeferred
async def test_without_a_description(listener: Listener) -> None:
    beneath = TCP4ServerEndpoint(reactor, 0, interface=HOST)
    port = await listener.listen(SockJSEndpoint(beneath, {"websocket": False}, reactor))
    assert await listener.says(port) == b'a["hello"]\n'


@pytest_twisted.ensureDeferred
async def test_a_port_in_use(listener: Listener) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(CannotListenError, match="Address already in use"):
            await listener.listen(rf"sockjs:tcp\:{number}\:interface=127.0.0.1")


@pytest_twisted.ensureDeferred
async def test_one_endpoint_may_listen_for_several_factories(listener: Listener) -> None:
    endpoint = serverFromString(reactor, r"sockjs:tcp\:0\:interface=127.0.0.1")
    for _ in range(2):
        assert await listener.says(await listener.listen(endpoint)) == b'a["hello"]\n'
    assert len(listener.echo.sessions) == 2
