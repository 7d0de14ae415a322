"""The line protocol on one connection, over TCP or in WebSocket frames: lines in, lines out.

    NAMING --a good name--> TALKING --/quit, close--> CLOSED      at any time: --/mode json--> JSON

What carries the lines (`ILineOutput`) makes one LineConversation a connection, calls `start`,
`take` for each line and `lost` at the end.
"""

from __future__ import annotations

import enum
import secrets
from collections.abc import Callable
from typing import Optional, Protocol

import msgspec
from zope.interface import Attribute, Interface, implementer

from rabbitchat.chat import commands, events
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.clients import IClient, IWire
from rabbitchat.codecs import json, line, line_text
from rabbitchat.codecs.telnet import EndOfInput, TooLong
from rabbitchat.settings import Limits
from rabbitchat.transports.line_queue import Heard, LineQueue
from rabbitchat.transports.line_standpoint import Standpoint
from rabbitchat.transports.line_wires import LineWires

LOBBY = "lobby"

A_PERSON = 6
"""How many times longer than a program somebody at a keyboard may take to give a name."""

Answer = Callable[[events.Reply], None]


class ILineOutput(Interface):
    """What carries the lines of one connection."""

    address: str = Attribute("As IClient has it.")
    transport_name: str = Attribute("As IClient has it.")

    def write(data: bytes) -> None:
        """Send framed lines. One that lets too much wait calls the conversation's `close`."""

    def close(last_words: bytes, code: Optional[Close], reason: str) -> None:
        """Send these framed lines and close; cut a client that doesn't take them. `code` is None
        after a good-bye of the user. `LineConversation.lost` follows."""

    def pause() -> None:
        """Stop reading."""

    def resume() -> None:
        """Read on."""


class Connection(Protocol):
    """What takes a client's commands: rabbitchat.connection.Connection."""

    def expect_connect(self, seconds: float) -> None:
        """Close unless a `connect` succeeds in time."""

    def receive(self, command: commands.Command) -> None:
        """A command came."""

    def refuse(self, problem: ChatError, command_id: Optional[commands.Id] = None) -> None:
        """Something came that is no command."""

    def lost(self, clean: bool, reason: str) -> None:
        """The client is gone."""


class Daemon(Protocol):
    """Where clients go: rabbitchat.daemon.ChatDaemon."""

    def accept(self, client: IClient) -> Optional[Connection]:
        """A client came; None if it was closed at once."""


class State(enum.Enum):
    """Where a conversation is in its life."""

    NAMING = "naming"
    TALKING = "talking"
    JSON = "json"
    CLOSED = "closed"


