"""SockJS services on a free port of this process, an application that remembers what it was told,
and clients that are gone with the test."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Optional

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.resource import Resource

from rabbitchat.sockjs import SockJSResource, SockJSTransport
from rabbitchat.sockjs.conformance import make_site
from rabbitchat.sockjs.factory import SockJSSite
from rabbitchat.sockjs.http_limits import BoundedSite
from support.carriers import HOST
from support.sockjs_raw import HTTP11, Connection, Response, WebSocket, connect, open_websocket
from support.waiting import pause

reactor: Any = _reactor

_numbers = count(1)


def new_session(server: str = "000") -> str:
    """`/SERVER/SESSION` of a session that nobody has had."""
    return f"/{server}/session{next(_numbers)}"


class StandingClock(Clock):
    """Time passes only by `advance`; what is to happen at once, or is due then, happens."""

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> IDelayedCall:
        """See IReactorTime."""
        if not delay:
            reactor.callLater(0, self.advance, 0)
        return super().callLater(delay, callable, *args, **kw)


class Recorder(Protocol):
    """An application that remembers what it was told, and echoes if its factory says so."""

    factory: Recorders
    transport: SockJSTransport

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.lost: Optional[type[BaseException]] = None

    def connectionMade(self) -> None:
        """A session is open."""
        self.factory.sessions.append(self)
        self.factory.on_open(self)

    def dataReceived(self, data: bytes) -> None:
        """A message came."""
        self.heard.append(data)
        self.factory.on_message(self, data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The session is over."""
        self.lost = reason.type


def echo(session: Recorder, data: bytes) -> None:
    """Send back what came."""
    session.transport.write(data)


class Recorders(Factory):
    """Makes them. What they do can be changed."""

    protocol: Any = Recorder

    def __init__(self) -> None:
        self.sessions: list[Recorder] = []
        self.on_open: Callable[[Recorder], object] = lambda session: None
        self.on_message: Callable[[Recorder, bytes], object] = lambda session, data: None

    @property
    def session(self) -> Recorder:
        """The session that opened last."""
        return self.sessions[-1]


class Port:
    """A port with SockJS services on it, and its clients."""

    def __init__(self, site: BoundedSite) -> None:
        self.site = site
        self._listening = reactor.listenTCP(0, site, interface=HOST)
        self.number: int = self._listening.getHost().port
        self._clients: list[Connection] = []
        self._caller: Optional[Connection] = None

    async def connect(self) -> Connection:
        """A connection."""
        connection = await connect(self.number)
        self._clients.append(connection)
        return connection

    async def open(
        self,
        method: str,
        path: str,
        *headers: str,
        body: Optional[bytes] = None,
        version: str = HTTP11,
    ) -> Response:
        """Send a request on a connection of its own, and wait for the response's head."""
        response = (await self.connect()).send(method, path, *headers, body=body, version=version)
        return await response.head()

    async def ask(
        self,
        method: str,
        path: str,
        *headers: str,
        body: Optional[bytes] = None,
        version: str = HTTP11,
    ) -> Response:
        """Send a request and wait for all of the response.

        Those in HTTP/1.1 follow one another on the same connection as long as that is open: what
        one leaves behind would be the next one's. In HTTP/1.0 the server closes."""
        if version != HTTP11:
            connection = await self.connect()
        else:
            if self._caller is None or self._caller.ended:
                self._caller = await self.connect()
            connection = self._caller
        response = connection.send(method, path, *headers, body=body, version=version)
        await response.whole()
        if (response["Connection"] or "").lower() == "close":
            await connection.over()
        return response

    async def get(self, path: str, *headers: str, version: str = HTTP11) -> Response:
        """GET."""
        return await self.ask("GET", path, *headers, version=version)

    async def post(
        self, path: str, body: bytes = b"", *headers: str, version: str = HTTP11
    ) -> Response:
        """POST."""
        return await self.ask("POST", path, *headers, body=body, version=version)

    async def poll(self, url: str) -> bytes:
        """One whole poll by xhr; its body."""
        response = await self.post(url + "/xhr")
        assert response.status == 200, response.body
        return response.body

    async def send(self, url: str, payload: bytes) -> None:
        """Send messages to a session."""
        response = await self.post(url + "/xhr_send", payload)
        assert (response.status, response.body) == (204, b"")

    async def websocket(self, path: str, *headers: str) -> WebSocket:
        """A WebSocket."""
        websocket = await open_websocket(self.number, path, *headers)
        self._clients.append(websocket.connection)
        return websocket

    async def cut_clients(self) -> None:
        """Cut the clients; others may come."""
        for client in self._clients:
            client.vanish()
            await client.over()
        self._clients.clear()
        self._caller = None

    def hold_little(self) -> None:
        """Connections from now on have a small buffer in the kernel."""
        self._listening.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

    def stop(self) -> None:
        """Cut the clients, and listen no more."""
        pytest_twisted.blockon(Deferred.fromCoroutine(self.cut_clients()))
        pytest_twisted.blockon(self._listening.stopListening())
        for _ in range(2):  # the applications hear of it in a later turn
            pytest_twisted.blockon(Deferred.fromCoroutine(pause(0)))


class _Timer:
    """In place of autobahn's, which goes by the reactor."""

    def __init__(self, clock: Clock) -> None:
        self.call_later = clock.callLater


class App(Port):
    """A service at `/app` whose application remembers, with the options' defaults.

    `clock` is what the service and the site go by; sockets are real."""

    def __init__(self, clock: Optional[Clock], options: dict[str, Any]) -> None:
        self.application = Recorders()
        self._clock = clock
        time: IReactorTime = clock or reactor
        self.resource = SockJSResource(self.application, options, time)
        if clock is not None:
            for server in (self.resource._websockets.sockjs, self.resource._websockets.raw):
                server._batched_timer = _Timer(clock)
        root = Resource()
        root.putChild(b"app", self.resource)
        site = SockJSSite(root, time)
        site.add_service(self.resource)
        super().__init__(site)

    def pass_time(self, seconds: float) -> None:
        """Let so many seconds of its clock go by. The connection for whole responses may be cut
        by that, so the next one is new."""
        assert self._clock is not None
        steps = max(1, round(seconds))  # what happens again and again skips what it missed
        self._clock.pump([seconds / steps] * steps)
        self._caller = None

    @property
    def session(self) -> Recorder:
        """The session that opened last."""
        return self.application.session

    @property
    def sessions(self) -> int:
        """How many sessions the service knows, of all kinds and those that ended included."""
        return sum(self.resource.service._counts.values())


Listen = Callable[[BoundedSite], Port]
StartApp = Callable[..., App]


@pytest.fixture
def listen(twisted_greenlet: object) -> Iterator[Listen]:
    """Serves a site on a free port."""
    ports: list[Port] = []

    def start(site: BoundedSite) -> Port:
        ports.append(Port(site))
        return ports[-1]

    yield start
    for port in ports:
        port.stop()


@pytest.fixture
def services(listen: Listen) -> Port:
    """The test services of the official suite: /echo, /close, /cookie_needed_echo and others."""
    return listen(make_site(reactor))


@pytest.fixture
def start_app(twisted_greenlet: object) -> Iterator[StartApp]:
    """Serves an `App`: `start_app(clock, heartbeat_delay=3)`; without a clock by the real time."""
    apps: list[App] = []

    def start(clock: Optional[Clock] = None, **options: Any) -> App:
        apps.append(App(clock, options))
        return apps[-1]

    yield start
    for app in apps:
        app.stop()
