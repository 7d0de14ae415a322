"""What a user reads again: history, what is found by words, and up to where all was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from rabbitchat.chat import events, names, requests, texts, views
from rabbitchat.chat.entries import Entry, is_conversation, other_user
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.connection import Connection
from rabbitchat.delivery import MOST_BYTES, MOST_ENTRIES
from rabbitchat.log.interface import Search
from rabbitchat.log.words import folded_words
from rabbitchat.replies import Answer

if TYPE_CHECKING:
    from rabbitchat.daemon import ChatDaemon

MOST_FOUND = 100
"""Entries in one answer to a search."""


class Reading:
    """Carries out `history`, `read` and `search`."""

    def __init__(self, daemon: ChatDaemon) -> None:
        self._daemon = daemon

    async def history(
        self, connection: Connection, request: requests.ReadHistory, answer: Answer
    ) -> None:
        """A page of a room or conversation. Raises ChatError and Unavailable, as all here do."""
        daemon, user = self._daemon, connection.session.user
        key = await self._key(connection, request.target)
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

    async def mark_read(
        self, connection: Connection, request: requests.MarkRead, answer: Answer
    ) -> None:
        """Keep the mark and tell the user's other connections, here and on other nodes."""
        daemon, user = self._daemon, connection.session.user
        key = await self._key(connection, request.target)
        seq = await daemon.log.mark_read(user, key, request.seq)
        answer(events.Ok())
        if seq > request.seq:
            return  # it is further already, and they were told so
        room = await self._known_as(key, user) if is_conversation(key) else key
        daemon.read(connection, events.Read(room=room, seq=seq))

    async def _known_as(self, key: str, user: str) -> str:
        """What a conversation is called in the list of all."""
        talk = await self._daemon.log.talk(user, key)
        return self._daemon.naming.seen(other_user(key, user), talk.nick if talk else "")

    async def search(self, connection: Connection, request: requests.Find, answer: Answer) -> None:
        """Find messages in what this connection may read."""
        user, words = connection.session.user, tuple(folded_words(request.words))
        if not words:
            raise texts.no_words()
        rooms = await self._readable(connection, request.target)
        limit = min(request.limit, MOST_FOUND)
        query = Search(words, rooms, limit, request.before, max_bytes=MOST_BYTES)
        try:
            found = await self._daemon.log.search(query)
        except ValueError as problem:
            raise ChatError(Code.BAD_COMMAND, f"search: {problem}") from None
        answer(
            events.Found(
                entries=[views.message(entry, self._room(entry, user)) for entry in found.entries],
                next=events.UNSET if found.next is None else found.next,
            )
        )

    async def _readable(
        self, connection: Connection, target: Optional[names.Target]
    ) -> tuple[str, ...]:
        """The log keys to search: where one is, and one's own conversations, or one of these."""
        if target is not None:
            return (await self._key(connection, target),)
        talks = await self._daemon.log.talks(connection.session.user)
        return (*sorted(connection.session.rooms), *(talk.room for talk in talks))

    async def _key(self, connection: Connection, target: names.Target) -> str:
        if isinstance(target, names.Room):
            return target.name
        return await self._daemon.naming.known(connection.session.user, target)

    def _called(self, key: str, newest: Optional[Entry], user: str) -> str:
        if not is_conversation(key):
            return key
        last = views.peer_nick(newest, user) if newest is not None else ""
        return self._daemon.naming.seen(other_user(key, user), last)

    def _room(self, entry: Entry, user: str) -> str:
        return self._called(entry.room, entry, user)
