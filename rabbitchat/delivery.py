"""Entries and other events to the clients of this node, each room in the order of its log.

An entry comes from this node's own log or over the broker. Here it is put in its place: what
the log already gave is dropped, a gap is filled from the log, an entry of another node's own
log is appended to ours first. Then it goes to the members of its room, or to both sides of its
conversation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Optional

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from rabbitchat.bindings import Bindings
from rabbitchat.brokers.interface import LinkState
from rabbitchat.chat import views
from rabbitchat.chat.commands import Recover
from rabbitchat.chat.entries import Entry, is_conversation, users_of
from rabbitchat.chat.errors import Close
from rabbitchat.chat.events import Event
from rabbitchat.chat.rooms import Room
from rabbitchat.comparison import Comparison
from rabbitchat.connection import Connection
from rabbitchat.foreign import Foreign
from rabbitchat.local import LocalUsers
from rabbitchat.log.interface import ILog, Page, Unavailable
from rabbitchat.naming import Naming
from rabbitchat.transports.fanout import Fanout
from rabbitchat.unconnected import Unconnected
from rabbitchat.unheard import QUEUE_LIVES, Unheard

GAP = 0.05
"""Seconds that a gap may take to close by itself before it is filled from the log."""

AGAIN = 1.0
"""Seconds until a log that did not answer is asked again."""

MOST_ENTRIES = 1000
MOST_BYTES = 65536
"""What one `joined` or `history` reply holds at the most."""


@dataclass(frozen=True)
class Entrance:
    """What somebody who joins is told of the room's past."""

    entries: tuple[Entry, ...]
    covered: int  # the last seq that `entries` covers
    more: bool
    recovered: bool


