"""The queues that a node consumes on RabbitMQ: its own and the shared ones. Knows no pika.

Each has a channel of its own: the node's queue is acknowledged many at once, up to a delivery
tag, and tags count all deliveries of a channel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from rabbitchat.brokers.deliveries import PREFETCH, AckBatch
from rabbitchat.brokers.shared_queue import REQUEUE_PAUSE, SharedQueue, Verdict

if TYPE_CHECKING:
    from rabbitchat.brokers.amqp_link import AmqpLink

QUEUE_EXPIRES = 60_000  # milliseconds that a node's queue outlives its link
QUEUE_LENGTH = 50_000  # messages; then the oldest go: a slow node must not slow the others


class _Queue:
    """Asks one thing after the other on a channel of its own."""

    def __init__(self, link: AmqpLink, channel: Any) -> None:
        self._link = link
        self._channel = channel
        self._asked: Deferred[Any] | None = None

    def _ask(self, method: Callable[..., object], **arguments: Any) -> Deferred[Any]:
        self._asked = self._link.ask(method, **arguments)
        return self._asked

    def refused(self, why: Exception) -> None:
        """The channel was closed instead of an answer: that is the answer."""
        if self._asked is not None:
            self._link.refuse(self._asked, why)


class NodeQueue(_Queue):
    """A node's own queue: bounded, consumed by one process, and there after a blink."""

    log = Logger()

    def __init__(self, link: AmqpLink, name: str, channel: Any) -> None:
        super().__init__(link, channel)
        self._name = name
        self._acks = AckBatch(link.reactor, self._acknowledge)

    async def take(self, fresh: bool) -> None:
        """Declare and consume it. Refused when another process has the node's name.

        `fresh`: what a former process of this name left, its bindings too, is thrown away.
        """
        ask, channel = self._ask, self._channel
        if fresh:
            await ask(channel.queue_delete, queue=self._name, if_unused=True)
        arguments = {"x-expires": QUEUE_EXPIRES, "x-max-length": QUEUE_LENGTH}
        await ask(channel.queue_declare, queue=self._name, durable=True, arguments=arguments)
        await ask(channel.basic_qos, prefetch_count=PREFETCH)
        await ask(
            channel.basic_consume,
            queue=self._name,
            on_message_callback=self._delivered,
            exclusive=True,
        )

    def bind(self, exchange: str, key: str) -> Deferred[Any]:
        """Receive what is published on a key or pattern."""
        bind = self._channel.queue_bind
        return self._link.ask(bind, queue=self._name, exchange=exchange, routing_key=key)

    def unbind(self, exchange: str, key: str) -> Deferred[Any]:
        """Don't receive it any more."""
        unbind = self._channel.queue_unbind
        return self._link.ask(unbind, queue=self._name, exchange=exchange, routing_key=key)

    def delete(self) -> Deferred[Any]:
        """Leave nothing behind."""
        return self._link.ask(self._channel.queue_delete, queue=self._name)

    def stop(self) -> None:
        """The link is lost."""
        self._acks.stop()

    def _delivered(self, _: Any, method: Any, properties: Any, body: bytes) -> None:
        link = self._link
        if link.why is not None:
            return
        message = link.wire.message(method, properties, body)
        if message is not None:
            call = link.wire.call(properties)
            link.owner.delivered(method.routing_key, message, call, method.redelivered)
        else:
            link.owner.unreadable(self._name)
        if link.why is None:
            self._acks.done(method.delivery_tag)

    def _acknowledge(self, tag: int) -> None:
        self._link.do(self._channel.basic_ack, tag, multiple=True)


class SharedConsumer(_Queue):
    """A node's part in a shared queue: one message at a time, acknowledged when it is done."""

    log = Logger()

    def __init__(self, link: AmqpLink, queue: SharedQueue, channel: Any) -> None:
        super().__init__(link, channel)
        self._queue = queue
        self._requeue: IDelayedCall | None = None  # one message at a time: one is enough

    async def take(self, exchange: str) -> None:
        """Declare, bind and consume it."""
        ask, channel, queue = self._ask, self._channel, self._queue
        arguments = {"x-single-active-consumer": True} if queue.single_active else {}
        await ask(channel.queue_declare, queue=queue.name, durable=True, arguments=arguments)
        bind = channel.queue_bind
        await ask(bind, queue=queue.name, exchange=exchange, routing_key=queue.key)
        await ask(channel.basic_qos, prefetch_count=1)
        consume = channel.basic_consume
        await ask(consume, queue=queue.name, on_message_callback=self._delivered)

    def stop(self) -> None:
        """The link is lost: the message goes to another node, or comes again."""
        if self._requeue is not None and self._requeue.active():
            self._requeue.cancel()

    def _delivered(self, _: Any, method: Any, properties: Any, body: bytes) -> None:
        link, tag = self._link, method.delivery_tag
        if link.why is not None:
            return
        message = link.wire.message(method, properties, body)
        if message is None:
            link.owner.unreadable(self._queue.name)
            link.do(self._channel.basic_reject, tag, requeue=False)
            return
        judged = link.owner.delivered_shared(link, self._queue, method.routing_key, message)
        judged.addCallback(self._judged, tag)
        judged.addErrback(lambda failure: self.log.failure("judging a message failed", failure))

    def _judged(self, verdict: Verdict, tag: int) -> None:
        link, channel = self._link, self._channel
        if link.why is not None or link.closing:
            return
        if verdict is Verdict.ACK:
            link.do(channel.basic_ack, tag)
        elif verdict is Verdict.REJECT:
            link.do(channel.basic_reject, tag, requeue=False)
        else:
            self._requeue = link.reactor.callLater(
                REQUEUE_PAUSE, link.do, channel.basic_reject, tag, requeue=True
            )
