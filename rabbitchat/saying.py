"""What is said, and what is done to what was said: from a request into the log, then to everybody.

An edit, a deletion or a reaction is an entry like a message, with a place of its own in its room.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from twisted.internet.task import deferLater

from rabbitchat.chat import events, names, requests, rights, views
from rabbitchat.chat.entries import Draft, Entry, conversation, is_conversation, other_user
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.connection import PATIENCE, Connection
from rabbitchat.log.interface import Appended, NoSuchMessage
from rabbitchat.replies import Answer
from rabbitchat.timestamps import age, timestamp

if TYPE_CHECKING:
    from rabbitchat.daemon import ChatDaemon


MOST_BACKLOG = 100_000
"""Deliveries that may wait for their turn, about a second's, before publishers wait too."""


@dataclass(frozen=True)
class _Place:
    """Where something is said: its log key and, in private, the other side's nick."""

    room: str
    peer: Optional[str] = None


class Saying:
    """Carries out `publish`."""

    def __init__(self, daemon: ChatDaemon) -> None:
        self._daemon = daemon

    async def say(self, connection: Connection, request: requests.Say, answer: Answer) -> None:
        """Store it, then tell its sender, then everybody. Raises ChatError and Unavailable."""
        # Before its room's name is looked up: that may have changed.
        if await self._is_repeat(connection, request, answer):
            return
        if request.refusal is not None:
            raise request.refusal
        await self._daemon.outbox.room_to_publish(PATIENCE)
        await self._wait_for_fanout()
        try:
            draft = await self._draft(connection, request)
            appended = await self._append(draft)
        except ChatError:
            # A try that was still under way may have been stored since, and be the very reason
            # why this one can't be: nobody may hear of that as an error.
            if await self._is_repeat(connection, request, answer):
                return
            raise
        self._said(connection, draft.msgid, appended, answer)

    async def _is_repeat(
        self, connection: Connection, request: requests.Say, answer: Answer
    ) -> bool:
        """Whether it was stored already; then it is answered as the first time."""
        if request.msgid is None:
            return False
        known = await self._daemon.log.find(connection.session.user, request.msgid)
        if known is not None:
            self._said(connection, request.msgid, known, answer)
        return known is not None

    async def _append(self, draft: Draft) -> Appended:
        try:
            return await self._daemon.log.append(draft)
        except NoSuchMessage:  # it was deleted or pruned since it was looked up
            raise _no_such_message(draft.kind) from None

    async def _wait_for_fanout(self) -> None:
        """More is said than this process can tell everybody: who says it waits, too."""
        clock, fanout = self._daemon.clock, self._daemon.fanout
        patience_ends = clock.seconds() + PATIENCE
        while fanout.backlog > MOST_BACKLOG:
            if clock.seconds() >= patience_ends:
                raise ChatError(Code.RATE_LIMITED, "the server is busy: wait and send it again")
            await deferLater(clock, 0.1)

    async def _draft(self, connection: Connection, request: requests.Say) -> Draft:
        deed, message = request.deed, None
        if deed is None:
            place = self._place(connection, request.target)
        else:
            place, message = await self._done_to(connection, request.target, deed)
        return Draft(
            room=place.room,
            msgid=request.msgid or secrets.token_hex(8),
            user=connection.session.user,
            nick=connection.session.nick,
            text=request.text,
            time=timestamp(self._daemon.clock),
            node=self._daemon.node,
            peer=place.peer,
            kind="message" if deed is None else deed.kind,
            target=None if message is None else message.msgid,
            of=None if message is None else message.user,
            active=deed is None or deed.active,
        )

    def _place(self, connection: Connection, target: names.Target) -> _Place:
        """A message needs somebody who is here to get it."""
        if isinstance(target, names.Room):
            return _Place(target.name)
        other = self._daemon.naming.present(target)
        key = conversation(connection.session.user, other)
        return _Place(key, self._daemon.presence.nick_of(other))

    async def _done_to(
        self, connection: Connection, target: names.Target, deed: requests.Deed
    ) -> tuple[_Place, Entry]:
        """The message that something is done to, and where. Its other side may be away."""
        daemon, user = self._daemon, connection.session.user
        if isinstance(target, names.Room):
            key = target.name
        else:
            key = await daemon.naming.known(user, target)
        message = await self._message(key, deed, user)
        passed = age(daemon.clock, message.time)
        rights.check_deed(deed.kind, message, user, passed, daemon.limits.edit_within)
        if not is_conversation(key):
            return _Place(key), message
        now_called = daemon.presence.nick_of(other_user(key, user))
        return _Place(key, now_called or views.peer_nick(message, user) or None), message

    async def _message(self, key: str, deed: requests.Deed, user: str) -> Entry:
        """One's own message is meant before another's of the same msgid, unless for a reaction."""
        look_up, of = self._daemon.log.look_up, deed.of
        if of is None and deed.kind != "react":
            of = user
        message = await look_up(key, deed.msgid, of)
        if message is None and deed.of is None and of is not None:
            message = await look_up(key, deed.msgid, None)
        if message is None or message.kind != "message" or message.deleted:
            raise _no_such_message(deed.kind)
        return message

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


def _no_such_message(kind: str) -> ChatError:
    return ChatError(
        Code.NO_SUCH_MESSAGE,
        f"{kind}: there is no such message here: it takes the msgid of one that is kept and not"
        " deleted",
    )
