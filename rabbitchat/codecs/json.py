"""The JSON protocol (docs/protocol.md): one object a frame, a SockJS message or a line. Pure."""

from __future__ import annotations

import json
from typing import Any, Optional, get_args

import msgspec

from rabbitchat.chat.commands import AnyCommand, Command, Id
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.events import Event

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)


class _Envelope(msgspec.Struct):
    id: Any = None
    type: Any = None


_envelopes = msgspec.json.Decoder(_Envelope)
_TYPES = {str(command.__struct_config__.tag) for command in get_args(AnyCommand)}


class Refused(Exception):
    """What came is no command. `error` says why, `id` is the command's own where it has one."""

    def __init__(self, error: ChatError, command_id: Optional[Id] = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.id = command_id


def encode(event: Event) -> bytes:
    """One event as one line of JSON without a line end."""
    return _encoder.encode(event)


def decode(data: bytes) -> Command:
    """One command out of one JSON text. Raises Refused."""
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as problem:
        raise _refused(data, str(problem)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        if b"\\ud" in data.lower():
            raise _halved(data, str(problem)) from None
        raise _bad_json(str(problem)) from None


def _bad_json(why: str, command_id: Optional[Id] = None) -> Refused:
    return Refused(ChatError(Code.BAD_JSON, f"send one JSON object: {why}"), command_id)


def _halved(data: bytes, why: str) -> Refused:
    """Half a surrogate pair is what JavaScript sends of a text that it has cut within an emoji.
    It stands for no character, but is JSON's grammar (RFC 8259, section 8.2): answer by the id."""
    try:
        whole = json.loads(data)
        command_id = _sound_id(whole.get("id")) if isinstance(whole, dict) else None
        str(command_id).encode()  # it may be halved itself
    except (ValueError, RecursionError):
        return _bad_json(why)
    return _bad_json("half a surrogate pair is no character", command_id)


def _refused(data: bytes, why: str) -> Refused:
    """Say of well-formed JSON what is wrong with it, to the command that it was meant to be."""
    try:
        envelope = _envelopes.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        return _bad_json(str(problem))  # `why` may hold all of a wrong type
    return Refused(ChatError(Code.BAD_COMMAND, _explain(envelope, why)), _sound_id(envelope.id))


def _explain(envelope: _Envelope, why: str) -> str:
    if not isinstance(envelope.type, str):
        return f'the object needs a "type", a string: one of {", ".join(sorted(_TYPES))}'
    if envelope.type not in _TYPES:
        return f"unknown type {envelope.type[:32]!r}: it is one of {', '.join(sorted(_TYPES))}"
    return f"{envelope.type}: {why}"


def _sound_id(value: Any) -> Optional[Id]:
    try:
        sound: Optional[Id] = msgspec.convert(value, Optional[Id])
        return sound
    except msgspec.ValidationError:
        return None
