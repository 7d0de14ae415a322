"""One connection to RabbitMQ, from opening to loss. Knows AMQP, and of pika only what it is given.

One connection has a channel to publish, one for the node's own queue and one for each shared
queue. Whatever goes wrong on any of them ends the whole link: one way to recover, always used. The
one exception is in amqp_consuming.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Optional, Protocol

from twisted.internet import task
from twisted.internet.defer import Deferred, fail

from rabbitchat.brokers.amqp_consuming import Consuming
from rabbitchat.brokers.interface import Message, NotSent
from rabbitchat.brokers.link import LinkLost, LinkOwner
from rabbitchat.brokers.pending import ConfirmWindow, Operations
from rabbitchat.brokers.shared_queue import SharedQueue

SETUP_TIMEOUT = 10.0  # seconds until all is declared and consumed
SILENCE = 5.0  # seconds without an answer that is due: the broker is frozen, or under an alarm
WATCH_EVERY = 0.5  # seconds


class LinkEvents(Protocol):
    """What the protocol tells a link."""

    def opened(self) -> None:
        """The handshake is done."""

    def blocked(self, reason: str) -> None:
        """The broker has an alarm."""

    def unblocked(self) -> None:
        """The alarm is over."""

    def lost(self, problem: object) -> None:
        """The connection is of no use any more."""

    def gone(self) -> None:
        """The TCP connection has ended and pika has cleaned up."""


class Wire(Protocol):
    """What only pika knows."""

    name: str  # the address, for people

    def connect(self, events: LinkEvents) -> Deferred[Any]:
        """Make a TCP connection; fires with a protocol with `connection` and `abort()`."""

    def properties(self, key: str, message: Message, call: str) -> Any:
        """A message's properties for basic.publish."""

    def message(self, method: Any, properties: Any, body: bytes) -> Optional[Message]:
        """A delivery as ours, or None when it can't be read."""

    def call(self, properties: Any) -> Optional[str]:
        """The name of the call of `publish` that this delivery comes from."""

    def is_nack(self, method: Any) -> bool:
        """Whether this answer to a publish is a refusal."""

    def refusal(self, problem: object) -> Optional[tuple[int, str]]:
        """The broker's reply code and text, if it closed a channel or the connection."""

    def describe(self, problem: object) -> str:
        """Any other problem, for people."""


