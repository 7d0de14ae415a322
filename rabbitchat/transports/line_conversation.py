"""The line protocol on one connection, over TCP or in WebSocket frames: lines in, lines out.

    NAMING --a good name--> TALKING --/quit, close--> CLOSED      at any time: --/mode json--> JSON

What carries the lines (`ILineOutput`) makes one LineConversation a connection, calls `start`,
`take` for each line and `lost` at the end.
"""

from __future__ import annotations

import enum
import secrets
from datetime import datetime, timezone
from typing import Optional

import msgspec
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from rabbitchat.chat import commands, events, names
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.clients import IClient, IWire
from rabbitchat.codecs import json, line, line_own, line_replies, line_text, line_when
from rabbitchat.codecs.telnet import EndOfInput, TooLong
from rabbitchat.settings import Limits
from rabbitchat.transports.line_entrance import Entrance
from rabbitchat.transports.line_marks import ReadMarks
from rabbitchat.transports.line_past import Past
from rabbitchat.transports.line_peers import Daemon, ILineOutput
from rabbitchat.transports.line_questions import Program, Questions
from rabbitchat.transports.line_queue import Heard, LineQueue
from rabbitchat.transports.line_standpoint import Standpoint
from rabbitchat.transports.line_wires import LineWires

A_PERSON = 6
"""How many times longer than a program somebody at a keyboard may take to give a name."""

QUIT = "quit"


class State(enum.Enum):
    """Where a conversation is in its life."""

    NAMING = "naming"
    TALKING = "talking"
    JSON = "json"
    CLOSED = "closed"


