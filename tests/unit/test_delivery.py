"""Entries to the clients of a node: nothing falls between, nothing twice, always in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from twisted.internet.task import Clock

from rabbitchat.bindings import LINGER, Bindings
from rabbitchat.chat.commands import Recover
from rabbitchat.chat.entries import Entry, conversation
from rabbitchat.chat.errors import Close
from rabbitchat.chat.events import Message, Ok, Pong
from rabbitchat.connection import Connection
from rabbitchat.delivery import AGAIN, GAP, Delivery, Entrance
from rabbitchat.local import LocalUsers
from rabbitchat.log.interface import Appended, Unavailable
from rabbitchat.log.memory import MemoryLog
from rabbitchat.naming import Naming
from rabbitchat.presence import Presence
from rabbitchat.settings import Limits
from rabbitchat.transports.fanout import Fanout
from rabbitchat.unconnected import Unconnected
from support.fakes import (
    ANN,
    BOB,
    CAT,
    FakeClient,
    FakeWire,
    ScriptedBroker,
    SlowLog,
    begun,
    draft,
    entry,
    now,
)
from support.hygiene import LoggedFailures

TALK = conversation(ANN, BOB)
ALL = 10**6
WIRE = FakeWire()


class Talker:
    """A connection, as far as delivery knows one."""

    def __init__(self) -> None:
        self.client = FakeClient(WIRE)

    @property
    def connection(self) -> Connection:
        """Itself, as what it stands for."""
        return cast(Connection, self)

    @property
    def messages(self) -> list[Message]:
        """What it was told."""
        return [event for event in self.client.seen if isinstance(event, Message)]

    @property
    def seqs(self) -> list[int]:
        """The places of what it was told."""
        return [message.seq for message in self.messages]


class Bench:
    """A delivery over a scripted broker and a log that can be slow."""

    def __init__(self, keep: int = 1000) -> None:
        self.clock = Clock()
        self.broker = ScriptedBroker()
        self.log = SlowLog(MemoryLog(self.clock, keep))
        self.users = LocalUsers(Limits())
        self.bindings = Bindings(self.clock, self.broker, self.released)
        self.fanout = Fanout(self.clock, lambda count: None)
        presence = Presence(self.clock, self.broker)
        self.delivery = Delivery(
            self.clock,
            self.log,
            self.bindings,
            self.fanout,
            Naming(presence, self.log),
            self.users,
            Unconnected(self.clock, self.broker),
        )
        self.count = 0

    def released(self, key: str) -> None:
        """What the daemon does when a key is given up."""
        kind, _, name = key.partition(".")
        if kind == "user":
            self.users.forget(name)
        self.delivery.released(key)

    def append(self, room: str = "lobby", count: int = 1, user: str = ANN) -> list[Entry]:
        """Something is said on another node that has the same log; nobody told us yet."""
        entries = []
        for _ in range(count):
            self.count += 1
            said = draft(f"m{self.count}", room, user=user, node="n2", peer="somebody")
            stored = now(self.log.log.append(said)).entry
            assert stored is not None
            entries.append(stored)
        return entries

    def offer(self, *entries: Entry) -> None:
        """The broker brings these."""
        for one in entries:
            self.delivery.offer(one)

    def enter(self, recover: Optional[Recover] = None, history: int = 50) -> list[object]:
        """Somebody begins to join the lobby."""
        return cast(list[object], begun(self.delivery.enter("lobby", recover, history)))

    def joined(self, talker: Optional[Talker] = None) -> Talker:
        """Somebody joins the lobby."""
        talker = Talker() if talker is None else talker
        entrance = now(self.delivery.enter("lobby", None, 50))
        self.delivery.admit(talker.connection, "lobby", entrance.covered)
        return talker

    def connected(self, user: str) -> Talker:
        """A user has a connection, as `Actions` makes it."""
        talker = Talker()
        now(self.bindings.hold(f"user.{user}"))
        talks = now(self.log.log.talks(user))
        self.users.add(user, talker.connection)
        self.delivery.begin_conversations(user, {talk.room: talk.seq for talk in talks})
        return talker

    def lost(self, user: str, talker: Talker) -> None:
        """The connection is gone."""
        self.users.remove(user, talker.connection)
        self.bindings.release(f"user.{user}")


def entrance(outcome: Sequence[object]) -> Entrance:
    """What somebody who joined was told."""
    [told] = outcome
    assert isinstance(told, Entrance), told
    return told


def covered(told: Entrance) -> list[int]:
    """The seqs it was told."""
    return [one.seq for one in told.entries]


# joining


def test_the_key_is_bound_before_the_log_is_read() -> None:
    bench = Bench()
    bench.broker.binding = []
    outcome = bench.enter()
    assert bench.log.asked == []
    bench.broker.binding[0].callback(None)
    assert bench.log.asked == ["before"]
    assert entrance(outcome).covered == 0


def test_what_comes_while_the_log_is_read_is_neither_lost_nor_doubled() -> None:
    bench = Bench()
    bench.append(count=3)
    bench.log.slow = {"before", "after"}
    outcome = bench.enter()
    said = bench.append(count=3)
    bench.offer(*said)
    bench.log.release()  # the page as it was before
    assert outcome == []
    more = bench.append(count=1)
    bench.offer(*more)
    bench.log.release()
    bench.log.release()
    told = entrance(outcome)
    assert covered(told) == [1, 2, 3, 4, 5, 6, 7]
    assert told.covered == 7
    talker = Talker()
    bench.delivery.admit(talker.connection, "lobby", told.covered)
    bench.offer(*said, *more, *bench.append())
    assert talker.seqs == [8]
    assert bench.clock.getDelayedCalls() == []


def test_while_the_first_one_reads_the_room_is_not_read_from_its_beginning() -> None:
    bench = Bench()
    bench.append(count=100)
    bench.log.slow = {"before"}
    outcome = bench.enter(history=1)
    bench.offer(*bench.append())
    bench.clock.advance(10)
    assert bench.log.asked == ["before"]
    bench.log.release()
    assert covered(entrance(outcome)) == [100, 101]


def test_recover_gives_all_that_followed() -> None:
    bench = Bench()
    bench.append(count=5)
    told = entrance(bench.enter(Recover(bench.log.epoch, 2)))
    assert (covered(told), told.covered, told.more, told.recovered) == ([3, 4, 5], 5, False, True)
    told = entrance(bench.enter(Recover(bench.log.epoch, 5)))
    assert (covered(told), told.covered, told.more, told.recovered) == ([], 5, False, True)


@pytest.mark.parametrize("seq", [2, 99])
def test_who_can_not_recover_gets_the_newest(seq: int) -> None:
    bench = Bench(keep=4)
    bench.append(count=10)
    told = entrance(bench.enter(Recover(bench.log.epoch, seq)))
    assert (covered(told), told.covered, told.recovered) == ([7, 8, 9, 10], 10, False)
    told = entrance(bench.enter(Recover("another", 9)))
    assert (covered(told), told.recovered) == ([7, 8, 9, 10], False)


def test_a_long_absence_is_recovered_in_parts() -> None:
    bench = Bench(keep=5000)
    bench.append(count=2500)
    talker, told = Talker(), entrance(bench.enter(Recover(bench.log.epoch, 0)))
    assert told.more
    assert covered(told) == list(range(1, told.covered + 1))
    bench.delivery.admit(talker.connection, "lobby", told.covered)
    bench.offer(*bench.append())
    assert talker.seqs == [2501]


def test_no_history_wanted() -> None:
    bench = Bench()
    bench.append(count=5)
    told = entrance(bench.enter(history=0))
    assert (covered(told), told.covered) == ([], 5)


# holds


def let_go(bench: Bench) -> None:
    """After the linger time the room must be forgotten, with all that belongs to it."""
    bench.clock.advance(LINGER + 1)
    assert bench.broker.bound == {"room.lobby": 0}
    assert not bench.delivery.knows("lobby")
    assert bench.clock.getDelayedCalls() == []


def test_one_hold_for_each_member_however_often_it_joins() -> None:
    bench = Bench()
    one, other = bench.joined(), bench.joined()
    for _ in range(3):
        bench.joined(one)
    bench.delivery.leave(one.connection, "lobby")
    bench.delivery.leave(one.connection, "lobby")
    bench.clock.advance(2 * LINGER)
    bench.offer(*bench.append())
    assert (one.seqs, other.seqs) == ([], [1])
    bench.delivery.leave(other.connection, "lobby")
    let_go(bench)


def test_who_is_gone_when_it_may_come_in_leaves_no_hold() -> None:
    bench = Bench()
    bench.enter()
    bench.delivery.turn_away("lobby")
    let_go(bench)


def test_who_is_lost_while_it_joins_again_leaves_no_hold() -> None:
    bench = Bench()
    talker = bench.joined()
    bench.log.slow = {"before"}
    outcome = bench.enter()
    bench.delivery.leave(talker.connection, "lobby")
    bench.log.release()
    assert entrance(outcome)
    bench.delivery.turn_away("lobby")
    let_go(bench)


def test_a_log_that_is_away_leaves_no_hold() -> None:
    bench = Bench()
    bench.log.failing = True
    [problem] = bench.enter()
    assert isinstance(problem, Unavailable)
    bench.offer(entry(7, epoch=bench.log.epoch))
    let_go(bench)


def test_two_join_at_once_and_one_read_fails() -> None:
    bench = Bench()
    bench.append(count=2)
    bench.log.slow = {"before"}
    first, second = bench.enter(), bench.enter()
    bench.log.release(lost=True)
    assert isinstance(first[0], Unavailable)
    bench.offer(*bench.append())
    bench.log.release()
    told = entrance(second)
    assert covered(told) == [1, 2, 3]
    bench.delivery.turn_away("lobby")
    let_go(bench)


# gaps


def test_a_gap_may_close_by_itself() -> None:
    bench = Bench()
    talker = bench.joined()
    first, second, third = bench.append(count=3)
    bench.offer(third, second)
    assert talker.seqs == []
    bench.clock.advance(GAP / 2)
    bench.offer(first)
    bench.clock.advance(1)
    assert talker.seqs == [1, 2, 3]
    assert "after" not in bench.log.asked


def test_a_gap_is_filled_from_the_log_after_a_moment() -> None:
    bench = Bench()
    talker = bench.joined()
    entries = bench.append(count=3)
    bench.offer(entries[2])
    bench.clock.advance(GAP * 0.9)
    before = list(talker.seqs)
    bench.clock.advance(GAP * 0.2)
    assert (before, talker.seqs) == ([], [1, 2, 3])
    bench.offer(*entries)
    assert talker.seqs == [1, 2, 3]
    assert bench.clock.getDelayedCalls() == []


def test_a_gap_waits_for_a_log_that_is_away() -> None:
    bench = Bench()
    talker = bench.joined()
    bench.log.failing = True
    bench.offer(bench.append(count=2)[1])
    bench.clock.pump([GAP, AGAIN, AGAIN])
    before = list(talker.seqs)
    bench.log.failing = False
    bench.clock.advance(AGAIN)
    assert (before, talker.seqs) == ([], [1, 2])


def test_a_slow_log_is_asked_once_at_a_time() -> None:
    bench = Bench()
    talker = bench.joined()
    bench.log.slow = {"after"}
    for _ in range(20):
        bench.offer(bench.append(count=2)[1])
        bench.clock.advance(GAP * 2)
    assert bench.log.asked.count("after") == 1
    bench.log.slow.clear()
    bench.log.release()
    bench.clock.pump([GAP, AGAIN])
    assert talker.seqs == list(range(1, 41))


def test_what_was_pruned_is_passed_over() -> None:
    bench = Bench(keep=3)
    talker = bench.joined()
    bench.offer(bench.append(count=10)[9])
    bench.clock.advance(GAP * 2)
    assert talker.seqs == [8, 9, 10]


# logs of others


class ForeignLog:
    """Another node's own log."""

    def __init__(self) -> None:
        self.seq = 0

    def say(self, count: int = 1, room: str = "lobby") -> list[Entry]:
        """Something is said there."""
        said = []
        for _ in range(count):
            self.seq += 1
            said.append(entry(self.seq, room, "e2", user=BOB, nick="bob", node="n2"))
        return said


