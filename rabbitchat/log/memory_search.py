"""Search in a log in memory: what is kept is looked through, some of it in one reactor turn."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from rabbitchat.chat.entries import Entry
from rabbitchat.log.interface import Found, Search, Unavailable
from rabbitchat.log.memory_rooms import Room
from rabbitchat.log.queries import page_of, place_of, words_of
from rabbitchat.log.words import folded_words

A_TURN = 1000
"""Entries that are looked at before others have their turn: about 10 ms."""

LONGEST = 2.0
"""Seconds after which a search is given up."""


async def search(clock: IReactorTime, rooms: Mapping[str, Room], query: Search) -> Found:
    """See ILog. Rooms and their entries may change between two turns."""
    words, before = words_of(query), place_of(query)
    found: list[tuple[int, Entry]] = []
    ends = clock.seconds() + LONGEST
    while words:
        some = [rooms[name] for name in dict.fromkeys(query.rooms) if name in rooms]
        looked = 0
        for place, entry in _newest_first(some, before):
            if _is_found(entry, words):
                found.append((place, entry))
            before = place
            looked += 1
            if looked == A_TURN or _is_enough(query, found):
                break
        if looked < A_TURN or _is_enough(query, found):
            break
        if clock.seconds() >= ends:
            raise Unavailable("the search takes too long")
        await deferLater(clock, 0)
    return page_of(query, found)


def _newest_first(rooms: Sequence[Room], before: int) -> Iterator[tuple[int, Entry]]:
    return heapq.merge(*(_backwards(room, before) for room in rooms), key=_later)


def _backwards(room: Room, before: int) -> Iterator[tuple[int, Entry]]:
    for index in range(bisect_left(room.places, before) - 1, -1, -1):
        yield room.places[index], room.entries[index]


def _later(found: tuple[int, Entry]) -> int:
    return -found[0]


def _is_enough(query: Search, found: Sequence[tuple[int, Entry]]) -> bool:
    """One more than is wanted, so that it is known whether there are more."""
    return len(found) > query.limit


def _is_found(entry: Entry, wanted: Sequence[str]) -> bool:
    if entry.kind != "message" or not entry.text:
        return False
    text = entry.text
    if text.isascii():  # what is not in it at all is no beginning of a word: quick to see
        lower = text.lower()
        if not all(word in lower for word in wanted):
            return False
    words = folded_words(text)
    return all(any(word.startswith(begin) for word in words) for begin in wanted)
