"""One SockJS service: the application's factory, the sessions it has, and their time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Optional

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IProtocolFactory, IReactorTime
from twisted.logger import Logger
from twisted.web.server import Request

from .closing import GO_AWAY
from .frames import LatestMessage
from .options import Options
from .origins import Proxies
from .session import Session
from .timeouts import Timeouts
from .transport import Carrier, SockJSTransport


class TooManySessions(Exception):
    """An address has as many sessions as one may have."""


class Service:
    """Makes sessions, finds them by name, counts them, and ends those whose client is gone."""

    log = Logger()

    def __init__(self, factory: IProtocolFactory, options: Options, clock: IReactorTime) -> None:
        self.factory = factory
        self.options = options
        self.clock = clock
        self.proxies = Proxies(options.trusted_proxies)
        self.latest = LatestMessage()
        self._sessions: dict[bytes, PollingSession] = {}
        self._counts: Counter[str] = Counter()
        self._heartbeats = Timeouts(clock, options.heartbeat_delay, Session.heartbeat)
        self._absences = Timeouts(clock, options.disconnect_delay, self._expired)

    # -- who comes

    def peer(self, request: Request) -> IAddress:
        """Where a request comes from; believed proxies are looked through."""
        address = request.getClientAddress()
        forwarded = request.requestHeaders.getRawHeaders(b"x-forwarded-for", [])
        client = self.proxies.client(host_of(address), b",".join(forwarded).decode("latin-1"))
        return seen_as(address, client)

    def check_room(self, address: str) -> None:
        """TooManySessions: this address has enough. Who has none (a UNIX socket) is not counted
        out: all are the same one there."""
        most = self.options.max_sessions_per_address
        if most and address and self._counts[address] >= most:
            raise TooManySessions

    def count(self, address: str) -> None:
        """One more session of this address."""
        self._counts[address] += 1

    def uncount(self, address: str) -> None:
        """One less."""
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address]

    def connect(self, carrier: Carrier, host: IAddress, peer: IAddress) -> SockJSTransport:
        """A transport over this carrier, with a protocol of the factory's on it."""
        transport = SockJSTransport(carrier, self.clock, self.latest, host, peer)
        try:
            transport.serve(self.factory.buildProtocol(peer))
        except Exception:  # a bug of the application's: as if it had refused the client
            self.log.failure("building a protocol, by {factory}", factory=self.factory)
        return transport

    # -- polling sessions

    def find(self, name: bytes) -> Optional[Session]:
        """The session of this name that is open, if there is one."""
        session = self._sessions.get(name)
        return None if session is None or session.closed else session

    def find_or_open(self, name: bytes, request: Request) -> Session:
        """The session of this name, which may have been closed; a new one if there is none.

        TooManySessions: the address that asks has enough."""
        session = self._sessions.get(name)
        if session is None:
            peer = self.peer(request)
            address = host_of(peer)
            self.check_room(address)
            self.count(address)
            session = PollingSession(self, name, address, self.options.max_buffer)
            self._sessions[name] = session
            session.application = self.connect(session, request.getHost(), peer)
        return session

    def attached(self, session: Session) -> None:
        """See session.Watch."""
        self._absences.stop(session)
        self._heartbeats.start(session)

    def sent(self, session: Session) -> None:
        """See session.Watch."""
        self._heartbeats.start(session)

    def detached(self, session: Session) -> None:
        """See session.Watch."""
        self._heartbeats.stop(session)
        self._absences.start(session)

    def later(self, work: Callable[[], None]) -> None:
        """See session.Watch."""
        self.clock.callLater(0, work)

    def _expired(self, session: Session) -> None:
        session.timed_out()
        self._forget(session)

    def _forget(self, session: Session) -> None:
        assert isinstance(session, PollingSession)
        self._heartbeats.stop(session)
        self._absences.stop(session)
        del self._sessions[session.name]
        self.uncount(session.address)

    def stop(self) -> None:
        """End all sessions that are not a WebSocket, and forget them."""
        for session in list(self._sessions.values()):
            session.end(*GO_AWAY)
            self._forget(session)


class PollingSession(Session):
    """A session with the name and the address it is kept under."""

    __slots__ = ("address", "name")

    def __init__(self, service: Service, name: bytes, address: str, max_buffer: int) -> None:
        super().__init__(service, max_buffer)
        self.name = name
        self.address = address


def host_of(address: Any) -> str:
    """The IP address in an address of Twisted's; empty when it has none."""
    return str(getattr(address, "host", ""))


def seen_as(address: IAddress, client: str) -> IAddress:
    """This address, or the client's behind it when that is another one; its port is unknown."""
    if not client or client == host_of(address):
        return address
    kind = IPv6Address if ":" in client else IPv4Address
    return kind("TCP", client, 0)
