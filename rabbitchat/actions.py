"""What is done for each request of a client, and in which order things are told."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Optional

from rabbitchat.chat import events, names, requests, views
from rabbitchat.chat.entries import other_user
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.connection import Connection
from rabbitchat.log.interface import Talk
from rabbitchat.reading import Reading
from rabbitchat.replies import Answer, Gone
from rabbitchat.saying import Saying

if TYPE_CHECKING:
    from rabbitchat.daemon import ChatDaemon


MOST_LISTED = 1000
"""Rooms in one list: those with the most people."""


class Actions:
    """Carries out requests of sessions on the daemon's parts."""

    def __init__(self, daemon: ChatDaemon) -> None:
        self._daemon = daemon
        saying, reading = Saying(daemon), Reading(daemon)
        self._by_type: dict[type, Callable[[Connection, Any, Answer], Awaitable[None]]] = {
            requests.Answer: self._ping,
            requests.Become: self._become,
            requests.Enter: self._enter,
            requests.Exit: self._exit,
            requests.Say: saying.say,
            requests.ShowTyping: self._show_typing,
            requests.ReadHistory: reading.history,
            requests.MarkRead: reading.mark_read,
            requests.Find: reading.search,
            requests.ListMembers: self._list_members,
            requests.ListRooms: self._list_rooms,
            requests.SetTopic: self._set_topic,
            requests.Rename: self._rename,
        }

    async def perform(
        self, connection: Connection, request: requests.Request, answer: Answer
    ) -> None:
        """Do what is asked and answer once. Raises ChatError and Unavailable."""
        await self._by_type[type(request)](connection, request, answer)

    async def _ping(self, connection: Connection, request: object, answer: Answer) -> None:
        answer(events.Pong())

    # -- who one is

    async def _become(
        self, connection: Connection, request: requests.Become, answer: Answer
    ) -> None:
        daemon = self._daemon
        user = await daemon.users.resume(request.secret) if request.secret else None
        secret, user_is_known = request.secret, user is not None
        nick = request.nick if request.nick is not None else self._nick_of(user)
        if user is None:
            self._check_free(nick)
            account = await daemon.users.create()
            user, secret = account.user, account.session
        await daemon.bindings.hold(f"user.{user}")
        try:
            read = await daemon.log.read_marks(user) if user_is_known else {}
            talks = await daemon.log.talks(user)  # last: what is said after that is news
            self._still_awaited(connection, answer)
            daemon.presence.claim(user, nick)
        except BaseException:
            daemon.bindings.release(f"user.{user}")
            raise
        daemon.arrived(connection, user, nick)
        answer(self._connected(user, secret or "", nick, self._conversations(user, talks, read)))

    def _conversations(
        self, user: str, talks: list[Talk], read: dict[str, int]
    ) -> list[events.Conversation]:
        """Those that the log had, and those that came up since; these are the latest."""
        delivery, naming = self._daemon.delivery, self._daemon.naming
        newest = delivery.begin_conversations(user, {talk.room: talk.seq for talk in talks})
        known = {talk.room for talk in talks}
        new = [
            Talk(room, seq, other_user(room, user), "")
            for room, seq in newest.items()
            if room not in known
        ]
        return [
            events.Conversation(
                naming.seen(talk.peer, talk.nick),
                newest[talk.room],
                talk.peer,
                read.get(talk.room, 0),
            )
            for talk in (*new, *talks)
        ]

    def _nick_of(self, user: Optional[str]) -> str:
        """The nick of somebody who comes with a session alone."""
        if user is None:
            raise ChatError(
                Code.NO_SUCH_USER, "session: it is unknown, or was not used for too long"
            )
        nick = self._daemon.presence.nick_of(user)
        if nick is None:
            raise ChatError(Code.BAD_NICK, "nick: you have none any more, give one")
        return nick

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
            limits=events.Limits(
                text=limits.max_text,
                rooms=limits.max_rooms,
                rate=limits.rate,
                burst=limits.burst,
                edit_within=limits.edit_within,
            ),
            conversations=conversations,
        )

    async def _rename(
        self, connection: Connection, request: requests.Rename, answer: Answer
    ) -> None:
        self._daemon.presence.claim(connection.session.user, request.nick)
        nick = self._daemon.presence.nick_of(connection.session.user)
        answer(events.Renamed(nick=nick or request.nick))

    def _still_awaited(self, connection: Connection, answer: Answer) -> None:
        """Who was told `unavailable` has not come in, and may have asked again by now."""
        if answer.given or not connection.is_open:
            raise Gone

    # -- coming and going

    async def _enter(
        self, connection: Connection, request: requests.Enter, answer: Answer
    ) -> None:
        daemon, room = self._daemon, request.room
        self._check_room_count(connection, room)
        read = await daemon.log.read_mark(connection.session.user, room)
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
                read=read,
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

    async def _exit(self, connection: Connection, request: requests.Exit, answer: Answer) -> None:
        self._daemon.leave(connection, request.room, "left")
        answer(events.Left(room=request.room))

    # -- what is not stored

    async def _show_typing(
        self, connection: Connection, request: requests.ShowTyping, answer: Answer
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
        self, connection: Connection, request: requests.SetTopic, answer: Answer
    ) -> None:
        daemon, nick = self._daemon, connection.session.nick
        daemon.presence.set_topic(request.room, request.text, nick)
        event = events.TopicChange(room=request.room, nick=nick, text=request.text)
        answer(events.Ok())
        daemon.delivery.tell_room(request.room, event)
        daemon.publish_push(f"room.{request.room}", event)

    # -- asking

    async def _list_members(
        self, connection: Connection, request: requests.ListMembers, answer: Answer
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