def test_foreign_entries_get_a_place_in_our_log_once() -> None:
    bench, other = Bench(), ForeignLog()
    talker = bench.joined()
    bench.offer(*bench.append())
    said = other.say(3)
    bench.offer(*said, *said)
    bench.offer(*bench.append(), said[1])
    assert talker.seqs == [1, 2, 3, 4, 5]
    assert [message.msgid for message in talker.messages] == ["m1", "m1", "m2", "m3", "m2"]
    assert {message.epoch for message in talker.messages} == {bench.log.epoch}
    assert bench.delivery.foreign.nodes == {"n2"}


def test_foreign_entries_keep_their_order_over_a_slow_and_failing_log() -> None:
    bench, other = Bench(), ForeignLog()
    talker = bench.joined()
    bench.log.slow = {"append"}
    bench.offer(*other.say(2))
    bench.log.release()
    bench.offer(*other.say(2))
    bench.log.failing = True
    bench.log.release()  # the third is stored, and nobody learns that
    bench.clock.advance(AGAIN * 3)
    bench.log.failing = False
    bench.log.slow.clear()
    bench.clock.advance(AGAIN)
    assert [message.msgid for message in talker.messages] == ["m1", "m2", "m3", "m4"]
    assert talker.seqs == [1, 2, 3, 4]


