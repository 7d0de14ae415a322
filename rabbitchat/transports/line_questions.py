"""What is asked of the daemon for one line client, and who waits for the answers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Optional, Union

import msgspec
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from rabbitchat.chat import commands, events
from rabbitchat.codecs import line_text
from rabbitchat.transports.line_peers import Connection

Answer = Callable[[events.Reply], None]


class Program:
    """Stands for whoever speaks JSON at the other end, and gets each answer as it is."""


PROGRAM = Program()


class Questions:
    """Gives each command an id and asks the daemon; gives each answer to who waits for it."""

    __slots__ = ("_broken", "_number", "_show", "_tasks", "_waiting", "connection")

    def __init__(self, show: Callable[..., None], broken: Callable[[Failure], None]) -> None:
        self.connection: Optional[Connection] = None  # nothing is asked without one
        self._show = show  # is given lines
        self._broken = broken  # is told of a bug of ours
        self._number = 0
        self._waiting: dict[object, Union[Answer, Program]] = {}
        self._tasks: set[Deferred[None]] = set()

    def __bool__(self) -> bool:
        """Whether any answer is still to come."""
        return bool(self._waiting)

    @property
    def number(self) -> int:
        """How many were asked: what is made of it is new for each."""
        return self._number

    def ask(self, command: commands.Command, answer: Answer) -> None:
        """Ask; the user hears of an error before `answer` does."""

        def answered(reply: events.Reply) -> None:
            if isinstance(reply, events.Error):
                self._show(line_text.error(reply))
            answer(reply)

        self.ask_quietly(command, answered)

    def ask_quietly(self, command: commands.Command, answer: Answer) -> None:
        """Ask; what becomes of it is `answer`'s concern alone."""
        if self.connection is not None:
            self._number += 1
            command_id = f"line:{self._number}"
            self._waiting[command_id] = answer
            self.connection.receive(msgspec.structs.replace(command, id=command_id))

    def reply_to(self, command: commands.Command) -> Deferred[events.Reply]:
        """Ask; the reply. The user hears of an error."""
        reply: Deferred[events.Reply] = Deferred()
        self.ask(command, reply.callback)
        return reply

    def show_in_turn(self, lines: list[str]) -> None:
        """Show lines after all that was asked before. The ping counts for the limits: whoever
        asks for help a thousand times a second is refused like anybody else."""

        def show(reply: events.Reply) -> None:
            if isinstance(reply, events.Pong):
                self._show(*lines)

        self.ask(commands.Ping(), show)

    def program_asks(self, command: commands.Command) -> None:
        """A program asks, perhaps with an id of its own."""
        if command.id is not None:
            self._waiting[command.id] = PROGRAM
        if self.connection is not None:
            self.connection.receive(command)

    def answered(self, reply: events.Reply) -> Optional[Union[Answer, Program]]:
        """Who waited for a reply; None if nobody did."""
        return self._waiting.pop(reply.id, None)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what takes several questions."""
        task = Deferred.fromCoroutine(work)
        self._tasks.add(task)
        task.addBoth(self._done, task)

    def cancel(self) -> None:
        """Give up what was begun."""
        for task in list(self._tasks):
            task.cancel()

    def _done(self, result: Optional[Failure], task: Deferred[None]) -> None:
        self._tasks.discard(task)
        if result is not None and not result.check(CancelledError):
            self._broken(result)
