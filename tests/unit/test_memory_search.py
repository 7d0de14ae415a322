"""Search in the memory log takes its turns, and its read marks are bounded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock

from rabbitchat.log.interface import Found, Search, Unavailable
from rabbitchat.log.memory import MemoryLog
from rabbitchat.log.memory_marks import ReadMarks
from rabbitchat.log.memory_search import A_TURN, LONGEST, TURN_SECONDS
from support.logs import done_to, fill, said


def searching(log: MemoryLog, words: str, *rooms: str, limit: int = 5) -> Deferred[Found]:
    """A search that is under way."""
    return Deferred.fromCoroutine(log.search(Search((words,), rooms, limit)))


@pytest_twisted.ensureDeferred
async def test_a_long_search_lets_others_have_their_turn() -> None:
    clock = Clock()
    log = MemoryLog(clock, keep=10 * A_TURN)
    await log.append(said("m1", "tea", text="needle"))
    await fill(log, 3 * A_TURN - 1, "tea")
    found = searching(log, "needle", "tea")
    await log.append(said("m2", "tea", text="needle"))  # too late for this search
    assert not found.called
    clock.advance(0)
    assert [entry.msgid for entry in (await found).entries] == ["m1"]


class WorkTakesTime(Clock):
    """Each look at it comes a thousandth of a second later."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[float] = []  # when others had their turn

    def seconds(self) -> float:
        """The time."""
        self.rightNow += 0.001
        return super().seconds()

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> IDelayedCall:
        """Others are on."""
        self.turns.append(self.rightNow)
        return super().callLater(delay, callable, *args, **kw)


@pytest_twisted.ensureDeferred
async def test_texts_that_take_long_end_a_turn_early() -> None:
    clock = WorkTakesTime()
    log = MemoryLog(clock)
    await fill(log, 100, "tea")
    found = searching(log, "needle", "tea")
    clock.advance(0)
    assert (await found).entries == ()
    assert len(clock.turns) > 100 * 0.001 / TURN_SECONDS - 2
    ends = zip(clock.turns, clock.turns[1:], strict=False)
    longest = max(later - earlier for earlier, later in ends)
    assert longest < TURN_SECONDS + 0.02


@pytest_twisted.ensureDeferred
async def test_one_search_after_the_other() -> None:
    clock = Clock()
    log = MemoryLog(clock, keep=10 * A_TURN)
    await fill(log, 3 * A_TURN, "tea")
    several = [searching(log, "needle", "tea") for _ in range(3)]
    assert len(clock.getDelayedCalls()) == 1
    clock.advance(LONGEST)  # waiting counts
    for found in several:
        with pytest.raises(Unavailable):
            await found
    assert clock.getDelayedCalls() == []


@pytest_twisted.ensureDeferred
async def test_rooms_that_are_forgotten_or_pruned_meanwhile() -> None:
    clock = Clock()
    log = MemoryLog(clock, keep=2 * A_TURN)
    await log.append(said("m1", "old", text="needle"))
    await fill(log, A_TURN, "tea")
    await fill(log, A_TURN, "lobby")
    found = searching(log, "needle", "tea", "lobby", "old")
    clock.advance(0)
    await fill(log, 3, "new")
    del log._rooms["lobby"]
    clock.advance(0)
    assert [entry.msgid for entry in (await found).entries] == ["m1"]


@pytest_twisted.ensureDeferred
async def test_a_search_is_given_up() -> None:
    clock = Clock()
    log = MemoryLog(clock, keep=10 * A_TURN)
    await fill(log, 5 * A_TURN, "tea")
    found = searching(log, "needle", "tea")
    clock.advance(LONGEST)
    with pytest.raises(Unavailable, match="the search takes too long"):
        await found
    assert clock.getDelayedCalls() == []


@pytest_twisted.ensureDeferred
async def test_an_edit_counts_with_its_bytes() -> None:
    log = MemoryLog(Clock())
    await log.append(said("m1", text="x"))
    before = log._bytes
    await log.append(done_to(said("m1"), "edit", "e1", "y" * 1000))
    await log.append(done_to(said("m1"), "delete", "d1"))
    await log.append(said("m2", text="y" * 1000))
    empty = before - 1
    assert log._bytes == 4 * empty + 1000


def test_read_marks_are_bounded_and_the_most_silent_user_loses_them() -> None:
    marks = ReadMarks(most=5)
    for user in ("a1", "b2"):
        marks.move(user, "lobby", 1)
        marks.move(user, "tea", 1)
    marks.move("a1", "lobby", 2)
    marks.move("c3", "lobby", 1)
    assert len(marks) == 5
    marks.move("d4", "lobby", 1)
    assert marks.of("b2") == {}
    assert marks.of("a1") == {"lobby": 2, "tea": 1}
    marks.forget("a1", "lobby")
    marks.forget("a1", "nowhere")
    marks.forget("x", "nowhere")
    assert len(marks) == 3
    assert marks.move("a1", "attic", 0) == 0
    assert marks.of("a1") == {"tea": 1}


@pytest_twisted.ensureDeferred
async def test_a_mark_is_forgotten_with_its_room() -> None:
    clock = Clock()
    log = MemoryLog(clock)
    await fill(log, 3, "lobby")
    await fill(log, 3, "tea")
    assert await log.mark_read("a1", "lobby", 2) == 2
    assert await log.mark_read("a1", "tea", 3) == 3
    clock.advance(2 * 3600)
    await log.prune(lambda room: room == "tea")
    assert await log.read_marks("a1") == {"tea": 3}
    assert len(log._marks) == 1
