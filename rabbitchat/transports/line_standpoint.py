"""From where a user of the line protocol sees the chat: what is here, elsewhere, or one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional, Union

from rabbitchat.chat import commands, events
from rabbitchat.codecs.line import LineError
from rabbitchat.codecs.line_own import Delete, Edit, React
from rabbitchat.codecs.line_replies import is_deed
from rabbitchat.codecs.line_text import View

MOST_OWN = 256
"""Own messages that are remembered until they come back, so as not to be shown."""


class Standpoint:
    """Who a user is, and in which rooms. It learns from the events that it is asked about."""

    __slots__ = ("_own", "_said", "_seen", "nick", "room", "topics", "user")

    def __init__(self) -> None:
        self.user = ""
        self.nick = ""
        self.room: Optional[str] = None  # the current one, which is talked to
        self.topics: dict[str, str] = {}  # of the rooms one is in, the last joined last
        self._own: dict[str, None] = {}  # msgids
        self._said: dict[str, str] = {}  # of each room: the msgid of one's last message in it
        # And of what others said, and was shown, the last one's seq, msgid and sender.
        self._seen: dict[str, tuple[int, str, str]] = {}

    def entered(self, room: str, topic: str) -> None:
        """A room was joined, and is the current one now."""
        self.topics.pop(room, None)
        self.topics[room] = topic
        self.room = room

    def left(self, room: str) -> None:
        """A room was left; the last joined of the others takes its place."""
        self.topics.pop(room, None)
        self._said.pop(room, None)
        self._seen.pop(room, None)
        if self.room == room:
            self.room = next(reversed(self.topics), None)

    def publishes(self, command: commands.Publish, msgid: str, echo: bool) -> Callable[[], None]:
        """Something is published. What to do should that be refused is returned."""
        room, before = command.room, self._said.get(command.room)
        if command.edit or command.react:
            return _nothing
        if command.delete:
            self._said.pop(room, None)
        else:
            if not room.startswith("@"):
                self._said[room] = msgid
            if not echo:
                self._hide(msgid)

        def undo() -> None:
            self._own.pop(msgid, None)  # should it come all the same, it is shown
            if self._said.get(room) in (None, msgid) and before is not None:
                self._said[room] = before
            elif self._said.get(room) == msgid:
                del self._said[room]

        return undo

    def deed(self, asked: Union[Edit, Delete, React]) -> commands.Publish:
        """What is to be published to do something to a message. Raises LineError."""
        room = asked.room
        if isinstance(asked, React):
            if room not in self._seen:
                raise LineError("nobody else has said anything here, since you came, to react to")
            _, msgid, user = self._seen[room]
            return commands.Publish(room=room, text=asked.text, react=msgid, of=user)
        if room not in self._said:
            what = "edit" if isinstance(asked, Edit) else "delete"
            raise LineError(f"you have said nothing here, since you came, that you could {what}")
        if isinstance(asked, Edit):
            return commands.Publish(room=room, text=asked.text, edit=self._said[room])
        return commands.Publish(room=room, delete=self._said[room])

    def saw(self, event: events.Message) -> None:
        """An entry was shown, perhaps one from before what was shown already."""
        if event.room not in self.topics or event.user == self.user:
            return
        if is_deed(event) or event.deleted:
            return
        if event.room not in self._seen or event.seq >= self._seen[event.room][0]:
            self._seen[event.room] = event.seq, event.msgid, event.user

    def _hide(self, msgid: str) -> None:
        """A message was sent that is not to be shown when it comes back."""
        self._own[msgid] = None
        if len(self._own) > MOST_OWN:
            del self._own[next(iter(self._own))]

    def view(self, event: events.Event) -> Optional[View]:
        """How an event is seen; None if it is not."""
        if isinstance(event, events.Message):
            return self._view_of_message(event)
        if isinstance(event, (events.Join, events.Leave)):
            return None if event.user == self.user else self._view_of_room(event.room)
        if isinstance(event, events.NickChange):
            return self._view_of_name(event)
        if isinstance(event, events.TopicChange):
            if event.room in self.topics:
                self.topics[event.room] = event.text
            return self._view_of_room(event.room)
        return None if isinstance(event, (events.Typing, events.Read)) else View.HERE

    def _view_of_message(self, event: events.Message) -> Optional[View]:
        self.saw(event)
        if event.user != self.user:
            return self._view_of_room(event.room)
        if event.msgid in self._own:
            del self._own[event.msgid]
            return None
        return View.AUTHOR if event.room.startswith("@") else self._view_of_room(event.room)

    def _view_of_name(self, event: events.NickChange) -> Optional[View]:
        if event.user != self.user:
            return View.HERE
        known, self.nick = self.nick, event.nick
        return View.AUTHOR if event.nick != known else None

    def _view_of_room(self, room: str) -> View:
        return View.HERE if room == self.room else View.ELSEWHERE


def _nothing() -> None:
    """There is nothing to be undone."""
