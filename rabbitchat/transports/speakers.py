"""What is spoken in WebSocket frames: JSON, one object a frame, or lines, one a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from zope.interface import implementer

from rabbitchat.chat import events
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.clients import IWire
from rabbitchat.codecs import json
from rabbitchat.codecs.telnet import Line
from rabbitchat.daemon import ChatDaemon
from rabbitchat.sockjs.websockets import frame
from rabbitchat.transports.json_client import JSONClient
from rabbitchat.transports.line_arrival import Arrival
from rabbitchat.transports.line_conversation import LineConversation
from rabbitchat.transports.line_peers import ILineOutput
from rabbitchat.transports.line_wires import LineWires

if TYPE_CHECKING:
    from rabbitchat.transports.websocket import WebSocketConnection

NORMAL_CLOSURE = 1000  # RFC 6455, section 7.4.1

MOST_LINES = 100
"""Lines of one frame, which is to hold one: a full frame of line ends takes half a second."""


@implementer(IWire)
class JSONFrames:
    """Events as JSON, one object a frame."""

    def encode(self, event: events.Event) -> bytes:
        """The frame."""
        return frame(json.encode(event))


JSON_FRAMES = JSONFrames()
LINE_FRAMES = LineWires(frame)


class JSONSpeaker(JSONClient):
    """A client of the JSON protocol on a WebSocket."""

    __slots__ = ("_websocket", "address")
    transport_name = "websocket"
    wire = JSON_FRAMES

    def __init__(self, websocket: WebSocketConnection, daemon: ChatDaemon) -> None:
        super().__init__(daemon)
        self.address = websocket.address
        self._websocket = websocket

    def start(self) -> None:
        """The connection is open."""
        self.begin()

    def heard(self, payload: bytes, is_binary: bool) -> None:
        """A whole message came."""
        self.take(payload, is_binary)

    def lost(self, clean: bool) -> None:
        """The connection is gone."""
        self.gone(clean)

    # -- JSONClient

    def write(self, data: bytes) -> None:
        """Frames."""
        self._websocket.write(data)

    def pause(self) -> None:
        """Read no more for now."""
        self._websocket.incoming.pause()

    def resume(self) -> None:
        """Read on."""
        self._websocket.incoming.resume()

    def _can_send(self) -> bool:
        return self._websocket.can_send

    def _finish(self, last_words: bytes, code: Close, reason: str) -> None:
        self._websocket.finish(last_words, code, reason)


class LineSpeaker:
    """A conversation in the line protocol on a WebSocket."""

    __slots__ = ("_conversation",)

    def __init__(self, websocket: WebSocketConnection, daemon: ChatDaemon) -> None:
        output = FramedLines(websocket)
        self._conversation = LineConversation(
            output, daemon, daemon.limits, LINE_FRAMES, daemon.clock
        )

    def start(self) -> None:
        """The connection is open."""
        self._conversation.start()

    def heard(self, payload: bytes, is_binary: bool) -> None:
        """A whole message came: a line, or several."""
        lines = payload.decode("utf-8", "replace").removesuffix("\n").split("\n", MOST_LINES)
        if len(lines) > MOST_LINES:
            text = f"a frame may hold {MOST_LINES} lines; this one had more and was dropped"
            self._conversation.refuse(ChatError(Code.TEXT_TOO_LONG, text))
            return
        for line in lines:
            self._conversation.take(Line(line.removesuffix("\r")))

    def close(self, code: Close, reason: str) -> None:
        """Say why, and close."""
        self._conversation.close(code, reason)

    def lost(self, clean: bool) -> None:
        """The connection is gone."""
        self._conversation.lost(clean)


@implementer(ILineOutput)
class FramedLines:
    """Carries the lines of a conversation in frames."""

    __slots__ = ("_websocket", "address", "arrival")
    transport_name = "websocket"

    def __init__(self, websocket: WebSocketConnection) -> None:
        self.address = websocket.address
        self.arrival = Arrival(websocket.transport)
        self._websocket = websocket

    def write(self, data: bytes) -> None:
        """Framed lines."""
        self.arrival.written += len(data)
        self._websocket.write(data)

    def close(self, last_words: bytes, code: Optional[Close], reason: str) -> None:
        """Send these framed lines and close."""
        self._websocket.finish(last_words, NORMAL_CLOSURE if code is None else code, reason)

    def pause(self) -> None:
        """Read no more for now."""
        self._websocket.incoming.pause()

    def resume(self) -> None:
        """Read on."""
        self._websocket.incoming.resume()
