"""What is spoken in WebSocket frames: JSON, one object a frame, or lines, one a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from zope.interface import implementer

from rabbitchat.chat import events
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.clients import IClient, IWire
from rabbitchat.codecs import json
from rabbitchat.codecs.telnet import Line
from rabbitchat.connection import Connection
from rabbitchat.daemon import ChatDaemon
from rabbitchat.sockjs.websockets import frame
from rabbitchat.transports.line_conversation import ILineOutput, LineConversation
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


@implementer(IClient)
class JSONSpeaker:
    """A client of the JSON protocol on a WebSocket."""

    __slots__ = ("_closing", "_connection", "_daemon", "_websocket", "address")
    transport_name = "websocket"

    def __init__(self, websocket: WebSocketConnection, daemon: ChatDaemon) -> None:
        self.address = websocket.address
        self._websocket = websocket
        self._daemon = daemon
        self._connection: Optional[Connection] = None
        self._closing: Optional[Close] = None

    def start(self) -> None:
        """The connection is open."""
        self._connection = self._daemon.accept(self)
        if self._connection is not None:
            self._connection.expect_connect(self._daemon.limits.connect_timeout)

    def heard(self, payload: bytes, is_binary: bool) -> None:
        """A whole message came; after the close began it is too late."""
        if self._connection is None or self._closing is not None:
            return
        if is_binary:
            problem = ChatError(Code.BAD_JSON, "send text frames, not binary ones")
            self._connection.refuse(problem)
            return
        try:
            command = json.decode(payload)
        except json.Refused as refused:
            self._connection.refuse(refused.error, refused.id)
        else:
            self._connection.receive(command)

    def lost(self, clean: bool) -> None:
        """The connection is gone."""
        if self._closing is not None:
            clean = not self._closing.reconnect
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.lost(clean, "closed" if clean else "connection lost")

    # -- what the daemon calls (IClient)

    def wire_for(self, event: events.Event) -> Optional[IWire]:
        """JSON frames for everything."""
        return JSON_FRAMES

    def send(self, event: events.Event) -> None:
        """One event for this client."""
        self._websocket.write(JSON_FRAMES.encode(event))

    def write(self, data: bytes) -> None:
        """Frames."""
        self._websocket.write(data)

    def close(self, code: Close, reason: str) -> None:
        """Say `disconnect`, then close with the same code."""
        if self._closing is None and self._websocket.can_send:
            self._closing = code
            farewell = events.Disconnect(code=code, reason=reason, reconnect=code.reconnect)
            self._websocket.finish(JSON_FRAMES.encode(farewell), code, reason)

    def pause(self) -> None:
        """Read no more for now."""
        self._websocket.incoming.pause()

    def resume(self) -> None:
        """Read on."""
        self._websocket.incoming.resume()


class LineSpeaker:
    """A conversation in the line protocol on a WebSocket."""

    __slots__ = ("_conversation",)

    def __init__(self, websocket: WebSocketConnection, daemon: ChatDaemon) -> None:
        output = FramedLines(websocket)
        self._conversation = LineConversation(output, daemon, daemon.limits, LINE_FRAMES)

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

    __slots__ = ("_websocket", "address")
    transport_name = "websocket"

    def __init__(self, websocket: WebSocketConnection) -> None:
        self.address = websocket.address
        self._websocket = websocket

    def write(self, data: bytes) -> None:
        """Framed lines."""
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
