"""The SockJS server without a chat: `python -m bench.room PORT`.

What is said at `/say` is heard by all sessions of `/room`, as fast as one loop can write it.
Limits of numbers are lifted, and sessions without a connection stay for an hour.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from rabbitchat.sockjs import SockJSMultiFactory
from rabbitchat.sockjs.reactors import installed_reactor

OPTIONS = {"max_sessions_per_address": 0, "max_buffer": 0, "disconnect_delay": 3600}


class Listener(Protocol):
    """A session in the room."""

    factory: Room

    def connectionMade(self) -> None:
        """It is open."""
        self.factory.listeners.add(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is over."""
        self.factory.listeners.discard(self)


class Room(Factory):
    """Knows who is in the room."""

    protocol: Any = Listener

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()


class Speaker(Protocol):
    """Says what it hears to all in the room."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def dataReceived(self, data: bytes) -> None:
        """A message came."""
        for listener in self._room.listeners:
            assert listener.transport is not None
            listener.transport.write(data)


class Speakers(Factory):
    """Makes a speaker of each session."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def buildProtocol(self, addr: object) -> Speaker:
        """One."""
        return Speaker(self._room)


def main() -> None:
    """Serve until a signal."""
    room = Room()
    site = SockJSMultiFactory()
    site.addFactory(room, "room", OPTIONS)
    site.addFactory(Speakers(room), "say", OPTIONS)
    reactor: Any = installed_reactor()
    reactor.listenTCP(int(sys.argv[1]), site, backlog=4096, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main()
