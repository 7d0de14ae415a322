"""What the daemon needs of a client, whatever protocol it speaks.

A transport makes one `IClient` for each connection and gives it to `ChatDaemon.accept`, which
answers with a `Connection`: commands go in by `Connection.receive`, events come out by
`IClient.send` (for this client alone) or, encoded once for many, by `wire_for` and `write`.
"""

from __future__ import annotations

from typing import Optional

from zope.interface import Attribute, Interface

from rabbitchat.chat.errors import Close
from rabbitchat.chat.events import Event


class IWire(Interface):
    """How events look to clients of one kind; shared by them, hashable by identity."""

    def encode(event: Event) -> bytes:
        """The bytes, framing included, that show an event; empty when there is nothing to show."""


class IClient(Interface):
    """One connection as the daemon sees it."""

    address: str = Attribute("The IP address it comes from, believed proxies looked through.")
    transport_name: str = Attribute("For metrics: `websocket`, `sockjs`, `line`.")

    def wire_for(event: Event) -> Optional[IWire]:
        """The wire to encode this event with, or None when this client is not to see it."""

    def send(event: Event) -> None:
        """Show one event to this client alone."""

    def write(data: bytes) -> None:
        """Send bytes that one of its own wires made. Never blocks; a client that lets more than
        `--max-buffer` bytes wait is closed with Close.SLOW."""

    def close(code: Close, reason: str) -> None:
        """Say `disconnect` and close; abort if the client doesn't take it within a few seconds.
        `Connection.lost` follows."""

    def pause() -> None:
        """Stop reading. Commands that were read already may still arrive."""

    def resume() -> None:
        """Read on."""
