"""Telling the other nodes who is here: the publishing half of presence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from rabbitchat.brokers.interface import IBroker, Message, NotSent, Uncertain
from rabbitchat.chat.announcements import AnyAnnouncement, State
from rabbitchat.chat.cluster import Cluster
from rabbitchat.codecs import presence as codec

STATE_PAUSE = 0.1  # seconds of pause after a state, for each part of it: big ones are rare
BYE_PATIENCE = 1.0  # seconds that a stop waits for the good-bye to be sent


def routing_key(node: str) -> str:
    """Where a node tells of its users."""
    return f"presence.{node}"


class Announcer:
    """Publishes what a cluster has to tell, best effort: the next beat shows what was lost.

    News of one turn of the reactor go out together in the next turn.
    """

    log = Logger()

    def __init__(self, clock: IReactorTime, broker: IBroker, cluster: Cluster) -> None:
        self._clock = clock
        self._broker = broker
        self._cluster = cluster
        self._flush_call: Optional[IDelayedCall] = None
        self._state_call: Optional[IDelayedCall] = None
        self._next_state = float("-inf")
        self._parts: Optional[Iterator[State]] = None  # of a state, still to be told

    def say(self, announcement: AnyAnnouncement) -> Deferred[None]:
        """Publish one announcement. Fires when its fate is known; never fails."""
        return Deferred.fromCoroutine(self._publish(announcement))

    async def _publish(self, announcement: AnyAnnouncement) -> None:
        if not self._broker.link.up:
            return
        message = Message(codec.encode(announcement), content_type="application/json")
        try:
            await self._broker.publish(routing_key(self._cluster.node), message)
        except (NotSent, Uncertain):
            pass
        except Exception:
            self.log.failure("an announcement of presence was not sent")

    def hello(self) -> None:
        """Ask all for their states and tell the own one."""
        self.say(self._cluster.hello())
        self.state_wanted()

    def news(self) -> None:
        """There is something new to tell, maybe."""
        if self._cluster.has_news and not _active(self._flush_call):
            self._flush_call = self._clock.callLater(0, self.flush)

    def flush(self) -> None:
        """Tell the news, unless the parts of a state are being told: they must stay together."""
        if self._parts is None:
            for delta in self._cluster.take_deltas():
                self.say(delta)

    def state_wanted(self) -> None:
        """Somebody asks for the whole state. Many who ask at once get one answer."""
        if not _active(self._state_call):
            pause = max(0.0, self._next_state - self._clock.seconds())
            self._state_call = self._clock.callLater(pause, self._tell_state)

    def _tell_state(self) -> None:
        """Tell the whole state, one part in each turn of the reactor."""
        if self._parts is None:
            self.flush()
            self._parts = self._cluster.state(self._clock.seconds())
        part = next(self._parts, None)
        if part is not None:
            self.say(part)
            self._next_state = self._clock.seconds() + STATE_PAUSE * part.parts
            self._state_call = self._clock.callLater(0, self._tell_state)
            return
        self._parts = None
        self.news()

    async def stop(self) -> None:
        """Tell what is left, say good-bye and wait for it, at most BYE_PATIENCE."""
        self._parts = None
        self.flush()
        for call in (self._flush_call, self._state_call):
            if call is not None and call.active():
                call.cancel()
        done: Deferred[None] = Deferred()
        patience = self._clock.callLater(BYE_PATIENCE, done.callback, None)

        def told(_: None) -> None:
            if patience.active():
                patience.cancel()
                done.callback(None)

        self.say(self._cluster.bye()).addCallback(told)
        await done


def _active(call: Optional[IDelayedCall]) -> bool:
    return call is not None and call.active()
