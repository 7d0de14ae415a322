"""What AMQP can carry, asked before a message is on its way. Pure."""

from __future__ import annotations

from rabbitchat.brokers.interface import Message

MAX_SHORT_STRING = 255  # bytes (AMQP 0-9-1, section 4.2.5.3)

_SHORT_STRINGS = ("content_type", "message_id", "type", "reply_to", "correlation_id")


def check_key(key: str) -> None:
    """Raise ValueError for a routing key or pattern that AMQP can't carry."""
    _check("routing key", key)


def check_message(message: Message) -> None:
    """Raise ValueError for a message that AMQP can't carry."""
    for name in _SHORT_STRINGS:
        value = getattr(message, name)
        if value is not None:
            _check(name, value)
    for name, value in message.headers.items():
        _check("header name", name)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError(f"header {name!r} is a number of more than 64 bits")


def _check(name: str, value: str) -> None:
    # A character takes 4 bytes at most: most strings need no encoding to be known as short.
    if len(value) > MAX_SHORT_STRING // 4 and len(value.encode()) > MAX_SHORT_STRING:
        raise ValueError(f"{name} of {len(value.encode())} bytes; at most {MAX_SHORT_STRING}")
