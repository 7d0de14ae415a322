"""Events between nodes: which routing key they travel on, and what is done with what comes.

`room.<room>` carries what everybody in a room sees, `user.<id>` one user's private traffic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional, Union

from twisted.logger import Logger

from rabbitchat.brokers.interface import Message
from rabbitchat.brokers.limits import MAX_SHORT_STRING
from rabbitchat.chat import events, views
from rabbitchat.chat.entries import Entry, is_conversation, users_of
from rabbitchat.codecs import amqp, json
from rabbitchat.delivery import Delivery
from rabbitchat.naming import Naming
from rabbitchat.seldom import Seldom

Unstored = Union[events.Typing, events.TopicChange, events.Read]


class News:
    """Puts this node's events on routing keys, and delivers what other nodes put there."""

    logger = Logger()

    def __init__(
        self,
        node: str,
        naming: Naming,
        delivery: Delivery,
        persistent: Callable[[], bool],
        seldom: Seldom,
    ) -> None:
        self._node = node
        self._naming = naming
        self._delivery = delivery
        self._persistent = persistent  # entries: no log but the sender's has them
        self._seldom = seldom
        self.rejected = 0

    def address(self, entry: Entry) -> list[tuple[str, Message]]:
        """The routing keys an entry is published on, and as what: one key for a room, one for
        each side of a conversation, who calls it by another name."""
        if not is_conversation(entry.room):
            return [(f"room.{entry.room}", self._message(entry, entry.room, {}))]
        headers = {"conversation": entry.room, "peer": entry.peer or ""}
        return [
            (f"user.{user}", self._message(entry, self._naming.entry(entry, user), headers))
            for user in sorted(set(users_of(entry.room)))
        ]

    def _message(self, entry: Entry, room: str, headers: dict[str, str]) -> Message:
        return Message(
            body=json.encode(views.message(entry, room)),
            headers={"node": entry.node, **headers},
            content_type="application/json",
            message_id=_short(entry.msgid),
            type="message",
            persistent=self._persistent(),
        )

    def push(self, event: Unstored, epoch: Optional[str] = None) -> Message:
        """An event that is no entry, as it travels; `epoch` names the log that its seq is of."""
        return Message(
            body=json.encode(event),
            headers={"node": self._node, **({} if epoch is None else {"epoch": epoch})},
            content_type="application/json",
            type=str(event.__struct_config__.tag),
        )

    def heard(self, key: str, message: Message) -> None:
        """Something came on `room.<room>` or `user.<id>`. What is alien is dropped."""
        node = message.headers.get("node")
        if node == self._node:
            return  # our own, delivered when it was said
        try:
            if not isinstance(node, str) or not 0 < len(node) <= 64:
                raise amqp.Alien("no `node` header: outside programs post on `post.<room>`")
            self._take(key, node, message)
        except amqp.Alien as problem:
            self.rejected += 1
            self._seldom.warn("{key}: dropped a message: {why}", key=key, why=str(problem))

    def _take(self, key: str, node: str, message: Message) -> None:
        kind, _, name = key.partition(".")
        push = amqp.parse(message.body)
        if isinstance(push, events.Message):
            if kind == "room":
                entry = amqp.room_entry(push, name, node)
            else:
                entry = amqp.private_entry(push, name, message.headers, node)
            self._delivery.offer(entry)
        elif kind == "room" and push.room == name and not isinstance(push, events.Read):
            if isinstance(push, events.Typing):  # presence tells of topics, after an outage too
                self._delivery.tell_room(name, push)
        elif kind == "user" and isinstance(push, events.Typing):
            self._delivery.tell_user(name, push)
        elif kind == "user" and isinstance(push, events.Read):
            if message.headers.get("epoch") == self._delivery.epoch:  # a seq of another log's
                self._delivery.tell_user(name, push)
        else:
            raise amqp.Alien(f"a {push.__struct_config__.tag} that doesn't belong on this key")


def _short(msgid: str) -> Optional[str]:
    """A msgid as AMQP's message_id, for who listens; the body has it anyway.

    AMQP can't carry more than 255 bytes, and 64 characters may be 256."""
    return msgid if len(msgid.encode()) <= MAX_SHORT_STRING else None
