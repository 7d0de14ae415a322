"""Up to where somebody at a line client has read: what is told to the daemon, and when."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from rabbitchat.transports.line_arrival import Arrival
from rabbitchat.transports.line_marks import EVERY, ReadMarks


class Wire(Arrival):
    """A connection whose other end confirms what the test says."""

    def __init__(self) -> None:
        super().__init__(None)
        self.confirmed = 0

    def arrived(self) -> int:
        return self.confirmed


class Reader:
    """Somebody who is shown entries."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.wire = Wire()
        self.told: list[tuple[str, int]] = []
        self.marks = ReadMarks(self.clock, self.wire, lambda *mark: self.told.append(mark))

    def shown(self, room: str, seq: int) -> None:
        """An entry of ten bytes is written."""
        self.marks.shown(room, seq)
        self.wire.written += 10

    def confirms(self) -> None:
        """The other end has everything."""
        self.wire.confirmed = self.wire.written


def test_what_has_arrived_is_told_after_a_while_and_once() -> None:
    reader = Reader()
    for seq in (1, 2, 3):
        reader.shown("lobby", seq)
    reader.shown("dev", 7)
    reader.confirms()
    reader.clock.advance(EVERY - 0.1)
    assert reader.told == []
    reader.clock.advance(0.1)
    assert reader.told == [("lobby", 3), ("dev", 7)]
    assert reader.clock.getDelayedCalls() == []
    reader.shown("lobby", 4)
    reader.confirms()
    reader.clock.advance(EVERY)
    assert reader.told[2:] == [("lobby", 4)]


def test_what_did_not_arrive_is_not_told() -> None:
    reader = Reader()
    reader.shown("lobby", 1)
    reader.confirms()
    reader.shown("lobby", 2)
    reader.clock.advance(EVERY)
    assert reader.told == []  # which of the two it was isn't known yet
    reader.wire.confirmed = 19
    reader.clock.advance(EVERY)
    assert reader.told == []
    reader.wire.confirmed = 20
    reader.clock.advance(EVERY)
    assert reader.told == [("lobby", 2)]


def test_a_busy_connection_that_is_never_quite_confirmed_is_told_about_all_the_same() -> None:
    reader = Reader()
    for seq in range(1, 100):
        reader.wire.confirmed = reader.wire.written
        reader.shown("lobby", seq)
        reader.clock.advance(1)
    assert 80 < reader.told[-1][1] < 99
    assert len(reader.told) <= 100 / EVERY


def test_the_end_tells_what_has_arrived() -> None:
    reader = Reader()
    reader.shown("lobby", 1)
    reader.confirms()
    reader.marks.end(has_read_all=False)
    assert reader.told == [("lobby", 1)]
    reader.shown("lobby", 2)
    reader.marks.end(has_read_all=False)
    assert reader.told == [("lobby", 1)]
    reader.marks.end(has_read_all=True)
    assert reader.told == [("lobby", 1), ("lobby", 2)]
    assert reader.clock.getDelayedCalls() == []


def test_what_had_arrived_when_something_was_typed_is_told_after_a_cut() -> None:
    reader = Reader()
    reader.shown("lobby", 1)
    reader.marks.heard()  # on its way still
    reader.confirms()
    reader.marks.heard()
    reader.shown("lobby", 2)
    reader.marks.end(has_read_all=False)
    assert reader.told == [("lobby", 1)]


def test_who_types_much_is_told_about_all_the_same() -> None:
    reader = Reader()
    reader.shown("lobby", 1)
    reader.confirms()
    for seq in (2, 3):
        reader.marks.heard()
        reader.shown("lobby", seq)
    reader.marks.heard()
    reader.clock.advance(EVERY)
    assert reader.told == [("lobby", 1)]


def test_where_one_is_for_the_first_time_that_is_told_at_once() -> None:
    reader = Reader()
    reader.marks.begin("lobby", 7)
    assert reader.told == [("lobby", 7)]
    assert reader.marks.last("lobby") == 7
    reader.marks.known("dev", 3)
    reader.marks.begin("dev", 3)
    reader.confirms()
    reader.clock.advance(EVERY)
    assert reader.told == [("lobby", 7)]


def test_a_room_that_is_left_is_told_about_at_once() -> None:
    reader = Reader()
    reader.shown("dev", 3)
    reader.shown("lobby", 1)
    reader.marks.leave("dev")
    reader.marks.leave("nowhere")
    assert reader.told == [("dev", 3)]


def test_what_could_not_be_kept_is_told_again() -> None:
    reader = Reader()
    reader.shown("lobby", 5)
    reader.marks.end(has_read_all=True)
    reader.marks.not_told("lobby", 4)  # of an earlier time: it is kept by now
    reader.marks.end(has_read_all=True)
    assert reader.told == [("lobby", 5)]
    reader.marks.not_told("lobby", 5)
    reader.marks.end(has_read_all=True)
    assert reader.told == [("lobby", 5), ("lobby", 5)]


def test_what_is_known_already_is_not_told() -> None:
    reader = Reader()
    reader.marks.known("lobby", 5)
    reader.shown("lobby", 5)
    reader.marks.end(has_read_all=True)
    assert reader.told == []
    assert reader.marks.last("lobby") == 5


def test_the_mark_of_a_room_with_a_hole_stays_where_it_is() -> None:
    reader = Reader()
    reader.marks.freeze("lobby")
    reader.shown("lobby", 5)
    reader.confirms()
    reader.clock.advance(EVERY)
    assert reader.clock.getDelayedCalls() == []
    reader.marks.leave("lobby")
    reader.marks.end(has_read_all=True)
    assert reader.told == []


def test_without_tcp_what_was_handed_over_has_arrived() -> None:
    arrival = Arrival(StringTransport())
    arrival.written = 10
    assert arrival.arrived() == 10
