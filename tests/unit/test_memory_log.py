"""What the memory log does beyond the contract of logs: it forgets, and never mixes up."""

from __future__ import annotations

import gc
import tracemalloc

import pytest_twisted
from msgspec import structs
from twisted.internet.task import Clock

from rabbitchat.chat.entries import Draft, conversation
from rabbitchat.log.interface import Page
from rabbitchat.log.memory import MemoryLog
from rabbitchat.log.msgids import MsgIds, Place

PLENTY = 10**9
MINUTE = 60.0
HOUR = 3600.0
DAY = 24 * HOUR


SOME_TIME = "2026-01-01T00:00:00.000Z"


def said(msgid: str, room: str = "lobby", user: str = "a1", time: str = SOME_TIME) -> Draft:
    """A draft of which only some fields matter."""
    return Draft(
        room=room, msgid=msgid, user=user, nick="ann", text="x", time=time, node="n1", peer="bob"
    )


async def fill(log: MemoryLog, count: int, room: str) -> None:
    """Append `count` entries to a room."""
    for number in range(count):
        await log.append(said(f"{room} {number}", room))


async def pass_time(log: MemoryLog, clock: Clock, seconds: float, *used: str) -> None:
    """Let time go by with its minutely pruning, while some rooms are in use."""
    end = clock.seconds() + seconds
    while clock.seconds() < end:
        clock.advance(min(MINUTE, end - clock.seconds()))
        await log.prune(lambda room: room in used)


@pytest_twisted.ensureDeferred
async def test_a_room_is_forgotten_an_hour_after_it_was_last_in_use() -> None:
    clock = Clock()
    log = MemoryLog(clock)
    await fill(log, 5, "lobby")
    await pass_time(log, clock, 3 * HOUR, "lobby")
    await pass_time(log, clock, HOUR)
    assert (await log.after("lobby", 0, 9, PLENTY)).newest == 5
    assert len((await log.after("lobby", 0, 9, PLENTY)).entries) == 5
    await pass_time(log, clock, MINUTE)
    assert await log.after("lobby", 0, 9, PLENTY) == Page((), False, 5, 5)


@pytest_twisted.ensureDeferred
async def test_an_append_is_use() -> None:
    clock = Clock()
    log = MemoryLog(clock)
    for number in range(3):
        await log.append(said(f"m{number}"))
        await pass_time(log, clock, HOUR)
    assert len((await log.after("lobby", 0, 9, PLENTY)).entries) == 3


@pytest_twisted.ensureDeferred
async def test_a_new_room_starts_above_the_highest_seq_ever_forgotten() -> None:
    clock = Clock()
    log = MemoryLog(clock)
    await fill(log, 7, "big")
    await fill(log, 2, "small")
    await pass_time(log, clock, HOUR + MINUTE)
    assert await log.newest(["big", "small", "new"]) == {"big": 7, "small": 7, "new": 7}
    # Whoever comes back with an old seq sees that something is lost.
    assert await log.after("small", 2, 9, PLENTY) == Page((), False, 7, 7)
    assert await log.before("small", None, 9, PLENTY) == Page((), False, 7, 7)
    put = await log.append(said("again", "small"))
    assert put.seq == 8
    page = await log.after("small", 2, 9, PLENTY)
    assert page.entries == (put.entry,)
    assert (page.more, page.newest, page.pruned) == (False, 8, 7)


@pytest_twisted.ensureDeferred
async def test_a_room_that_was_read_keeps_its_place_while_others_are_forgotten() -> None:
    clock = Clock()
    log = MemoryLog(clock)
    await fill(log, 7, "big")
    joined = await log.before("tea", None, 50, PLENTY)
    await pass_time(log, clock, 2 * HOUR, "tea")
    assert (await log.newest(["big"])) == {"big": 7}
    assert (await log.append(said("first", "tea"))).seq == joined.newest + 1 == 1


@pytest_twisted.ensureDeferred
async def test_a_msgid_outlives_its_room_and_is_never_answered_with_another_entry() -> None:
    clock = Clock()
    log = MemoryLog(clock)
    first = await log.append(said("m1"))
    await pass_time(log, clock, 2 * HOUR)
    await log.append(said("m2"))
    again = await log.append(said("m1"))
    assert (again.room, again.seq, again.time) == (first.room, 1, first.time)
    assert again.repeated
    assert again.entry is None


@pytest_twisted.ensureDeferred
async def test_a_msgid_is_forgotten_after_its_day() -> None:
    clock = Clock()
    log = MemoryLog(clock)
    await log.append(said("m1"))
    clock.advance(DAY - 1)
    await log.prune(lambda room: True)
    assert await log.find("a1", "m1") is not None
    clock.advance(1)
    await log.prune(lambda room: True)
    assert await log.find("a1", "m1") is None
    assert (await log.append(said("m1"))).seq == 2


