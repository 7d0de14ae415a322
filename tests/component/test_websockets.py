"""The WebSocket that others are made of: what it tells them, its limits, and without limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Optional

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.web.resource import Resource
from twisted.web.server import Request

from rabbitchat.sockjs.http_limits import BoundedSite
from rabbitchat.sockjs.origins import Proxies
from rabbitchat.sockjs.upgrades import is_upgrade, upgrade
from rabbitchat.sockjs.websockets import WebSocket, WebSocketLimits, WebSocketServer, frame
from support import raw as client
from support.hygiene import LoggedFailures
from support.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawWebSocket
from support.waiting import until

reactor: Any = _reactor


class Echo(WebSocket):
    """Says everything again; some words have an effect."""

    factory: Echoes

    def opened(self) -> None:
        """Count it."""
        self.factory.told.append(("opened", self.address))

    def heard(self, payload: bytes, is_binary: bool) -> None:
        """Say it again."""
        if payload == b"bug":
            raise ZeroDivisionError
        if payload == b"close":
            self.finish(frame(b"last"), 1001, "\ud800" + "\u20ac" * 60)
        elif payload == b"cut":
            self.cut()
        else:
            self.write(frame(payload, BINARY if is_binary else TEXT))

    def closed(self, clean: bool, code: Optional[int]) -> None:
        """Count it."""
        self.factory.told.append(("closed", clean, code))


class Echoes(WebSocketServer):
    """Makes them."""

    protocol = Echo

    def __init__(self, limits: WebSocketLimits) -> None:
        super().__init__(reactor, limits, Proxies(["127.0.0.1"]))
        self.told: list[tuple[Any, ...]] = []


class Page(Resource):
    """Where they are reached."""

    isLeaf = True

    def __init__(self, server: Echoes) -> None:
        super().__init__()
        self._server = server

    def render(self, request: Request) -> Any:
        """Hand over."""
        return upgrade(request, self._server) if is_upgrade(request) else b"no upgrade"


class Served:
    """An echo on a free port, and its clients."""

    def __init__(self, limits: WebSocketLimits) -> None:
        self.server = Echoes(limits)
        site = BoundedSite(Page(self.server), reactor)
        self.listening = reactor.listenTCP(0, site, interface="127.0.0.1")
        self.port = self.listening.getHost().port
        self.opened: list[RawWebSocket] = []

    async def websocket(self, *headers: str) -> RawWebSocket:
        """A client of it."""
        raw = await client.open_raw_websocket(self.port, *headers)
        self.opened.append(raw)
        return raw

    async def told(self, *wanted: object) -> None:
        """Wait until this was the last that it was told."""
        await until(lambda: self.server.told[-1:] == [wanted], what=f"{wanted}")


Serve = Callable[..., Served]


@pytest.fixture
def serve(twisted_greenlet: object) -> Iterator[Serve]:
    """Serves with limits."""
    served: list[Served] = []

    def start(**limits: Any) -> Served:
        served.append(Served(WebSocketLimits(**limits)))
        return served[-1]

    yield start
    for one in served:
        for raw in one.opened:
            raw.vanish()
        pytest_twisted.blockon(one.listening.stopListening())


LIFTED = {"max_message": 0, "max_fragments": 0, "pings_a_second": 0, "max_buffer": 0}


@pytest_twisted.ensureDeferred
async def test_what_it_tells(serve: Serve) -> None:
    served = serve()
    raw = await served.websocket("X-Forwarded-For: 192.0.2.1")
    await served.told("opened", "192.0.2.1")
    raw.write(client.frame(TEXT, "caf\u00e9".encode()))
    raw.write(client.frame(BINARY, b"\xff"))
    assert await raw.frame(TEXT) == "caf\u00e9".encode()
    assert await raw.frame(BINARY) == b"\xff"
    raw.write(client.frame(CLOSE, (4321).to_bytes(2, "big")))
    await served.told("closed", True, 4321)
    await raw.over()


@pytest_twisted.ensureDeferred
async def test_a_close_without_a_code_and_no_close_at_all(serve: Serve) -> None:
    served = serve()
    raw, other = await served.websocket(), await served.websocket()
    raw.write(client.frame(CLOSE))
    await served.told("closed", True, None)
    other.vanish()
    await served.told("closed", False, None)


@pytest_twisted.ensureDeferred
async def test_last_frames_then_any_code_and_as_much_of_the_reason_as_fits(serve: Serve) -> None:
    raw = await serve().websocket()
    raw.write(client.frame(TEXT, b"close"))
    assert await raw.frame(TEXT) == b"last"
    assert await raw.frame(CLOSE) == (1001).to_bytes(2, "big") + b"?" + "\u20ac".encode() * 40


@pytest_twisted.ensureDeferred
async def test_a_cut_has_no_close_frame(serve: Serve) -> None:
    served = serve()
    raw = await served.websocket()
    raw.write(client.frame(TEXT, b"cut") + client.frame(TEXT, b"too late"))
    await raw.over()
    assert (raw.kinds(TEXT), raw.kinds(CLOSE)) == ([], [])
    await served.told("closed", False, None)


@pytest_twisted.ensureDeferred
async def test_a_bug_costs_one_connection(serve: Serve, expected_failures: LoggedFailures) -> None:
    served = serve()
    raw, other = await served.websocket(), await served.websocket()
    raw.write(client.frame(TEXT, b"bug"))
    assert await raw.close_code() == 1011
    assert len(expected_failures.flush(ZeroDivisionError)) == 1
    other.write(client.frame(TEXT, b"still here"))
    assert await other.frame(TEXT) == b"still here"


@pytest_twisted.ensureDeferred
async def test_who_is_silent_is_asked_and_then_cut(serve: Serve) -> None:
    served = serve(ping=0.2)
    raw = await served.websocket()
    assert await raw.frame(PING) == b""
    await raw.over()
    await served.told("closed", False, None)


@pytest_twisted.ensureDeferred
async def test_nothing_ticks_without_connections(serve: Serve) -> None:
    served = serve(ping=0.2)
    ticks = []
    for _ in range(2):
        ticks.append(served.server._loop.running)
        raw = await served.websocket()
        await raw.frame(PING)
        ticks.append(served.server._loop.running)
        raw.vanish()
        await served.told("closed", False, None)
    assert [*ticks, served.server._loop.running] == [False, True, False, True, False]


@pytest_twisted.ensureDeferred
async def test_without_limits(serve: Serve) -> None:
    raw = await serve(**LIFTED).websocket()
    raw.write(client.frame(PING) * 100)
    await until(lambda: len(raw.kinds(PONG)) == 100, what="a hundred pongs")
    raw.write(client.frame(BINARY, b"x" * 100_000, fin=False))
    raw.write(client.frame(CONTINUATION, b"y", fin=False) * 200 + client.frame(CONTINUATION))
    assert await raw.frame(BINARY) == b"x" * 100_000 + b"y" * 200


@pytest_twisted.ensureDeferred
async def test_an_idle_connection_keeps_little(serve: Serve) -> None:
    """A hundred attributes, and the handshake, if autobahn has its way."""
    served = serve()
    raw = await served.websocket()
    for word in (b"one", b"two"):
        raw.write(client.frame(TEXT, word))
        assert await raw.next(TEXT) == word
    (websocket,) = served.server.connections
    kept = vars(websocket)
    assert len(kept) < 30, sorted(kept)
    assert not {"http_headers", "utf8validator", "send_queue", "trafficStats"} & set(kept)
    assert websocket.current_frame_masker is None
