"""What is measured: an application, and the transport that its clients come by."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod

from bench.links import LINKS, Link


class Client(ABC):
    """Somebody who hears what is said in a room, and says something."""

    def __init__(self, link: Link) -> None:
        self.link = link

    @abstractmethod
    def join(self, nick: str, room: str) -> None:
        """Be somebody and enter a room."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Say something to all in the lobby."""


class JSONChat(Client):
    """The chat's JSON protocol. Quotes may be escaped in what it hears."""

    def _command(self, **fields: object) -> None:
        self.link.send(json.dumps(fields))

    def join(self, nick: str, room: str) -> None:
        """See Client."""
        self._command(type="connect", id=1, nick=nick)
        self.link.read_until(b"connected")
        self._command(type="join", id=2, room=room, history=0)
        self.link.read_until(b"joined")

    def say(self, text: str) -> None:
        """See Client."""
        self._command(type="publish", room="lobby", text=text)


class LineChat(Client):
    """The chat's line protocol."""

    def join(self, nick: str, room: str) -> None:
        """See Client."""
        self.link.read_until(b"name")
        self.link.send(nick)
        self.link.read_until(b"you are")
        if room != "lobby":
            self.link.send(f"/join {room}")
            self.link.read_until(room.encode())

    def say(self, text: str) -> None:
        """See Client."""
        self.link.send(text)


class Room(Client):
    """The SockJS server without a chat, which has one room."""

    def join(self, nick: str, room: str) -> None:
        """See Client. Its session is in the room already."""

    def say(self, text: str) -> None:
        """See Client."""
        self.link.send(text)


CHAT = ("chat/ws", "chat/line", "chat/websocket", "chat/xhr_streaming", "chat/xhr")
ROOM = ("room/raw", "room/websocket", "room/xhr_streaming", "room/eventsource", "room/xhr")

ABSENT = "room/absent"
"""Sessions without a connection: they hear nothing."""


def connect(kind: str, port: int) -> Client:
    """A client of this kind; the port is the one for its kind."""
    application, _, transport = kind.partition("/")
    if kind == "chat/ws":
        return JSONChat(LINKS["raw"](port, "/ws"))
    if kind == "chat/line":
        return LineChat(LINKS["line"](port, ""))
    if application == "chat":
        return JSONChat(LINKS[transport](port, "/chat"))
    return Room(LINKS[transport](port, "/room/websocket" if transport == "raw" else "/room"))


def connect_sender(kind: str, port: int) -> Client:
    """Who says what clients of this kind hear; the port is that for HTTP."""
    if kind.startswith("chat/"):
        return connect("chat/ws", port)
    return Room(LINKS["raw"](port, "/say/websocket"))
