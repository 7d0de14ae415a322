"""One connection's state machine: a command in, a request out that is fit to be carried out.

    NEW --connect, done--> CONNECTED --closed--> CLOSED

A session knows who its user is and which rooms this connection is in. It checks a command
against that, against the names' rules and the limits, and answers with a `Request` in canonical
terms, or refuses with a ChatError; what takes time (the log, the broker) is done by others, who
report back with `connected`, `joined`, `left`.
"""

from __future__ import annotations

import enum
from typing import Optional

from rabbitchat.chat import commands, names, requests, rights, texts
from rabbitchat.chat.entries import Kind
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.rights import Action


class State(enum.Enum):
    """Where a connection is in its life."""

    NEW = "new"
    CONNECTED = "connected"
    CLOSED = "closed"


class Session:
    """Who is at the other end of one connection, and where they are."""

    __slots__ = ("_max_text", "nick", "rooms", "state", "user")

    def __init__(self, max_text: int) -> None:
        self._max_text = max_text
        self.state = State.NEW
        self.user = ""
        self.nick = ""
        self.rooms: set[str] = set()

    def connected(self, user: str, nick: str) -> None:
        """From now on the connection is this user's."""
        self.state = State.CONNECTED
        self.user = user
        self.nick = nick

    def closed(self) -> None:
        """It is over: every further command is refused."""
        self.state = State.CLOSED

    def request(self, command: commands.Command) -> requests.Request:
        """What is to be done for a command. Raises ChatError."""
        if isinstance(command, commands.Ping):
            return requests.Answer()
        if isinstance(command, commands.Connect):
            return self._connect(command)
        if self.state is not State.CONNECTED:
            raise ChatError(Code.NOT_CONNECTED, "send `connect` with a nick first")
        if isinstance(command, (commands.Publish, commands.Typing, commands.Topic)):
            return self._saying(command)
        if isinstance(command, (commands.History, commands.Read, commands.Search)):
            return self._reading(command)
        return self._other_request(command)

    def _connect(self, command: commands.Connect) -> requests.Become:
        if self.state is not State.NEW:
            raise ChatError(
                Code.BAD_COMMAND, "this connection is connected already: use `nick` to rename"
            )
        if command.nick is not None:
            return requests.Become(names.nick(command.nick), command.session)
        if command.session is None:
            raise ChatError(Code.BAD_COMMAND, "nick: it is needed without a `session`")
        return requests.Become(None, command.session)

    def _saying(
        self, command: commands.Publish | commands.Typing | commands.Topic
    ) -> requests.Request:
        if isinstance(command, commands.Publish):
            return self._publish(command)
        if isinstance(command, commands.Typing):
            return requests.ShowTyping(self._target(command.room, Action.TYPE), command.active)
        room = self._room(command.room, Action.SET_TOPIC)
        return requests.SetTopic(room, texts.topic(command.text))

    def _reading(
        self, command: commands.History | commands.Read | commands.Search
    ) -> requests.Request:
        if isinstance(command, commands.History):
            return self._history(command)
        if isinstance(command, commands.Read):
            return requests.MarkRead(self._target(command.room, Action.MARK_READ), command.seq)
        return self._search(command)

    def _other_request(self, command: commands.Command) -> requests.Request:
        if isinstance(command, commands.Join):
            room = self._room(command.room, Action.JOIN)
            return requests.Enter(room, command.recover, command.history)
        if isinstance(command, commands.Leave):
            return requests.Exit(self._room(command.room, Action.LEAVE))
        if isinstance(command, commands.Presence):
            return requests.ListMembers(self._room(command.room, Action.SEE))
        if isinstance(command, commands.Rooms):
            return requests.ListRooms()
        if isinstance(command, commands.Nick):
            return requests.Rename(names.nick(command.nick))
        raise ChatError(Code.BAD_COMMAND, "unknown command")

    def _room(self, text: str, action: Action) -> str:
        target = names.target(text)
        if not isinstance(target, names.Room):
            raise ChatError(
                Code.BAD_ROOM, "a private conversation has no members to join, leave or list"
            )
        rights.check(action, target.name, target.name in self.rooms)
        return target.name

    def _target(self, text: str, action: Action) -> names.Target:
        target = names.target(text)
        if isinstance(target, names.Room):
            rights.check(action, target.name, target.name in self.rooms)
        return target

    def _publish(self, command: commands.Publish) -> requests.Say:
        target, refusal = names.target(command.room), None
        try:
            self._target(command.room, Action.PUBLISH)
        except ChatError as problem:
            if command.msgid is None:
                raise
            refusal = problem
        deed = _deed(command)
        text = self._text(command.text, "message" if deed is None else deed.kind)
        return requests.Say(target, text, command.msgid, deed, refusal)

    def _text(self, text: str, kind: Kind) -> str:
        if kind == "react":
            return texts.reaction(text)
        if kind != "delete":
            return texts.message(text, self._max_text)
        if text:
            raise ChatError(Code.BAD_COMMAND, "publish: `delete` comes without a text")
        return text

    def _history(self, command: commands.History) -> requests.ReadHistory:
        if command.before is not None and command.after is not None:
            raise ChatError(Code.BAD_COMMAND, "history: give `before` or `after`, not both")
        target = self._target(command.room, Action.READ)
        return requests.ReadHistory(target, command.before, command.after, command.limit)

    def _search(self, command: commands.Search) -> requests.Find:
        target = None
        if command.room is not None:
            target = self._target(command.room, Action.SEARCH)
        if command.limit == 0:
            raise ChatError(Code.BAD_COMMAND, "limit: 1 or more")
        words = texts.search(command.words)
        return requests.Find(words, target, command.limit, command.before)


def _deed(command: commands.Publish) -> Optional[requests.Deed]:
    """What a `publish` does to a message; None when it says one. Raises ChatError."""
    asked: dict[Kind, Optional[str]] = {
        "edit": command.edit,
        "delete": command.delete,
        "react": command.react,
    }
    given = [(kind, msgid) for kind, msgid in asked.items() if msgid is not None]
    if len(given) > 1:
        raise ChatError(
            Code.BAD_COMMAND, "publish: give one of `edit`, `delete` and `react`, not several"
        )
    for kind, msgid in given:
        return requests.Deed(kind, msgid, command.of, kind != "react" or command.active)
    return None
