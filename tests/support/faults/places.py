"""What was said, and where it stands: as answers told it, and as it was shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Optional

from support.faults.history import Entry, Publish


class Places:
    """By the names of what was said (`Publish.name`).

    `rooms` is what stands at each seq of each room, `of` all places of one."""

    def __init__(self, publishes: Iterable[Publish]) -> None:
        self.rooms: dict[str, dict[int, str]] = defaultdict(dict)
        self.of: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self.said = {publish.name: publish for publish in publishes}
        self._by_text = {one.text: one for one in self.said.values() if not one.does}
        for one in self.said.values():
            if one.does == "edit" and one.to in self.said:
                self._by_text[one.text] = self.said[one.to]
        self._done_to: dict[str, list[Publish]] = defaultdict(list)
        for publish in self.said.values():
            if publish.does and not publish.refused:
                self._done_to[publish.to].append(publish)

    def find(self, entry: Entry) -> Optional[Publish]:
        """What this entry is; None if nobody said it."""
        return self.said.get(entry.msgid) or self.of_text(entry.text)

    def of_text(self, text: str) -> Optional[Publish]:
        """The message with this text, as it was said or edited."""
        return self._by_text.get(text)

    def put(self, room: str, seq: int, name: str) -> str:
        """Somebody was told that this stands there; what others were told does."""
        self.of[name].add((room, seq))
        return self.rooms[room].setdefault(seq, name)

    def may_show(self, publish: Publish, text: str) -> bool:
        """Whether it may look like this: as it was said, edited or erased. An edit before the last
        one shows the last one's text: what was taken back is shown to nobody."""
        if text == publish.text:
            return True
        done = self._done_to[publish.to if publish.does == "edit" else publish.name]
        if not text:
            return any(deed.does == "delete" for deed in done)
        edits = (deed.text for deed in done if deed.does == "edit")
        return publish.does in ("", "edit") and text in edits

    def latest_texts(self, room: str) -> dict[str, str]:
        """How each message of a room is to look at the end: what stands last counts."""
        latest: dict[str, str] = {}
        for seq in sorted(self.rooms[room]):
            publish = self.said.get(self.rooms[room][seq])
            if publish is None or publish.does == "react":
                continue
            latest[publish.to if publish.does else publish.name] = publish.text
        return latest

    def messages_between(self, room: str, seq: int, end: int) -> list[int]:
        """Which seqs above one and below another are messages that must be shown as such, or
        nobody knows what: not what is done to them, and not those that somebody deletes."""
        there = self.rooms[room]
        between = range(seq + 1, end)
        return [one for one in between if not self._may_be_hidden(there.get(one, ""))]

    def _may_be_hidden(self, name: str) -> bool:
        publish = self.said.get(name)
        if publish is None:
            return False
        return bool(publish.does) or any(deed.does == "delete" for deed in self._done_to[name])
