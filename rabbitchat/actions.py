"""What is done for each request of a client, and in which order things are told."""

from __future__ import annotations

import heapq
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Optional, Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from rabbitchat.chat import events, names, session, views
from rabbitchat.chat.entries import Draft, Entry, conversation, is_conversation, other_user
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.connection import PATIENCE, Connection
from rabbitchat.delivery import MOST_BYTES, MOST_ENTRIES
from rabbitchat.log.interface import Appended

if TYPE_CHECKING:
    from rabbitchat.daemon import ChatDaemon


MOST_LISTED = 1000
"""Rooms in one list: those with the most people."""

MOST_BACKLOG = 100_000
"""Deliveries that may wait for their turn, about a second's, before publishers wait too."""


class Answer(Protocol):
    """How a command is answered: once; what comes after that is dropped."""

    given: bool  # true too when the command took too long, and `unavailable` was the answer

    def __call__(self, event: events.Reply) -> None:
        """Answer with this event."""


class Gone(ChatError):
    """The client left, or was told `unavailable`, while its command was carried out.

    Nobody hears this."""

    def __init__(self) -> None:
        super().__init__(Code.UNAVAILABLE, "it took too long")


class Actions:
    """Carries out requests of sessions on the daemon's parts."""

    def __init__(self, daemon: ChatDaemon) -> None:
        self._daemon = daemon
        self._by_type: dict[type, Callable[[Connection, Any, Answer], Awaitable[None]]] = {
            session.Answer: self._ping,
            session.Become: self._become,
            session.Enter: self._enter,
            session.Exit: self._exit,
            session.Say: self._say,
            session.ShowTyping: self._show_typing,
            session.Read: self._read,
            session.ListMembers: self._list_members,
            session.ListRooms: self._list_rooms,
            session.SetTopic: self._set_topic,
            session.Rename: self._rename,
        }

    async def perform(
        self, connection: Connection, request: session.Request, answer: Answer
    ) -> None:
        """Do what is asked and answer once. Raises ChatError and Unavailable."""
        await self._by_type[type(request)](connection, request, answer)

    async def _ping(self, connection: Connection, request: object, answer: Answer) -> None:
        answer(events.Pong())

    # -- who one is

    async def _become(
        self, connection: Connection, request: session.Become, answer: Answer
    ) -> None:
        daemon = self._daemon
        user = await daemon.users.resume(request.secret) if request.secret else None
        secret = request.secret
        if user is None:
            self._check_free(request.nick)
            account = await daemon.users.create()
            user, secret = account.user, account.session
        await daemon.bindings.hold(f"user.{user}")
        try:
            talks = await daemon.log.talks(user)
            self._still_awaited(connection, answer)
            daemon.presence.claim(user, request.nick)
        except BaseException:
            daemon.bindings.release(f"user.{user}")
            raise
        daemon.arrived(connection, user, request.nick)
        daemon.delivery.begin_conversations({talk.room: talk.seq for talk in talks})
        seen = [
            events.Conversation(daemon.naming.seen(talk.peer, talk.nick), talk.seq, talk.peer)
            for talk in talks
        ]
        answer(self._connected(user, secret or "", request.nick, seen))

    def _check_free(self, nick: str) -> None:
        """Refuse a taken name before a user is made for it; `claim` decides."""
        if self._daemon.presence.user_of(nick) is not None:
            raise ChatError(Code.NICK_IN_USE, f"{nick} is somebody else: take another name")

    def _connected(
        self, user: str, secret: str, nick: str, conversations: list[events.Conversation]
    ) -> events.Connected:
        limits = self._daemon.limits
        return events.Connected(
            nick=nick,
            user=user,
            session=secret,
            node=self._daemon.node,
            epoch=self._daemon.log.epoch,
            ping=limits.ping,
            limits=events.Limits(limits.max_text, limits.max_rooms, limits.rate, limits.burst),
            conversations=conversations,
        )

    async def _rename(
        self, connection: Connection, request: session.Rename, answer: Answer
    ) -> None:
        self._daemon.presence.claim(connection.session.user, request.nick)
        nick = self._daemon.presence.nick_of(connection.session.user)
        answer(events.Renamed(nick=nick or request.nick))

    def _still_awaited(self, connection: Connection, answer: Answer) -> None:
        """Who was told `unavailable` has not come in, and may have asked again by now."""
        if answer.given or not connection.is_open:
            raise Gone

    # -- coming and going

    async def _enter(self, connection: Connection, request: session.Enter, answer: Answer) -> None:
        daemon, room = self._daemon, request.room
        self._check_room_count(connection, room)
        entrance = await daemon.delivery.enter(room, request.recover, request.history)
        try:
            self._still_awaited(connection, answer)
        except Gone:
            daemon.delivery.turn_away(room)
            raise
        daemon.presence.join(connection.id, room)
        daemon.delivery.admit(connection, room, entrance.covered)
        connection.session.rooms.add(room)
        answer(
            events.Joined(
                room=room,
                members=daemon.presence.members(room),
                count=daemon.presence.count(room),
                topic=daemon.presence.topic(room),
                epoch=daemon.log.epoch,
                seq=entrance.covered,
                entries=[views.message(entry, room) for entry in entrance.entries],
                more=entrance.more,
                recovered=entrance.recovered,
            )
        )

    def _check_room_count(self, connection: Connection, room: str) -> None:
        most = self._daemon.limits.max_rooms
        rooms = self._daemon.presence.rooms_of(connection.session.user)
        if most and room not in rooms and len(rooms) >= most:
            raise ChatError(Code.NOT_ALLOWED, f"you are in {most} rooms: leave one first")

    async def _exit(self, connection: Connection, request: session.Exit, answer: Answer) -> None:
        self._daemon.leave(connection, request.room, "left")
        answer(events.Left(room=request.room))

    # -- saying

    async def _say(self, connection: Connection, request: session.Say, answer: Answer) -> None:
        daemon, user = self._daemon, connection.session.user
        if request.msgid is not None:  # before its room's name is looked up: that may have changed
            known = await daemon.log.find(user, request.msgid)
            if known is not None:
                self._said(connection, request.msgid, known, answer)
                return
        if request.refusal is not None:
            raise request.refusal
        await daemon.outbox.room_to_publish(PATIENCE)
        await self._wait_for_fanout()
        draft = self._draft(connection, request)
        self._said(connection, draft.msgid, await daemon.log.append(draft), answer)

    async def _wait_for_fanout(self) -> None:
        """More is said than this process can tell everybody: who says it waits, too."""
        clock, fanout = self._daemon.clock, self._daemon.fanout
        patience_ends = clock.seconds() + PATIENCE
        while fanout.backlog > MOST_BACKLOG:
            if clock.seconds() >= patience_ends:
                raise ChatError(Code.RATE_LIMITED, "the server is busy: wait and send it again")
            await deferLater(clock, 0.1)

    def _draft(self, connection: Connection, request: session.Say) -> Draft:
        daemon, user, peer = self._daemon, connection.session.user, None
        if isinstance(request.target, names.Room):
            room = request.target.name
        else:
            other = daemon.naming.present(request.target)
            room, peer = conversation(user, other), daemon.presence.nick_of(other)
        return Draft(
            room=room,
            msgid=request.msgid or secrets.token_hex(8),
            user=user,
            nick=connection.session.nick,
            text=request.text,
            time=timestamp(daemon.clock),
            node=daemon.node,
            peer=peer,
        )

    def _said(
        self, connection: Connection, msgid: str, appended: Appended, answer: Answer
    ) -> None:
        """It is stored. The sender hears that first, then everybody what was said.

        A repeat goes out again too: the node that stored it may have died before it told."""
        user, room = connection.session.user, appended.room
        if is_conversation(room):
            peer = other_user(room, user)
            last = appended.entry.peer if appended.entry is not None else None
            room = self._daemon.naming.seen(peer, last or "")
        answer(events.Published(room=room, msgid=msgid, seq=appended.seq, time=appended.time))
        if appended.entry is not None:
            self._daemon.spread(appended.entry)

    async def _show_typing(
        self, connection: Connection, request: session.ShowTyping, answer: Answer
    ) -> None:
        daemon, me = self._daemon, connection.session
        if isinstance(request.target, names.Room):
            room = request.target.name
            event = events.Typing(room=room, nick=me.nick, user=me.user, active=request.active)
            daemon.delivery.tell_room(room, event, but=connection)
            daemon.publish_push(f"room.{room}", event)
        else:
            peer = daemon.naming.present(request.target)
            room = daemon.naming.seen(me.user, me.nick)
            event = events.Typing(room=room, nick=me.nick, user=me.user, active=request.active)
            daemon.delivery.tell_user(peer, event, but=connection)
            daemon.publish_push(f"user.{peer}", event)
        answer(events.Ok())

    async def _set_topic(
        self, connection: Connection, request: session.SetTopic, answer: Answer
    ) -> None:
        daemon, nick = self._daemon, connection.session.nick
        daemon.presence.set_topic(request.room, request.text, nick)
        event = events.TopicChange(room=request.room, nick=nick, text=request.text)
        answer(events.Ok())
        daemon.delivery.tell_room(request.room, event)
        daemon.publish_push(f"room.{request.room}", event)

    # -- asking

    async def _read(self, connection: Connection, request: session.Read, answer: Answer) -> None:
        daemon, user = self._daemon, connection.session.user
        if isinstance(request.target, names.Room):
            key = request.target.name
        else:
            key = await daemon.naming.known(user, request.target)
        limit = min(request.limit, MOST_ENTRIES)
        if request.after is not None:
            page = await daemon.log.after(key, request.after, limit, MOST_BYTES)
        else:
            page = await daemon.log.before(key, request.before, limit, MOST_BYTES)
        room = self._called(key, page.entries[-1] if page.entries else None, user)
        answer(
            events.HistoryPage(
                room=room,
                epoch=daemon.log.epoch,
                entries=[views.message(entry, room) for entry in page.entries],
                more=page.more,
            )
        )

    def _called(self, key: str, newest: Optional[Entry], user: str) -> str:
        if not is_conversation(key):
            return key
        last = views.peer_nick(newest, user) if newest is not None else ""
        return self._daemon.naming.seen(other_user(key, user), last)

    async def _list_members(
        self, connection: Connection, request: session.ListMembers, answer: Answer
    ) -> None:
        presence, room = self._daemon.presence, request.room
        members = presence.members(room)
        answer(events.PresenceList(room=room, members=members, count=len(members)))

    async def _list_rooms(self, connection: Connection, request: object, answer: Answer) -> None:
        presence = self._daemon.presence
        largest = heapq.nlargest(MOST_LISTED, presence.rooms().items(), key=itemgetter(1))
        rooms = [
            events.RoomInfo(room, count, presence.topic(room)) for room, count in sorted(largest)
        ]
        answer(events.RoomList(rooms=rooms))


def timestamp(clock: IReactorTime) -> str:
    """Now, as RFC 3339 in UTC with milliseconds."""
    now = datetime.fromtimestamp(clock.seconds(), timezone.utc)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
