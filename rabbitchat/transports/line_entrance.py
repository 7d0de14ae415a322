"""How a user of the line protocol becomes somebody, and goes in and out of rooms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional, Union

import msgspec

from rabbitchat.chat import commands, events
from rabbitchat.chat.errors import Code
from rabbitchat.codecs import line_text
from rabbitchat.codecs.line import LineError
from rabbitchat.codecs.line_own import Resume
from rabbitchat.transports.line_past import Past
from rabbitchat.transports.line_questions import Questions
from rabbitchat.transports.line_queue import LineQueue
from rabbitchat.transports.line_standpoint import Standpoint

LOBBY = "lobby"


class Entrance:
    """Lets one user in. Until they are in, and while they go from room to room, no further line
    is dealt with: what it means hangs on where they are."""

    __slots__ = ("_came_in", "_lines", "_me", "_past", "_questions", "_session", "_show")

    def __init__(
        self,
        questions: Questions,
        lines: LineQueue,
        show: Callable[..., None],
        me: Standpoint,
        past: Past,
        came_in: Callable[[], None],
    ) -> None:
        self._questions = questions
        self._lines = lines
        self._show = show  # is given lines
        self._me = me
        self._past = past
        self._came_in = came_in  # called when the user is somebody
        self._session: Optional[str] = None

    @property
    def session(self) -> str:
        """The word with which the user comes back; a secret, never to be logged."""
        return self._session or ""

    def connect(self, command: commands.Connect) -> None:
        """Be somebody of this name: somebody new, or who gave their word before."""
        self._lines.waiting = True
        command = msgspec.structs.replace(command, session=self._session)
        self._questions.ask(command, self._moved)

    def resume(self, asked: Resume) -> None:
        """Be the user again whose word this is. One that nobody has makes nobody new.

        Raises LineError."""
        if self._me.user:
            raise LineError("you are somebody already; /quit, and come in anew")
        self._session = None

        def answered(reply: events.Reply) -> None:
            if isinstance(reply, events.Connected):
                self._moved(reply)
                if asked.nick and asked.nick != reply.nick:
                    self._questions.ask(commands.Nick(nick=asked.nick), self.renamed)
            elif isinstance(reply, events.Error) and reply.code == Code.BAD_NICK:
                self._session = asked.session
                self._resume_as(asked.nick)
            else:
                if isinstance(reply, events.Error):
                    self._show(line_text.not_resumed(reply))
                self._moved(reply)

        self._lines.waiting = True
        self._questions.ask_quietly(commands.Connect(session=asked.session), answered)

    def move(self, command: Union[commands.Join, commands.Leave]) -> None:
        """Go into a room, or out of one."""
        self._lines.waiting = True
        self._questions.ask(command, self._moved)

    def renamed(self, reply: events.Reply) -> None:
        """The answer to a `nick`. The push that everybody gets may have told it already."""
        if isinstance(reply, events.Renamed) and reply.nick != self._me.nick:
            event = events.NickChange(user=self._me.user, old=self._me.nick, nick=reply.nick)
            self._me.nick = reply.nick
            self._show(*line_text.push(event, line_text.View.AUTHOR))

    def _resume_as(self, nick: str) -> None:
        if nick:
            self.connect(commands.Connect(nick=nick))
        else:
            self._show(line_text.NAMELESS, line_text.QUESTION)
            self._go_on()

    def _moved(self, reply: events.Reply) -> None:
        """The user is somebody, or in other rooms; or not, as they were told."""
        if isinstance(reply, events.Connected):
            self._connected(reply)
            return
        if isinstance(reply, events.Joined):
            self._me.entered(reply.room, reply.topic)
            self._show(*line_text.arrived(self._me.nick, reply, self._me.user))
            self._questions.begin(self._past.enter(reply))
        elif isinstance(reply, events.Left):
            self._go_out(reply.room)
        elif not self._me.user:
            self._show(line_text.QUESTION)
        elif self._me.room is None:
            self._show(line_text.now_in(self._me.nick, None))
            self._questions.begin(self._past.come_back())
        self._go_on()

    def _connected(self, reply: events.Connected) -> None:
        if self._session is not None and reply.session != self._session:
            self._show(line_text.notice("your word has expired: you are somebody new"))
        self._session = reply.session
        self._me.user, self._me.nick = reply.user, reply.nick
        self._came_in()
        self._past.expect(reply.conversations)
        self._questions.ask(commands.Join(room=LOBBY, history=0), self._moved)

    def _go_out(self, room: str) -> None:
        before = self._me.room
        self._me.left(room)
        self._show(line_text.notice(f"you left {room}"))
        if self._me.room != before:
            self._show(line_text.now_in(self._me.nick, self._me.room))

    def _go_on(self) -> None:
        self._lines.waiting = False
        self._lines.work()
