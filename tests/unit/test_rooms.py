"""A room on one node: each seq once and in order, whatever comes in which order."""

from __future__ import annotations

from typing import Optional

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rabbitchat.chat.entries import Entry
from rabbitchat.chat.rooms import MOST_WAITING, Room
from support.fakes import entry


def room_at(seq: Optional[int]) -> Room[str]:
    """A room whose last delivered entry is this."""
    room: Room[str] = Room("lobby")
    if seq is not None:
        room.start(seq)
    return room


def seqs(entries: list[Entry]) -> list[int]:
    """Their places."""
    return [entry.seq for entry in entries]


ENTRIES = {seq: entry(seq) for seq in range(1, 60)}


@given(st.integers(0, 20), st.data())
def test_any_order_with_losses_and_duplicates_gives_each_once(
    start: int, data: st.DataObject
) -> None:
    offered = data.draw(st.lists(st.integers(max(1, start - 3), start + 15), max_size=40))
    room, got = room_at(start), []
    for seq in offered:
        got += seqs(room.offer(ENTRIES[seq]))
    assert got == list(range(start + 1, start + 1 + len(got)))
    assert start + len(got) + 1 not in offered
    newest = max([start, *offered])
    assert room.has_gap == (newest > start + len(got))
    got += seqs(room.fill([ENTRIES[seq] for seq in range(start + 1, newest + 1)], 0))
    assert got == list(range(start + 1, newest + 1))
    assert not room.has_gap


def test_what_comes_before_the_log_was_read_waits() -> None:
    room = room_at(None)
    assert seqs(room.offer(ENTRIES[7])) == []
    assert seqs(room.offer(ENTRIES[6])) == []
    assert seqs(room.offer(ENTRIES[5])) == []
    assert room.has_gap
    assert seqs(room.start(5)) == [6, 7]
    assert not room.has_gap


def test_a_room_is_started_once() -> None:
    room = room_at(5)
    assert room.start(9) == []
    assert seqs(room.offer(ENTRIES[6])) == [6]


def test_what_is_pruned_is_passed_over() -> None:
    room = room_at(3)
    room.offer(ENTRIES[9])
    assert seqs(room.fill([ENTRIES[7], ENTRIES[8]], 6)) == [7, 8, 9]
    assert seqs(room.fill([], 20)) == []
    assert room.seq == 20
    assert seqs(room.offer(ENTRIES[20])) == []
    assert seqs(room.offer(ENTRIES[21])) == [21]


def test_a_reset_room_goes_on_from_there() -> None:
    room = room_at(30)
    room.offer(ENTRIES[33])
    room.reset(4)
    assert not room.has_gap
    assert seqs(room.offer(ENTRIES[5])) == [5]


def test_only_so_many_wait_and_the_missing_one_is_always_taken() -> None:
    room: Room[str] = room_at(0)
    for seq in range(2, MOST_WAITING + 100):
        assert room.offer(entry(seq)) == []
    assert seqs(room.offer(ENTRIES[1])) == list(range(1, MOST_WAITING + 2))
    assert not room.has_gap


def test_each_member_gets_a_seq_once_and_nothing_that_its_join_covered() -> None:
    room = room_at(0)
    room.members = {"ann": 3, "bob": 5}
    assert [room.takes("ann", seq) for seq in (3, 4, 4, 5)] == [False, True, False, True]
    assert [room.takes("bob", seq) for seq in (4, 5, 6)] == [False, False, True]
    assert not room.takes("somebody who left", 9)
    assert set(room.members) == {"ann", "bob"}


class Order(RuleBasedStateMachine):
    """A room beside the naive model: a log, how far it was told, and what waits."""

    @initialize(already=st.integers(0, 5))
    def begin(self, already: int) -> None:
        """A log in which something was said already."""
        self.room: Room[str] = Room("lobby")
        self.newest = already
        self.pruned = 0
        self.told: Optional[int] = None  # the model's last delivered seq
        self.waiting: set[int] = set()

    def came(self, entries: list[Entry]) -> None:
        """What was delivered must be exactly what the model says."""
        expected = []
        while self.told is not None and self.told + 1 in self.waiting:
            self.told += 1
            expected.append(self.told)
        if self.told is not None:
            self.waiting = {seq for seq in self.waiting if seq > self.told}
        assert seqs(entries) == expected

    @rule(count=st.integers(1, 4))
    def say(self, count: int) -> None:
        """Something is appended to the log."""
        self.newest += count

    @precondition(lambda self: self.newest > 0)
    @rule(data=st.data())
    def offer(self, data: st.DataObject) -> None:
        """Any entry of the log comes over the broker, perhaps again."""
        seq = data.draw(st.integers(1, self.newest))
        if self.told is None or seq > self.told:
            self.waiting.add(seq)
        self.came(self.room.offer(entry(seq)))

    @rule()
    def start(self) -> None:
        """Somebody joins and has read the log."""
        if self.told is None:
            self.told = self.newest
        self.came(self.room.start(self.newest))

    @precondition(lambda self: self.told is not None)
    @rule(data=st.data())
    def fill(self, data: st.DataObject) -> None:
        """A page of the log was read, from some place on; perhaps it is old by now."""
        assert self.told is not None
        since = data.draw(st.integers(0, self.told))
        end = data.draw(st.integers(since, self.newest))
        page = [entry(seq) for seq in range(max(since, self.pruned) + 1, end + 1)]
        self.waiting.update(seq for seq in seqs(page) if seq > self.told)
        self.told = max(self.told, self.pruned)
        self.came(self.room.fill(page, self.pruned))

    @rule()
    def prune(self) -> None:
        """The log forgets its older half."""
        self.pruned = self.newest // 2

    @rule()
    def reset(self) -> None:
        """The log is another one."""
        self.newest, self.pruned, self.told = self.newest // 2, 0, self.newest // 2
        self.waiting.clear()
        self.room.reset(self.newest)

    @invariant()
    def agrees(self) -> None:
        """Where the room is, and whether it misses something."""
        assert self.room.seq == self.told
        assert self.room.has_gap == bool(self.waiting)


TestOrder = Order.TestCase
TestOrder.settings = settings(max_examples=50, stateful_step_count=30)
