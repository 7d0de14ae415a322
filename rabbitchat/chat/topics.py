"""The topics of the rooms: the last writer wins, and an empty room's is forgotten in the end."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

KEPT_EMPTY = 3600.0  # seconds that the topic of an empty room is remembered
MOST_EMPTY = 2000  # topics of empty rooms; beyond that the ones set longest ago go
STEP = 0.001  # seconds: a later writer is later than the last one at least by this


@dataclass(frozen=True)
class Topic:
    """A room's topic: when (seconds since 1970), on which node and by whom it was set."""

    text: str
    time: float
    node: str
    nick: str


def _print(room: str, topic: Topic) -> int:
    return zlib.crc32(repr((room, topic.time, topic.node)).encode("utf-8", "replace"))


class Topics:
    """All topics this node knows. `digest` is equal on nodes that know the same ones."""

    def __init__(self) -> None:
        self._topics: dict[str, Topic] = {}
        self._empty: dict[str, float] = {}  # since when a room with a topic has been empty
        self.digest = 0

    def text(self, room: str) -> str:
        """A room's topic; empty if it has none."""
        topic = self._topics.get(room)
        return topic.text if topic else ""

    def set(self, room: str, text: str, nick: str, node: str, now: float) -> Topic:
        """Write a topic that is later than the one known."""
        last = self._topics.get(room)
        topic = Topic(text, max(now, last.time + STEP) if last else now, node, nick)
        self._write(room, topic)
        return topic

    def learn(self, room: str, topic: Topic) -> bool:
        """Take another node's topic if it is later; whether it was."""
        last = self._topics.get(room)
        later = last is None or (topic.time, topic.node) > (last.time, last.node)
        if later:
            self._write(room, topic)
        return later

    def _write(self, room: str, topic: Topic) -> None:
        self._erase(room)
        self._topics[room] = topic
        self.digest ^= _print(room, topic)

    def _erase(self, room: str) -> None:
        last = self._topics.pop(room, None)
        if last is not None:
            self.digest ^= _print(room, last)

    def filled(self, room: str) -> None:
        """Somebody is in the room."""
        self._empty.pop(room, None)

    def emptied(self, room: str, since: float) -> None:
        """Nobody is in the room, since then."""
        if room in self._topics:
            self._empty[room] = min(since, self._empty.get(room, since))

    def expire(self, now: float) -> None:
        """Forget the topics of rooms that have been empty for long, or of too many."""
        for room, since in list(self._empty.items()):
            if now - since >= KEPT_EMPTY:
                self._forget(room)
        surplus = len(self._empty) - MOST_EMPTY
        if surplus > 0:  # the same ones on all nodes that know the same topics
            for room in sorted(self._empty, key=self._age)[:surplus]:
                self._forget(room)

    def _age(self, room: str) -> tuple[float, str, str]:
        topic = self._topics[room]
        return topic.time, topic.node, room

    def _forget(self, room: str) -> None:
        del self._empty[room]
        self._erase(room)

    def all(self, now: float) -> Iterator[tuple[str, Topic, float]]:
        """Each room, its topic and for how many seconds it has been empty."""
        for room, topic in self._topics.items():
            yield room, topic, max(0.0, now - self._empty.get(room, now))
