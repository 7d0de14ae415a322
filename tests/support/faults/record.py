"""Writes a history while it happens, and knows how far each room has come."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Optional

from support.faults.history import (
    Attempt,
    Connected,
    Entry,
    History,
    Line,
    Page,
    Participant,
    Publish,
    Push,
)


class Record:
    """Everybody in a load writes here. `newest` is the highest seq of each room that anybody was
    told, by an answer or by what was shown. `messages` are those of messages that were shown (not
    of what was done to one) and not deleted, `places` the seq of each of their texts."""

    def __init__(self, clock: Any) -> None:
        self.history = History()
        self.newest: dict[str, int] = {}
        self.messages: dict[str, set[int]] = defaultdict(set)
        self.places: dict[str, int] = {}
        self._clock = clock

    def now(self) -> float:
        """The time by the clock of all records."""
        seconds: float = self._clock.seconds()
        return seconds

    def participant(self, participant: Participant) -> None:
        """Somebody takes part."""
        self.history.participants[participant.name] = participant

    def connected(self, client: str, connection: int, user: str, newest: dict[str, int]) -> None:
        """A client is somebody."""
        self.history.seen.append(Connected(client, connection, self.now(), user, newest))
        for room, seq in newest.items():
            self._at(room, seq)

    def page(
        self,
        client: str,
        connection: int,
        room: str,
        reply: dict[str, Any],
        after: Optional[int],
        epoch: str,
    ) -> Page:
        """A client has read: `joined` or `history`."""
        entries = tuple(self._entry(room, one) for one in reply["entries"])
        last = entries[-1].seq if entries else after or 0
        page = Page(
            client=client,
            connection=connection,
            at=self.now(),
            room=room,
            epoch=epoch,
            after=after,
            entries=entries,
            upto=reply.get("seq", last),
            more=reply["more"],
            recovered=reply.get("recovered"),
        )
        self.history.seen.append(page)
        self._at(room, page.upto)
        return page

    def push(self, client: str, connection: int, room: str, push: dict[str, Any]) -> None:
        """A message came to a client."""
        self.history.seen.append(
            Push(client, connection, self.now(), room, push["epoch"], self._entry(room, push))
        )
        self._at(room, push["seq"])

    def line(self, client: str, connection: int, room: str, text: str) -> None:
        """A message was shown at a line client."""
        self.history.seen.append(Line(client, connection, self.now(), room, text))

    def publish(self, publish: Publish) -> None:
        """Something is about to be said."""
        self.history.publishes.append(publish)

    def attempt(self, publish: Publish, node: str) -> Attempt:
        """It is sent to a node."""
        attempt = Attempt(node, self.now())
        publish.attempts.append(attempt)
        return attempt

    def answered(self, attempt: Attempt, room: str, reply: dict[str, Any]) -> None:
        """Its answer came: `published`, or an error."""
        attempt.answered = self.now()
        if reply["type"] == "published":
            attempt.room, attempt.seq = room, reply["seq"]
            self._at(room, reply["seq"])
        else:
            attempt.code = reply["code"]

    def kept(self, room: str, entries: tuple[Entry, ...]) -> None:
        """This is what the log has of a room."""
        self.history.kept[room] = entries
        for entry in entries:  # one that was edited may be shown to people at line clients alone
            self.places.setdefault(entry.text, entry.seq)
        if entries:
            self._at(room, entries[-1].seq)

    def _entry(self, room: str, event: dict[str, Any]) -> Entry:
        if "delete" in event:
            self.messages[room].discard(event["ref"])
        elif "edit" in event:
            self.places[event["text"]] = event["ref"]
        elif "react" not in event and not event.get("deleted"):
            self.messages[room].add(event["seq"])
            self.places.setdefault(event["text"], event["seq"])
        return Entry(event["seq"], event["text"], event["msgid"])

    def _at(self, room: str, seq: int) -> None:
        self.newest[room] = max(seq, self.newest.get(room, 0))


def is_deed(event: dict[str, Any]) -> bool:
    """Whether it is no message, but what is done to one."""
    return not {"edit", "delete", "react"}.isdisjoint(event)
