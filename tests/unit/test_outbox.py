"""The outbox: whatever fails in whatever order, each entry gets out, each room in its order."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from twisted.internet.task import Clock

from rabbitchat.brokers.interface import Message
from rabbitchat.chat.entries import Entry, conversation, is_conversation, users_of
from rabbitchat.log.memory import MemoryLog
from rabbitchat.outbox import BATCH, MOST_UNCONFIRMED, RETRY, Outbox
from support.fakes import ANN, BOB, ScriptedBroker, SlowLog, begun, draft, now
from support.hygiene import LoggedFailures

TALK = conversation(ANN, BOB)
ROOMS = ["lobby", TALK]
ALL = 10**6


def address(entry: Entry) -> list[tuple[str, Message]]:
    """The keys an entry goes out on; the message's body is its seq."""
    message = Message(body=b"%d" % entry.seq, message_id=entry.msgid)
    if is_conversation(entry.room):
        return [(f"user.{user}", message) for user in users_of(entry.room)]
    return [(f"room.{entry.room}", message)]


class Bench:
    """An outbox over a scripted broker and a memory log that can be slow."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.broker = ScriptedBroker()
        self.log = SlowLog(MemoryLog(self.clock))
        self.outbox = Outbox(self.clock, self.broker, self.log, address)
        self.broker.watch(self.outbox.link_changed)
        self.count = 0

    def append(self, room: str = "lobby", node: str = "n1") -> Entry:
        """Something is said, and stored."""
        self.count += 1
        stored = now(self.log.log.append(draft(f"m{self.count}", room, node=node)))
        assert stored.entry is not None
        return stored.entry

    def say(self, room: str = "lobby", count: int = 1) -> None:
        """Something is said here: stored, and put into the outbox."""
        for _ in range(count):
            self.outbox.put(self.append(room))

    def confirmed(self, key: str = "room.lobby") -> list[int]:
        """The seqs confirmed on a key, repeats included."""
        return [int(message.body) for on, message in self.broker.confirmed if on == key]

    def firsts(self, key: str) -> list[int]:
        """The seqs that others got on a key, each when it came first."""
        got = [int(message.body) for on, message in self.broker.delivered if on == key]
        return list(dict.fromkeys(got))

    def settle(self) -> None:
        """From now on nothing goes wrong."""
        self.log.slow.clear()
        self.log.failing = self.broker.refusing = False
        self.log.release(ALL)
        if not self.broker.link.up:
            self.broker.restore_link()
        for _ in range(10):
            self.broker.confirm(ALL)
            self.clock.advance(RETRY)
        while self.broker.flying:
            self.broker.confirm(ALL)


def test_what_is_said_goes_out_at_once_and_in_order() -> None:
    bench = Bench()
    bench.say(count=3)
    idle = [bench.outbox.idle]
    bench.broker.confirm(3)
    idle.append(bench.outbox.idle)
    assert idle == [False, True]
    assert bench.confirmed() == [1, 2, 3]
    assert bench.log.asked == []


def test_what_was_said_while_the_link_was_away_follows() -> None:
    bench = Bench()
    bench.broker.lose_link()
    bench.say(count=2 * BATCH + 10)
    assert bench.outbox.rooms_behind == 1
    assert bench.clock.getDelayedCalls() == []
    bench.settle()
    assert bench.confirmed() == list(range(1, 2 * BATCH + 11))
    assert bench.outbox.idle


def test_the_uncertain_is_sent_again() -> None:
    bench = Bench()
    bench.say(count=3)
    bench.broker.confirm(1)
    bench.broker.lose_link(arrived=1)
    bench.say()
    bench.settle()
    assert bench.confirmed() == [1, 2, 3, 4]
    assert [int(message.body) for _, message in bench.broker.delivered] == [1, 2, 2, 3, 4]


def test_it_is_tried_again_after_a_while_when_the_link_never_went() -> None:
    bench = Bench()
    bench.broker.refusing = True
    bench.say(count=2)
    bench.broker.refusing = False
    bench.say()
    assert bench.broker.flying == []
    bench.clock.advance(RETRY)
    bench.broker.confirm(ALL)
    assert bench.confirmed() == [1, 2, 3]
    assert bench.outbox.idle
    assert bench.clock.getDelayedCalls() == []


def test_what_is_said_while_the_log_is_read_is_not_lost() -> None:
    bench = Bench()
    bench.broker.lose_link()
    bench.say()
    bench.log.slow = {"after"}
    bench.broker.restore_link()
    bench.say()  # the page that is on its way hasn't got it
    for _ in range(2):
        bench.log.release()
        bench.broker.confirm(ALL)
    assert bench.confirmed() == [1, 2]
    bench.say()  # the empty page that is on its way hasn't got it either
    bench.settle()
    assert bench.confirmed() == [1, 2, 3]
    assert bench.outbox.idle


def test_a_repeat_does_not_hide_what_is_said_while_the_log_is_read() -> None:
    bench = Bench()
    first = bench.append()
    bench.broker.lose_link()
    bench.say()
    bench.log.slow = {"after"}
    bench.broker.restore_link()
    bench.log.release()
    bench.broker.confirm(ALL)  # now the empty rest is being read
    bench.say()
    bench.outbox.put(first)
    bench.settle()
    assert bench.confirmed()[-1] == 3


def test_an_earlier_one_that_fails_while_the_log_is_read_is_not_lost() -> None:
    bench = Bench()
    bench.say()  # under way for long
    bench.broker.refusing = True
    bench.say()
    bench.broker.refusing = False
    bench.log.slow = {"after"}
    bench.clock.advance(RETRY)  # reads from the second one on
    assert len(bench.log.held) == 1
    bench.broker.lose_link()  # the first one is uncertain
    bench.settle()
    assert bench.confirmed() == [1, 2]


def test_only_what_was_said_here_is_caught_up() -> None:
    bench = Bench()
    bench.broker.lose_link()
    for number in range(BATCH * 2):
        bench.append(node="n2")
        if number % 50 == 0:
            bench.say()
    bench.settle()
    assert bench.confirmed() == [2, 53, 104, 155]
    assert bench.outbox.idle


def test_a_log_that_is_away_is_asked_again() -> None:
    bench = Bench()
    bench.broker.lose_link()
    bench.say()
    bench.log.failing = True
    bench.broker.restore_link()
    bench.clock.advance(RETRY)
    assert bench.outbox.rooms_behind == 1
    bench.log.failing = False
    bench.clock.advance(RETRY)
    bench.broker.confirm(ALL)
    assert bench.confirmed() == [1]
    assert bench.outbox.idle


def test_what_the_log_has_pruned_is_given_up() -> None:
    bench = Bench()
    bench.log.log = MemoryLog(bench.clock, keep=3)
    bench.broker.lose_link()
    bench.say(count=10)
    bench.settle()
    assert bench.confirmed() == [8, 9, 10]
    assert bench.outbox.idle


def test_an_entry_that_can_not_be_sent_costs_only_itself(
    expected_failures: LoggedFailures,
) -> None:
    bench = Bench()

    def limited(entry: Entry) -> list[tuple[str, Message]]:
        if entry.seq == 2:
            raise ValueError("a bug")
        return address(entry)

    bench.outbox = Outbox(bench.clock, bench.broker, bench.log, limited)
    bench.say(count=3)
    bench.broker.confirm(ALL)
    assert bench.confirmed() == [1, 3]
    assert bench.outbox.idle
    assert len(expected_failures.flush(ValueError)) == 1


def test_publishers_wait_for_a_lagging_broker() -> None:
    bench = Bench()
    bench.say(count=MOST_UNCONFIRMED - 1)
    assert begun(bench.outbox.room_to_publish(3.0)) == [None]
    bench.say()
    waiting = [begun(bench.outbox.room_to_publish(3.0)) for _ in range(3)]
    assert waiting == [[], [], []]
    bench.broker.confirm()
    assert waiting == [[None], [], []]
    bench.clock.advance(3.0)
    assert waiting == [[None], [None], [None]]
    assert bench.clock.getDelayedCalls() == []
    bench.settle()


def test_the_stop_leaves_nobody_waiting_and_no_timer() -> None:
    bench = Bench()
    bench.say(count=MOST_UNCONFIRMED)
    waiting = begun(bench.outbox.room_to_publish(3.0))
    bench.broker.refusing = True
    bench.say()
    bench.outbox.stop()
    assert waiting == [None]
    bench.broker.lose_link()
    bench.broker.restore_link()
    assert bench.clock.getDelayedCalls() == []
    assert bench.broker.flying == []


class Trouble(RuleBasedStateMachine):
    """Entries, failures, link changes and a slow log in any interleaving."""

    rooms = st.sampled_from(ROOMS)

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.own: dict[str, list[Entry]] = {room: [] for room in ROOMS}

    @rule(room=rooms, count=st.integers(1, 3))
    def say(self, room: str, count: int) -> None:
        """Something is said on this node."""
        for _ in range(count):
            entry = self.bench.append(room)
            self.own[room].append(entry)
            self.bench.outbox.put(entry)

    @initialize(slow=st.booleans())
    def begin(self, slow: bool) -> None:
        """The log is slow, or not."""
        self.bench.log.slow = {"after"} if slow else set()

    @rule(room=rooms, count=st.integers(1, 2))
    def say_in_vain(self, room: str, count: int) -> None:
        """Something is said in a moment when the broker is crowded."""
        refusing, self.bench.broker.refusing = self.bench.broker.refusing, True
        self.say(room, count)
        self.bench.broker.refusing = refusing

    @rule(room=rooms)
    def hear(self, room: str) -> None:
        """Another node appends to the same log."""
        self.bench.append(room, node="n2")

    @precondition(lambda self: any(self.own.values()))
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Somebody sends an old msgid again."""
        said = [entry for entries in self.own.values() for entry in entries]
        self.bench.outbox.put(data.draw(st.sampled_from(said)))

    @rule(count=st.integers(1, 5))
    def confirm(self, count: int) -> None:
        """The broker confirms some."""
        self.bench.broker.confirm(count)

    @precondition(lambda self: self.bench.broker.link.up)
    @rule(arrived=st.integers(0, 3))
    def lose_link(self, arrived: int) -> None:
        """The link breaks."""
        self.bench.broker.lose_link(arrived)

    @precondition(lambda self: not self.bench.broker.link.up)
    @rule()
    def restore_link(self) -> None:
        """The link is back."""
        self.bench.broker.restore_link()

    @rule()
    def refuse(self) -> None:
        """The broker is crowded, or no longer."""
        self.bench.broker.refusing = not self.bench.broker.refusing

    @precondition(lambda self: self.bench.log.held)
    @rule(lost=st.booleans())
    def log_answers(self, lost: bool) -> None:
        """A slow answer of the log comes, or never will."""
        self.bench.log.release(lost=lost)

    @rule()
    def log_fails(self) -> None:
        """The log goes away, or comes back."""
        self.bench.log.failing = not self.bench.log.failing

    @rule(seconds=st.sampled_from([RETRY / 2, RETRY]))
    def pass_time(self, seconds: float) -> None:
        """Time passes."""
        self.bench.clock.advance(seconds)

    def own_on(self, key: str) -> list[int]:
        """What was said here and belongs on a key."""
        return [e.seq for es in self.own.values() for e in es if key in dict(address(e))]

    @invariant()
    def in_the_logs_order(self) -> None:
        """On each key others got a beginning of what was said here, in its order."""
        for key in ("room.lobby", f"user.{ANN}", f"user.{BOB}"):
            got = self.bench.firsts(key)
            assert got == self.own_on(key)[: len(got)]

    @invariant()
    def idle_means_done(self) -> None:
        """An idle outbox has got all of it confirmed."""
        if self.bench.outbox.idle:
            assert self.everything_confirmed()

    def everything_confirmed(self) -> bool:
        """Whether each entry was confirmed on each of its keys."""
        confirmed = {(key, int(message.body)) for key, message in self.bench.broker.confirmed}
        said = [entry for entries in self.own.values() for entry in entries]
        return all((key, e.seq) in confirmed for e in said for key, _ in address(e))

    def teardown(self) -> None:
        """When nothing goes wrong any more, everything gets out, and nothing is left behind."""
        self.bench.settle()
        assert self.everything_confirmed()
        self.in_the_logs_order()
        assert self.bench.outbox.idle
        assert self.bench.clock.getDelayedCalls() == []
        before = len(self.bench.broker.confirmed)
        self.bench.say()
        self.bench.broker.confirm()
        assert len(self.bench.broker.confirmed) == before + 1


TestTrouble = Trouble.TestCase
TestTrouble.settings = settings(max_examples=60, stateful_step_count=40)


@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH, BATCH + 1])
def test_the_end_of_a_batch(count: int) -> None:
    bench = Bench()
    bench.broker.lose_link()
    bench.say(count=count)
    bench.broker.restore_link()
    for _ in range(3):
        bench.broker.confirm(ALL)
    assert bench.confirmed() == list(range(1, count + 1))
    assert bench.outbox.idle
