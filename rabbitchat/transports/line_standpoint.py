"""From where a user of the line protocol sees the chat: what is here, elsewhere, or one's own."""

from __future__ import annotations

from typing import Optional

from rabbitchat.chat import events
from rabbitchat.codecs.line_text import View

MOST_OWN = 256
"""Own messages that are remembered until they come back, so as not to be shown."""


class Standpoint:
    """Who a user is, and in which rooms. It learns from the events that it is asked about."""

    __slots__ = ("_own", "nick", "room", "topics", "user")

    def __init__(self) -> None:
        self.user = ""
        self.nick = ""
        self.room: Optional[str] = None  # the current one, which is talked to
        self.topics: dict[str, str] = {}  # of the rooms one is in, the last joined last
        self._own: dict[str, None] = {}  # msgids

    def entered(self, room: str, topic: str) -> None:
        """A room was joined, and is the current one now."""
        self.topics.pop(room, None)
        self.topics[room] = topic
        self.room = room

    def left(self, room: str) -> None:
        """A room was left; the last joined of the others takes its place."""
        self.topics.pop(room, None)
        if self.room == room:
            self.room = next(reversed(self.topics), None)

    def said(self, msgid: str) -> None:
        """A message was sent that is not to be shown when it comes back."""
        self._own[msgid] = None
        if len(self._own) > MOST_OWN:
            del self._own[next(iter(self._own))]

    def not_said(self, msgid: str) -> None:
        """It was refused; should it come all the same, it is shown."""
        self._own.pop(msgid, None)

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
        return None if isinstance(event, events.Typing) else View.HERE

    def _view_of_message(self, event: events.Message) -> Optional[View]:
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
