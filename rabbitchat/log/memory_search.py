"""Search in a log in memory: what is kept is looked through, some of it in one reactor turn."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Optional

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from rabbitchat.chat.entries import Entry
from rabbitchat.log.interface import Found, Search, Unavailable
from rabbitchat.log.memory_rooms import Room
from rabbitchat.log.queries import page_of, place_of, words_of
from rabbitchat.log.words import folded_words

A_TURN = 1000
"""Entries that are looked at before others have their turn."""

TURN_SECONDS = 0.01
"""Others have it after so long, too: long texts that are not ASCII take a millisecond each."""

LONGEST = 2.0
"""Seconds after which a search is given up."""


async def search(
    clock: IReactorTime, rooms: Mapping[str, Room], query: Search, ends: float
) -> Found:
    """See ILog. Rooms and their entries may change between two turns. `ends`: when to give up, in
    the clock's seconds."""
    words, before = words_of(query), place_of(query)
    found: list[tuple[int, Entry]] = []
    while words:
        some = [rooms[name] for name in dict.fromkeys(query.rooms) if name in rooms]
        upto = _a_turn(clock, _newest_first(some, before), words, found, query.limit)
        if upto is None:
            break
        before = upto
        if clock.seconds() >= ends:
            raise Unavailable("the search takes too long")
        await deferLater(clock, 0)
    return page_of(query, found)


def _a_turn(
    clock: IReactorTime,
    entries: Iterable[tuple[int, Entry]],
    words: Sequence[str],
    found: list[tuple[int, Entry]],
    limit: int,
) -> Optional[int]:
    """Look at some of these; the place from which to go on, None when that was all.

    One more than `limit` is enough, so that it is known whether there are more."""
    ends = clock.seconds() + TURN_SECONDS
    for looked, (place, entry) in enumerate(entries, start=1):
        if _is_found(entry, words):
            found.append((place, entry))
            if len(found) > limit:
                return None
        if looked == A_TURN or clock.seconds() >= ends:
            return place
    return None


def _newest_first(rooms: Sequence[Room], before: int) -> Iterator[tuple[int, Entry]]:
    return heapq.merge(*(_backwards(room, before) for room in rooms), key=_later)


def _backwards(room: Room, before: int) -> Iterator[tuple[int, Entry]]:
    for index in range(bisect_left(room.places, before) - 1, -1, -1):
        yield room.places[index], room.entries[index]


def _later(found: tuple[int, Entry]) -> int:
    return -found[0]


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
