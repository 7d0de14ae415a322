"""RabbitMQ over pika's Twisted adapter: the only module that knows pika.

pika's `TwistedProtocolConnection` carries the bytes; channels are pika's plain ones with
callbacks, and all Deferreds are our own (amqp_link.py). The adapter's own Deferreds and its
`TwistedChannel` are left alone: cancelling one breaks the teardown (pika issue 1282), multiple
confirms are matched wrongly, and against a frozen broker nothing ever fires.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Optional

import pika
from OpenSSL import SSL
from pika import exceptions, frame, spec
from pika.adapters.twisted_connection import TwistedProtocolConnection
from service_identity import VerificationError
from twisted.internet import error, protocol
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.ssl import optionsForClientTLS
from twisted.python.failure import Failure

from rabbitchat.brokers.amqp_link import AmqpLink, LinkEvents
from rabbitchat.brokers.backoff import Backoff
from rabbitchat.brokers.interface import Message
from rabbitchat.brokers.link import Link, LinkOwner
from rabbitchat.brokers.reconnecting import LinkMaker, ReconnectingBroker
from rabbitchat.brokers.urls import Address, parse_url

CONNECT_TIMEOUT = 3.0  # seconds
HEARTBEAT = 10  # seconds
TRANSIENT, PERSISTENT = 1, 2  # delivery modes
LASTING = "post."  # messages on these keys are persistent, asked for or not


class AmqpBroker(ReconnectingBroker):
    """A node on a topic exchange of RabbitMQ.

    `urls` are tried in turn; ValueError if one is not an AMQP URL. Publishes are confirmed by
    RabbitMQ's publisher confirms; the node's queue `<exchange>.node.<node>` is acknowledged by
    hand and outlives a blink of the link. For what happens when, see ReconnectingBroker.
    """

    def __init__(
        self,
        reactor: Any,
        urls: Sequence[str],
        exchange: str,
        node: str,
        backoff: Optional[Backoff] = None,
    ) -> None:
        def maker(address: Address) -> LinkMaker:
            def make(owner: LinkOwner, outcomes: dict[str, int]) -> Link:
                wire = PikaWire(reactor, address, node)
                return AmqpLink(reactor, wire, exchange, node, owner, outcomes)

            return make

        makers = [maker(parse_url(url)) for url in urls]
        super().__init__(reactor, node, makers, Backoff() if backoff is None else backoff)


class PikaWire:
    """How a link reaches one broker, and what pika's objects mean: see `amqp_link.Wire`."""

    def __init__(self, reactor: Any, address: Address, node: str) -> None:
        self.name = str(address)
        self._reactor = reactor
        self._address = address
        self._node = node

    def connect(self, events: LinkEvents) -> Deferred[Any]:
        """See Wire."""
        factory = protocol.Factory.forProtocol(
            lambda: _Protocol(self._parameters(), events, self._reactor)
        )
        factory.noisy = False
        return self._endpoint().connect(factory)

    def properties(self, key: str, message: Message, call: str) -> pika.BasicProperties:
        """See Wire. `app_id` names the call of publish, by which a receiver knows a repeat."""
        lasting = message.persistent or key.startswith(LASTING)
        return pika.BasicProperties(
            content_type=message.content_type,
            headers=dict(message.headers) or None,
            delivery_mode=PERSISTENT if lasting else TRANSIENT,
            correlation_id=message.correlation_id,
            reply_to=message.reply_to,
            message_id=message.message_id,
            type=message.type,
            app_id=call,
        )

    def message(self, method: Any, properties: Any, body: bytes) -> Optional[Message]:
        """See Wire. Headers of types that we don't know are left out."""
        names = ("content_type", "message_id", "type", "reply_to", "correlation_id")
        strings = {name: getattr(properties, name) for name in names}
        readable = not isinstance(properties, _Unreadable) and isinstance(method.routing_key, str)
        # pika leaves what isn't UTF-8 as bytes.
        if not readable or any(isinstance(value, bytes) for value in strings.values()):
            return None
        headers = {
            name: value
            for name, value in (properties.headers or {}).items()
            if isinstance(name, str) and isinstance(value, (str, int))
        }
        persistent = properties.delivery_mode == PERSISTENT
        return Message(body=body, headers=headers, persistent=persistent, **strings)

    def call(self, properties: Any) -> Optional[str]:
        """See Wire."""
        return properties.app_id if isinstance(properties.app_id, str) else None

    def is_nack(self, method: Any) -> bool:
        """See Wire."""
        return isinstance(method, spec.Basic.Nack)

    def refusal(self, problem: object) -> Optional[tuple[int, str]]:
        """See Wire."""
        if isinstance(problem, (exceptions.ConnectionClosed, exceptions.ChannelClosed)):
            return problem.reply_code, problem.reply_text
        return None

    def describe(self, problem: object) -> str:
        """See Wire."""
        if isinstance(problem, error.ConnectionRefusedError):
            return "connection refused"
        if isinstance(problem, error.TimeoutError):
            return f"no connection within {CONNECT_TIMEOUT:.0f} s"
        if isinstance(problem, error.ConnectionDone):
            return "the broker closed the connection"
        if isinstance(problem, SSL.Error):
            return f"TLS failed: {problem}"
        if isinstance(problem, VerificationError):
            return f"TLS failed: the broker's certificate is not for {self._address.host}"
        return str(problem).rstrip(".") or repr(problem)

    def _endpoint(self) -> IStreamClientEndpoint:
        host, port = self._address.host, self._address.port
        tcp = HostnameEndpoint(self._reactor, host, port, timeout=CONNECT_TIMEOUT)
        if not self._address.tls:
            return tcp
        return wrapClientTLS(optionsForClientTLS(host), tcp)

    def _parameters(self) -> pika.ConnectionParameters:
        address = self._address
        return pika.ConnectionParameters(
            host=address.host,
            port=address.port,
            virtual_host=address.vhost,
            credentials=pika.PlainCredentials(address.user, address.password),
            heartbeat=HEARTBEAT,
            client_properties={"connection_name": f"rabbitchat {self._node}"},
        )