@implementer(IClient)
class LineConversation:
    """One user at a keyboard, as the daemon sees them, and the daemon as the user sees it."""

    __slots__ = (
        "_connection",
        "_daemon",
        "_echo",
        "_leaving",
        "_limits",
        "_lines",
        "_me",
        "_msgid_prefix",
        "_number",
        "_output",
        "_pending",
        "_sent_away",
        "_state",
        "_wires",
        "address",
        "transport_name",
    )

    def __init__(
        self, output: ILineOutput, daemon: Daemon, limits: Limits, wires: LineWires
    ) -> None:
        self.address = output.address
        self.transport_name = output.transport_name
        self._output = output
        self._daemon = daemon
        self._limits = limits
        self._wires = wires
        self._connection: Optional[Connection] = None
        self._state = State.NAMING
        self._me = Standpoint()
        self._echo = False
        self._msgid_prefix = ""
        self._number = 0
        # What waits for the answer to a command by its id; None: a program at the other end.
        self._pending: dict[object, Optional[Answer]] = {}
        self._lines = LineQueue(self._deal_with, output.pause, output.resume)
        self._leaving = ""  # why, once all is answered
        self._sent_away: Optional[Close] = None

    # -- what carries the lines calls these

    def start(self) -> None:
        """Greet, and ask for a name."""
        self._connection = self._daemon.accept(self)
        if self._connection is not None:
            self._connection.expect_connect(self._limits.connect_timeout * A_PERSON)
            self._show(line_text.GREETING, line_text.QUESTION)

    def take(self, heard: Heard) -> None:
        """A line came, or one too long for a line, or the end. It is dealt with in its turn."""
        if self._state is not State.CLOSED and not self._leaving:
            self._lines.put(heard)

    def refuse(self, problem: ChatError) -> None:
        """What came can't be lines."""
        if self._state is not State.CLOSED and not self._leaving:
            self._refuse(problem)

    def lost(self, clean: bool) -> None:
        """The connection is gone. `clean`: it was closed, not broken."""
        if self._sent_away is not None:
            clean = not self._sent_away.reconnect
        self._end(clean, "closed" if clean else "connection lost")

    # -- what the daemon calls (IClient)

    def wire_for(self, event: events.Event) -> Optional[IWire]:
        """The wire for an event, from this user's point of view; None for one's own echo."""
        if self._state is State.JSON:
            return self._wires.json
        view = self._me.view(event)
        return None if view is None else self._wires.of(view)

    def send(self, event: events.Event) -> None:
        """Show an event; the answer to a line goes to what waits for it."""
        if not isinstance(event, events.Reply) or event.id not in self._pending:
            self._send(event)
            return
        answer = self._pending.pop(event.id)
        if answer is None:
            self._send(event)
        elif self._state is not State.JSON:  # else it is a program's, which did not ask
            self._answered(answer, event)
        self._go_when_answered()

    def write(self, data: bytes) -> None:
        """Send what one of this conversation's wires made."""
        self._output.write(data)

    def close(self, code: Close, reason: str) -> None:
        """Say why, and close."""
        if self._state is State.CLOSED:
            return
        event = events.Disconnect(code=code, reason=reason, reconnect=code.reconnect)
        wire = self.wire_for(event)
        self._sent_away = code
        self._state = State.CLOSED
        self._lines.clear()
        self._output.close(wire.encode(event) if wire is not None else b"", code, reason)

    def pause(self) -> None:
        """Read no more for now."""
        self._lines.paused = True
        self._lines.work()

    def resume(self) -> None:
        """Read on."""
        self._lines.paused = False
        self._lines.work()

    # -- lines, one after the other

    def _deal_with(self, heard: Heard) -> None:
        if isinstance(heard, EndOfInput):
            self._leave(heard.why)
        elif isinstance(heard, TooLong):
            text = f"a line may have {heard.limit} bytes; this one had more and was dropped"
            self._refuse(ChatError(Code.TEXT_TOO_LONG, text))
        elif self._state is State.JSON:
            self._deal_with_json(heard.text)
        else:
            self._deal_with_line(heard.text)

    def _deal_with_json(self, text: str) -> None:
        if not text.strip() or self._connection is None:
            return
        try:
            command = json.decode(text.encode())
        except json.Refused as refused:
            self._connection.refuse(refused.error, refused.id)
            return
        if command.id is not None:
            self._pending[command.id] = None
        self._connection.receive(command)

    def _deal_with_line(self, text: str) -> None:
        try:
            if self._state is State.NAMING:
                self._asked(line.name(text))
            else:
                self._asked(line.parse(text, self._me.room))
        except line.LineError as problem:
            self._refuse(ChatError(Code.BAD_COMMAND, str(problem)))

    def _asked(self, asked: Optional[line.Parsed]) -> None:
        if isinstance(asked, commands.Publish):
            self._publish(asked)
        elif isinstance(asked, (commands.Connect, commands.Join, commands.Leave)):
            self._lines.waiting = True  # what the next line means hangs on the answer
            self._ask(asked, self._moved)
        elif isinstance(asked, commands.Command):
            self._ask(asked, self._replied)
        elif isinstance(asked, line.Help):
            self._show_in_turn(line.explain(asked.command))
        elif isinstance(asked, line.ShowTopic):
            self._show_in_turn([line_text.topic(self._me.topics.get(self._me.room or "", ""))])
        elif isinstance(asked, line.Echo):
            self._echo = asked.on
            self._show_in_turn([line_text.notice(f"echo is {'on' if asked.on else 'off'}")])
        elif isinstance(asked, line.JsonMode):
            self._state = State.JSON
        elif isinstance(asked, line.Quit):
            self._leave("quit")

    def _refuse(self, problem: ChatError) -> None:
        if self._connection is not None:
            self._connection.refuse(problem)

    # -- asking the daemon

    def _ask(self, command: commands.Command, answer: Answer) -> None:
        if self._connection is None:
            return
        self._number += 1
        command_id = f"line:{self._number}"
        self._pending[command_id] = answer
        self._connection.receive(msgspec.structs.replace(command, id=command_id))

    def _show_in_turn(self, lines: list[str]) -> None:
        """Show lines after all that was asked before. The ping counts for the limits: whoever
        asks for help a thousand times a second is refused like anybody else."""

        def show(reply: events.Reply) -> None:
            if isinstance(reply, events.Pong):
                self._show(*lines)

        self._ask(commands.Ping(), show)

    def _publish(self, command: commands.Publish) -> None:
        self._msgid_prefix = self._msgid_prefix or secrets.token_hex(8)
        msgid = f"{self._msgid_prefix}-{self._number}"
        if not self._echo:
            self._me.said(msgid)

        def published(reply: events.Reply) -> None:
            if isinstance(reply, events.Error):
                self._me.not_said(msgid)

        self._ask(msgspec.structs.replace(command, msgid=msgid), published)

    def _answered(self, answer: Answer, reply: events.Reply) -> None:
        if isinstance(reply, events.Error):
            self._show(line_text.error(reply))
        answer(reply)

    def _replied(self, reply: events.Reply) -> None:
        if isinstance(reply, events.Renamed):
            me = self._me
            self._send(events.NickChange(user=me.user, old=me.nick, nick=reply.nick))
        else:
            self._show(*line_text.reply(reply))

    def _moved(self, reply: events.Reply) -> None:
        """The user is somebody, or in other rooms; or not, as they were told."""
        if isinstance(reply, events.Connected):
            self._state = State.TALKING
            self._me.user, self._me.nick = reply.user, reply.nick
            self._ask(commands.Join(room=LOBBY, history=0), self._moved)
            return
        if isinstance(reply, events.Joined):
            self._enter(reply)
        elif isinstance(reply, events.Left):
            self._go_out(reply.room)
        elif self._state is State.NAMING:
            self._show(line_text.QUESTION)
        elif self._me.room is None:
            self._show(line_text.now_in(self._me.nick, None))
        self._lines.waiting = False
        self._lines.work()

    def _enter(self, joined: events.Joined) -> None:
        self._me.entered(joined.room, joined.topic)
        self._show(*line_text.arrived(self._me.nick, joined, self._me.user))

    def _go_out(self, room: str) -> None:
        before = self._me.room
        self._me.left(room)
        self._show(line_text.notice(f"you left {room}"))
        if self._me.room != before:
            self._show(line_text.now_in(self._me.nick, self._me.room))

    # -- showing

    def _show(self, *lines: str) -> None:
        if lines:
            self._output.write(self._wires.lines(lines))

    def _send(self, event: events.Event) -> None:
        wire = self.wire_for(event)
        data = wire.encode(event) if wire is not None else b""
        if data:
            self._output.write(data)

    # -- going

    def _leave(self, why: str) -> None:
        """The user goes. What was said before is answered first."""
        self._leaving = why
        self._lines.clear()
        self._go_when_answered()

    def _go_when_answered(self) -> None:
        if self._leaving and not self._pending and self._state is not State.CLOSED:
            words = [] if self._state is State.JSON else [line_text.FAREWELL]
            self._end(True, self._leaving)
            self._output.close(self._wires.lines(words), None, self._leaving)

    def _end(self, clean: bool, reason: str) -> None:
        self._state = State.CLOSED
        self._lines.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.lost(clean, reason)