class AmqpLink:
    """See `link.Link`."""

    def __init__(
        self,
        reactor: Any,
        wire: Wire,
        exchange: str,
        node: str,
        owner: LinkOwner,
        outcomes: dict[str, int],
    ) -> None:
        self.reactor = reactor
        self.wire = wire
        self.owner = owner
        self.name = wire.name
        self.window = ConfirmWindow(reactor, outcomes)
        self.why: Optional[str] = None  # it is lost, and why
        self.closing = False
        self._exchange = exchange
        self._node = node
        self._queue_name = f"{exchange}.node.{node}"
        self._outcomes = outcomes
        self._blocked = False
        self._operations = Operations(reactor)
        self._handshake: Deferred[Any] = self._operations.ask()
        self._gone: Deferred[None] = Deferred()
        self._connecting: Optional[Deferred[Any]] = None
        self._protocol: Any = None
        self._publishing: Any = None  # the channel
        self._consuming = Consuming(self, exchange, self._queue_name)
        self._watchdog = task.LoopingCall(self._watch)
        self._watchdog.clock = reactor
        self._watched_at = 0.0

    # opening

    async def open(self, shared: Sequence[SharedQueue], fresh: bool) -> None:
        """See Link."""
        late = f"not ready within {SETUP_TIMEOUT:.0f} s"
        deadline = self.reactor.callLater(SETUP_TIMEOUT, self.abort, late)
        try:
            await self._connect()
            await self._set_up(shared, fresh)
        except LinkLost:
            raise
        except Exception as problem:  # the endpoint's, or pika's when the link was just lost
            self.abort(problem)
            raise LinkLost(self.why or "") from None
        finally:
            if deadline.active():
                deadline.cancel()

    async def _connect(self) -> None:
        handshake = self._handshake
        handshake.addErrback(lambda _: None)  # connecting may fail before anybody awaits it
        self._connecting = self.wire.connect(self)
        self._protocol = await self._connecting
        self._connecting = None
        self._watched_at = self.reactor.seconds()
        self._watchdog.start(WATCH_EVERY, now=False)
        await handshake
        if self.why is not None:
            raise LinkLost(self.why)

    async def _set_up(self, shared: Sequence[SharedQueue], fresh: bool) -> None:
        self._publishing = channel = await self.open_channel()
        declare = channel.exchange_declare
        await self.ask(declare, exchange=self._exchange, exchange_type="topic", durable=True)
        await self._consuming.begin(shared, fresh)
        await self.ask(channel.confirm_delivery, ack_nack_callback=self._answered)
        channel.add_on_return_callback(self._returned)

    async def open_channel(self) -> Any:
        """One more channel. Raises LinkLost."""
        channel = await self.ask(self._protocol.connection.channel, "on_open_callback")
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_cancel_callback(self._consumer_cancelled)
        return channel

    # asking pika

    def ask(
        self, method: Callable[..., object], argument: str = "callback", **arguments: Any
    ) -> Deferred[Any]:
        """Call one of pika's methods that have an answer. Fails with LinkLost."""
        if self.why is not None:
            return fail(LinkLost(self.why))
        answered = self._operations.ask()
        arguments[argument] = partial(self._operations.answer, answered)
        self.do(method, **arguments)
        return answered

    def refuse(self, asked: Deferred[Any], why: Exception) -> None:
        """What was asked failed; the link lives."""
        self._operations.refuse(asked, why)

    def do(self, method: Callable[..., object], *args: Any, **arguments: Any) -> bool:
        """Call one of pika's methods; what it can't do costs the link."""
        try:
            method(*args, **arguments)
        except Exception as problem:
            self.abort(f"pika: {problem!r}")
            return False
        return True

    # traffic

    def publish(self, key: str, message: Message, call: str) -> Deferred[None]:
        """See Link."""
        properties = self.wire.properties(key, message, call)
        send, mandatory = self._publishing.basic_publish, message.mandatory
        if self.why is None and self.do(
            send, self._exchange, key, message.body, properties, mandatory
        ):
            return self.window.add()
        self._outcomes["not_sent"] += 1
        return fail(NotSent(self.why or ""))

    def bind(self, key: str) -> Deferred[Any]:
        """See Link."""
        return self._consuming.own.bind(self._exchange, key)

    def unbind(self, key: str) -> Deferred[Any]:
        """See Link."""
        return self._consuming.own.unbind(self._exchange, key)

    def settled(self) -> Deferred[None]:
        """See Link."""
        return self._operations.settled()

    def _answered(self, answer: Any) -> None:
        """The broker's answer to one or more publishes."""
        if self.wire.is_nack(answer.method):
            # Some queue may have it and some not, and later ones must not overtake it.
            self.abort("the broker refused a message")
            return
        self.window.confirm(answer.method.delivery_tag, answer.method.multiple)
        if not self.window and self.why is None:
            self.owner.link_drained(self)

    # LinkEvents

    def opened(self) -> None:
        """See LinkEvents."""
        self._operations.answer(self._handshake)

    def blocked(self, reason: str) -> None:
        """See LinkEvents."""
        self._blocked = True
        if self.why is None:
            self.owner.link_blocked(self, reason)

    def unblocked(self) -> None:
        """See LinkEvents."""
        self._blocked = False
        if self.why is None:
            self.owner.link_blocked(self, None)

    def lost(self, problem: object) -> None:
        """See LinkEvents. The first reason is the true one."""
        if self.why is not None:
            return
        self.why = why = f"{self.name}: {self._describe(problem)}"
        self._consuming.stop()
        if self._watchdog.running:
            self._watchdog.stop()
        self.owner.link_lost(self, why)
        self.window.give_up(why)
        self._operations.fail(LinkLost(why))

    def gone(self) -> None:
        """See LinkEvents."""
        self._gone.callback(None)

    # its end

    def abort(self, problem: object) -> None:
        """See Link."""
        self.lost(problem)
        if self._connecting is not None:
            self._connecting.cancel()
        elif self._protocol is not None:
            self._protocol.abort()

    async def close(self, timeout: float) -> None:
        """See Link."""
        self.closing = True
        deadline = self.reactor.callLater(timeout, self.abort, "closing took too long")
        try:
            await self._consuming.own.delete()
            self.do(self._protocol.connection.close)
        except LinkLost:
            pass
        await self._gone
        if deadline.active():
            deadline.cancel()

    def _channel_closed(self, channel: Any, reason: Exception) -> None:
        if self.closing:
            return
        _, text = self.wire.refusal(reason) or (0, "")
        if "is down or inaccessible" in text and self._consuming.channel_closed(channel, text):
            return
        self.abort(reason)

    def _returned(self, *_: Any) -> None:
        """A mandatory message that no queue wants: the exchange was deleted, and made again."""
        self.abort("the broker has lost this node's bindings")

    def _consumer_cancelled(self, _: Any) -> None:
        if not self.closing:
            self.abort("a queue that this node consumes was deleted")

    def _watch(self) -> None:
        """Give up a broker that owes an answer for too long."""
        now = self.reactor.seconds()
        slept = now - self._watched_at > 3 * WATCH_EVERY
        self._watched_at = now
        if slept:
            return  # it was this process: the answers may wait in the socket
        if self._blocked:
            if self.window.age > SILENCE:
                self.window.give_up("the broker has an alarm and has not confirmed")
        elif max(self.window.age, self._operations.silence) > SILENCE:
            self.abort(f"the broker has not answered for {SILENCE:.0f} s")

    def _describe(self, problem: object) -> str:
        if isinstance(problem, str):
            return problem
        refusal = self.wire.refusal(problem)
        if refusal is None:
            return self.wire.describe(problem)
        code, text = refusal
        in_use = code == 405 or "exclusive" in text or "in use" in text
        if in_use and f"'{self._queue_name}'" in text:
            return self._name_taken()
        return f"{text} ({code})"

    def _name_taken(self) -> str:
        return (
            f"the node name {self._node!r} is taken: another process uses the queue "
            f"{self._queue_name!r}, and each needs a --node of its own (or one that died a "
            "moment ago still has it, as far as the broker knows)"
        )