class _Unreadable(spec.BasicProperties):  # type: ignore[misc]  # pika is not annotated
    """Stands for properties that pika can't decode: a date in the year 300,000 and the like."""


class _Protocol(TwistedProtocolConnection):  # type: ignore[misc]  # pika is not annotated
    """pika's protocol with its traps closed; all events go to the link."""

    def __init__(
        self, parameters: pika.ConnectionParameters, events: LinkEvents, reactor: Any
    ) -> None:
        super().__init__(parameters, custom_reactor=reactor)
        self._events = events
        self._over = False
        self.ready.addErrback(lambda _: None)
        self.connection = self._impl  # pika's connection, which has the plain channels
        # pika would call loseConnection, which waits for ever while a frozen broker doesn't
        # read. It knows the reason by then, and would not show it later.
        self._impl._adapter_disconnect_stream = self._disconnect
        self._impl._read_frame = self._read_frame
        self._impl.add_on_open_callback(lambda _: events.opened())
        self._impl.add_on_connection_blocked_callback(
            lambda _, notice: events.blocked(str(notice.method.reason))
        )
        self._impl.add_on_connection_unblocked_callback(lambda *_: events.unblocked())

    def abort(self) -> None:
        """End the TCP connection at once, if there still is one (else TLS would raise)."""
        if not self._over:
            self.transport.abortConnection()

    def _disconnect(self) -> None:
        self._events.lost(self._impl._error)
        self.abort()

    def _read_frame(self) -> Any:
        """pika's, but one foreign message that it can't decode does not cost the connection."""
        data = self._impl._frame_buffer
        try:
            return frame.decode_frame(data)
        except Exception:
            kind, channel, size = struct.unpack_from(">BHL", data)
            start = spec.FRAME_HEADER_SIZE
            if kind != spec.FRAME_HEADER or data[start + size] != spec.FRAME_END:
                raise
            _, _, body_size = struct.unpack_from(">HHQ", data, start)
            header = frame.Header(channel, body_size, _Unreadable())
            return start + size + spec.FRAME_END_SIZE, header

    def dataReceived(self, data: bytes) -> None:
        """Twisted's; what pika makes of broken frames ends the connection only."""
        try:
            super().dataReceived(data)
        except Exception as problem:
            self._events.lost(f"broken data from the broker: {problem!r}")
            self.abort()

    def connectionLost(self, reason: Failure = protocol.connectionDone) -> None:
        """Twisted's; the link hears first, then pika cleans up."""
        self._over = True
        self._events.lost(self._impl._error or reason.value)
        try:
            super().connectionLost(reason)
        finally:
            self._events.gone()
