"""How much of a room's log goes into one page: the same measure for every log."""

from __future__ import annotations

from collections.abc import Iterable

from rabbitchat.chat.entries import Entry

OVERHEAD = 200  # bytes an entry is counted with beside its text: names, ids, time


def size(entry: Entry) -> int:
    """About how many bytes an entry takes on a wire."""
    text = entry.text
    length = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return length + OVERHEAD


def fitting(entries: Iterable[Entry], max_bytes: int) -> int:
    """How many of the entries, from the first on, fit into max_bytes: at least one if any."""
    count = total = 0
    for entry in entries:
        total += size(entry)
        if count and total > max_bytes:
            break
        count += 1
    return count
