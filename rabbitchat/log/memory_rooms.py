"""The rooms of a log in memory: what was said in each, and what was done to that."""

from __future__ import annotations

import sys
from typing import Optional

from msgspec.structs import replace

from rabbitchat.chat.entries import Draft, Entry
from rabbitchat.log.interface import NoSuchMessage, Page

ENTRY_BYTES = 700  # about, of an entry beside its text


class Room:
    """The newest entries of a room: seqs from `pruned + 1` to `newest`, without a hole."""

    __slots__ = ("entries", "newest", "places", "used")

    def __init__(self, newest: int, used: float) -> None:
        self.newest = newest
        self.entries: list[Entry] = []
        self.places: list[int] = []  # of each, among what was stored in all rooms
        self.used = used  # when it was last known to be in use

    @property
    def pruned(self) -> int:
        return self.newest - len(self.entries)

    def get(self, seq: int) -> Optional[Entry]:
        return self.entries[seq - self.pruned - 1] if self.pruned < seq <= self.newest else None

    def page(self, start: int, end: int, more: bool) -> Page:
        return Page(tuple(self.entries[start:end]), more, self.newest, self.pruned)

    def add(self, entry: Entry, place: int) -> int:
        """Keep the newest entry; the bytes that it takes."""
        self.newest = entry.seq
        self.entries.append(entry)
        self.places.append(place)
        return size(entry)

    def drop_oldest(self) -> int:
        """Forget an entry; the bytes that it took."""
        del self.places[0]
        return size(self.entries.pop(0))

    def message(self, msgid: str, user: Optional[str]) -> Optional[Entry]:
        """The newest message with this msgid, of this sender if one is given."""
        for entry in reversed(self.entries):
            if entry.msgid == msgid and entry.kind == "message" and user in (None, entry.user):
                return entry
        return None

    def target(self, draft: Draft) -> Entry:
        """The message that an edit, a deletion or a reaction is for. Raises NoSuchMessage."""
        message = self.message(draft.target or "", draft.of)
        if message is None or draft.of is None:
            raise NoSuchMessage("it was never there, or was pruned")
        if message.deleted and draft.kind != "delete":
            raise NoSuchMessage("it was deleted")
        return message

    def change(self, message: Entry, draft: Draft) -> int:
        """Give a message and all its edits the new text, or none; the bytes that this adds."""
        added = 0
        for index in range(message.seq - self.pruned - 1, len(self.entries)):
            entry = self.entries[index]
            if entry.seq == message.seq or (entry.kind == "edit" and entry.ref == message.seq):
                changed = self.entries[index] = _changed(entry, draft)
                added += size(changed) - size(entry)
        return added


def size(entry: Entry) -> int:
    """About how much memory an entry takes."""
    return ENTRY_BYTES + sys.getsizeof(entry.text)


def _changed(entry: Entry, draft: Draft) -> Entry:
    if draft.kind == "delete":
        return replace(entry, text="", deleted=True)
    if entry.kind == "message":
        return replace(entry, text=draft.text, edited=draft.time)
    return replace(entry, text=draft.text)
