"""Events on the broker: the body is the JSON push, headers say what only nodes need. Pure.

An entry travels as the `message` push it is for a listener; a private one as its receiver sees
it, with its log key and the other side's nick in the headers `conversation` and `peer`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Optional, Union

import msgspec
from msgspec import UnsetType

from rabbitchat.chat import names, texts
from rabbitchat.chat.entries import Entry, Kind, conversation, users_of
from rabbitchat.chat.errors import ChatError
from rabbitchat.chat.events import UNSET, Message, Read, TopicChange, Typing

Push = Union[Message, Typing, TopicChange, Read]
Headers = Mapping[str, object]

_decoder: msgspec.json.Decoder[Push] = msgspec.json.Decoder(Push)
_CONVERSATION = re.compile(r"@[0-9a-f]{16}\+[0-9a-f]{16}")
_EPOCH = re.compile(r"[0-9a-zA-Z-]{1,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_USER = re.compile(r"[0-9a-f]{16}|amqp:.{1,128}", re.DOTALL)

MAX_TEXT = 1_000_000  # characters; a node may have lifted its own limit, but not the reader's

MAX_SEQ = 2**53  # what JSON carries everywhere


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
    try:
        names.target(push.room)
    except ChatError as problem:
        raise Alien(problem.message) from None
    if isinstance(push, Read):
        if not 0 <= push.seq <= MAX_SEQ:
            raise Alien("a `read` whose seq can't be ours")
        return push
    _check_nick(push.nick)
    if isinstance(push, Typing) and not _USER.fullmatch(push.user):
        raise Alien("a typing whose user can't be ours")
    if isinstance(push, TopicChange) and len(push.text) > texts.MAX_TOPIC:
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


def _entry(push: Message, key: str, node: str, peer: Optional[str]) -> Entry:
    kind, target = _kind(push)
    _check(push)
    _check_text(push, kind)
    if kind != "message":
        _check_deed(push, kind)
    elif (push.of, push.ref, push.active) != (UNSET, UNSET, UNSET):
        raise Alien("a message with fields of what is done to one")
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
        via=push.via or None,
        kind=kind,
        target=target,
        of=push.of or None,
        active=push.active is not False,
        ref=push.ref or None,
        edited=push.edited or None,
        deleted=push.deleted is True,
    )


def _kind(push: Message) -> tuple[Kind, Optional[str]]:
    """What it is, and the msgid of the message that it is done to."""
    deeds: list[tuple[Kind, Union[str, UnsetType]]] = [
        ("edit", push.edit),
        ("delete", push.delete),
        ("react", push.react),
    ]
    found = [(kind, target) for kind, target in deeds if target is not UNSET]
    if len(found) > 1:
        raise Alien("an edit, a deletion and a reaction in one")
    for kind, target in found:
        if not isinstance(target, str) or not 0 < len(target) <= 64:
            raise Alien(f"a {kind} of something whose msgid can't be ours")
        return kind, target
    return "message", None


def _check(push: Message) -> None:
    """A daemon of ours writes nothing else; anything may stand in what somebody else wrote."""
    _check_nick(push.nick)
    sound = (
        0 < push.seq <= MAX_SEQ
        and 0 < len(push.msgid) <= 64
        and _EPOCH.fullmatch(push.epoch)
        and _TIME.fullmatch(push.time)
        and _USER.fullmatch(push.user)
        and push.via in (UNSET, "amqp")
    )
    if not sound:
        raise Alien("a message whose seq, msgid, epoch, time, user or via can't be ours")


def _check_text(push: Message, kind: Kind) -> None:
    """Only an erased text is empty, and a deletion's; only a message is shown as edited."""
    deleted = push.deleted is not UNSET
    if deleted and (push.deleted is False or kind not in ("message", "edit") or push.text):
        raise Alien(f"a {kind} that can't have been deleted")
    if push.edited is not UNSET and (kind != "message" or not _TIME.fullmatch(push.edited)):
        raise Alien(f"a {kind} that can't have been edited then")
    if kind == "react":
        sound = texts.is_reaction(push.text)
    else:
        sound = len(push.text) <= MAX_TEXT and bool(push.text) != (deleted or kind == "delete")
    if not sound:
        raise Alien(f"a {kind} whose text can't be ours")


def _check_deed(push: Message, kind: Kind) -> None:
    """Nobody but its sender changes a message."""
    sound = (
        isinstance(push.of, str)
        and _USER.fullmatch(push.of)
        and (kind == "react" or push.of == push.user)
        and (push.ref is UNSET or 0 < push.ref <= MAX_SEQ)
        and (push.active is UNSET or (kind == "react" and push.active is False))
    )
    if not sound:
        raise Alien(f"a {kind} whose of, ref or active can't be ours")
