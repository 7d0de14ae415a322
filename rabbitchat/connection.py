"""One client's connection as the daemon keeps it: its session, its commands in order, its limits.

Commands are carried out one after the other. A client that sends too fast isn't read for a
moment, then refused, then cut off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Optional

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from rabbitchat.chat import commands, events
from rabbitchat.chat.buckets import Bucket
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.chat.session import Session, State
from rabbitchat.clients import IClient
from rabbitchat.deadline import Late, within
from rabbitchat.local import LocalUser
from rabbitchat.log.interface import Unavailable

if TYPE_CHECKING:
    from rabbitchat.daemon import ChatDaemon

PATIENCE = 3.0
"""Seconds that a too fast client isn't read before it is refused."""

ANSWER_WITHIN = 8.0
"""Seconds after which a command is answered with `unavailable`, whatever the log does."""

COMMAND_RATE, COMMAND_BURST = 20.0, 50
"""Commands other than publish: enough to come back into twenty rooms at once."""

MOST_QUEUED = 64
"""Commands that wait for their turn before the client isn't read for a while."""


class Connection:
    """One client, from its transport's accept to its end."""

    logger = Logger()
    __slots__ = (
        "_busy",
        "_commands",
        "_connect_timeout",
        "_daemon",
        "_flood",
        "_paused",
        "_queue",
        "_sleep",
        "client",
        "id",
        "local",
        "session",
    )

    def __init__(self, daemon: ChatDaemon, client: IClient, connection_id: int) -> None:
        self._daemon = daemon
        self.client = client
        self.id = connection_id
        self.session = Session(daemon.limits.max_text)
        self.local: Optional[LocalUser] = None
        self._commands = Bucket(COMMAND_RATE, COMMAND_BURST)
        self._flood = Bucket(COMMAND_RATE * 10, COMMAND_BURST * 10)
        self._queue: list[tuple[commands.Command, float]] = []  # short; an empty deque is 760 B
        self._busy = False
        self._paused = False
        self._sleep: Optional[IDelayedCall] = None
        self._connect_timeout: Optional[IDelayedCall] = None

    def expect_connect(self, seconds: float) -> None:
        """Close with NO_CONNECT unless a `connect` succeeds in time. 0 waits for ever."""
        if seconds:
            self._connect_timeout = self._daemon.clock.callLater(
                seconds, self.client.close, Close.NO_CONNECT, "no `connect` came in time"
            )

    def connected(self, user: str, nick: str, local: LocalUser) -> None:
        """The client is somebody from now on."""
        self.session.connected(user, nick)
        self.local = local
        self._cancel_connect_timeout()

    def _cancel_connect_timeout(self) -> None:
        if self._connect_timeout is not None and self._connect_timeout.active():
            self._connect_timeout.cancel()
        self._connect_timeout = None

    @property
    def is_open(self) -> bool:
        """False from the loss of the client on."""
        return self.session.state is not State.CLOSED

    # -- what the transport calls

    def receive(self, command: commands.Command) -> None:
        """A command came. It is carried out after those before it."""
        if not self.is_open:
            return
        self._daemon.metrics.messages_in.inc()
        try:
            wait = self._admit(command)
        except ChatError as problem:
            self._send(events.error(problem, command.id))
            return
        if wait is None:
            self._cut_off("far too many commands: slow down")
            return
        self._queue.append((command, self._daemon.clock.seconds() + wait))
        if len(self._queue) >= MOST_QUEUED:
            self._pause()
        self._work()

    def refuse(self, problem: ChatError, command_id: Optional[commands.Id] = None) -> None:
        """Something came that is no command: answer it, and count it like one."""
        if not self.is_open:
            return
        now = self._daemon.clock.seconds()
        self._commands.take(now, PATIENCE)
        if self._flood.take(now, 0) is None:
            self._cut_off("far too many bad commands")
        else:
            self._send(events.error(problem, command_id))

    def lost(self, clean: bool, reason: str) -> None:
        """The client is gone. `clean`: it said good-bye, or was sent away."""
        if not self.is_open:
            return
        self._cancel_connect_timeout()
        self._carry_out_reads()
        self._drop_queue()
        self._daemon.lost(self, clean, reason)
        self.session.closed()

    def _carry_out_reads(self) -> None:
        """What a client says that it has read counts, though it left in the same moment."""
        for command, _ in self._queue:
            if isinstance(command, commands.Read):
                Deferred.fromCoroutine(self._carry_out(command)).addErrback(self._broken)

    def _drop_queue(self) -> None:
        if self._sleep is not None:
            self._sleep.cancel()
            self._sleep = None
        self._queue.clear()

    # -- limits

    def _cut_off(self, reason: str) -> None:
        """Nothing that waits is carried out any more; the answer to the close must be read."""
        self._drop_queue()
        self.client.close(Close.FLOOD, reason)
        self._resume()

    def _admit(self, command: commands.Command) -> Optional[float]:
        """Seconds to wait before a command's turn; None for a flood. Raises RATE_LIMITED."""
        now = self._daemon.clock.seconds()
        bucket, flood = self._commands, self._flood
        if isinstance(command, (commands.Publish, commands.Topic)):
            if self.local is None:  # sent before its `connect` is through: nobody's, so far
                self.local = LocalUser(self._daemon.limits)
            bucket, flood = self.local.publishes, self.local.flood
        if flood.take(now, 0) is None:
            return None
        wait = bucket.take(now, PATIENCE)
        if wait is None:
            raise ChatError(Code.RATE_LIMITED, "too fast: wait a little and send it again")
        return wait

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self.client.pause()

    def _resume(self) -> None:
        if self._paused and self.is_open:
            self._paused = False
            self.client.resume()

    # -- carrying out

    def _work(self) -> None:
        if not self._busy and self._sleep is None and self._queue:
            self._busy = True
            Deferred.fromCoroutine(self._work_off()).addErrback(self._broken)

    async def _work_off(self) -> None:
        try:
            while self._queue and not self._must_wait(self._queue[0][1]):
                command, _ = self._queue.pop(0)
                await self._carry_out(command)
                if len(self._queue) < MOST_QUEUED // 4 and self._sleep is None:
                    self._resume()
        finally:
            self._busy = False

    def _must_wait(self, until: float) -> bool:
        wait = until - self._daemon.clock.seconds()
        if wait <= 0:
            return False
        self._pause()
        self._sleep = self._daemon.clock.callLater(wait, self._awake)
        return True

    def _awake(self) -> None:
        self._sleep = None
        self._resume()
        self._work()

    async def _carry_out(self, command: commands.Command) -> None:
        reply = _Reply(self._send, command.id)
        try:
            request = self.session.request(command)
            work = Deferred.fromCoroutine(self._daemon.actions.perform(self, request, reply))
            await within(self._daemon.clock, ANSWER_WITHIN, work, ChatError, Unavailable)
        except ChatError as problem:
            reply(events.error(problem))
        except (Unavailable, Late):
            reply(events.error(ChatError(Code.UNAVAILABLE, "no log just now: try again")))

    def _send(self, event: events.Event) -> None:
        if self.is_open:
            self._daemon.metrics.messages_out.inc()
            self.client.send(event)

    def _broken(self, failure: Failure) -> None:
        """A bug of ours: it costs this session only."""
        self.logger.failure("carrying out a command of a client", failure)
        self.client.close(Close.STATE_LOST, "an error of the server: come back")


class _Reply:
    """The one answer to a command, with its id; without one only an error is sent."""

    __slots__ = ("_id", "_send", "given")

    def __init__(
        self, send: Callable[[events.Event], None], command_id: Optional[commands.Id]
    ) -> None:
        self._send = send
        self._id = command_id
        self.given = False

    def __call__(self, event: events.Reply) -> None:
        """Answer, if nothing did yet."""
        if self.given:
            return
        self.given = True
        if self._id is not None:
            self._send(msgspec.structs.replace(event, id=self._id))
        elif isinstance(event, events.Error):
            self._send(event)