class Delivery:
    """Every room and conversation that somebody of this node takes part in."""

    logger = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        log: ILog,
        bindings: Bindings,
        fanout: Fanout,
        naming: Naming,
        users: LocalUsers,
        unconnected: Unconnected,
        hears_all: bool = True,
    ) -> None:
        self._clock = clock
        self._log = log
        self._bindings = bindings
        self._fanout = fanout
        self._naming = naming
        self._users = users
        self._unconnected = unconnected
        self._rooms: dict[str, Room[Connection]] = {}
        self._conversations: dict[str, set[str]] = {}  # user id -> those of the rooms
        self._fills: dict[str, IDelayedCall] = {}
        self._filling: set[str] = set()  # those that the log is being asked about
        self._stopped = False
        # False: others keep logs of their own, and what the broker doesn't bring is missing here.
        self._hears_all = hears_all
        self._unheard = Unheard()
        self._down_since: Optional[float] = float("-inf")  # nothing waits before the first link
        self.foreign = Foreign(clock, log, self.offer)
        self.comparison = Comparison(clock, log, users, self)

    @property
    def epoch(self) -> str:
        """The log whose seqs this node's clients are told."""
        return self._log.epoch

    # -- coming in and going out

    async def enter(self, name: str, recover: Optional[Recover], history: int) -> Entrance:
        """Subscribe, then read the log, until nothing falls between. `admit` must follow at once.

        Raises Unavailable; then, as after any other error, nobody entered."""
        await self._bindings.hold(f"room.{name}")
        try:
            return await self._read_up(self._room(name), recover, history)
        except BaseException:
            self._bindings.release(f"room.{name}")
            raise

    def admit(self, connection: Connection, name: str, covered: int) -> None:
        """From now on a connection gets what follows on `covered` in a room."""
        room = self._room(name)
        if connection in room.members:  # it came in again, to recover: one hold is enough
            self._bindings.release(f"room.{name}")
        room.members[connection] = covered

    def turn_away(self, name: str) -> None:
        """Who entered didn't stay to be admitted."""
        self._bindings.release(f"room.{name}")

    def leave(self, connection: Connection, name: str) -> None:
        """A connection gets nothing more of a room."""
        room = self._rooms.get(name)
        if room is not None and room.members.pop(connection, None) is not None:
            self._bindings.release(f"room.{name}")

    def released(self, key: str) -> None:
        """A routing key is bound no more: forget what it brought."""
        kind, _, name = key.partition(".")
        if kind == "room":
            self._doubt(name)
            self._forget(name)
        elif kind == "user":
            for conversation in list(self._conversations.get(name, ())):
                if not self._concerns(conversation):
                    self._forget(conversation)

    def link_changed(self, state: LinkState) -> None:
        """Messages pass, or not. A link that was away for long has lost what waited for it."""
        now = self._clock.seconds()
        if not state.up:
            if self._down_since is None:
                self._down_since = now
        elif self._down_since is not None:
            if now - self._down_since > QUEUE_LIVES:
                for name in self._rooms:
                    self._doubt(name)
            self._down_since = None

    @property
    def _has_all(self) -> bool:
        """Whether this node's log has all that any node's users said."""
        return self._hears_all and not self.foreign.nodes

    def _doubt(self, name: str) -> None:
        room = self._rooms.get(name)
        if room is not None:
            self._unheard.missed(name, room.seq or 0)

    def _forget(self, name: str) -> None:
        self._rooms.pop(name, None)
        fill = self._fills.pop(name, None)
        if fill is not None:
            fill.cancel()
        if is_conversation(name):
            for user in set(users_of(name)):
                known = self._conversations.get(user, set())
                known.discard(name)
                if not known:
                    self._conversations.pop(user, None)

    def knows(self, name: str) -> bool:
        """Whether anybody of this node takes part in a room or conversation."""
        return name in self._rooms

    def _room(self, name: str) -> Room[Connection]:
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = Room(name)
            if is_conversation(name):
                for user in users_of(name):
                    self._conversations.setdefault(user, set()).add(name)
        return room

    async def _read_up(
        self, room: Room[Connection], recover: Optional[Recover], history: int
    ) -> Entrance:
        page, recovered = await self._past(room.name, recover, history)
        self._deliver_all(room, room.start(page.newest))
        entries = list(page.entries)
        more = recovered and page.more
        covered = entries[-1].seq if more else page.newest
        while not more and room.seq is not None and room.seq > covered:
            page = await self._log.after(room.name, covered, MOST_ENTRIES, MOST_BYTES)
            entries.extend(page.entries)
            covered = entries[-1].seq if page.entries else room.seq
            more = page.more
        return Entrance(tuple(entries), covered, more, recovered)

    async def _past(
        self, name: str, recover: Optional[Recover], history: int
    ) -> tuple[Page, bool]:
        if recover is not None and recover.epoch == self._log.epoch:
            page = await self._log.after(name, recover.seq, MOST_ENTRIES, MOST_BYTES)
            heard = self._has_all or self._unheard.heard_since(name, recover.seq)
            if heard and page.pruned <= recover.seq <= page.newest:
                return page, True
        wanted = 50 if recover is not None else min(history, MOST_ENTRIES)
        return await self._log.before(name, None, wanted, MOST_BYTES), False

    def begin_conversations(self, user: str, newest: dict[str, int]) -> dict[str, int]:
        """A user connects and had these conversations when the log was read: up to which seq each
        was said before; what follows is news.

        One that is known already has a place, or is about to be read for somebody who was here
        before: to start it at the newest seq would take from them what they still have to get.
        Nor may one that began while the broker was away: who was here hasn't heard any of it.
        What the other side was told since the log was read has passed this user by."""
        for name, seq in newest.items():
            if name not in self._rooms:
                room = self._room(name)
                if len(self._users.several(users_of(name))) > 1:  # not only who connects
                    Deferred.fromCoroutine(self._fill_room(room)).addErrback(self._broken)
                else:
                    room.start(seq)
        told = dict(newest)
        for name in self._conversations.get(user, ()):
            told[name] = max(self._rooms[name].seq or 0, told.get(name, 0))
        return {name: seq for name, seq in told.items() if seq or name in newest}

    # -- entries

    def offer(self, entry: Entry) -> None:
        """An entry came, in any order, perhaps again, perhaps out of another node's own log."""
        if not (entry.room in self._rooms or self._concerns(entry.room)):
            return
        if entry.epoch != self._log.epoch:
            self.foreign.take(entry)
        else:
            room = self._room(entry.room)
            self._deliver_all(room, room.offer(entry))

    def _concerns(self, name: str) -> bool:
        return is_conversation(name) and any(user in self._users for user in users_of(name))

    def _deliver_all(self, room: Room[Connection], entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._deliver(room, entry)
        if room.seq is None and not is_conversation(room.name):
            return  # somebody is entering and reads the log; until then nobody is in
        if room.has_gap and room.name not in self._filling:
            self._fill_later(room.name, 0 if room.seq is None else GAP)

    def _deliver(self, room: Room[Connection], entry: Entry) -> None:
        if is_conversation(room.name):
            for user in set(users_of(room.name)):
                self._to_side(entry, user)
        elif room.members:
            seq = entry.seq
            self._fanout.deliver(
                views.message(entry, room.name),
                list(room.members),
                lambda connection: room.takes(connection, seq),
            )

    def _to_side(self, entry: Entry, user: str) -> None:
        connections = self._users.connections(user)
        if connections:
            event = views.message(entry, self._naming.entry(entry, user))
            self._fanout.deliver(event, connections)

    # -- gaps

    def _fill_later(self, name: str, delay: float) -> None:
        if name in self._rooms and name not in self._fills and not self._stopped:
            self._fills[name] = self._clock.callLater(delay, self._fill, name)

    def _fill(self, name: str) -> None:
        del self._fills[name]
        room = self._rooms.get(name)
        if room is not None and room.has_gap:
            Deferred.fromCoroutine(self._fill_room(room)).addErrback(self._broken)

    async def _fill_room(self, room: Room[Connection]) -> None:
        """Read what a room misses from the log, and only from there."""
        before, again = room.seq, AGAIN
        self._filling.add(room.name)
        try:
            await self._read_missing(room)
            if room.seq != before:
                again = GAP  # what is missing now was said while the log was read
        except Unavailable:
            pass
        finally:
            self._filling.discard(room.name)
            if room.has_gap:
                self._fill_later(room.name, again)

    async def _read_missing(self, room: Room[Connection]) -> None:
        while True:
            page = await self._log.after(room.name, room.seq or 0, MOST_ENTRIES, MOST_BYTES)
            self._unconnected.look(page.entries)
            if room.seq is None:  # a conversation that nobody here knew: all of it is news
                self._deliver_all(room, room.start(page.pruned))
            self._deliver_all(room, room.fill(page.entries, page.pruned))
            if not page.more:
                return

    # -- comparing with the log

    async def compare(self) -> None:
        """Bring what the broker lost. Raises Unavailable."""
        await self.comparison.run()

    def known(self) -> list[str]:
        """The rooms and conversations that somebody of this node takes part in."""
        return list(self._rooms)

    def delivered(self, names: Iterable[str]) -> dict[str, int]:
        """The last seq that was delivered of these, where there is one."""
        places = ((name, self._rooms[name].seq) for name in names if name in self._rooms)
        return {name: seq for name, seq in places if seq is not None}

    async def read_up_to(self, name: str, seq: int) -> None:
        """The log of a room has come to `seq`: read what was not delivered."""
        room = self._room(name) if self._concerns(name) else self._rooms.get(name)
        if room is None or (room.seq is None and not is_conversation(name)):
            return
        if room.seq is None or seq > room.seq:
            await self._fill_room(room)

    def start_over(self, name: str, seq: int) -> None:
        """The log of a room went back to `seq`: who is there must read it anew."""
        room = self._rooms.get(name)
        if room is None:
            return
        room.reset(seq)
        affected = list(room.members)
        if is_conversation(name):
            affected = [c for user in set(users_of(name)) for c in self._users.connections(user)]
        self._send_away(affected)

    def start_all_over(self) -> None:
        """The log is another one: nothing that was delivered has a place in it."""
        everybody = [c for user in self._users.ids() for c in self._users.connections(user)]
        for name, room in list(self._rooms.items()):
            for connection in list(room.members):
                self.leave(connection, name)
            if is_conversation(name):
                self._forget(name)
            else:
                room.reset(None)
        self._unheard = Unheard()
        self.foreign.nodes.clear()
        self._send_away(everybody)

    def _send_away(self, connections: Iterable[Connection]) -> None:
        for connection in connections:
            connection.client.close(Close.STATE_LOST, "the history was replaced: come back")

    # -- what is not stored

    def tell_room(self, name: str, event: Event, but: Optional[Connection] = None) -> None:
        """Send an event to the members of a room."""
        room = self._rooms.get(name)
        if room is not None:
            members = room.members
            receivers = [connection for connection in members if connection is not but]
            self._fanout.deliver(event, receivers, members.__contains__)

    def tell_user(self, user: str, event: Event, but: Optional[Connection] = None) -> None:
        """Send an event to all connections of a user on this node."""
        receivers = [connection for connection in self._users.connections(user)]
        self._fanout.deliver(event, [one for one in receivers if one is not but])

    def tell_some(self, receivers: Iterable[Connection], event: Event) -> None:
        """Send an event to these connections."""
        self._fanout.deliver(event, list(receivers))

    def members(self, name: str) -> Iterable[Connection]:
        """The connections of this node that are in a room."""
        room = self._rooms.get(name)
        return () if room is None else tuple(room.members)

    def _broken(self, failure: Failure) -> None:
        self.logger.failure("delivering", failure)

    def stop(self) -> None:
        """Leave no timer behind."""
        self._stopped = True
        for fill in self._fills.values():
            fill.cancel()
        self._fills.clear()
        self.foreign.stop()
