"""`/chat`: the chat on SockJS, in JSON, one object a message."""

from __future__ import annotations

from typing import Any

from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from rabbitchat.chat import events
from rabbitchat.chat.errors import Close
from rabbitchat.clients import IWire
from rabbitchat.codecs import json
from rabbitchat.daemon import ChatDaemon
from rabbitchat.settings import Limits
from rabbitchat.sockjs.frames import Message
from rabbitchat.sockjs.options import Options
from rabbitchat.sockjs.service import host_of
from rabbitchat.sockjs.transport import ClosedByClient, SockJSTransport
from rabbitchat.transports.json_client import JSONClient
from rabbitchat.transports.websocket import is_goodbye

NORMAL = 1000  # RFC 6455, section 7.4.1

HEARTBEAT = 30.0
"""Seconds that `--ping` means at most here: sockjs-client gives a jsonp poll up after 35."""


@implementer(IWire)
class JSONMessages:
    """Events as messages, which keep what SockJS's framings made of them."""

    def encode(self, event: events.Event) -> bytes:
        """The message."""
        return Message(json.encode(event))


JSON_MESSAGES = JSONMessages()


class SockJSConversation(JSONClient, Protocol):
    """One SockJS session of the chat."""

    transport_name = "sockjs"
    wire = JSON_MESSAGES
    transport: SockJSTransport

    def connectionMade(self) -> None:
        """The session is open."""
        self.address = host_of(self.transport.getPeer())
        self.begin()

    def dataReceived(self, data: bytes) -> None:
        """A message came."""
        self.take(data, self.transport.is_binary)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The session is over.

        Of how a page ended its WebSocket a raw one tells all that `/ws` does. sockjs-client
        closes without a code, be it for a good-bye, a reload or another attempt; and a poll that
        breaks tells nothing. So only a plain 1000 is a good-bye there, the others may come back.
        """
        why = reason.value
        clean = isinstance(why, ClosedByClient) and (
            is_goodbye(why.code) if self.transport.is_raw else why.code == NORMAL
        )
        self.gone(clean)

    # -- what SockJSTransport calls where it would end a session by itself

    def client_slow(self) -> None:
        """The client reads too slowly."""
        self.close(Close.SLOW, "you read too slowly: come back")

    def client_silent(self) -> None:
        """The client answered no ping."""
        self.close(Close.NO_PONG, "you did not answer a ping: come back")

    def session_failed(self) -> None:
        """A bug of ours costs this session only."""
        self.close(Close.STATE_LOST, "an error of the server: come back")

    # -- JSONClient

    def write(self, data: bytes) -> None:
        """See IClient."""
        self.transport.write(data)

    def pause(self) -> None:
        """See IClient."""
        self.transport.pauseProducing()

    def resume(self) -> None:
        """See IClient."""
        self.transport.resumeProducing()

    def _can_send(self) -> bool:
        return not self.transport.disconnecting and not self.transport.disconnected

    def _finish(self, last_words: bytes, code: Close, reason: str) -> None:
        self.transport.close(code, reason, last_words)


class SockJSConversations(Factory):
    """Makes one for each session."""

    noisy = False

    def __init__(self, daemon: ChatDaemon) -> None:
        self._daemon = daemon

    def buildProtocol(self, addr: Any) -> SockJSConversation:
        """See IProtocolFactory."""
        return SockJSConversation(self._daemon)


def chat_options(limits: Limits, origins: tuple[str, ...], proxies: tuple[str, ...]) -> Options:
    """The service's options, from the daemon's.

    An address may have twice the sessions that the daemon takes: the daemon says clearly why it
    refuses one, and sessions count here for some seconds after their end."""
    return Options(
        heartbeat_delay=min(limits.ping, HEARTBEAT),
        allowed_origins=origins,
        trusted_proxies=proxies,
        max_message=limits.max_line,
        max_buffer=limits.max_buffer,
        max_sessions_per_address=2 * limits.max_connections_per_ip,
    )
