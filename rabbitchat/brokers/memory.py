"""The broker for one process: nothing to install, always up.

`MemoryExchange` is what RabbitMQ is to AmqpBroker: several `MemoryBroker`s on one exchange are
several nodes, which is how tests have a cluster without a network.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Optional

from twisted.application.service import Service
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from rabbitchat.brokers.interface import (
    Consumer,
    IBroker,
    LinkState,
    Listener,
    Message,
    NotSent,
    Watcher,
)
from rabbitchat.brokers.limits import check_key, check_message
from rabbitchat.brokers.shared_queue import REQUEUE_PAUSE, SharedQueue, Verdict
from rabbitchat.brokers.topics import Interest, matches

MAX_WAITING = 50_000  # messages of one shared queue; beyond that the oldest is dropped

NOT_STARTED = LinkState(False, "not started")
STOPPED = LinkState(False, "stopped")
UP = LinkState(True, "in this process")

Delivery = tuple[str, Message]


class MemoryExchange:
    """A topic exchange and its shared queues, for the nodes of one process."""

    def __init__(self) -> None:
        self._nodes: list[MemoryBroker] = []
        self._queues: dict[str, _Queue] = {}

    def enter(self, broker: MemoryBroker) -> None:
        """A node comes."""
        self._nodes.append(broker)

    def leave(self, broker: MemoryBroker) -> None:
        """A node goes."""
        self._nodes.remove(broker)

    def join_queue(self, worker: _Worker) -> None:
        """A node takes part in a shared queue, which is made if it isn't there."""
        queue = self._queues.setdefault(worker.shared.name, _Queue())
        queue.keys.add(worker.shared.key)
        queue.workers.append(worker)
        worker.queue = queue
        queue.hand_out()

    def publish(self, key: str, message: Message) -> None:
        """Put a message into every queue bound to its key."""
        for node in self._nodes:
            node.offer(key, message)
        for queue in self._queues.values():
            if any(matches(pattern, key) for pattern in queue.keys):
                queue.waiting.append((key, message))
                queue.hand_out()


class _Queue:
    """Messages that wait for one of several nodes."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.waiting: deque[Delivery] = deque(maxlen=MAX_WAITING)
        self.workers: list[_Worker] = []

    def hand_out(self) -> None:
        """Give each free worker a message; only the first worker gets any if it is single."""
        for position, worker in enumerate(self.workers):
            if not self.waiting or (position and worker.shared.single_active):
                return
            if worker.current is None:
                worker.take(self.waiting.popleft())

    def give_back(self, delivery: Delivery) -> None:
        """The message was not dealt with: it is the next one again."""
        self.waiting.appendleft(delivery)


class _Worker:
    """One node's part in a shared queue: one message at a time."""

    def __init__(self, broker: MemoryBroker, shared: SharedQueue) -> None:
        self.broker = broker
        self.shared = shared
        self.queue = _Queue()  # until it joins one
        self.current: Optional[Delivery] = None
        self._call: Optional[IDelayedCall] = None

    def take(self, delivery: Delivery) -> None:
        """Deal with a message from the next reactor turn on."""
        self.current = delivery
        self._call = self.broker.clock.callLater(0, self._begin, delivery)

    def stop(self) -> None:
        """Leave the queue; what this was busy with goes to the next node."""
        if self._call is not None and self._call.active():
            self._call.cancel()
        self.queue.workers.remove(self)
        if self.current is not None:
            self.queue.give_back(self.current)
            self.current = None
        self.queue.hand_out()

    def _begin(self, delivery: Delivery) -> None:
        self.broker.count("received")
        judged = Deferred.fromCoroutine(self.shared.judge(*delivery))
        judged.addCallback(self._judged, delivery)
        judged.addErrback(self.broker.bug)

    def _judged(self, verdict: Verdict, delivery: Delivery) -> None:
        if self.current is not delivery:
            return  # stopped meanwhile
        if verdict is Verdict.REQUEUE:
            self._call = self.broker.clock.callLater(REQUEUE_PAUSE, self._requeue, delivery)
        else:
            self.current = None
            self.queue.hand_out()

    def _requeue(self, delivery: Delivery) -> None:
        self.current = None
        self.queue.give_back(delivery)
        self.queue.hand_out()


