"""RabbitMQ over pika's Twisted adapter: the only module that knows pika.

pika's `TwistedProtocolConnection` carries the bytes; channels are pika's plain ones with
callbacks, and all Deferreds are our own. The adapter's own Deferreds and its `TwistedChannel`
are left alone: cancelling one breaks the teardown (pika issue 1282), multiple confirms are
matched wrongly, and against a frozen broker nothing ever fires.

One connection has a channel to publish, one for the node's own queue, and one for each shared
queue (acknowledgements in batches need a channel without other deliveries).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Optional

import pika
from OpenSSL import SSL
from pika import exceptions, frame, spec
from pika.adapters.twisted_connection import TwistedProtocolConnection
from twisted.internet import error, protocol, task
from twisted.internet.defer import Deferred, fail
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IDelayedCall, IStreamClientEndpoint
from twisted.internet.ssl import optionsForClientTLS
from twisted.logger import Logger
from twisted.python.failure import Failure

from rabbitchat.brokers.deliveries import PREFETCH, AckBatch
from rabbitchat.brokers.interface import Message, NotSent
from rabbitchat.brokers.link import LinkLost, LinkOwner
from rabbitchat.brokers.pending import ConfirmWindow, Operations
from rabbitchat.brokers.reconnecting import MAX_UNCONFIRMED_AGE, ReconnectingBroker
from rabbitchat.brokers.shared_queue import REQUEUE_PAUSE, SharedQueue, Verdict
from rabbitchat.brokers.urls import Address, parse_url

CONNECT_TIMEOUT = 3.0  # seconds
SETUP_TIMEOUT = 10.0  # seconds from the first packet until all is declared and bound
SILENCE = 5.0  # seconds without an answer that is due: the broker is frozen
HEARTBEAT = 10  # seconds
WATCH_EVERY = 0.5  # seconds
QUEUE_EXPIRES = 60_000  # milliseconds that a node's queue outlives its link
QUEUE_LENGTH = 50_000  # messages; then the oldest go: a slow node must not slow the others
TRANSIENT, PERSISTENT = 1, 2  # delivery modes
LASTING = "post."  # messages on these keys survive a restart of the broker


class AmqpBroker(ReconnectingBroker):
    """A node on a topic exchange of RabbitMQ.

    `urls` are tried in turn. Publishes are confirmed by RabbitMQ's publisher confirms, the node's
    queue is acknowledged by hand. For what happens when, see ReconnectingBroker.
    """

    def __init__(self, reactor: Any, urls: Sequence[str], exchange: str, node: str) -> None:
        def maker(address: Address) -> Any:
            return lambda owner, outcomes: AmqpLink(
                reactor, address, exchange, node, owner, outcomes
            )

        super().__init__(reactor, node, [maker(parse_url(url)) for url in urls])


class _Unreadable(spec.BasicProperties):  # type: ignore[misc]  # pika is not annotated
    """Stands for properties that pika can't decode: a date of the year 300,000 and the like."""


class _Protocol(TwistedProtocolConnection):  # type: ignore[misc]  # pika is not annotated
    """pika's protocol with its traps closed; all events go to the link."""

    def __init__(self, parameters: pika.ConnectionParameters, link: AmqpLink) -> None:
        super().__init__(parameters, custom_reactor=link.reactor)
        self._link = link
        self.ready.addErrback(lambda _: None)
        self.connection = self._impl  # pika's connection, which has the plain channels
        # pika would call loseConnection, which waits for ever while a frozen broker doesn't
        # read. It knows the reason by then, and would not show it later.
        self._impl._adapter_disconnect_stream = self._disconnect
        self._impl._read_frame = self._read_frame
        self._impl.add_on_open_callback(lambda _: link.opened())
        self._impl.add_on_connection_blocked_callback(link.blocked)
        self._impl.add_on_connection_unblocked_callback(link.unblocked)

    def _disconnect(self) -> None:
        self._link.lost(self._impl._error)
        self.transport.abortConnection()

    def _read_frame(self) -> Any:
        """One foreign message that pika can't decode must not cost the connection, for ever."""
        data = self._impl._frame_buffer
        try:
            return frame.decode_frame(data)
        except Exception:
            kind, channel, size = struct.unpack_from(">BHL", data)
            if kind != spec.FRAME_HEADER or data[spec.FRAME_HEADER_SIZE + size] != spec.FRAME_END:
                raise
            _, _, body_size = struct.unpack_from(">HHQ", data, spec.FRAME_HEADER_SIZE)
            header = frame.Header(channel, body_size, _Unreadable())
            return spec.FRAME_HEADER_SIZE + size + spec.FRAME_END_SIZE, header

    def dataReceived(self, data: bytes) -> None:
        try:
            super().dataReceived(data)
        except Exception as problem:  # pika on a broken frame
            self._link.abort(f"broken data from the broker: {problem!r}")

    def connectionLost(self, reason: Failure = protocol.connectionDone) -> None:
        self._link.lost(self._impl._error or reason.value)
        try:
            super().connectionLost(reason)
        finally:
            self._link.gone()