@implementer(IClient)
class LineConversation:
    """One user at a keyboard, as the daemon sees them, and the daemon as the user sees it."""

    logger = Logger()
    __slots__ = (
        "_clock",
        "_daemon",
        "_echo",
        "_entrance",
        "_leaving",
        "_limits",
        "_lines",
        "_marks",
        "_me",
        "_msgid_prefix",
        "_output",
        "_past",
        "_questions",
        "_sent_away",
        "_state",
        "_wires",
        "address",
        "transport_name",
    )

    def __init__(
        self,
        output: ILineOutput,
        daemon: Daemon,
        limits: Limits,
        wires: LineWires,
        clock: IReactorTime,
    ) -> None:
        self.address = output.address
        self.transport_name = output.transport_name
        self._output = output
        self._daemon = daemon
        self._limits = limits
        self._wires = wires
        self._clock = clock
        self._state = State.NAMING
        self._me = Standpoint()
        self._echo = False
        self._msgid_prefix = ""
        self._questions = Questions(self._show, self._broken)
        self._marks = ReadMarks(clock, output.arrival, self._has_read)
        self._past = Past(
            self._questions.reply_to, self._show, self._send_now, self._me, self._marks
        )
        self._lines = LineQueue(self._deal_with, output.pause, output.resume)
        self._entrance = Entrance(
            self._questions, self._lines, self._show, self._me, self._past, self._begin_to_talk
        )
        self._leaving = ""  # why, once all is answered
        self._sent_away: Optional[Close] = None

    # -- what carries the lines calls these

    def start(self) -> None:
        """Greet, and ask for a name."""
        self._questions.connection = self._daemon.accept(self)
        if self._questions.connection is not None:
            self._questions.connection.expect_connect(self._limits.connect_timeout * A_PERSON)
            self._show(line_text.GREETING, line_text.QUESTION)

    def take(self, heard: Heard) -> None:
        """A line came, or one too long for a line, or the end. It is dealt with in its turn."""
        if self._state is not State.CLOSED and not self._leaving:
            self._marks.heard()
            self._lines.put(heard)

    def refuse(self, problem: ChatError) -> None:
        """What came can't be lines."""
        if self._state is not State.CLOSED and not self._leaving:
            self._refuse(problem)

    def lost(self, clean: bool) -> None:
        """The connection is gone. `clean`: it was closed, not broken."""
        if self._sent_away is not None:
            clean = not self._sent_away.reconnect
        has_read_all = clean and self._sent_away is None
        self._end(clean, "closed" if clean else "connection lost", has_read_all)

    # -- what the daemon calls (IClient)

    def wire_for(self, event: events.Event) -> Optional[IWire]:
        """The wire for an event, from this user's point of view; None for one's own echo."""
        if self._state is State.JSON:
            return self._wires.json
        if self._state is State.CLOSED:
            return None
        if isinstance(event, events.Message):
            if not self._past.admits(event):
                return None
        elif isinstance(event, events.Read):
            self._marks.known(event.room, event.seq)
        view = self._me.view(event)
        return None if view is None else self._wires.of(view)

    def send(self, event: events.Event) -> None:
        """Show an event; the answer to a line goes to what waits for it."""
        answer = self._questions.answered(event) if isinstance(event, events.Reply) else None
        if answer is None or isinstance(answer, Program):
            self._send(event)
        elif self._state is not State.JSON and isinstance(event, events.Reply):
            answer(event)  # in JSON it is a program's, which did not ask
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
        self._end_reading(False)
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
        if not text.strip() or self._questions.connection is None:
            return
        try:
            command = json.decode(text.encode())
        except json.Refused as refused:
            self._questions.connection.refuse(refused.error, refused.id)
            return
        self._questions.program_asks(command)

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
        elif isinstance(asked, commands.Connect):
            self._entrance.connect(asked)
        elif isinstance(asked, commands.Join):
            self._entrance.move(asked)
        elif isinstance(asked, commands.Leave):
            self._marks.leave(_canonical(asked.room))
            self._entrance.move(asked)
        elif isinstance(asked, commands.Command):
            self._questions.ask(asked, self._replied)
        elif asked is not None:
            self._asked_here(asked)

    def _asked_here(self, asked: line_own.Local) -> None:
        if isinstance(asked, line_own.Help):
            self._questions.show_in_turn(line.explain(asked.command))
        elif isinstance(asked, line_own.ShowTopic):
            self._questions.show_in_turn(
                [line_text.topic(self._me.topics.get(self._me.room or "", ""))]
            )
        elif isinstance(asked, line_own.Echo):
            self._echo = asked.on
            self._questions.show_in_turn(
                [line_text.notice(f"echo is {'on' if asked.on else 'off'}")]
            )
        elif isinstance(asked, line_own.ShowSession):
            self._questions.show_in_turn(
                [line_text.session(self._entrance.session, self._me.nick)]
            )
        elif isinstance(asked, line_own.Resume):
            self._entrance.resume(asked)
        elif isinstance(asked, line_own.Since):
            now = datetime.fromtimestamp(self._clock.seconds(), timezone.utc)
            self._questions.begin(self._past.since(asked.room, line_when.parse(asked.when, now)))
        elif isinstance(asked, line_own.JsonMode):
            self._end_reading(False)
            self._state = State.JSON
        elif isinstance(asked, line_own.Quit):
            self._leave(QUIT)
        else:
            self._publish(self._me.deed(asked))

    def _refuse(self, problem: ChatError) -> None:
        if self._questions.connection is not None:
            self._questions.connection.refuse(problem)

    # -- asking the daemon

    def _begin_to_talk(self) -> None:
        self._state = State.TALKING

    def _has_read(self, room: str, seq: int) -> None:
        def answered(reply: events.Reply) -> None:
            if isinstance(reply, events.Error) and reply.temporary:
                self._marks.not_told(room, seq)

        self._questions.ask_quietly(commands.Read(room=room, seq=seq), answered)

    def _publish(self, command: commands.Publish) -> None:
        self._msgid_prefix = self._msgid_prefix or secrets.token_hex(8)
        msgid = f"{self._msgid_prefix}-{self._questions.number}"
        undo = self._me.publishes(command, msgid, self._echo)

        def published(reply: events.Reply) -> None:
            if isinstance(reply, events.Error):
                undo()

        self._questions.ask(msgspec.structs.replace(command, msgid=msgid), published)

    def _replied(self, reply: events.Reply) -> None:
        self._entrance.renamed(reply)
        self._past.saw(reply)
        self._show(*line_replies.reply(reply, self._me.user))

    # -- showing

    def _show(self, *lines: str) -> None:
        if lines:
            self._output.write(self._wires.lines(lines))

    def _send(self, event: events.Event) -> None:
        self._encode(event, self.wire_for(event))

    def _send_now(self, event: events.Message) -> None:
        """Show an entry that was held back."""
        view = self._me.view(event)
        self._encode(event, None if view is None else self._wires.of(view))

    def _encode(self, event: events.Event, wire: Optional[IWire]) -> None:
        data = wire.encode(event) if wire is not None else b""
        if data:
            self._output.write(data)

    def _broken(self, failure: Failure) -> None:
        self.logger.failure("answering a line client", failure)
        self.close(Close.STATE_LOST, "an error of the server: come back")

    # -- going

    def _leave(self, why: str) -> None:
        """The user goes. What was said before is answered first, and what they have read is kept:
        who comes back a moment later isn't shown it again."""
        self._leaving = why
        self._lines.clear()
        if why == QUIT:
            self._marks.end(has_read_all=True)
        self._go_when_answered()

    def _go_when_answered(self) -> None:
        if self._leaving and not self._questions and self._state is not State.CLOSED:
            words = [] if self._state is State.JSON else [line_text.FAREWELL]
            self._end(True, self._leaving, has_read_all=self._leaving == QUIT)
            self._output.close(self._wires.lines(words), None, self._leaving)

    def _end(self, clean: bool, reason: str, has_read_all: bool) -> None:
        self._state = State.CLOSED
        self._lines.clear()
        self._end_reading(has_read_all)
        connection, self._questions.connection = self._questions.connection, None
        if connection is not None:
            connection.lost(clean, reason)

    def _end_reading(self, has_read_all: bool) -> None:
        self._marks.end(has_read_all)
        self._questions.cancel()


def _canonical(room: str) -> str:
    try:
        target = names.target(room)
    except ChatError:  # the daemon will say what is wrong with it
        return room
    return target.name if isinstance(target, names.Room) else room
