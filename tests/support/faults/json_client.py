"""A program that talks and listens through faults, as docs/protocol.md tells a client to.

It is one user for good, on one connection after the other, each to whichever node. It comes back
with its session and its places, reads what it missed, and sends what has no answer again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any, Optional

from support.faults.carriers import JSON_TRANSPORTS, CannotOpen, opened
from support.faults.history import Entry, Page, Participant, Publish, conversation
from support.faults.json_connection import Event, JSONConnection, Lost, Refused
from support.faults.life import Elsewhere, Life
from support.faults.record import Record, is_deed
from support.faults.routes import Routes

PING_EVERY = 2.5
"""Seconds between two looks whether the server is there still."""

DEEDS = 0.15
"""How much of what it says is done to a message: an edit, a deletion or a reaction."""

PAGE = 200
"""Entries asked for at once."""


@dataclass
class Place:
    """How far a room has been seen. While the past is read what comes by itself is ahead of it:
    should the connection be lost meanwhile, that is asked for again."""

    epoch: str = ""
    seq: int = 0
    reading: bool = False
    ahead: int = 0

    def pushed(self, seq: int) -> None:
        """An entry came by itself."""
        if self.reading:
            self.ahead = max(self.ahead, seq)
        else:
            self.seq = max(self.seq, seq)

    def begin(self) -> None:
        """The past is about to be read, on a new connection."""
        self.reading, self.ahead = True, 0

    def read_up(self) -> None:
        """All of the past is read."""
        self.seq, self.reading = max(self.seq, self.ahead), False


class JSONClient(Life):
    """One user, in some rooms and in private conversations with some others."""

    MOST_AT_ONCE = 2

    def __init__(
        self, reactor: Any, record: Record, routes: Routes, random: Random, me: Participant
    ) -> None:
        super().__init__(reactor, record, routes, random, me)
        self._session: Optional[str] = None
        self._places = {room: Place() for room in (*me.rooms, *me.private)}
        self._calls = {f"@{_other(room, me.name)}": room for room in me.private}
        self._by_id: dict[str, str] = {}  # @+id: the room
        self._connection: Optional[JSONConnection] = None
        self._mine: dict[str, list[str]] = {}  # room: what it said there and may change
        self._heard: dict[str, str] = {}  # room: the last message

    @property
    def up_to_date(self) -> bool:
        """Whether it has all that anybody was told of in its rooms."""
        newest = self._record.newest
        return self.ready and all(
            place.seq >= newest.get(room, 0) for room, place in self._places.items()
        )

    # -- a connection, from its beginning to its end

    async def _stay(self) -> None:
        carrier = await opened(self._reactor, JSON_TRANSPORTS[self.me.transport], self.entrance)
        number = self.connections
        connection = JSONConnection(
            self._reactor, carrier, lambda event: self._pushed(number, event)
        )
        self._connection = connection
        try:
            await self._come_in(connection)
            self._is_ready()
            await self._watch(connection)
        finally:
            connection.drop()

    async def _watch(self, connection: JSONConnection) -> None:
        """Until it ends."""
        while connection.is_open:
            ended = connection.ended()
            ended.addTimeout(PING_EVERY, self._reactor, lambda late, _: None)
            await ended
            if connection.is_open:
                await connection.ask("ping")

    async def _come_in(self, connection: JSONConnection) -> None:
        session = {"session": self._session} if self._session else {}
        me = await connection.ask("connect", nick=self.me.name, **session)
        self._session = me["session"]
        missed = self._connected(me)
        for room in self.me.rooms:
            await self._join(connection, room)
        for call, room in missed:
            await self._read_up(connection, call, room, me["epoch"])

    def _connected(self, me: Event) -> list[tuple[str, str]]:
        """Which conversations there is something to read of, and how they are called now."""
        self._by_id = {}
        newest, missed = {}, []
        for one in me["conversations"]:
            room = self._room(one["room"])
            self._by_id[f"@+{one['user']}"] = room
            newest[room] = one["seq"]
            place = self._places.get(room)
            if place is not None and one["seq"] > place.seq:
                place.begin()
                missed.append((one["room"], room))
        self._record.connected(self.me.name, self.connections, me["user"], newest)
        return missed

    def _room(self, called: str) -> str:
        """A room as the history calls it."""
        if not called.startswith("@"):
            return called
        known = self._calls.get(called) or self._by_id.get(called)
        return known or conversation(self.me.name, called[1:])

    async def _join(self, connection: JSONConnection, room: str) -> None:
        place = self._places[room]
        asked: Event = {"history": 0}
        if place.epoch:
            asked = {"recover": {"epoch": place.epoch, "seq": place.seq}}
        joined = await connection.ask("join", room=room, **asked)
        place.begin()
        place.epoch = place.epoch or joined["epoch"]
        after = place.seq if "recover" in asked else None
        page = self._record.page(
            self.me.name, self.connections, room, joined, after, joined["epoch"]
        )
        place.seq = max(place.seq, page.upto)
        if page.more:
            await self._read_up(connection, room, room, joined["epoch"])
        place.read_up()

    async def _read_up(self, connection: JSONConnection, call: str, room: str, epoch: str) -> None:
        place = self._places[room]
        place.epoch = place.epoch or epoch
        more = True
        while more:
            page = await self._read(connection, call, room, place.seq)
            place.seq = max(place.seq, page.upto)
            more = page.more
        place.read_up()

    async def _read(self, connection: JSONConnection, call: str, room: str, after: int) -> Page:
        reply = await connection.ask("history", room=call, after=after, limit=PAGE)
        return self._record.page(
            self.me.name, self.connections, room, reply, after, reply["epoch"]
        )

    def _pushed(self, number: int, event: Event) -> None:
        if event["type"] != "message":
            return
        room = self._room(event["room"])
        self._record.push(self.me.name, number, room, event)
        if not is_deed(event):
            self._heard[room] = event["msgid"]
        place = self._places.get(room)
        if place is not None:
            place.pushed(event["seq"])

    async def read_all(self, room: str) -> tuple[Entry, ...]:
        """All that the log has of a room. Raises Lost and Refused."""
        assert self._connection is not None
        entries: list[Entry] = []
        while True:
            after = entries[-1].seq if entries else 0
            reply = await self._connection.ask(
                "history", room=self.called(room), after=after, limit=PAGE
            )
            entries += [Entry(one["seq"], one["text"], one["msgid"]) for one in reply["entries"]]
            if not reply["more"]:
                return tuple(entries)

    # -- saying

    def _publish(self, room: str, word: str) -> Publish:
        said = super()._publish(room, word)
        if self._random.random() >= DEEDS:
            return said
        does, mine = self._random.choice(("edit", "delete", "react")), self._mine.get(room)
        if does == "react":
            to = self._heard.get(room, "")
            return replace(said, does=does, to=to, text=":yes:") if to else said
        if not mine:
            return said
        to = self._random.choice(mine)
        if does == "delete":
            mine.remove(to)
            return replace(said, does=does, to=to, text="")
        return replace(said, does=does, to=to)

    async def _send(self, publish: Publish, called: str) -> bool:
        connection = self._connection
        assert connection is not None
        attempt = self._record.attempt(publish, self.entrance.name)
        fields = {"room": called, "msgid": publish.msgid}
        if publish.text:
            fields["text"] = publish.text
        if publish.does:
            fields[publish.does] = publish.to
        try:
            reply = await connection.ask("publish", **fields)
        except Lost:
            return False
        except Refused as refused:
            reply = refused.reply
        self._record.answered(attempt, self._room(reply.get("room", called)), reply)
        if attempt.code == "unavailable":
            connection.drop()
        elif attempt.seq is not None and not publish.does:
            self._mine.setdefault(publish.room, []).append(publish.msgid)
        return attempt.certain and attempt.code != "rate_limited"

    def called(self, room: str) -> str:
        """How one names a room to publish in it."""
        return f"@{_other(room, self.me.name)}" if room in self.me.private else room

    def _troubled(self, why: Exception) -> bool:
        return isinstance(why, (CannotOpen, Lost, Refused, Elsewhere))


def _other(room: str, name: str) -> str:
    one, _, other = room.partition("+")
    return other if one == name else one