def test_a_foreign_entry_of_a_room_without_members_is_not_kept() -> None:
    bench, other = Bench(), ForeignLog()
    bench.offer(*other.say())
    assert bench.log.asked == []
    assert not bench.delivery.knows("lobby")


def test_a_foreign_entry_that_can_not_be_stored_costs_only_itself(
    expected_failures: LoggedFailures, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, other = Bench(), ForeignLog()
    talker = bench.joined()
    append = bench.log.append

    async def picky(one: Entry) -> Appended:
        if one.msgid == "m2":
            raise ValueError("a bug")
        return await append(one)

    monkeypatch.setattr(bench.log, "append", picky)
    bench.offer(*other.say(3))
    assert [message.msgid for message in talker.messages] == ["m1", "m3"]
    assert len(expected_failures.flush(ValueError)) == 1


# comparing


def test_comparing_heals_what_the_broker_lost() -> None:
    bench = Bench()
    talker = bench.joined()
    bench.append(count=3)
    now(bench.delivery.compare())
    assert talker.seqs == [1, 2, 3]
    now(bench.delivery.compare())
    assert talker.seqs == [1, 2, 3]


def test_comparing_during_the_first_join_reads_nothing_twice() -> None:
    bench = Bench()
    bench.append(count=3)
    bench.log.slow = {"before"}
    outcome = bench.enter(history=1)
    now(bench.delivery.compare())
    assert bench.log.asked == ["before", "newest"]
    bench.log.release()
    assert covered(entrance(outcome)) == [3]


def test_a_log_that_went_back_sends_its_clients_away() -> None:
    bench = Bench()
    talker = bench.joined()
    bench.offer(*bench.append(count=5))
    bench.log.log = MemoryLog(bench.clock)
    bench.append(count=2)
    now(bench.delivery.compare())
    assert talker.client.closed == [Close.STATE_LOST]
    assert talker.seqs == [1, 2, 3, 4, 5]
    now(bench.delivery.compare())
    assert len(talker.client.closed) == 1


def test_another_log_sends_everybody_away_and_begins_anew() -> None:
    bench = Bench()
    bench.delivery.comparison.check_epoch()
    talker, ann, bob = bench.joined(), bench.connected(ANN), bench.connected(BOB)
    bench.offer(*bench.append(count=5), *bench.append(TALK, 2))
    bench.clock.advance(1)
    assert (talker.seqs, ann.seqs) == ([1, 2, 3, 4, 5], [1, 2])
    assert bench.delivery.comparison.check_epoch()
    bench.log.log = MemoryLog(bench.clock)
    bench.append(count=7)
    assert not bench.delivery.comparison.check_epoch()
    assert ann.client.closed == bob.client.closed == [Close.STATE_LOST]
    assert not bench.delivery.knows(TALK)
    assert bench.delivery.members("lobby") == ()
    late = bench.joined()
    bench.offer(*bench.append(count=1), *bench.append(TALK))
    bench.clock.advance(1)
    assert (late.seqs, talker.seqs) == ([8], [1, 2, 3, 4, 5])
    assert bench.delivery.comparison.check_epoch()


def test_comparing_asks_little_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rabbitchat.comparison.TOGETHER", 2)
    bench = Bench()
    users = [ANN, BOB, CAT]
    people = {user: bench.connected(user) for user in users}
    for other in users:
        bench.append(conversation(ANN, other))
    bench.log.asked.clear()
    now(bench.delivery.compare())
    assert bench.log.asked.count("conversations") == 1
    assert bench.log.asked.count("after") == 3
    assert [len(people[user].seqs) for user in users] == [3, 1, 1]
    bench.log.asked.clear()
    now(bench.delivery.compare())
    assert bench.log.asked == ["newest", "newest", "conversations"]


def test_comparisons_don_t_overlap_and_none_is_forgotten() -> None:
    bench = Bench()
    talker = bench.joined()
    bench.log.slow = {"newest"}
    first = begun(bench.delivery.compare())
    bench.append()
    for _ in range(3):
        now(bench.delivery.compare())
    assert bench.log.asked.count("newest") == 1
    bench.log.slow = set()
    bench.log.release()
    assert first == [None]
    assert bench.log.asked.count("newest") == 2
    assert talker.seqs == [1]


def test_comparing_with_a_log_that_is_away_is_unavailable() -> None:
    bench = Bench()
    bench.joined()
    bench.log.failing = True
    with pytest.raises(Unavailable):
        now(bench.delivery.compare())


# conversations


def test_both_sides_of_a_conversation_hear_it_under_their_names() -> None:
    bench = Bench()
    ann, ann_too, bob = bench.connected(ANN), bench.connected(ANN), bench.connected(BOB)
    cat = bench.connected(CAT)
    bench.offer(*bench.append(TALK))
    bench.clock.advance(1)
    assert (ann.seqs, ann_too.seqs, bob.seqs, cat.seqs) == ([1], [1], [1], [])
    assert [message.room for message in (*ann.messages, *bob.messages)] == ["@somebody", "@ann"]


def test_a_talk_with_oneself_is_heard_once() -> None:
    bench = Bench()
    ann = bench.connected(ANN)
    bench.offer(*bench.append(conversation(ANN, ANN), 2))
    bench.clock.advance(1)
    assert ann.seqs == [1, 2]


def test_only_what_follows_on_the_connect_is_news() -> None:
    bench = Bench()
    bench.append(TALK, 5)
    ann = bench.connected(ANN)
    bench.offer(*bench.append(TALK))
    bench.clock.advance(1)
    assert ann.seqs == [6]


def test_a_new_conversation_that_the_broker_brought_in_part_is_whole() -> None:
    bench = Bench()
    ann = bench.connected(ANN)
    bench.offer(bench.append(TALK, 3)[2])
    bench.clock.advance(1)
    assert ann.seqs == [1, 2, 3]


def test_a_new_conversation_that_the_broker_lost_is_found() -> None:
    bench = Bench()
    ann = bench.connected(ANN)
    bench.append(TALK, 3)
    now(bench.delivery.compare())
    assert ann.seqs == [1, 2, 3]


@pytest.mark.parametrize("slow", [True, False])
def test_the_other_side_connecting_takes_nothing_away(slow: bool) -> None:
    bench = Bench()
    ann = bench.connected(ANN)
    bench.log.slow = {"after"} if slow else set()
    bench.offer(*bench.append(TALK))
    if slow:
        bench.clock.advance(0)
    bench.connected(BOB)
    bench.log.release(ALL)
    bench.clock.pump([GAP, AGAIN, AGAIN])
    assert ann.seqs == [1]


def test_conversations_are_forgotten_with_the_last_of_their_users() -> None:
    bench = Bench()
    ann, bob = bench.connected(ANN), bench.connected(BOB)
    bench.offer(*bench.append(TALK))
    bench.clock.advance(1)
    bench.lost(ANN, ann)
    bench.clock.advance(LINGER + 1)
    assert bench.delivery.knows(TALK)
    bench.lost(BOB, bob)
    bench.clock.advance(LINGER + 1)
    assert not bench.delivery.knows(TALK)
    assert bench.users.ids() == []
    bench.append(TALK)
    now(bench.delivery.compare())
    assert not bench.delivery.knows(TALK)
    assert bench.delivery._conversations == {}
    assert bench.clock.getDelayedCalls() == []


def test_a_conversation_of_nobody_here_is_none_of_ours() -> None:
    bench = Bench()
    bench.offer(*bench.append(TALK), entry(9, TALK, "e2"))
    assert not bench.delivery.knows(TALK)
    assert bench.log.asked == []


# what is not stored


def test_events_that_are_not_stored() -> None:
    bench = Bench()
    one, other, ann = bench.joined(), bench.joined(), bench.connected(ANN)
    bench.delivery.tell_room("lobby", Pong(), but=one.connection)
    bench.delivery.tell_room("nowhere", Pong())
    bench.delivery.tell_user(ANN, Ok())
    bench.delivery.tell_user(ANN, Pong(), but=ann.connection)
    bench.delivery.tell_user(BOB, Pong())
    assert (one.client.seen, other.client.seen, ann.client.seen) == ([], [Pong()], [Ok()])


def test_nothing_is_timed_after_the_stop() -> None:
    bench, other = Bench(), ForeignLog()
    bench.joined()
    bench.log.slow = {"after", "append"}
    bench.offer(bench.append(count=2)[1], *other.say())
    bench.clock.advance(GAP * 2)
    bench.offer(bench.append(count=2)[1])
    bench.delivery.stop()
    bench.log.release(ALL, lost=True)
    assert bench.clock.getDelayedCalls() == []


class Joining(RuleBasedStateMachine):
    """Joins, losses and a slow log in any interleaving: each member gets all that followed."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.bench.log.slow = {"before", "after"}
        self.entering: list[list[object]] = []
        self.inside: list[tuple[Talker, int]] = []
        self.said: list[Entry] = []

    @rule(count=st.integers(1, 3))
    def say(self, count: int) -> None:
        """Something is said elsewhere."""
        self.said += self.bench.append(count=count)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def hear(self, data: st.DataObject) -> None:
        """The broker brings something, perhaps again, perhaps late."""
        self.bench.offer(data.draw(st.sampled_from(self.said[-6:])))

    @rule(history=st.sampled_from([0, 2, 50]))
    def join(self, history: int) -> None:
        """Somebody begins to join."""
        self.entering.append(self.bench.enter(history=history))

    @precondition(lambda self: self.bench.log.held)
    @rule(data=st.data())
    def log_answers(self, data: st.DataObject) -> None:
        """One of the log's answers comes; who has read it all is in at once, or gone."""
        log = self.bench.log
        log.held.insert(0, log.held.pop(data.draw(st.integers(0, len(log.held) - 1))))
        log.release(lost=data.draw(st.integers(0, 5)) == 0)
        for outcome in [outcome for outcome in self.entering if outcome]:
            self.entering.remove(outcome)
            if not isinstance(outcome[0], Unavailable):
                told = entrance(outcome)
                seqs = covered(told)
                assert seqs == list(range(told.covered - len(seqs) + 1, told.covered + 1))
                talker = Talker()
                self.bench.delivery.admit(talker.connection, "lobby", told.covered)
                self.inside.append((talker, told.covered))

    @precondition(lambda self: self.inside)
    @rule()
    def leave(self) -> None:
        """The one who has been in for longest leaves."""
        talker, _ = self.inside.pop(0)
        self.bench.delivery.leave(talker.connection, "lobby")

    @rule(seconds=st.sampled_from([GAP, AGAIN, LINGER + 1]))
    def pass_time(self, seconds: float) -> None:
        """Time passes."""
        self.bench.clock.advance(seconds)

    @invariant()
    def in_order(self) -> None:
        """Each member got what follows on its entrance, without a hole."""
        for talker, start in self.inside:
            assert talker.seqs == list(range(start + 1, start + 1 + len(talker.seqs)))

    def teardown(self) -> None:
        """When nothing goes wrong any more, everybody gets the rest, and nothing is left."""
        bench = self.bench
        while bench.log.held:
            self.bench.log.release()
        for outcome in self.entering:
            if outcome and not isinstance(outcome[0], Unavailable):
                bench.delivery.turn_away("lobby")
        bench.log.slow.clear()
        now(bench.delivery.compare())
        for talker, start in self.inside:
            assert talker.seqs == list(range(start + 1, len(self.said) + 1))
            bench.delivery.leave(talker.connection, "lobby")
        bench.clock.advance(LINGER + AGAIN)
        assert not bench.delivery.knows("lobby")
        assert set(bench.broker.bound.values()) <= {0}
        assert bench.clock.getDelayedCalls() == []


TestJoining = Joining.TestCase
TestJoining.settings = settings(max_examples=60, stateful_step_count=40)
