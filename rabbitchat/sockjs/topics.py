"""One topic of a session that has several: see multiplex.py."""

from __future__ import annotations

from typing import Optional, Protocol

from .frames import Message
from .transport import SockJSTransport

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@*_+-./")


def escape(name: str) -> bytes:
    """A topic's name as JavaScript's `escape` writes it (ECMA-262, annex B.2.1.1).

    >>> escape("a topic")
    b'a%20topic'
    """
    return b"".join([one.encode() if one in _PLAIN else _escaped(one) for one in name])


def _escaped(one: str) -> bytes:
    if ord(one) < 256:
        return b"%%%02X" % ord(one)
    units = one.encode("utf-16-be", "surrogatepass")
    return b"".join([b"%%u%02X%02X" % (units[i], units[i + 1]) for i in range(0, len(units), 2)])


class Session(Protocol):
    """Whose topic it is."""

    transport: SockJSTransport

    def end(self, topic: Topic) -> None:
        """The server leaves a topic."""

    def pause_reading(self, topic: Topic) -> None:
        """This one doesn't read for now."""

    def resume_reading(self, topic: Topic) -> None:
        """This one does again."""


class Topic:
    """One topic of a session: what carries the messages of the protocol that serves it."""

    __slots__ = ("_prefix", "_session", "name", "transport")

    transport: SockJSTransport

    def __init__(self, session: Session, name: bytes) -> None:
        self.name = name
        self._session = session
        self._prefix = b"msg," + name + b","

    def send(self, message: Message) -> None:
        """See transport.Carrier. What goes to many is put together once."""
        whole = message.framed.get(self._prefix)
        if whole is None:
            whole = message.framed[self._prefix] = Message(self._prefix + message)
        self._session.transport.write(whole)

    def end(self, code: int, reason: str, last_words: Optional[Message]) -> None:
        """See transport.Carrier; the format has no place for a code."""
        if last_words is not None:
            self.send(last_words)
        self._session.end(self)

    def abort(self, code: int, reason: str) -> None:
        """See transport.Carrier: what waits is mixed with that of other topics, and stays."""
        self._session.end(self)

    def pause(self) -> None:
        """See transport.Carrier."""
        self._session.pause_reading(self)

    def resume(self) -> None:
        """See transport.Carrier."""
        self._session.resume_reading(self)