@implementer(IBroker)
class MemoryBroker(Service):
    """A node on a `MemoryExchange`, its own by default. Up from start to stop.

    A publish is confirmed at once; deliveries come in the next reactor turn, in order, never
    inside the publisher's call.
    """

    log = Logger()

    def __init__(
        self, clock: IReactorTime, node: str, exchange: Optional[MemoryExchange] = None
    ) -> None:
        self.clock = clock
        self.node = node
        self.alone = exchange is None
        self.link = NOT_STARTED
        self._outcomes = dict.fromkeys(("confirmed", "not_sent", "uncertain", "received"), 0)
        self.outcomes: Mapping[str, int] = self._outcomes
        self._exchange = MemoryExchange() if exchange is None else exchange
        self._interest = Interest()
        self._inbox: deque[Delivery] = deque()
        self._flush_call: Optional[IDelayedCall] = None
        self._listener: Optional[Listener] = None
        self._watchers: list[Watcher] = []
        self._workers: list[_Worker] = []

    # Service

    def startService(self) -> None:
        """Join the exchange."""
        super().startService()
        self._exchange.enter(self)
        for worker in self._workers:
            self._exchange.join_queue(worker)
        self._set_link(UP)

    def stopService(self) -> None:
        """Leave the exchange; deliveries not made yet are dropped."""
        if not self.running:
            return
        super().stopService()
        self._exchange.leave(self)
        for worker in self._workers:
            worker.stop()
        self._inbox.clear()
        if self._flush_call is not None:
            self._flush_call.cancel()
            self._flush_call = None
        self._set_link(STOPPED)

    # IBroker

    def listen(self, listener: Listener) -> None:
        """See IBroker."""
        self._listener = listener

    def watch(self, watcher: Watcher) -> None:
        """See IBroker."""
        self._watchers.append(watcher)

    def publish(self, key: str, message: Message) -> Deferred[None]:
        """See IBroker."""
        check_key(key)
        check_message(message)
        if not self.running:
            self.count("not_sent")
            return fail(NotSent(self.link.reason))
        self._exchange.publish(key, message)
        self.count("confirmed")
        return succeed(None)

    def subscribe(self, key: str) -> Deferred[None]:
        """See IBroker."""
        check_key(key)
        self._interest.add(key)
        return succeed(None) if self.running else fail(NotSent(self.link.reason))

    def unsubscribe(self, key: str) -> Deferred[None]:
        """See IBroker."""
        self._interest.remove(key)
        return succeed(None)

    def consume(self, queue: str, key: str, consumer: Consumer, single_active: bool) -> None:
        """See IBroker."""
        check_key(key)
        self._workers.append(_Worker(self, SharedQueue(queue, key, consumer, single_active)))

    # for the exchange

    def offer(self, key: str, message: Message) -> None:
        """Take a message that somebody published, if this node wants it."""
        if not self._interest.wants(key):
            return
        self._inbox.append((key, message))
        if self._flush_call is None:
            self._flush_call = self.clock.callLater(0, self._flush)

    def count(self, outcome: str) -> None:
        """Count an outcome."""
        self._outcomes[outcome] += 1

    def bug(self, failure: Failure) -> None:
        """Log what should never happen."""
        self.log.failure("memory broker failed", failure)

    def _flush(self) -> None:
        self._flush_call = None
        batch, self._inbox = self._inbox, deque()
        for key, message in batch:
            if not self.running:
                return  # a listener stopped us
            self.count("received")
            if self._listener is not None:
                try:
                    self._listener(key, message)
                except Exception:  # a listener's bug costs that message only
                    self.log.failure("listener failed on {key}", key=key)

    def _set_link(self, state: LinkState) -> None:
        self.link = state
        for watcher in self._watchers:
            try:
                watcher(state)
            except Exception:  # a watcher's bug must not stop the others, or the link
                self.log.failure("watcher failed on {state}", state=state)
