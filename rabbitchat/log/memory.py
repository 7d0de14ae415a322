"""The log of one process, kept in memory: what `--database memory:` means.

It promises what every log does (interface.py) for as long as the process lives, and is bounded:

- a room keeps its newest `keep` entries, for `keep_seconds`;
- all rooms together keep about `most_bytes`: beyond that, the room that was silent for longest
  loses its oldest entries;
- a room is forgotten an hour after it was last in use, together with its counter. A room that is
  not known starts above the highest seq ever forgotten, so that whoever comes back with an old
  seq sees a gap and not another room's entries;
- a msgid is remembered for 24 hours, whatever becomes of its entry.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Optional

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from rabbitchat.chat.entries import (
    Draft,
    Entry,
    is_conversation,
    other_user,
    placed,
    users_of,
)
from rabbitchat.log.interface import Appended, Found, ILog, LogState, Page, Search, Talk
from rabbitchat.log.memory_marks import ReadMarks
from rabbitchat.log.memory_rooms import Room, size
from rabbitchat.log.memory_search import LONGEST, search
from rabbitchat.log.msgids import MsgIds, Place
from rabbitchat.log.paging import fitting

ROOM_SECONDS = 3600.0  # a room that nobody uses is kept this long
MSGID_SECONDS = 24 * 3600.0
MOST_BYTES = 256 * 1024 * 1024

# Housekeeping must not hold the reactor, so one `prune` looks at this much; the rest can wait
# for the next.
_ROOMS_A_PRUNE = 10_000
_MSGIDS_A_PRUNE = 10_000
_OLD_A_PRUNE = 100  # entries of a room
_MSGIDS_AN_APPEND = 2  # more than it adds: what is expired can't pile up


@implementer(ILog)
class MemoryLog(Service):
    """What was said since the process started. Only a long search ever waits.

    `keep` is how many entries a room keeps (0: any number) and `keep_seconds` for how long (0:
    any time); `most_bytes`, how much all rooms do.
    """

    shared = False
    state = LogState(up=True)

    def __init__(
        self,
        clock: IReactorTime,
        keep: int = 1000,
        most_bytes: int = MOST_BYTES,
        keep_seconds: float = 0,
    ) -> None:
        self.epoch = secrets.token_hex(8)
        self._clock = clock
        self._keep = keep
        self._keep_seconds = keep_seconds
        self._most_bytes = most_bytes
        self._bytes = 0
        self._silent: OrderedDict[str, None] = OrderedDict()  # rooms with entries, longest first
        self._rooms: dict[str, Room] = {}
        self._stored = 0  # entries, in all rooms and ever
        self._msgids = MsgIds()
        self._marks = ReadMarks()
        # Several at once would each hold the reactor for its turn before anything else has one.
        self._searches = DeferredLock()
        # The conversations of each user with the peer's last nick, the latest one last.
        self._talks: dict[str, dict[str, str]] = {}
        self._forgotten = 0  # the highest seq of any room that was forgotten

    def watch(self, watcher: Callable[[LogState], None]) -> None:
        """See ILog. This one never changes."""

    async def append(self, draft: Draft) -> Appended:
        """See ILog."""
        repeated = self._find(draft.user, draft.msgid)
        if repeated is not None:
            return repeated
        now = self._clock.seconds()
        room = self._room(draft.room)
        entry = self._place(room, draft)
        room.used = now
        self._keep_entry(room, entry)
        place = Place(entry.room, entry.seq, entry.time)
        self._msgids.remember(entry.user, entry.msgid, place, now)
        self._msgids.forget(now - MSGID_SECONDS, _MSGIDS_AN_APPEND)
        if is_conversation(entry.room):
            self._note_talk(entry)
        return Appended(entry.room, entry.seq, entry.time, entry, repeated=False)

    async def find(self, user: str, msgid: str) -> Optional[Appended]:
        """See ILog."""
        return self._find(user, msgid)

    async def look_up(self, room: str, msgid: str, user: Optional[str]) -> Optional[Entry]:
        """See ILog."""
        return self._room(room).message(msgid, user)

    async def after(self, room: str, seq: int, limit: int, max_bytes: int) -> Page:
        """See ILog."""
        kept = self._room(room)
        start = max(seq - kept.pruned, 0)
        end = start + fitting(kept.entries[start : start + limit], max_bytes)
        return kept.page(start, end, more=end < len(kept.entries))

    async def before(self, room: str, seq: Optional[int], limit: int, max_bytes: int) -> Page:
        """See ILog."""
        kept = self._room(room)
        end = len(kept.entries)
        if seq is not None:
            end = max(min(end, seq - 1 - kept.pruned), 0)
        newest_first = reversed(kept.entries[max(end - limit, 0) : end])
        start = end - fitting(newest_first, max_bytes)
        return kept.page(start, end, more=start > 0)

    async def newest(self, rooms: Iterable[str]) -> dict[str, int]:
        """See ILog. For a room that is not known: the seq above which it will start."""
        known = self._rooms
        return {room: known[room].newest if room in known else self._forgotten for room in rooms}

    async def talks(self, user: str) -> list[Talk]:
        """See ILog."""
        mine = self._talks.get(user, {})
        return [self._talk(user, room, nick) for room, nick in reversed(mine.items())]

    async def talk(self, user: str, room: str) -> Optional[Talk]:
        """See ILog."""
        nick = self._talks.get(user, {}).get(room)
        return None if nick is None else self._talk(user, room, nick)

    def _talk(self, user: str, room: str, nick: str) -> Talk:
        return Talk(room, self._rooms[room].newest, other_user(room, user), nick)

    async def conversations(self, users: Iterable[str], since: float) -> dict[str, int]:
        """See ILog."""
        mine = {name for user in users for name in self._talks.get(user, ())}
        rooms = self._rooms
        return {name: rooms[name].newest for name in mine if rooms[name].used > since}

    async def mark_read(self, user: str, room: str, seq: int) -> int:
        """See ILog."""
        return self._marks.move(user, room, min(seq, self._room(room).newest))

    async def read_mark(self, user: str, room: str) -> int:
        """See ILog."""
        return self._marks.at(user, room) if room in self._rooms else 0

    async def read_marks(self, user: str) -> dict[str, int]:
        """See ILog."""
        marks = self._marks.of(user)
        for room in marks.keys() - self._rooms.keys():
            self._marks.forget(user, room)
            del marks[room]
        return marks

    async def search(self, query: Search) -> Found:
        """See ILog."""
        ends = self._clock.seconds() + LONGEST
        return await self._searches.run(
            lambda: Deferred.fromCoroutine(search(self._clock, self._rooms, query, ends))
        )

    async def prune(self, in_use: Callable[[str], bool]) -> None:
        """See ILog."""
        now = self._clock.seconds()
        for name in list(islice(self._rooms, _ROOMS_A_PRUNE)):
            room = self._rooms.pop(name)
            if self._keep_seconds:
                self._drop_old(name, room, now - self._keep_seconds)
            wanted = in_use(name)
            if wanted:
                room.used = now
            if now - room.used > ROOM_SECONDS or not (room.entries or wanted):
                self._forget(name, room)
            else:
                self._rooms[name] = room  # behind those that were not looked at yet
        self._msgids.forget(now - MSGID_SECONDS, _MSGIDS_A_PRUNE)

    def _place(self, room: Room, draft: Draft) -> Entry:
        """The next entry of a room. What it does to another is done. Raises NoSuchMessage."""
        seq = room.newest + 1
        if draft.kind == "message":
            return placed(draft, self.epoch, seq)
        message = room.target(draft)
        if draft.kind != "react":
            self._bytes += room.change(message, draft)
        return placed(draft, self.epoch, seq, message.seq)

    def _keep_entry(self, room: Room, entry: Entry) -> None:
        """Keep the newest entry, and no more than there is room for."""
        self._stored += 1
        self._bytes += room.add(entry, self._stored)
        self._silent[entry.room] = None
        self._silent.move_to_end(entry.room)
        if 0 < self._keep < len(room.entries):
            self._drop_oldest(entry.room, room)
        while self._bytes > self._most_bytes:
            name = next(iter(self._silent))
            self._drop_oldest(name, self._rooms[name])

    def _drop_old(self, name: str, room: Room, until: float) -> None:
        """Drop what was said before, a bounded part of it."""
        for _ in range(_OLD_A_PRUNE):
            if not room.entries or _said(room.entries[0]) >= until:
                return
            self._drop_oldest(name, room)

    def _drop_oldest(self, name: str, room: Room) -> None:
        self._bytes -= room.drop_oldest()
        if not room.entries:
            del self._silent[name]

    def _room(self, name: str) -> Room:
        """A room; one that is asked for keeps its place from now on, even before its first entry.

        Otherwise a member would be told one newest seq, and the first entry would come with a
        much higher one, because another room was forgotten in between.
        """
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = Room(self._forgotten, self._clock.seconds())
        return room

    def _forget(self, name: str, room: Room) -> None:
        self._forgotten = max(self._forgotten, room.newest)
        self._bytes -= sum(map(size, room.entries))
        self._silent.pop(name, None)
        if is_conversation(name):
            for user in set(users_of(name)):
                mine = self._talks.get(user, {})
                mine.pop(name, None)
                if not mine:
                    self._talks.pop(user, None)

    def _find(self, user: str, msgid: str) -> Optional[Appended]:
        place = self._msgids.find(user, msgid)
        if place is None:
            return None
        # A room that was forgotten since starts above this seq, so this is never another's entry.
        room = self._rooms.get(place.room)
        entry = room.get(place.seq) if room is not None else None
        return Appended(place.room, place.seq, place.time, entry, repeated=True)

    def _note_talk(self, entry: Entry) -> None:
        """Make a conversation the latest one of both its users."""
        for user in set(users_of(entry.room)):
            mine = self._talks.setdefault(user, {})
            known = mine.pop(entry.room, "")
            if user == entry.user and user != other_user(entry.room, user):
                mine[entry.room] = entry.peer if entry.peer is not None else known
            else:
                mine[entry.room] = entry.nick


def _said(entry: Entry) -> float:
    """When it was, in seconds since 1970; now if the entry doesn't tell."""
    try:
        return datetime.fromisoformat(entry.time.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return float("inf")
