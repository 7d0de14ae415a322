"""Events on the broker: the body is the JSON push, headers say what only nodes need. Pure.

An entry travels as the `message` push it is for a listener; a private one as its receiver sees
it, with its log key and the other side's nick in the headers `conversation` and `peer`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Union

import msgspec

from rabbitchat.chat import names
from rabbitchat.chat.entries import Entry, conversation, users_of
from rabbitchat.chat.errors import ChatError
from rabbitchat.chat.events import UNSET, Message, TopicChange, Typing
from rabbitchat.chat.session import MAX_TOPIC

Push = Union[Message, Typing, TopicChange]
Headers = Mapping[str, object]

_decoder: msgspec.json.Decoder[Push] = msgspec.json.Decoder(Push)
_CONVERSATION = re.compile(r"@[0-9a-f]{16}\+[0-9a-f]{16}")
_EPOCH = re.compile(r"[0-9a-zA-Z-]{1,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_USER = re.compile(r"[0-9a-f]{16}|amqp:.{1,128}", re.DOTALL)

MAX_TEXT = 1_000_000  # characters; a node may have lifted its own limit, but not the reader's


class Alien(Exception):
    """A body that no daemon of ours wrote; the text says what is wrong with it."""


def parse(body: bytes) -> Push:
    """The push in a body; one that isn't a message is sound. Raises Alien."""
    try:
        push = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise Alien(f"no push of ours: {problem}") from None
    if isinstance(push, Message):
        return push
    _check_nick(push.nick)
    try:
        names.target(push.room)
    except ChatError as problem:
        raise Alien(problem.message) from None
    if isinstance(push, Typing) and not _USER.fullmatch(push.user):
        raise Alien("a typing whose user can't be ours")
    if isinstance(push, TopicChange) and len(push.text) > MAX_TOPIC:
        raise Alien(f"a topic of {len(push.text)} characters")
    return push


def room_entry(push: Message, room: str, node: str) -> Entry:
    """The entry that a `message` push on `room.<room>` carries. Raises Alien."""
    if push.room != room:
        raise Alien(f"room {push.room[:64]!r} in the body, {room!r} in the routing key")
    return _entry(push, room, node, None)


def private_entry(push: Message, user: str, headers: Headers, node: str) -> Entry:
    """The entry that a `message` push on `user.<id>` carries. Raises Alien."""
    key, peer = headers.get("conversation"), headers.get("peer")
    if not isinstance(key, str) or not _is_conversation_of(user, key):
        raise Alien("a private message without a `conversation` that its receiver takes part in")
    if not isinstance(peer, str):
        raise Alien("a private message without a `peer`")
    if peer:
        _check_nick(peer)
    return _entry(push, key, node, peer)


def _is_conversation_of(user: str, key: str) -> bool:
    if not _CONVERSATION.fullmatch(key):
        return False
    return user in users_of(key) and key == conversation(*users_of(key))


def _check_nick(nick: str) -> None:
    try:
        names.nick(nick)
    except ChatError as problem:
        raise Alien(problem.message) from None


def _entry(push: Message, key: str, node: str, peer: Union[str, None]) -> Entry:
    _check(push)
    return Entry(
        room=key,
        epoch=push.epoch,
        seq=push.seq,
        msgid=push.msgid,
        user=push.user,
        nick=push.nick,
        text=push.text,
        time=push.time,
        node=node,
        peer=peer,
        via=None if push.via is UNSET else push.via,
    )


def _check(push: Message) -> None:
    """A daemon of ours writes nothing else; anything may stand in what somebody else wrote."""
    _check_nick(push.nick)
    sound = (
        0 < push.seq <= 2**53
        and 0 < len(push.msgid) <= 64
        and 0 < len(push.text) <= MAX_TEXT
        and _EPOCH.fullmatch(push.epoch)
        and _TIME.fullmatch(push.time)
        and _USER.fullmatch(push.user)
        and push.via in (UNSET, "amqp")
    )
    if not sound:
        raise Alien("a message whose seq, msgid, text, epoch, time, user or via can't be ours")
