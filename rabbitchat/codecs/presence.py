"""Announcements of presence <-> JSON."""

from __future__ import annotations

from typing import Any, Optional

import msgspec

from rabbitchat.chat import announcements
from rabbitchat.chat.announcements import AnyAnnouncement


class BadAnnouncement(ValueError):
    """This is not an announcement; the text says why not."""


_KINDS = frozenset({"hello", "beat", "ask", "bye", "delta", "state"})
_CHANGES = frozenset({"nick", "join", "leave", "gone", "topic"})
_PROBLEMS = (msgspec.MsgspecError, ValueError, RecursionError)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyAnnouncement] = msgspec.json.Decoder(AnyAnnouncement)


def encode(announcement: AnyAnnouncement) -> bytes:
    """The body of the message."""
    return _encoder.encode(announcement)


def decode(body: bytes) -> Optional[AnyAnnouncement]:
    """Read a body. None for a version or a kind from the future, which is to be ignored.

    Raises BadAnnouncement.
    """
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError:
        return _from_the_future(body)
    except _PROBLEMS as problem:
        raise BadAnnouncement(str(problem)) from None


def _from_the_future(body: bytes) -> Optional[AnyAnnouncement]:
    """Read what this version doesn't know completely: unknown changes are left out of a delta."""
    try:
        told: Any = msgspec.json.decode(body)
        if not isinstance(told, dict) or not isinstance(told.get("kind"), str):
            raise BadAnnouncement("not an object with a kind")
        version = told.get("v", announcements.VERSION)
        if type(version) is int and version > announcements.VERSION:
            return None
        if told["kind"] not in _KINDS:
            return None
        if isinstance(told.get("changes"), list):
            told["changes"] = [change for change in told["changes"] if not _unknown(change)]
        known: AnyAnnouncement = msgspec.convert(told, AnyAnnouncement)
        return known
    except _PROBLEMS as problem:
        raise BadAnnouncement(str(problem)) from None


def _unknown(change: Any) -> bool:
    kind = change.get("change") if isinstance(change, dict) else None
    return isinstance(kind, str) and kind not in _CHANGES
