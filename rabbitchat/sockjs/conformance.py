"""The test services that the SockJS protocol's official suite asks for.

    python -m rabbitchat.sockjs.conformance --port 8081

`/echo`, `/disabled_websocket_echo`, `/cookie_needed_echo`, `/close` and `/broadcast`, with a
response limit of 4,096 bytes. Pages from everywhere may connect, and the caps are lifted: the
suites send 16 MiB messages in thousands of fragments. For tests only.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any, Optional

from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import globalLogBeginner, textFileLogObserver
from twisted.python.failure import Failure

from .factory import SockJSMultiFactory
from .reactors import installed_reactor
from .transport import SockJSTransport

OPEN_TO_ALL = {
    "response_limit": 4096,
    "allowed_origins": ["*"],
    "max_message": 0,
    "max_buffer": 0,
    "max_sessions_per_address": 0,
    "max_fragments": 0,
    "pings_a_second": 0,
}


class Echo(Protocol):
    """Sends back what it hears; binary messages stay binary."""

    transport: SockJSTransport

    def dataReceived(self, data: bytes) -> None:
        """A message came."""
        if self.transport.is_binary:
            self.transport.write_binary(data)
        else:
            self.transport.write(data)


class Close(Protocol):
    """Closes each session as soon as it is open."""

    transport: SockJSTransport

    def connectionMade(self) -> None:
        """A session is open."""
        self.transport.loseConnection()


class Broadcast(Protocol):
    """Sends what it hears to all sessions."""

    factory: BroadcastFactory
    transport: SockJSTransport

    def connectionMade(self) -> None:
        """A session is open."""
        self.factory.sessions.add(self)

    def dataReceived(self, data: bytes) -> None:
        """A message came."""
        for session in self.factory.sessions:
            session.transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The session is over."""
        self.factory.sessions.discard(self)


class BroadcastFactory(Factory):
    """Knows all its sessions."""

    protocol: Any = Broadcast

    def __init__(self) -> None:
        self.sessions: set[Broadcast] = set()


def make_site(reactor: Optional[IReactorTime] = None) -> SockJSMultiFactory:
    """The site with all test services."""
    site = SockJSMultiFactory(reactor)
    echo, close = Factory.forProtocol(Echo), Factory.forProtocol(Close)
    site.addFactory(echo, "echo", OPEN_TO_ALL)
    site.addFactory(echo, "disabled_websocket_echo", {**OPEN_TO_ALL, "websocket": False})
    site.addFactory(echo, "cookie_needed_echo", {**OPEN_TO_ALL, "cookie_needed": True})
    site.addFactory(close, "close", OPEN_TO_ALL)
    site.addFactory(BroadcastFactory(), "broadcast", OPEN_TO_ALL)
    return site


def main() -> None:
    """Serve until Ctrl+C."""
    parser = argparse.ArgumentParser(description="The SockJS protocol's test services.")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--interface", default="127.0.0.1", help="default: %(default)s")
    arguments = parser.parse_args()
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
    reactor: Any = installed_reactor()
    port = reactor.listenTCP(arguments.port, make_site(), interface=arguments.interface)
    print(f"listening on http://{arguments.interface}:{port.getHost().port}", flush=True)
    reactor.run()


if __name__ == "__main__":
    main()
