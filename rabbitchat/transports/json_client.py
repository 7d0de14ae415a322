"""A client of the JSON protocol, whatever carries its objects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Optional

from zope.interface import implementer

from rabbitchat.chat import events
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.clients import IClient, IWire
from rabbitchat.codecs import json
from rabbitchat.connection import Connection
from rabbitchat.daemon import ChatDaemon


@implementer(IClient)
class JSONClient(ABC):
    """One object a message. A subclass knows the connection: `wire` makes its bytes, `write`
    sends them and `_finish` closes."""

    __slots__ = ("_closing", "_connection", "_daemon")
    transport_name: str
    wire: IWire
    address: str

    def __init__(self, daemon: ChatDaemon) -> None:
        self._daemon = daemon
        self._connection: Optional[Connection] = None
        self._closing: Optional[Close] = None

    def begin(self) -> None:
        """The client is there."""
        self._connection = self._daemon.accept(self)
        if self._connection is not None:
            self._connection.expect_connect(self._daemon.limits.connect_timeout)

    def take(self, payload: bytes, is_binary: bool) -> None:
        """A whole message came; after the close began it is too late."""
        if self._connection is None or self._closing is not None:
            return
        if is_binary:
            problem = ChatError(Code.BAD_JSON, "send text frames, not binary ones")
            self._connection.refuse(problem)
            return
        try:
            command = json.decode(payload)
        except json.Refused as refused:
            self._connection.refuse(refused.error, refused.id)
        else:
            self._connection.receive(command)

    def gone(self, clean: bool) -> None:
        """The connection is gone. `clean`: the client closed it, and doesn't come back."""
        if self._closing is not None:
            clean = not self._closing.reconnect
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.lost(clean, "closed" if clean else "connection lost")

    # -- what the daemon calls (IClient)

    def wire_for(self, event: events.Event) -> Optional[IWire]:
        """JSON for everything."""
        return self.wire

    def send(self, event: events.Event) -> None:
        """One event for this client."""
        self.write(self.wire.encode(event))

    def close(self, code: Close, reason: str) -> None:
        """Say `disconnect`, then close with the same code."""
        if self._closing is None and self._can_send():
            self._closing = code
            farewell = events.Disconnect(code=code, reason=reason, reconnect=code.reconnect)
            self._finish(self.wire.encode(farewell), code, reason)

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send what the wire made."""

    @abstractmethod
    def pause(self) -> None:
        """Read no more for now."""

    @abstractmethod
    def resume(self) -> None:
        """Read on."""

    @abstractmethod
    def _can_send(self) -> bool:
        """Whether the connection is open."""

    @abstractmethod
    def _finish(self, last_words: bytes, code: Close, reason: str) -> None:
        """Send these bytes, whatever waits already, and close."""