class AmqpLink:
    """One connection to RabbitMQ: see `link.Link`."""

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        address: Address,
        exchange: str,
        node: str,
        owner: LinkOwner,
        outcomes: dict[str, int],
    ) -> None:
        self.reactor = reactor
        self.name = str(address)
        self.window = ConfirmWindow(reactor, outcomes)
        self._address = address
        self._exchange = exchange
        self._node = node
        self._queue = f"{exchange}.node.{node}"
        self._owner = owner
        self._outcomes = outcomes
        self._fresh = True
        self._why: Optional[str] = None  # it is lost, and why
        self._closing = False
        self._blocked = False
        self._operations = Operations(reactor)
        self._handshake: Deferred[Any] = self._operations.ask()
        self._gone: Deferred[None] = Deferred()
        self._connecting: Optional[Deferred[Any]] = None
        self._protocol: Any = None
        self._publishing: Any = None  # channels
        self._consuming: Any = None
        self._acks = AckBatch(reactor, self._acknowledge)
        self._requeues: set[IDelayedCall] = set()
        self._watchdog = task.LoopingCall(self._watch)
        self._watchdog.clock = reactor
        self._watched_at = 0.0

    # opening

    async def open(self, shared: Sequence[SharedQueue], fresh: bool) -> None:
        """See Link."""
        self._fresh = fresh
        late = f"not ready within {SETUP_TIMEOUT:.0f} s"
        deadline = self.reactor.callLater(SETUP_TIMEOUT, self.abort, late)
        try:
            await self._connect()
            await self._set_up(shared)
        except LinkLost:
            raise
        except Exception as problem:  # the endpoint's, or pika's when the link was just lost
            self.lost(problem)
            self._abort_tcp()
            raise LinkLost(self._why or "") from None
        finally:
            if deadline.active():
                deadline.cancel()

    async def _connect(self) -> None:
        handshake = self._handshake
        handshake.addErrback(lambda _: None)  # TCP may fail first
        parameters = _parameters(self._address, self._node)
        factory = protocol.Factory.forProtocol(lambda: _Protocol(parameters, self))
        factory.noisy = False
        self._connecting = _endpoint(self.reactor, self._address).connect(factory)
        self._protocol = await self._connecting
        self._connecting = None
        self._watched_at = self.reactor.seconds()
        self._watchdog.start(WATCH_EVERY, now=False)
        await handshake
        self._raise_if_lost()

    async def _set_up(self, shared: Sequence[SharedQueue]) -> None:
        self._publishing = await self._channel()
        await self._ask(
            self._publishing.exchange_declare,
            exchange=self._exchange,
            exchange_type="topic",
            durable=True,
        )
        self._consuming = await self._channel()
        await self._take_node_queue(self._consuming)
        for queue in shared:
            await self._take_shared_queue(queue, await self._channel())
        await self._ask(self._publishing.confirm_delivery, ack_nack_callback=self._confirmed)

    async def _channel(self) -> Any:
        channel = await self._ask(
            self._protocol.connection.channel, answer_argument="on_open_callback"
        )
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_cancel_callback(self._consumer_cancelled)
        return channel

    async def _take_node_queue(self, channel: Any) -> None:
        """Consume this node's own queue. Refused when another process has the node's name."""
        ask = self._ask
        if self._fresh:  # what a former process of this name left there, its bindings too
            await ask(channel.queue_delete, queue=self._queue, if_unused=True)
        arguments = {"x-expires": QUEUE_EXPIRES, "x-max-length": QUEUE_LENGTH}
        await ask(channel.queue_declare, queue=self._queue, durable=True, arguments=arguments)
        await ask(channel.basic_qos, prefetch_count=PREFETCH)
        await ask(
            channel.basic_consume,
            queue=self._queue,
            on_message_callback=self._delivered,
            exclusive=True,
        )

    async def _take_shared_queue(self, queue: SharedQueue, channel: Any) -> None:
        arguments = {"x-single-active-consumer": True} if queue.single_active else {}
        ask = self._ask
        await ask(channel.queue_declare, queue=queue.name, durable=True, arguments=arguments)
        await ask(
            channel.queue_bind,
            queue=queue.name,
            exchange=self._exchange,
            routing_key=queue.key,
        )
        await ask(channel.basic_qos, prefetch_count=1)
        await ask(
            channel.basic_consume,
            queue=queue.name,
            on_message_callback=partial(self._delivered_shared, queue),
        )

    def _ask(
        self, method: Callable[..., object], answer_argument: str = "callback", **arguments: Any
    ) -> Deferred[Any]:
        """Call one of pika's methods that have an answer. Fails with LinkLost."""
        if self._why is not None:
            return fail(LinkLost(self._why))
        answered = self._operations.ask()
        arguments[answer_argument] = partial(self._operations.answer, answered)
        self._do(method, **arguments)
        return answered

    def _do(self, method: Callable[..., object], *args: Any, **arguments: Any) -> bool:
        """Call one of pika's methods; a connection that it can't be called on is given up."""
        try:
            method(*args, **arguments)
        except Exception as problem:
            self.abort(f"pika: {problem!r}")
            return False
        return True

    # traffic

    def publish(self, key: str, message: Message, call: str) -> Deferred[None]:
        """See Link."""
        properties = _properties(message, call, message.persistent or key.startswith(LASTING))
        send = self._publishing.basic_publish
        if self._why is None and self._do(send, self._exchange, key, message.body, properties):
            return self.window.add()
        self._outcomes["not_sent"] += 1
        return fail(NotSent(self._why or ""))

    def bind(self, key: str) -> Deferred[Any]:
        """See Link."""
        return self._ask(
            self._consuming.queue_bind,
            queue=self._queue,
            exchange=self._exchange,
            routing_key=key,
        )

    def unbind(self, key: str) -> Deferred[Any]:
        """See Link."""
        return self._ask(
            self._consuming.queue_unbind,
            queue=self._queue,
            exchange=self._exchange,
            routing_key=key,
        )

    def settled(self) -> Deferred[None]:
        """See Link."""
        return self._operations.settled()

    def _confirmed(self, answer: Any) -> None:
        if isinstance(answer.method, spec.Basic.Nack):
            # Some queue may have it and some not, and later ones must not overtake it.
            self.abort("the broker refused a message")
            return
        self.window.confirm(answer.method.delivery_tag, answer.method.multiple)
        if not self.window and self._why is None:
            self._owner.link_drained(self)

    def _delivered(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        if self._why is not None:
            return
        message = _message(method, properties, body)
        if message is None:
            self._unreadable()
        else:
            call = properties.app_id if isinstance(properties.app_id, str) else None
            self._owner.delivered(method.routing_key, message, call, method.redelivered)
        if self._why is None:
            self._acks.done(method.delivery_tag)

    def _acknowledge(self, tag: int) -> None:
        self._do(self._consuming.basic_ack, tag, multiple=True)

    def _delivered_shared(
        self, queue: SharedQueue, channel: Any, method: Any, properties: Any, body: bytes
    ) -> None:
        if self._why is not None:
            return
        message = _message(method, properties, body)
        if message is None:
            self._unreadable()
            self._do(channel.basic_reject, method.delivery_tag, requeue=False)
            return
        judged = self._owner.delivered_shared(self, queue, method.routing_key, message)
        judged.addCallback(self._judged, channel, method.delivery_tag)
        judged.addErrback(lambda failure: self.log.failure("judging failed", failure))

    def _judged(self, verdict: Verdict, channel: Any, tag: int) -> None:
        if self._why is not None or self._closing:
            return  # it goes to another node, or comes again
        if verdict is Verdict.ACK:
            self._do(channel.basic_ack, tag)
        elif verdict is Verdict.REJECT:
            self._do(channel.basic_reject, tag, requeue=False)
        else:
            self._requeues = {call for call in self._requeues if call.active()}
            self._requeues.add(
                self.reactor.callLater(
                    REQUEUE_PAUSE, self._do, channel.basic_reject, tag, requeue=True
                )
            )

    def _unreadable(self) -> None:
        self.log.info("dropped a foreign message with properties that can't be read")

    # its end

    def opened(self) -> None:
        """The handshake is done."""
        self._operations.answer(self._handshake)

    def blocked(self, _: object, notice: Any) -> None:
        """The broker has an alarm."""
        self._blocked = True
        if self._why is None:
            self._owner.link_blocked(self, str(notice.method.reason))

    def unblocked(self, *_: object) -> None:
        """The alarm is over."""
        self._blocked = False
        if self._why is None:
            self._owner.link_blocked(self, None)

    def abort(self, reason: str) -> None:
        """See Link."""
        self.lost(reason)
        self._abort_tcp()

    def lost(self, problem: object) -> None:
        """The connection is of no use any more. The first reason is the true one."""
        if self._why is not None:
            return
        self._why = why = f"{self.name}: {self._describe(problem)}"
        self._acks.stop()
        for call in self._requeues:
            if call.active():
                call.cancel()
        if self._watchdog.running:
            self._watchdog.stop()
        self._owner.link_lost(self, why)
        self.window.give_up(why)
        self._operations.fail(LinkLost(why))

    def gone(self) -> None:
        """The TCP connection has ended and pika has cleaned up."""
        self._gone.callback(None)

    async def close(self, timeout: float) -> None:
        """See Link."""
        self._closing = True
        deadline = self.reactor.callLater(timeout, self.abort, "closing took too long")
        try:
            await self._ask(self._consuming.queue_delete, queue=self._queue)
            self._do(self._protocol.connection.close)
        except LinkLost:
            self._abort_tcp()
        await self._gone
        if deadline.active():
            deadline.cancel()

    def _abort_tcp(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        elif self._protocol is not None:
            self._protocol.transport.abortConnection()

    def _raise_if_lost(self) -> None:
        if self._why is not None:
            raise LinkLost(self._why)

    def _channel_closed(self, _: Any, reason: Exception) -> None:
        if not self._closing:
            self.lost(reason)
            self._abort_tcp()

    def _consumer_cancelled(self, _: Any) -> None:
        if not self._closing:
            self.abort("a queue that this node consumes was deleted")

    def _watch(self) -> None:
        """Give up a broker that owes an answer for too long."""
        now = self.reactor.seconds()
        late = now - self._watched_at > 3 * WATCH_EVERY
        self._watched_at = now
        if late:
            return  # it was us who slept: answers may wait in the socket
        if not self._blocked and max(self.window.age, self._operations.silence) > SILENCE:
            self.abort(f"the broker has not answered for {SILENCE:.0f} s")
        elif self._blocked and self.window.age > MAX_UNCONFIRMED_AGE:
            self.window.give_up("the broker has an alarm and has not confirmed")

    def _describe(self, problem: object) -> str:
        """Why, in words for the log."""
        if isinstance(problem, (exceptions.ConnectionClosed, exceptions.ChannelClosed)):
            text = f"{problem.reply_text} ({problem.reply_code})"
            in_use = "exclusive" in text or "in use" in text
            if (
                problem.reply_code in (403, 405, 406)
                and in_use
                and repr(self._queue)[1:-1] in text
            ):
                return self._name_taken()
            return text
        if isinstance(problem, error.ConnectionRefusedError):
            return "connection refused"
        if isinstance(problem, error.TimeoutError):
            return f"no connection within {CONNECT_TIMEOUT:.0f} s"
        if isinstance(problem, error.ConnectionDone):
            return "the broker closed the connection"
        if isinstance(problem, SSL.Error):
            return f"TLS failed: {problem}"
        return str(problem).rstrip(".") or repr(problem)

    def _name_taken(self) -> str:
        reason = (
            f"the node name {self._node!r} is taken: another process uses the queue "
            f"{self._queue!r}. Each process needs a --node of its own"
        )
        if not self._fresh:
            reason += " (or the broker has not noticed yet that our last connection ended)"
        return reason


def _endpoint(reactor: Any, address: Address) -> IStreamClientEndpoint:
    tcp = HostnameEndpoint(reactor, address.host, address.port, timeout=CONNECT_TIMEOUT)
    if not address.tls:
        return tcp
    return wrapClientTLS(optionsForClientTLS(address.host), tcp)


def _parameters(address: Address, node: str) -> pika.ConnectionParameters:
    return pika.ConnectionParameters(
        host=address.host,
        port=address.port,
        virtual_host=address.vhost,
        credentials=pika.PlainCredentials(address.user, address.password),
        heartbeat=HEARTBEAT,
        client_properties={"connection_name": f"rabbitchat {node}"},
    )


def _properties(message: Message, call: str, lasting: bool) -> pika.BasicProperties:
    """`app_id` names the call of publish, by which a receiver knows a repeat."""
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


def _message(method: Any, properties: Any, body: bytes) -> Optional[Message]:
    """A delivery as ours, or None when it can't be read. Headers of odd types are left out."""
    strings = {
        name: getattr(properties, name)
        for name in ("content_type", "message_id", "type", "reply_to", "correlation_id")
    }
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
