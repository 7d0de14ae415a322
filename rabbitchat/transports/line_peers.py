"""What stands at the two ends of a conversation in lines: what carries it, and the daemon."""

from __future__ import annotations

from typing import Optional, Protocol

from zope.interface import Attribute, Interface

from rabbitchat.chat import commands
from rabbitchat.chat.errors import ChatError, Close
from rabbitchat.clients import IClient
from rabbitchat.transports.line_arrival import Arrival


class ILineOutput(Interface):
    """What carries the lines of one connection."""

    address: str = Attribute("As IClient has it.")
    transport_name: str = Attribute("As IClient has it.")
    arrival: Arrival = Attribute("Counts what `write` is given.")

    def write(data: bytes) -> None:
        """Send framed lines. One that lets too much wait calls the conversation's `close`."""

    def close(last_words: bytes, code: Optional[Close], reason: str) -> None:
        """Send these framed lines and close; cut a client that doesn't take them. `code` is None
        after a good-bye of the user. `LineConversation.lost` follows."""

    def pause() -> None:
        """Stop reading."""

    def resume() -> None:
        """Read on."""


class Connection(Protocol):
    """What takes a client's commands: rabbitchat.connection.Connection."""

    def expect_connect(self, seconds: float) -> None:
        """Close unless a `connect` succeeds in time."""

    def receive(self, command: commands.Command) -> None:
        """A command came."""

    def refuse(self, problem: ChatError, command_id: Optional[commands.Id] = None) -> None:
        """Something came that is no command."""

    def lost(self, clean: bool, reason: str) -> None:
        """The client is gone."""


class Daemon(Protocol):
    """Where clients go: rabbitchat.daemon.ChatDaemon."""

    def accept(self, client: IClient) -> Optional[Connection]:
        """A client came; None if it was closed at once."""
