"""How events look to clients of the line protocol: one set of wires for each framing of lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from zope.interface import implementer

from rabbitchat.chat.events import Event
from rabbitchat.clients import IWire
from rabbitchat.codecs import json, line_text
from rabbitchat.codecs.line_text import View

Frame = Callable[[bytes], bytes]
"""Makes of a line without its end what is sent: adds CR LF, or the header of a frame."""


@implementer(IWire)
class LineWire:
    """Events as lines, seen from one point of view."""

    def __init__(self, view: View, frame: Frame) -> None:
        self._view = view
        self._frame = frame

    def encode(self, event: Event) -> bytes:
        """All lines that show an event, each framed; empty when there is nothing to show."""
        shown = line_text.push(event, self._view)
        return b"".join([self._frame(line.encode()) for line in shown])


@implementer(IWire)
class JSONLines:
    """Events as JSON, one object a line: after `/mode json`."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def encode(self, event: Event) -> bytes:
        """The one line."""
        return self._frame(json.encode(event))


class LineWires:
    """All wires of one framing. Share one instance among all connections that frame alike."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._of = {view: LineWire(view, frame) for view in View}
        self.json = JSONLines(frame)

    def of(self, view: View) -> LineWire:
        """The wire for a point of view."""
        return self._of[view]

    def lines(self, lines: Iterable[str]) -> bytes:
        """Lines that were made safe already, framed."""
        return b"".join([self._frame(line.encode()) for line in lines])


def crlf(line: bytes) -> bytes:
    """A line as a TCP client gets it."""
    return line + b"\r\n"


CRLF_LINES = LineWires(crlf)
