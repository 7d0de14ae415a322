"""A SockJS service whose HTTP connections are in memory, and whose time is a Clock's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IAddress, IProtocolFactory
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.resource import Resource

from rabbitchat.sockjs import BoundedSite, SockJSResource
from rabbitchat.sockjs.service import Service

SERVER = IPv4Address("TCP", "198.51.100.1", 80)


@dataclass
class Response:
    """What came of one response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    chunks: list[bytes] = field(default_factory=list)
    ended: bool = False


class Wire(StringTransport):
    """The server's side of a connection. A slow client's buffer fills up after `room` bytes."""

    def __init__(self, peer: IAddress) -> None:
        super().__init__(hostAddress=SERVER, peerAddress=peer)
        self.aborted = False

    def abortConnection(self) -> None:
        """See ITCPTransport."""
        self.aborted = True

    def setTcpNoDelay(self, enabled: bool) -> None:
        """See ITCPTransport."""


class Client:
    """One connection of a client's."""

    def __init__(self, server: Server, address: str) -> None:
        peer = IPv4Address("TCP", address, 50000)
        self.wire: Any = Wire(peer)
        self._server = server
        self._channel: Any = server.site.buildProtocol(peer)
        assert self._channel is not None, "refused"
        self._channel.makeConnection(self.wire)

    def send(self, *requests: bytes) -> Client:
        """Send requests in one piece, without a turn of the reactor."""
        self._channel.dataReceived(b"".join(requests))
        return self

    def ask(self, wanted: bytes) -> Response:
        """Send a request and give what came by the end of the turn, all of it."""
        before = len(self.responses())
        self.send(wanted)
        self._server.turn()
        [response] = self.responses()[before:]
        return response

    def slow_down(self) -> None:
        """The client reads nothing for now: what is written waits."""
        self.wire.producer.pauseProducing()

    def catch_up(self) -> None:
        """It has read everything."""
        self.wire.producer.resumeProducing()

    def lose(self) -> None:
        """The connection breaks."""
        if self.wire.producer is not None:
            self.wire.producer.stopProducing()
        self._channel.connectionLost(Failure(ConnectionLost()))

    def responses(self) -> list[Response]:
        """All that came so far."""
        data, several = bytes(self.wire.value()), []
        while data:
            head, mark, data = data.partition(b"\r\n\r\n")
            assert mark, head
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
            response = Response(int(first.split()[1]), headers)
            data = _body(response, data)
            several.append(response)
        return several


def _body(response: Response, data: bytes) -> bytes:
    """Read the body into the response, and give what comes after it."""
    if response.headers.get("transfer-encoding") == "chunked":
        return _chunks(response, data)
    length = int(response.headers.get("content-length", 0))
    response.body, response.ended = data[:length], len(data) >= length
    return data[length:]


def _chunks(response: Response, data: bytes) -> bytes:
    while data:
        size, _, data = data.partition(b"\r\n")
        chunk, data = data[: int(size, 16)], data[int(size, 16) + 2 :]
        if not chunk:
            response.ended = True
            break
        response.chunks.append(chunk)
    response.body = b"".join(response.chunks)
    return data


class Server:
    """A site with one service, under /x."""

    def __init__(
        self, factory: IProtocolFactory, options: Optional[Mapping[str, Any]] = None
    ) -> None:
        self.clock = Clock()
        self.resource = SockJSResource(factory, options, self.clock)
        root = Resource()
        root.putChild(b"x", self.resource)
        self.site = BoundedSite(root, self.clock)

    @property
    def service(self) -> Service:
        """Behind the resource."""
        return self.resource.service

    def connect(self, address: str = "192.0.2.1") -> Client:
        """A new connection."""
        return Client(self, address)

    def turn(self) -> None:
        """One turn of the reactor, and those that it asks for."""
        self.clock.advance(0)

    def ask(self, wanted: bytes, address: str = "192.0.2.1") -> Response:
        """Send a request on a new connection and give what came; the connection is closed then,
        unless the response goes on."""
        client = self.connect(address)
        response = client.ask(wanted)
        if response.ended:
            client.lose()
        return response


def request(method: str, path: str, body: bytes = b"", headers: Optional[Several] = None) -> bytes:
    """The bytes of a request; `headers` replace those of the same name, None removes one."""
    several: dict[str, Any] = {"Host": "chat.example", "Content-Length": str(len(body))}
    several.update(headers or {})
    lines = [f"{name}: {one}" for name, value in several.items() for one in _each(value)]
    head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines])
    return head.encode("latin-1") + b"\r\n\r\n" + body


Several = Mapping[str, Any]  # a header's value: a str, a list of them, or None


def _each(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def get(path: str, headers: Optional[Several] = None) -> bytes:
    """A GET."""
    return request("GET", path, headers={"Content-Length": None, **(headers or {})})


def post(path: str, body: bytes = b"", headers: Optional[Several] = None) -> bytes:
    """A POST."""
    return request("POST", path, body, headers)


class Recorder(Protocol):
    """An application that remembers what it hears, of all its sessions in one list."""

    factory: RecorderFactory
    transport: Any

    def connectionMade(self) -> None:
        """A session is open."""
        self.factory.note(self, "made")

    def dataReceived(self, data: bytes) -> None:
        """A message came."""
        self.factory.note(self, data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The session is over."""
        assert reason.value is not None
        self.factory.note(self, type(reason.value))


class RecorderFactory(Factory):
    """Makes Recorders, and says so when one is called in the middle of another's call."""

    protocol: Any = Recorder

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.sessions: list[Recorder] = []
        self.when: Mapping[object, Any] = {}
        self._busy = False

    def note(self, session: Recorder, what: object) -> None:
        """Remember it, and do what the test wants done then."""
        assert not self._busy, f"{what!r} in the middle of a call"
        self.heard.append(what)
        if what == "made":
            self.sessions.append(session)
        self._busy = True
        try:
            self.when.get(what, lambda session: None)(session)
        finally:
            self._busy = False
