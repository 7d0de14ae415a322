"""What every log makes of a search: the same words, the same cursor, the same page."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rabbitchat.chat.entries import Entry
from rabbitchat.log.interface import Found, Search
from rabbitchat.log.paging import fitting
from rabbitchat.log.words import folded_words

MOST_WORDS = 32
"""Words of one search: each costs a look into the index."""

NEWEST = 2**62
"""A place behind all that are given."""

_CURSOR = re.compile("[0-9]{1,18}")


def words_of(query: Search) -> list[str]:
    """The folded words of a query, each once. Raises ValueError when they are too many."""
    words = list(dict.fromkeys(folded_words(" ".join(query.words))))
    if len(words) > MOST_WORDS:
        raise ValueError(f"words: at most {MOST_WORDS}")
    return words


def place_of(query: Search) -> int:
    """Messages are numbered in the order in which they were stored: below this one to look.

    Raises ValueError for what no answer had as its `next`."""
    if query.before is None:
        return NEWEST
    if not _CURSOR.fullmatch(query.before):
        raise ValueError("before: give what an earlier answer had as its next")
    return int(query.before)


def page_of(query: Search, found: Sequence[tuple[int, Entry]]) -> Found:
    """The answer, of messages with their places, newest first, one more than is wanted."""
    entries = [entry for _, entry in found[: max(query.limit, 0)]]
    entries = entries[: fitting(entries, query.max_bytes)]
    has_more = 0 < len(entries) < len(found)
    return Found(tuple(entries), str(found[len(entries) - 1][0]) if has_more else None)
