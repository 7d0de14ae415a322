"""What a link consumes, wherever in a cluster its queues live. Knows no pika.

A queue lives on one node of a cluster, and while that is down nobody can use the queue. It must
not cost the link to another node: the node's own queue gets a stand-in, a shared one is tried
again until its home is back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Union

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from rabbitchat.brokers.amqp_queues import NodeQueue, SharedConsumer
from rabbitchat.brokers.link import LinkLost
from rabbitchat.brokers.shared_queue import SharedQueue

if TYPE_CHECKING:
    from rabbitchat.brokers.amqp_link import AmqpLink

STAND_IN = ".spare"  # follows the name of the node's queue; no node's name has a dot
TRY_AGAIN = 5.0  # seconds until a shared queue is asked for again


class HomeDown(Exception):
    """The queue lives on a node of the cluster that is down."""


class Consuming:
    """The queues of one link. `name` is that of the node's own."""

    log = Logger()

    def __init__(self, link: AmqpLink, exchange: str, name: str) -> None:
        self._link = link
        self._exchange = exchange
        self._name = name
        self._own: NodeQueue | None = None
        self._shared: list[SharedConsumer] = []
        self._taking: dict[Any, Union[NodeQueue, SharedConsumer]] = {}  # by channel
        self._again: set[IDelayedCall] = set()

    @property
    def own(self) -> NodeQueue:
        """The node's own queue."""
        assert self._own is not None, "not open"
        return self._own

    async def begin(self, shared: Sequence[SharedQueue], fresh: bool) -> None:
        """Consume them. Raises LinkLost."""
        try:
            await self._take_own(self._name, fresh)
        except HomeDown:
            await self._take_own(self._name + STAND_IN, True)
        for queue in shared:
            await self._take_shared(queue, told=False)

    async def _take_own(self, name: str, fresh: bool) -> None:
        channel = await self._link.open_channel()
        self._own = self._taking[channel] = queue = NodeQueue(self._link, name, channel)
        await queue.take(fresh)
        del self._taking[channel]

    async def _take_shared(self, queue: SharedQueue, told: bool) -> None:
        channel = await self._link.open_channel()
        self._taking[channel] = consumer = SharedConsumer(self._link, queue, channel)
        try:
            await consumer.take(self._exchange)
        except HomeDown as why:
            if not told:
                self.log.warn(
                    "nothing comes from the queue {name}: {why}", name=queue.name, why=why
                )
            self._take_later(queue)
        else:
            del self._taking[channel]
            self._shared.append(consumer)
            if told:
                self.log.info("the queue {name} is there again", name=queue.name)

    def _take_later(self, queue: SharedQueue) -> None:
        def again() -> None:
            self._again.discard(call)
            taken = Deferred.fromCoroutine(self._take_shared(queue, told=True))
            taken.addErrback(self._failed)

        call = self._link.reactor.callLater(TRY_AGAIN, again)
        self._again.add(call)

    def channel_closed(self, channel: Any, home_down: str) -> bool:
        """A channel was closed because a queue's home is down: whether that was expected."""
        queue = self._taking.pop(channel, None)
        if queue is None:
            return False
        queue.refused(HomeDown(home_down))
        return True

    def stop(self) -> None:
        """The link is lost."""
        for call in self._again:
            call.cancel()
        self._again.clear()
        for queue in (*self._taking.values(), *self._shared):
            queue.stop()
        if self._own is not None:
            self._own.stop()

    def _failed(self, failure: Failure) -> None:
        if not failure.check(LinkLost):
            self.log.failure("taking a shared queue", failure)
