"""What outside programs say: `post.<room>`, kept in a durable queue until one node stored it.

A text/plain body needs the header `from`; a JSON one is `{"text", "from", "msgid"}`. It is
stored once by its msgid (the AMQP property `message_id`, or `msgid` in JSON) for each `from`;
without one, at least once.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Optional

import msgspec
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from rabbitchat.brokers.interface import BadMessage, Message
from rabbitchat.chat import names
from rabbitchat.chat.entries import Draft, Entry
from rabbitchat.chat.errors import ChatError
from rabbitchat.log.interface import ILog
from rabbitchat.presence import Presence
from rabbitchat.seldom import Seldom
from rabbitchat.timestamps import timestamp


class _Post(msgspec.Struct):
    text: str
    nick: str = msgspec.field(name="from")
    msgid: Optional[Annotated[str, msgspec.Meta(min_length=1, max_length=64)]] = None


_decoder = msgspec.json.Decoder(_Post)


class Posts:
    """Stores what outside programs post."""

    logger = Logger()

    def __init__(
        self, clock: IReactorTime, node: str, log: ILog, presence: Presence, max_text: int
    ) -> None:
        self._clock = clock
        self._node = node
        self._log = log
        self._presence = presence
        self._max_text = max_text
        self._seldom = Seldom(clock, self.logger)
        self.rejected = 0

    async def store(self, key: str, message: Message) -> Optional[Entry]:
        """The entry a posted message became; None when it was pruned already.

        Raises BadMessage when it can never be stored, Unavailable when it can't be now."""
        try:
            draft = self._draft(key, message)
        except (ChatError, ValueError) as problem:
            self.rejected += 1
            self._seldom.warn("{key}: rejected a post: {why}", key=key[:80], why=str(problem))
            raise BadMessage(str(problem)) from None
        return (await self._log.append(draft)).entry

    def _draft(self, key: str, message: Message) -> Draft:
        room = names.room(key.partition(".")[2])
        post = _parse(message)
        nick = names.nick(post.nick)
        self._check(post, nick)
        return Draft(
            room=room,
            msgid=message.message_id or post.msgid or secrets.token_hex(8),
            user=f"amqp:{names.fold(nick)}",
            nick=nick,
            text=post.text,
            time=timestamp(self._clock),
            node=self._node,
            via="amqp",
        )

    def _check(self, post: _Post, nick: str) -> None:
        if not post.text.strip():
            raise ValueError("there is no text in it")
        if self._max_text and len(post.text) > self._max_text:
            raise ValueError(f"{len(post.text)} characters, at most {self._max_text} are allowed")
        if self._presence.user_of(nick) is not None:
            raise ValueError(f"from {nick!r}, but that is somebody who is here")


def _parse(message: Message) -> _Post:
    """Raises ValueError saying what is wrong and what would be right."""
    if message.message_id is not None and not 0 < len(message.message_id) <= 64:
        raise ValueError("message_id: 1 to 64 characters")
    content_type = (message.content_type or "").partition(";")[0].strip().lower()
    if content_type == "application/json":
        try:
            return _decoder.decode(message.body)
        except (msgspec.DecodeError, RecursionError) as problem:
            raise ValueError(f'not {{"text", "from", "msgid"}}: {problem}') from None
    if content_type not in ("", "text/plain"):
        raise ValueError(f"{content_type[:40]!r}: send text/plain or application/json")
    sender = message.headers.get("from")
    if not isinstance(sender, str):
        raise ValueError("text/plain needs a header `from`, a string")
    return _Post(message.body.decode("utf-8"), sender)