@pytest_twisted.ensureDeferred
async def test_entries_are_kept_for_some_time() -> None:
    clock = Clock()
    log = MemoryLog(clock, keep=0, keep_seconds=HOUR)
    old = "1970-01-01T00:00:00.000Z"
    for number in range(150):
        await log.append(said(f"old{number}", time=old))
    clock.advance(HOUR)
    await log.append(said("undated", time="yesterday"))
    await log.prune(lambda room: True)
    assert (await log.after("lobby", 0, 1, 1000)).pruned == 0
    clock.advance(1)
    await log.prune(lambda room: True)
    assert (await log.after("lobby", 0, 1, 1000)).pruned == 100, "no more at once"
    await log.prune(lambda room: True)
    page = await log.after("lobby", 0, 10, 1000)
    assert ([entry.msgid for entry in page.entries], page.pruned) == (["undated"], 150)


@pytest_twisted.ensureDeferred
async def test_any_number_of_entries_is_kept_if_wanted() -> None:
    log = MemoryLog(Clock(), keep=0)
    for number in range(1500):
        await log.append(said(f"{number}"))
    assert (await log.after("lobby", 0, 1, 1000)).pruned == 0


@pytest_twisted.ensureDeferred
async def test_a_conversation_is_forgotten_on_both_sides() -> None:
    clock = Clock()
    log = MemoryLog(clock)
    gone, kept = conversation("a1", "b2"), conversation("a1", "c3")
    await log.append(said("m1", gone))
    await log.append(said("m2", kept))
    await log.append(said("m3", conversation("a1", "a1")))
    await pass_time(log, clock, 2 * HOUR, kept)
    assert [talk.room for talk in await log.talks("a1")] == [kept]
    assert await log.talks("b2") == []
    assert len(await log.talks("c3")) == 1
    assert set(log._talks) == {"a1", "c3"}


@pytest_twisted.ensureDeferred
async def test_what_is_forgotten_leaves_nothing_behind() -> None:
    clock = Clock()
    log = MemoryLog(clock)
    for number in range(200):
        await log.append(said(f"m{number}", f"room-{number}"))
    await pass_time(log, clock, HOUR + MINUTE)
    assert log._rooms == {}
    clock.advance(DAY)
    for number in range(200, 300):
        await log.append(said(f"m{number}"))
    assert len(log._msgids) == 100  # an append drops more than it adds


@pytest_twisted.ensureDeferred
async def test_all_rooms_together_are_bounded_and_the_most_silent_one_loses_first() -> None:
    clock = Clock()
    log = MemoryLog(clock, most_bytes=25_000)
    await fill(log, 5, "silent")
    await fill(log, 5, "lobby")
    tracemalloc.start()
    try:
        for number in range(2000):
            draft = said(str(number), f"room{number % 5}")
            await log.append(structs.replace(draft, text="\N{GRINNING FACE}" * 1000))
            await log.append(said(f"talk {number}"))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 4_000_000  # mostly msgids; it was 8 MB of text
    silent = await log.after("silent", 0, 9, PLENTY)
    assert (silent.entries, silent.newest, silent.pruned) == ((), 5, 5)
    lobby = await log.after("lobby", 0, 9999, PLENTY)
    assert [entry.seq for entry in lobby.entries][-1] == lobby.newest == 2005
    assert [entry.seq for entry in lobby.entries][0] == lobby.pruned + 1
    assert 3 <= len(lobby.entries) < 30


@pytest_twisted.ensureDeferred
async def test_what_a_forgotten_room_kept_counts_no_more() -> None:
    clock = Clock()
    log = MemoryLog(clock, most_bytes=12_000)
    for round_ in range(3):
        await fill(log, 10, f"room{round_}")
        await pass_time(log, clock, HOUR + 2 * MINUTE)
    await fill(log, 10, "lobby")
    assert len((await log.before("lobby", None, 99, PLENTY)).entries) == 10


@pytest_twisted.ensureDeferred
async def test_many_rooms_are_pruned_in_turn() -> None:
    clock = Clock()
    log = MemoryLog(clock)
    for number in range(25_000):
        await log.newest([f"r{number}"])
        await log.after(f"r{number}", 0, 0, 1)
    looked_at: list[str] = []

    def in_use(room: str) -> bool:
        looked_at.append(room)
        return True

    await log.prune(in_use)
    assert len(looked_at) == 10_000
    await log.prune(in_use)
    await log.prune(in_use)
    assert len(set(looked_at)) == 25_000


def test_a_msgid_costs_little() -> None:
    count = 20_000
    gc.collect()
    tracemalloc.start()
    try:
        msgids = MsgIds()
        for number in range(count):
            place = Place("lobby", number, f"2026-01-01T00:00:00.{number:06}Z")
            msgids.remember("0011223344556677", f"{number:036}", place, 1.0)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert msgids.find("0011223344556677", f"{7:036}") == Place(
        "lobby", 7, "2026-01-01T00:00:00.000007Z"
    )
    assert size / count < 300


def test_places_of_every_kind_are_packed_and_unpacked() -> None:
    msgids = MsgIds()
    places = [
        Place("語" * 64, 2**63, "2026-01-01T00:00:00Z"),
        Place(conversation("0011223344556677", "8899aabbccddeeff"), 1, "é"),
        Place("a", 0, ""),
    ]
    for number, place in enumerate(places):
        msgids.remember("a1", str(number), place, number)
    assert [msgids.find("a1", str(number)) for number in range(3)] == places
    msgids.forget(until=1, most=10)
    assert [msgids.find("a1", str(number)) for number in range(3)] == [None, None, places[2]]
