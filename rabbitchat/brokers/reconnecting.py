"""A broker over one link after another: all of `AmqpBroker` that is not about AMQP."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Optional

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredLock, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from rabbitchat.brokers.backoff import Backoff
from rabbitchat.brokers.deliveries import Repeats
from rabbitchat.brokers.echo import Echo
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
from rabbitchat.brokers.link import Link, LinkLost, LinkOwner
from rabbitchat.brokers.node_bindings import NodeBindings
from rabbitchat.brokers.shared_queue import SharedQueue, Verdict

MAX_UNCONFIRMED = 2000  # publishes
DRAIN_TIME = 0.5  # seconds that a stop waits for confirms
CLOSE_TIME = 1.0  # seconds that a stop then gives the broker to say good-bye

UNREADABLE_LOG_PAUSE = 60.0  # seconds between two lines about foreign messages

LinkMaker = Callable[[LinkOwner, dict[str, int]], Link]


@implementer(IBroker)
class ReconnectingBroker(Service):
    """Keeps a link to one of several brokers, for ever.

    The state (`link`) is up when a link is open and the broker takes messages. It is down, and
    every publish fails with NotSent, while there is no link, while the broker has an alarm, and
    when `MAX_UNCONFIRMED` publishes wait for their confirm: until all of these are confirmed, so
    that none confirmed later overtakes one that was refused. In each case the watchers hear of
    it, and hear again when it is time to send what failed.
    """

    log = Logger()

    def __init__(
        self,
        reactor: IReactorTime,
        node: str,
        links: Sequence[LinkMaker],
        backoff: Backoff,
    ) -> None:
        self.node = node
        self.alone = False
        self.link = LinkState(False, "not started")
        self._outcomes = dict.fromkeys(("confirmed", "not_sent", "uncertain", "received"), 0)
        self.outcomes: Mapping[str, int] = self._outcomes
        self._reactor = reactor
        self._links = links
        self._backoff = backoff
        self._bindings = NodeBindings()
        self._echo = Echo(reactor, node)
        self._listener: Optional[Listener] = None
        self._watchers: list[Watcher] = []
        self._bindings.want(self._echo.key)
        self._binding: set[Deferred[None]] = set()  # who waits for a binding to be in force
        self._shared: list[tuple[SharedQueue, DeferredLock]] = []
        self._repeats = Repeats()
        self._instance = uuid.uuid4().hex[:12]
        self._calls = 0
        self._trying: Optional[Link] = None  # the link that is opening or open
        self._open: Optional[Link] = None
        self._lost: Deferred[None] = Deferred()
        self._fresh = True  # no link of this process has been open yet
        self._alarm: Optional[str] = None
        self._crowded = False
        self._drained: Optional[Deferred[None]] = None  # a stop waits for it
        self._told: set[str] = set()  # reasons logged since the link was up
        self._pause: Optional[tuple[IDelayedCall, Deferred[None]]] = None
        self._unreadable_told = -UNREADABLE_LOG_PAUSE
        self._runner: Deferred[None] = succeed(None)

    # Service

    def startService(self) -> None:
        """Begin to connect."""
        super().startService()
        self._fresh = True
        self._bindings.forget()
        self._set_link(False, "connecting")
        self._runner = Deferred.fromCoroutine(self._run())
        self._runner.addErrback(self._bug)

    async def stopService(self) -> None:
        """Wait a moment for confirms, leave, and close; takes 2 s at most."""
        if not self.running:
            return
        super().stopService()
        self._set_link(False, "stopped")
        link = self._open
        if link is not None:
            if len(link.window) and self._alarm is None:
                await self._wait_drained()
            await link.close(CLOSE_TIME)
        elif self._trying is not None:
            self._trying.abort("stopped")
        self._end_pause()
        await self._runner

    # IBroker

    def listen(self, listener: Listener) -> None:
        """See IBroker."""
        self._listener = listener

    def watch(self, watcher: Watcher) -> None:
        """See IBroker."""
        self._watchers.append(watcher)

    def consume(self, queue: str, key: str, consumer: Consumer, single_active: bool) -> None:
        """See IBroker."""
        check_key(key)
        self._shared.append((SharedQueue(queue, key, consumer, single_active), DeferredLock()))

    def publish(self, key: str, message: Message) -> Deferred[None]:
        """See IBroker."""
        check_key(key)
        check_message(message)
        link = self._open
        if link is not None and self.link.up and len(link.window) >= MAX_UNCONFIRMED:
            self._crowded = True
            self._refresh()
        if link is None or not self.link.up:
            self._outcomes["not_sent"] += 1
            return fail(NotSent(self.link.reason))
        self._calls += 1
        return link.publish(key, message, f"{self._instance}.{self._calls}")

    def subscribe(self, key: str) -> Deferred[None]:
        """See IBroker."""
        check_key(key)
        bound = self._bindings.add(key)
        if self._alarm is None and (self.link.up or self._crowded):
            return self._in_force(bound)
        bound.addErrback(_ignore)  # the next link has it, or this one before it is up again
        return fail(NotSent(self.link.reason))

    def _in_force(self, bound: Deferred[None]) -> Deferred[None]:
        """As `bound`, but an alarm, under which the broker answers nothing, ends the wait."""
        told: Deferred[None] = Deferred()
        self._binding.add(told)

        def settled(result: Optional[Failure]) -> None:
            if told in self._binding:
                self._binding.remove(told)
                told.callback(result)

        bound.addBoth(settled)
        return told

    def unsubscribe(self, key: str) -> Deferred[None]:
        """See IBroker."""
        return self._bindings.remove(key)

    # LinkOwner

    def link_lost(self, link: Link, reason: str) -> None:
        """See LinkOwner."""
        if link is not self._open:
            return  # it never opened: `open` raises
        self._open = None
        self._bindings.lost()
        self._echo.stop()
        self._alarm = None
        self._crowded = False
        if self.running:
            self._set_link(False, reason)
        self._end_drain()
        self._lost.callback(None)

    def link_blocked(self, link: Link, reason: Optional[str]) -> None:
        """See LinkOwner."""
        if reason is not None:
            self._alarm = f"the broker has an alarm and takes no messages: {reason}"
            self._refresh()
            waiting, self._binding = self._binding, set()
            for told in waiting:
                told.errback(NotSent(self._alarm))
            return
        # Bindings asked for under the alarm are answered only now.
        Deferred.fromCoroutine(self._unblocked(link)).addErrback(self._bug)

    def link_drained(self, link: Link) -> None:
        """See LinkOwner."""
        self._end_drain()
        if self._crowded:
            self._refresh()

    def delivered(
        self, key: str, message: Message, call: Optional[str], redelivered: bool
    ) -> None:
        """See LinkOwner."""
        self._echo.heard = True
        if not self.running or self._repeats.is_repeat(call, redelivered):
            return
        if self._listener is None or key == self._echo.key or not self._bindings.wants(key):
            return  # from a wide binding, or unsubscribed while it was on its way
        self._outcomes["received"] += 1
        try:
            self._listener(key, message)
        except Exception:  # a listener's bug costs that message only
            self.log.failure("listener failed on {key}", key=key)

    def delivered_shared(
        self, link: Link, shared: SharedQueue, key: str, message: Message
    ) -> Deferred[Verdict]:
        """See LinkOwner."""
        return Deferred.fromCoroutine(self._judge(link, shared, key, message))

    def unreadable(self, queue: str) -> None:
        """See LinkOwner."""
        now = self._reactor.seconds()
        if now - self._unreadable_told >= UNREADABLE_LOG_PAUSE:
            self._unreadable_told = now
            self.log.info("dropped a message that can't be read from queue {queue}", queue=queue)

    # the life of links

    async def _run(self) -> None:
        position = 0
        while self.running:
            problems = []
            for offset in range(len(self._links)):
                index = (position + offset) % len(self._links)
                problem = await self._one_link(self._links[index])
                if problem is None or not self.running:
                    position = index
                    break
                problems.append(problem)
            else:
                self._set_link(False, "; ".join(problems))
            if self.running:
                await self._sleep(self._backoff.next())

    async def _one_link(self, make: LinkMaker) -> Optional[str]:
        """Live through one link. Returns why it couldn't be opened, None if it was."""
        self._trying = link = make(self, self._outcomes)
        self._lost = Deferred()
        try:
            await link.open([shared for shared, _ in self._shared], self._fresh)
            self._fresh = False
            self._open = link
            await self._bindings.make_all(link)
        except LinkLost as lost:
            self._trying = None
            return lost.reason
        self._backoff.reset()
        self._told.clear()
        self._refresh()
        self._echo.start(self._send_echo, self._deaf)
        await self._lost
        self._trying = None
        return None

    def _send_echo(self) -> bool:
        if not self.link.up or self._open is None:
            return False
        self._calls += 1
        call = f"{self._instance}.{self._calls}"
        self._open.publish(self._echo.key, Message(b"", type="echo"), call).addErrback(_ignore)
        return True

    def _deaf(self) -> None:
        if self._open is not None:
            self._open.abort("what this node publishes does not come back to it")

    async def _unblocked(self, link: Link) -> None:
        try:
            await self._bindings.quiet(link)
        except LinkLost:
            return
        if link is self._open:
            self._alarm = None
            self._refresh()

    async def _judge(self, link: Link, shared: SharedQueue, key: str, message: Message) -> Verdict:
        lock = next(lock for known, lock in self._shared if known is shared)
        await lock.acquire()  # the same message on the last link may still be in the works
        try:
            if link is not self._trying or not self.running:
                return Verdict.REQUEUE
            self._outcomes["received"] += 1
            return await shared.judge(key, message)
        finally:
            lock.release()

    async def _sleep(self, seconds: float) -> None:
        woken: Deferred[None] = Deferred()
        self._pause = (self._reactor.callLater(seconds, woken.callback, None), woken)
        await woken
        self._pause = None

    def _end_pause(self) -> None:
        if self._pause is not None:
            call, woken = self._pause
            call.cancel()
            woken.callback(None)

    async def _wait_drained(self) -> None:
        self._drained = drained = Deferred[None]()
        enough = self._reactor.callLater(DRAIN_TIME, self._end_drain)
        await drained
        if enough.active():
            enough.cancel()

    def _end_drain(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.callback(None)

    # the state

    def _refresh(self) -> None:
        """Work out the state while a link is open."""
        if self._open is None or not self.running:
            return
        self._crowded = self._crowded and len(self._open.window) > 0
        if self._alarm is not None:
            self._set_link(False, self._alarm)
        elif self._crowded:
            self._set_link(False, f"{MAX_UNCONFIRMED} messages wait for the broker's confirm")
        else:
            self._set_link(True, f"connected to {self._open.name}")

    def _set_link(self, up: bool, reason: str) -> None:
        state = LinkState(up, reason, self._open is not None)
        if state == self.link:
            return
        before, self.link = self.link, state
        if up:
            self.log.info("broker link is up: {reason}", reason=reason)
        elif self.running and reason not in self._told and reason != "connecting":
            self._told.add(reason)
            self.log.warn(
                "broker link is down: {reason}" if before.up else "no broker link: {reason}",
                reason=reason,
            )
        for watcher in self._watchers:
            try:
                watcher(state)
            except Exception:  # a watcher's bug must not stop the others, or the link
                self.log.failure("watcher failed on {state}", state=state)

    def _bug(self, failure: Failure) -> None:
        self.log.failure("the broker link's loop failed", failure)


def _ignore(_: Failure) -> None:
    """Whoever asked has been told already."""
