"""Frames and messages of the SockJS protocol, as bytes; pure.

A frame is `o` (open), `h` (heartbeat), `a[…]` (a JSON array of messages) or `c[code,"reason"]`
(closed). What is sent to many sessions is escaped once and framed once for each framing: a
`Frame` keeps what was made of it.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Union


class BrokenPayload(ValueError):
    """What a client sent is no JSON array of strings."""


class Frame(bytes):
    """One frame in plain form, which is ASCII."""

    @cached_property
    def literal(self) -> bytes:
        """The frame as a JSON string literal, for framings that call a function with it.

        In a page `</script>` would end the script, and what follows it be part of the page."""
        return json.dumps(self.decode("ascii")).replace("<", "\\u003c").encode("ascii")

    @cached_property
    def framed(self) -> dict[Hashable, bytes]:
        """What each framing made of it."""
        return {}


OPEN = Frame(b"o")
HEARTBEAT = Frame(b"h")


def closing(code: int, reason: str) -> Frame:
    """The frame that ends a session.

    >>> closing(3000, "Go away!")
    b'c[3000,"Go away!"]'
    """
    return Frame(b"c[%d,%s]" % (code, json.dumps(reason).encode("ascii")))


class Message(bytes):
    """The UTF-8 text of a message to a client, with its frame once that was made.

    Lone surrogates, which JavaScript strings may hold, are encoded as `surrogatepass` does.
    """

    @cached_property
    def quoted(self) -> bytes:
        """The message as a JSON string literal in ASCII. ValueError: it is not UTF-8 text."""
        return json.dumps(self.decode("utf-8", "surrogatepass")).encode("ascii")

    @cached_property
    def frame(self) -> Frame:
        """The frame that holds this message alone."""
        return Frame(b"a[" + self.quoted + b"]")

    @cached_property
    def is_text(self) -> bool:
        """Whether it is UTF-8, of which lone surrogates are not a part."""
        try:
            self.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return True

    @cached_property
    def framed(self) -> dict[Hashable, bytes]:
        """What framings made of it that don't go by SockJS's frames."""
        return {}


_NOTHING = object()  # which nobody can write


class LatestMessage:
    """Remembers what was written last: who writes the same object to many has it encoded once."""

    __slots__ = ("_data", "_message")

    def __init__(self) -> None:
        self._data: object = _NOTHING
        self._message = Message()

    def of(self, data: Union[bytes, bytearray, memoryview]) -> Message:
        """The message of these bytes. TypeError: they are no bytes."""
        if type(data) is Message:
            return data
        if data is not self._data:
            if not isinstance(data, (bytes, bytearray, memoryview)):
                raise TypeError(f"write bytes, not {type(data).__name__}")
            self._message = Message(data)
            self._data = data if type(data) is bytes else _NOTHING  # others may change
        return self._message


def messages(several: Sequence[Message]) -> Frame:
    """The frame that holds these messages, in order."""
    if len(several) == 1:
        return several[0].frame
    return Frame(b"a[" + b",".join([message.quoted for message in several]) + b"]")


def decode(payload: bytes) -> list[bytes]:
    """The messages that a client sent, each as UTF-8; `surrogatepass` for lone surrogates.

    BrokenPayload: it isn't JSON, or JSON of another kind than an array of strings.
    """
    return [one.encode("utf-8", "surrogatepass") for one in _strings(_value(payload))]


def decode_frame(payload: bytes) -> list[bytes]:
    """The same for a WebSocket message, which may also be a single JSON string, or empty."""
    if not payload:
        return []
    value = _value(payload)
    strings = [value] if isinstance(value, str) else _strings(value)
    return [one.encode("utf-8", "surrogatepass") for one in strings]


def _value(payload: bytes) -> object:
    try:
        return json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError):  # RecursionError: a thousand brackets
        raise BrokenPayload("Broken JSON encoding.") from None


def _strings(value: object) -> list[str]:
    if not isinstance(value, list) or not all(type(one) is str for one in value):
        raise BrokenPayload("Payload expected.")
    return value
