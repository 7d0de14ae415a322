"""The JSON protocol (docs/protocol.md): one object a frame, a SockJS message or a line. Pure."""

from __future__ import annotations

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
        raise _bad_json(str(problem)) from None


def _bad_json(why: str) -> Refused:
    return Refused(ChatError(Code.BAD_JSON, f"send one JSON object: {why}"))


def _refused(data: bytes, why: str) -> Refused:
    """Say of well-formed JSON what is wrong with it, to the command that it was meant to be."""
    try:
        envelope = _envelopes.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _bad_json(why)
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
