"""Whole daemons in this process, on free ports, and clients of all kinds for them.

`chat = await node(rate=2, burst=1)` starts one, `ann = await chat.connected("ann", "lobby")` is a
client of it. The daemons of one test share an exchange: they are the nodes of one chat, each with
a log of its own. All of them, and their clients, are ended with the test.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from typing import Any, Optional

import pytest
import pytest_twisted
from autobahn.twisted.websocket import WebSocketClientFactory
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred, maybeDeferred

from rabbitchat import tap
from rabbitchat.brokers.memory import MemoryBroker, MemoryExchange
from rabbitchat.log.memory import MemoryLog
from rabbitchat.settings import Limits, Settings
from support.carriers import WebSocket, open_lines, open_websocket
from support.clients import JSONClient, LineClient
from support.raw import Raw, RawWebSocket, open_raw, open_raw_websocket
from support.sockjs_carriers import open_sockjs

reactor: Any = _reactor

_LOCAL = "tcp:0:interface=127.0.0.1"

USUAL = {"rate": 0.0, "grace": 0.2}
"""What differs from the daemon's own defaults, so that tests are quick."""


class Node:
    """A running daemon."""

    def __init__(self, service: tap.RabbitChat) -> None:
        self.service = service
        self.daemon = service.daemon
        self.port: int = service.ports[0].address.port
        self.line_port: int = service.ports[1].address.port
        self._vanish: list[Callable[[], None]] = []
        self._stopped = False

    # -- clients

    async def fill_up(self, speaker: JSONClient) -> int:
        """Let somebody say as much in the lobby as it takes until one who doesn't read is sent
        away; how many times it was."""
        for said in range(1, 200):
            await speaker.says("lobby", "x" * 200_000)
            if any(_is_sent_away(connection.client) for connection in self.daemon._connections):
                return said
        raise AssertionError("nobody is too slow")

    async def websocket(
        self,
        path: str = "/ws",
        origin: Optional[str] = None,
        headers: Optional[dict[str, str]] = None,
        configure: Callable[[WebSocketClientFactory], None] = lambda factory: None,
    ) -> JSONClient:
        """A program on a WebSocket that has not said who it is."""
        carrier = await open_websocket(
            self.port, path, origin=origin, headers=headers, configure=configure
        )
        return self._json(JSONClient(carrier))

    async def sockjs(self, transport: str = "websocket") -> JSONClient:
        """A program on SockJS, by one of its transports."""
        return self._json(JSONClient(await open_sockjs(self.port, transport)))

    async def connected(self, nick: str, *rooms: str, **fields: Any) -> JSONClient:
        """A program that is somebody, and in these rooms."""
        client = await self.websocket()
        client.me = await client.command("connect", nick=nick, **fields)
        for room in rooms:
            await client.command("join", room=room)
        return client

    async def line_on_websocket(self) -> LineClient:
        """A person whose lines travel in WebSocket frames."""
        carrier: WebSocket = await open_websocket(self.port, protocols=["rabbitchat.line"])
        return self._line(LineClient(carrier))

    async def line(self) -> LineClient:
        """A person at telnet."""
        return self._line(LineClient(await open_lines(self.line_port)))

    async def json_lines(self) -> JSONClient:
        """A program on the line port, in JSON mode."""
        person = await self.line()
        await person.sees("What is your name?")
        person.types("/mode json")
        return self._json(JSONClient(person.carrier))

    async def raw(self) -> Raw:
        """Bytes to the HTTP port."""
        raw = await open_raw(self.port)
        self._vanish.append(raw.vanish)
        return raw

    async def raw_line(self) -> Raw:
        """Bytes to the line port."""
        raw = await open_raw(self.line_port)
        self._vanish.append(raw.vanish)
        return raw

    async def raw_websocket(self, *headers: str) -> RawWebSocket:
        """Bytes after a WebSocket's handshake."""
        raw = await open_raw_websocket(self.port, *headers)
        self._vanish.append(raw.vanish)
        return raw

    def _json(self, client: JSONClient) -> JSONClient:
        self._vanish.append(client.vanish)
        return client

    def _line(self, client: LineClient) -> LineClient:
        self._vanish.append(client.vanish)
        return client

    # -- figures

    def figure(self, name: str, **labels: str) -> float:
        """One of the daemon's metrics, 0 where it was never set."""
        return self.daemon.metrics.registry.get_sample_value(f"rabbitchat_{name}", labels) or 0.0

    def waiting_for(self, nick: str) -> int:
        """Bytes that wait in this process for the WebSocket connections of a user."""
        user = self.daemon.presence.user_of(nick)
        assert user is not None, f"{nick} is not here"
        clients: list[Any] = [one.client for one in self.daemon.local.connections(user)]
        transports = [client._websocket.transport for client in clients]
        return sum(len(one.dataBuffer) + one._tempDataLen for one in transports)

    def now(self) -> float:
        """The daemon's clock, in seconds."""
        seconds: float = reactor.seconds()
        return seconds

    # -- end

    async def stop(self) -> None:
        """Stop the daemon, then cut what is left of its clients."""
        if not self._stopped:
            self._stopped = True
            await maybeDeferred(self.service.stopService)

    def cut(self) -> None:
        """Cut all clients."""
        for vanish in self._vanish:
            vanish()


StartNode = Callable[..., Awaitable[Node]]


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch, twisted_greenlet: object) -> Iterator[StartNode]:
    """Starts daemons: `await node(rate=2, allow_origins=("https://a.example",))`.

    Takes the fields of Limits and Settings, `keep`, the entries that its log keeps of a room, and
    `alone`: with a broker of its own.
    """
    exchange = MemoryExchange()
    numbers = count(1)
    nodes: list[Node] = []

    async def start(keep: int = 1000, alone: bool = False, **options: Any) -> Node:
        limits = {name: options.pop(name) for name in list(options) if hasattr(Limits, name)}
        settings = Settings(
            node=f"node-{next(numbers)}",
            port=_LOCAL,
            line_port=_LOCAL,
            limits=Limits(**{**USUAL, **limits}),
            **{"database": "memory:", **options},
        )
        meets = None if alone else exchange
        monkeypatch.setattr(
            tap, "make_broker", lambda clock, *_: MemoryBroker(clock, settings.node, meets)
        )

        def memory_log(clock: Any, **kept: Any) -> MemoryLog:
            return MemoryLog(clock, **{"keep": keep, **kept})

        monkeypatch.setattr(tap, "MemoryLog", memory_log)
        service = tap.compose(settings, reactor)
        service.startService()
        nodes.append(Node(service))
        return nodes[-1]

    yield start
    for one in nodes:
        one.cut()
    for one in nodes:
        pytest_twisted.blockon(Deferred.fromCoroutine(one.stop()))


def _is_sent_away(client: object) -> bool:
    """Whether a client has heard why, and its end is waited for."""
    closing = getattr(client, "_closing", None), getattr(client, "_sent_away", None)
    return closing != (None, None)
