"""A daemon that records what line clients ask, and answers only what a test tells it to."""

from __future__ import annotations

from itertools import count
from typing import Any, Optional, TypeVar

import msgspec

from rabbitchat.chat import commands, events
from rabbitchat.chat.errors import ChatError, Close
from rabbitchat.clients import IClient

_seqs = count(1)

Asked = TypeVar("Asked", bound=commands.Command)


class RecordingConnection:
    """What one client asked and was refused, and how it ended."""

    def __init__(self, client: IClient) -> None:
        self.client = client
        self.commands: list[commands.Command] = []
        self.refused: list[ChatError] = []
        self.ended: list[tuple[bool, str]] = []
        self.connect_within = 0.0

    def expect_connect(self, seconds: float) -> None:
        self.connect_within = seconds

    def receive(self, command: commands.Command) -> None:
        self.commands.append(command)

    def refuse(self, problem: ChatError, command_id: Optional[commands.Id] = None) -> None:
        self.refused.append(problem)
        self.client.send(events.error(problem, command_id))

    def lost(self, clean: bool, reason: str) -> None:
        self.ended.append((clean, reason))

    def last(self, kind: type[Asked]) -> Asked:
        """The last command, which is of this kind."""
        command = self.commands[-1]
        assert isinstance(command, kind)
        return command

    def answer(self, reply: events.Reply, command: Optional[commands.Command] = None) -> None:
        """Answer a command, the last one if none is given."""
        asked = command or self.commands[-1]
        assert asked.id is not None
        self.client.send(msgspec.structs.replace(reply, id=asked.id))

    def fail(self, problem: ChatError, command: Optional[commands.Command] = None) -> None:
        """Answer a command with an error."""
        self.answer(events.error(problem), command)

    def tell(self, event: events.Event) -> None:
        """Deliver an event as the fan-out does."""
        wire = self.client.wire_for(event)
        if wire is not None:
            data = wire.encode(event)
            if data:
                self.client.write(data)

    def let_in(self, nick: str = "tel", *others: str) -> None:
        """Answer a `connect` and the `join` of the lobby that follows."""
        self.last(commands.Connect)
        self.answer(connected(nick))
        assert self.last(commands.Join).room == "lobby"
        self.answer(joined("lobby", nick, *others))


class RecordingDaemon:
    """Accepts line clients, unless `refuse_with` is set."""

    def __init__(self) -> None:
        self.connections: list[RecordingConnection] = []
        self.refuse_with: Optional[Close] = None

    def accept(self, client: IClient) -> Optional[RecordingConnection]:
        if self.refuse_with is not None:
            client.close(self.refuse_with, "not now")
            return None
        connection = RecordingConnection(client)
        self.connections.append(connection)
        return connection


def connected(nick: str) -> events.Connected:
    """The answer to a `connect`; the user's id is made of the nick."""
    return events.Connected(
        nick=nick,
        user=f"u-{nick}",
        session="secret",
        node="n",
        epoch="e",
        ping=25.0,
        limits=events.Limits(4000, 100, 2.0, 5, 900.0),
        conversations=[],
    )


def joined(room: str, *nicks: str, topic: str = "") -> events.Joined:
    """The answer to a `join`."""
    return events.Joined(
        room=room,
        members=[events.Member(nick, f"u-{nick}") for nick in nicks],
        count=len(nicks),
        topic=topic,
        epoch="e",
        seq=0,
        entries=[],
        more=False,
        recovered=False,
    )


def message(text: str, nick: str = "ann", room: str = "lobby", **changed: Any) -> events.Message:
    """Something that was said."""
    fields: dict[str, Any] = {
        "epoch": "e",
        "seq": next(_seqs),
        "msgid": "m",
        "user": f"u-{nick}",
        "time": "2026-11-21T10:48:09.123Z",
    }
    return events.Message(room=room, nick=nick, text=text, **{**fields, **changed})
