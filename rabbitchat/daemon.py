"""The chat itself: joins the rules of `chat/` to the broker, the log, the users and presence.

What happens to one message, from the command to everybody's screen:

    transport -> Connection.receive -> Session.request -> Actions -> log.append -> `published`
        -> Delivery -> this node's clients
        -> Outbox -> broker -> the other nodes' News.heard -> their Delivery -> their clients
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Optional

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from rabbitchat.actions import Actions
from rabbitchat.bindings import Bindings
from rabbitchat.brokers.interface import IBroker, LinkState, Message, NotSent, TryAgain, Uncertain
from rabbitchat.chat import events
from rabbitchat.chat.entries import Entry, is_conversation, users_of
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.chat.members import Came, Change, Clash, Renamed, TopicLearned, Went
from rabbitchat.clients import IClient
from rabbitchat.connection import Connection
from rabbitchat.delivery import Delivery
from rabbitchat.health import Health
from rabbitchat.local import LocalUsers
from rabbitchat.log.interface import ILog, LogState, Unavailable
from rabbitchat.metrics import Metrics, ReactorDelay
from rabbitchat.missed import Missed
from rabbitchat.naming import Naming
from rabbitchat.news import News, Unstored
from rabbitchat.outbox import Outbox
from rabbitchat.posts import Posts
from rabbitchat.presence import Presence
from rabbitchat.seldom import Seldom
from rabbitchat.settings import Limits
from rabbitchat.transports.fanout import Fanout
from rabbitchat.unconnected import Unconnected
from rabbitchat.users.interface import IUsers

COMPARE = 30.0
"""Seconds between two comparisons of what was delivered with what the log has."""

PRUNE = 10.0
"""Seconds between two rounds of housekeeping."""

GOODBYE = 1.0
"""Seconds for clients to take their good-bye."""

FLUSH = 0.5
"""Seconds for the broker to confirm the rest; presence and the broker wait as well, 3 s in all."""


class ChatDaemon(Service):
    """One node of the chat. Transports give it clients by `accept`."""

    logger = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        broker: IBroker,
        log: ILog,
        users: IUsers,
        presence: Presence,
        limits: Limits,
        exchange: str,
        metrics: Optional[Metrics] = None,
    ) -> None:
        self.clock = clock
        self.broker = broker
        self.node = broker.node
        self.log = log
        self.users = users
        self.presence = presence
        self.limits = limits
        self.metrics = metrics or Metrics()
        self.naming = Naming(presence, log)
        self.local = LocalUsers(limits)
        self.bindings = Bindings(clock, broker, self._released, limits.grace + 5)
        self.fanout = Fanout(clock, self.metrics.deliveries.inc)
        self.unconnected = Unconnected(clock, broker)
        self.delivery = Delivery(
            clock,
            log,
            self.bindings,
            self.fanout,
            self.naming,
            self.local,
            self.unconnected,
            hears_all=log.shared or broker.alone,
        )
        self.news = News(
            self.node, self.naming, self.delivery, self._are_apart, Seldom(clock, self.logger)
        )
        self.outbox = Outbox(clock, broker, log, self.news.address)
        self.missed: Optional[Missed] = None
        if not broker.alone:
            self.missed = Missed(
                clock, broker, self.outbox, self.delivery.foreign, lambda: log.epoch
            )
        self.posts = Posts(clock, self.node, log, presence, limits.max_text)
        self.health = Health(clock, broker)
        self.actions = Actions(self)
        self._connections: set[Connection] = set()
        self._per_address: Counter[str] = Counter()
        self._last_id = 0
        self._stopping = False
        self._loops: list[LoopingCall] = []
        self._reactor_delay = ReactorDelay(clock, self.metrics.reactor_delay.observe)
        self._wire_up(exchange)

    def _wire_up(self, exchange: str) -> None:
        self.broker.listen(self._heard)
        self.broker.watch(self._link_changed)
        self.broker.consume(f"{exchange}.post", "post.#", self._posted, single_active=True)
        self.presence.watch(self._presence_changed)
        self.presence.watch_nodes(lambda node: self._compare())
        self.log.watch(self._log_changed)
        metrics = self.metrics
        metrics.watch_broker(self.broker)
        metrics.users.set_function(lambda: float(self.presence.users_here()))
        metrics.rooms.set_function(lambda: float(len(self.presence.rooms())))
        metrics.rooms_behind.set_function(lambda: float(self.outbox.rooms_behind))
        metrics.rejected.labels("news").set_function(lambda: float(self.news.rejected))
        metrics.rejected.labels("post").set_function(lambda: float(self.posts.rejected))
        if self.missed is not None:
            missed = self.missed
            metrics.rejected.labels("missed").set_function(lambda: float(missed.rejected))
        metrics.rejected.labels("presence").set_function(lambda: float(self.presence.rejected))

    # -- life

    def startService(self) -> None:
        """Start the parts, each after those it stands on."""
        super().startService()
        for part in (self.log, self.users, self.presence, self.broker):
            part.startService()
        self.delivery.comparison.check_epoch()
        if self.missed is not None:
            self.missed.start()
        self.health.start()
        self._reactor_delay.start()
        self._every(COMPARE, self.delivery.compare)
        self._every(PRUNE, lambda: self.log.prune(self._in_use))
        self._every(PRUNE, self._use_sessions)

    def _every(self, seconds: float, work: Callable[[], Any]) -> None:
        loop = LoopingCall(lambda: Deferred.fromCoroutine(work()).addErrback(self._failed))
        loop.clock = self.clock
        loop.start(seconds, now=False)
        self._loops.append(loop)

    def _failed(self, failure: Failure) -> None:
        """One round that went wrong must not end the loop."""
        if not failure.check(Unavailable):
            self.logger.failure("housekeeping", failure)

    async def _use_sessions(self) -> None:
        """Who is here uses their session's secret: it neither expires nor makes room meanwhile."""
        for user in self.local.ids():
            if self.local.connections(user):
                await self.users.seen(user)

    def _in_use(self, room: str) -> bool:
        if is_conversation(room):
            return any(self.presence.is_present(user) for user in users_of(room))
        return self.presence.count(room) > 0

    async def stopService(self) -> None:
        """Say good-bye to clients, flush, close; at most 5 s. Listening has ended before."""
        await maybeDeferred(super().stopService)
        self._stopping = True
        for loop in self._loops:
            loop.stop()
        self.health.stop()
        self._reactor_delay.stop()
        self.fanout.stop()
        for connection in list(self._connections):
            connection.client.close(Close.SHUTTING_DOWN, "the server is shutting down: come back")
        await self._wait_until(lambda: not self._connections, GOODBYE)
        for connection in list(self._connections):
            connection.lost(False, "shutdown")
        await self._wait_until(lambda: self.outbox.idle or not self.broker.link.up, FLUSH)
        self.outbox.stop()
        self.delivery.stop()
        # Nothing asks the log any more, so neither of these waits for the other's trouble.
        await DeferredList(
            [
                Deferred.fromCoroutine(self._leave_broker()),
                maybeDeferred(self.users.stopService),
                maybeDeferred(self.log.stopService),
            ]
        )

    async def _leave_broker(self) -> None:
        await maybeDeferred(self.presence.stopService)
        self.bindings.stop()
        await maybeDeferred(self.broker.stopService)

    async def _wait_until(self, condition: Callable[[], bool], seconds: float) -> None:
        end = self.clock.seconds() + seconds
        while not condition() and self.clock.seconds() < end:
            await deferLater(self.clock, 0.02)

    # -- clients

    def accept(self, client: IClient) -> Optional[Connection]:
        """A client came. None when it is one too many; then it was closed, and `lost` must not
        be called."""
        most = self.limits.max_connections_per_ip
        if self._stopping:
            client.close(Close.SHUTTING_DOWN, "the server is shutting down: come back")
            return None
        if most and self._per_address[client.address] >= most:
            client.close(Close.TOO_MANY_CONNECTIONS, f"{most} connections from your address")
            return None
        self._last_id += 1
        connection = Connection(self, client, self._last_id)
        self._connections.add(connection)
        self._per_address[client.address] += 1
        self.metrics.connections.labels(client.transport_name).inc()
        return connection

    def arrived(self, connection: Connection, user: str, nick: str) -> None:
        """A connection has become a user's; its routing key is held."""
        self.presence.connected(connection.id, user)
        connection.connected(user, nick, self.local.add(user, connection))

    def leave(self, connection: Connection, room: str, reason: str) -> None:
        """A connection goes out of a room."""
        self.delivery.leave(connection, room)
        connection.session.rooms.discard(room)
        self.presence.leave(connection.id, room, reason)

    def lost(self, connection: Connection, clean: bool, reason: str) -> None:
        """A connection is gone. At a shutdown users may come back elsewhere: none has left."""
        self._connections.discard(connection)
        address = connection.client.address
        self._per_address[address] -= 1
        if not self._per_address[address]:
            del self._per_address[address]
        self.metrics.connections.labels(connection.client.transport_name).dec()
        user = connection.session.user
        if user:
            for room in connection.session.rooms:
                self.delivery.leave(connection, room)
            self.local.remove(user, connection)
            self.presence.disconnected(connection.id, clean and not self._stopping, reason)
            self.bindings.release(f"user.{user}")
            Deferred.fromCoroutine(self.users.seen(user)).addErrback(self._failed)

    def _released(self, key: str) -> None:
        kind, _, name = key.partition(".")
        if kind == "user":
            self.local.forget(name)
        self.delivery.released(key)

    # -- entries and events

    def spread(self, entry: Entry) -> None:
        """An entry was stored: to this node's clients at once, and to the other nodes."""
        self.metrics.published.inc()
        self.delivery.offer(entry)
        self.presence.announce()  # a `join` of its sender comes first
        self.outbox.put(entry)

    def publish_push(self, key: str, event: Unstored, epoch: Optional[str] = None) -> None:
        """Tell the other nodes what is no entry; while the link is away they don't hear it."""
        self.broker.publish(key, self.news.push(event, epoch)).addErrback(_expected)

    def read(self, connection: Connection, event: events.Read) -> None:
        """A user has read so far on this connection: tell the others, wherever they are.

        Where logs are not shared, users are not either: nobody is on two nodes."""
        user = connection.session.user
        self.delivery.tell_user(user, event, but=connection)
        if self.log.shared:
            self.publish_push(f"user.{user}", event, self.log.epoch)

    def _are_apart(self) -> bool:
        """Whether only the broker brings some nodes what is said here."""
        return not self.log.shared or bool(self.delivery.foreign.nodes)

    def report(self) -> dict[str, Any]:
        """How this node is, for `/health`: status `ok`, or `failing` and the reason."""
        problem = self.health.problem()
        if not self.log.state.up:
            problem = f"nothing can be stored: {self.log.state.reason}"
        report: dict[str, Any] = {
            "status": "failing" if problem else "ok",
            "node": self.node,
            "broker": {"up": self.broker.link.up, "reason": self.broker.link.reason},
            "database": {"up": self.log.state.up, "reason": self.log.state.reason},
            "rooms_behind": self.outbox.rooms_behind,
            "history_shared": not self.delivery.foreign.nodes,
        }
        if problem:
            report["reason"] = problem
        if self.unconnected.warning:
            report["warning"] = self.unconnected.warning
        return report

    def _heard(self, key: str, message: Message) -> None:
        kind = key.partition(".")[0]
        if kind in ("room", "user"):
            self.news.heard(key, message)
        elif kind == "presence":
            self.presence.heard(key, message)
        elif kind == "canary":
            self.health.heard(message)
        elif kind == "missed" and self.missed is not None:
            self.missed.heard(key, message)

    async def _posted(self, key: str, message: Message) -> None:
        try:
            entry = await self.posts.store(key, message)
        except Unavailable:
            raise TryAgain from None
        if entry is not None:
            self.spread(entry)

    def _link_changed(self, state: LinkState) -> None:
        self.presence.link_changed(state)
        if self.missed is not None:
            self.missed.link_changed(state)
        self.outbox.link_changed(state)
        self.delivery.link_changed(state)
        self.health.link_changed(state)
        if state.up:
            self._compare()

    def _log_changed(self, state: LogState) -> None:
        """The log is away, back, or another one."""
        if not self.delivery.comparison.check_epoch():
            self.outbox.start_over()
        if state.up:
            self._compare()

    def _compare(self) -> None:
        """What was said may not have come: see at once."""
        if self.running:
            Deferred.fromCoroutine(self.delivery.compare()).addErrback(self._failed)

    # -- presence

    def _presence_changed(self, change: Change) -> None:
        if isinstance(change, Came):
            self._tell(change.room, events.Join(**_who(change)))
        elif isinstance(change, Went):
            self._tell(change.room, events.Leave(**_who(change), reason=change.reason))
        elif isinstance(change, Renamed):
            self._renamed(change)
        elif isinstance(change, Clash):
            self._clashed(change)
        elif isinstance(change, TopicLearned):
            event = events.TopicChange(room=change.room, nick=change.nick, text=change.text)
            self._tell(change.room, event)

    def _tell(self, room: str, event: events.Event) -> None:
        self.delivery.tell_room(room, event)

    def _renamed(self, change: Renamed) -> None:
        own = self.local.connections(change.user)
        for connection in own:
            connection.session.nick = change.new
        receivers = {c for room in change.rooms for c in self.delivery.members(room)}
        event = events.NickChange(user=change.user, old=change.old, nick=change.new)
        self.delivery.tell_some(receivers.union(own), event)

    def _clashed(self, change: Clash) -> None:
        problem = ChatError(
            Code.NICK_IN_USE,
            f"{change.lost} was taken on another node a moment before you: you are {change.new}",
        )
        self.delivery.tell_user(change.user, events.error(problem))


def _who(change: Came | Went) -> dict[str, Any]:
    return {
        "room": change.room,
        "nick": change.nick,
        "user": change.user,
        "count": change.count,
    }


def _expected(failure: Failure) -> None:
    failure.trap(NotSent, Uncertain)
