"""One client's commands: in order, answered once, in time, and no faster than allowed."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from rabbitchat.brokers.memory import MemoryBroker
from rabbitchat.chat import commands, events
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.connection import (
    ANSWER_WITHIN,
    COMMAND_BURST,
    COMMAND_RATE,
    MOST_QUEUED,
    PATIENCE,
    Connection,
)
from rabbitchat.daemon import ChatDaemon
from rabbitchat.log.memory import MemoryLog
from rabbitchat.presence import Presence
from rabbitchat.saying import MOST_BACKLOG
from rabbitchat.settings import Limits
from rabbitchat.users.memory import MemoryUsers
from support.fakes import FakeClient, SlowLog
from support.hygiene import LoggedFailures


class Person:
    """A client of the daemon, and what it was told."""

    def __init__(self, daemon: ChatDaemon) -> None:
        self.client = FakeClient()
        connection = daemon.accept(self.client)
        assert connection is not None
        self.connection: Connection = connection
        self._last_id = 0

    def ask(self, kind: type[commands.Command], **fields: Any) -> int:
        """Send a command; its id."""
        self._last_id += 1
        self.connection.receive(kind(id=self._last_id, **fields))
        return self._last_id

    def say(self, text: str) -> int:
        """Say something in the lobby; the command's id."""
        return self.ask(commands.Publish, room="lobby", text=text)

    def answers(self) -> list[tuple[object, str]]:
        """Each reply's id, and its type or its error's code; in order."""
        return [
            (event.id, event.code if isinstance(event, events.Error) else _type(event))
            for event in self.client.seen
            if isinstance(event, events.Reply)
        ]

    def answer(self, command_id: int) -> Optional[str]:
        """The reply to a command; None as long as there is none."""
        [*found] = [told for asked, told in self.answers() if asked == command_id]
        assert len(found) < 2
        return found[0] if found else None

    def is_read(self) -> bool:
        """Whether what it sends is read now."""
        return self.client.reading

    def texts(self) -> list[str]:
        """What it heard people say."""
        return [event.text for event in self.client.seen if isinstance(event, events.Message)]

    def told(self, kind: type[Any]) -> Any:
        """The last event of a kind."""
        return [event for event in self.client.seen if isinstance(event, kind)][-1]


def _type(event: events.Event) -> str:
    return str(event.__struct_config__.tag)


class Bench:
    """A daemon on a fake clock, with a log that can be slow."""

    def __init__(self, **limits: Any) -> None:
        self.clock = Clock()
        self.clock.advance(1_000_000)
        broker = MemoryBroker(self.clock, "n1")
        self.log = SlowLog(MemoryLog(self.clock))
        self.daemon = ChatDaemon(
            self.clock,
            broker,
            self.log,
            MemoryUsers(self.clock, 0),
            Presence(self.clock, broker),
            Limits(**limits),
            "rabbitchat",
        )
        self.daemon.startService()

    def person(self, nick: str = "ann", session: Optional[str] = None) -> Person:
        """Somebody who is connected and in the lobby."""
        one = Person(self.daemon)
        one.ask(commands.Connect, nick=nick, session=session)
        one.ask(commands.Join, room="lobby")
        assert [told for _, told in one.answers()] == ["connected", "joined"]
        return one

    def lose(self, one: Person) -> None:
        """A client's connection is gone."""
        one.connection.lost(False, "lost")

    def stop(self) -> None:
        """Stop the daemon; nothing may be left in its clock but what ends by itself."""
        self.log.release(10**6)
        done: list[object] = []
        stopping = Deferred.fromCoroutine(self.daemon.stopService())
        stopping.addBoth(done.append)
        for _ in range(200):
            if done:
                break
            self.clock.advance(0.05)
        assert done == [None]
        self.clock.advance(ANSWER_WITHIN)
        assert self.clock.getDelayedCalls() == []
        assert self.log.held == []


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench() -> Generator[MakeBench, None, None]:
    """How to make a daemon that is stopped after the test."""
    made: list[Bench] = []

    def make(**limits: Any) -> Bench:
        made.append(Bench(**limits))
        return made[-1]

    yield make
    for bench in made:
        bench.stop()


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """A daemon that does not limit how much is said."""
    return make_bench(rate=0.0)


# order and answers


def test_commands_are_carried_out_one_after_the_other(bench: Bench) -> None:
    ann = bench.person()
    bench.log.slow = {"append"}
    said = [ann.say(str(number)) for number in range(3)]
    pinged = ann.ask(commands.Ping)
    assert bench.log.asked.count("append") == 1
    for done in range(3):
        assert [ann.answer(one) for one in said] == ["published"] * done + [None] * (3 - done)
        bench.log.release()
    assert ann.answer(pinged) == "pong"
    assert ann.texts() == ["0", "1", "2"]


def test_the_sender_hears_that_it_is_stored_first(bench: Bench) -> None:
    ann = bench.person()
    ann.say("hello")
    kinds = [_type(event) for event in ann.client.seen]
    assert kinds.index("published") < kinds.index("message")


def test_without_an_id_only_errors_are_answered(bench: Bench) -> None:
    ann = bench.person()
    before = len(ann.answers())
    ann.connection.receive(commands.Ping())
    ann.connection.receive(commands.Publish(room="nowhere", text="x"))
    assert ann.answers()[before:] == [(events.UNSET, "not_in_room")]


def test_what_comes_after_the_end_is_ignored(bench: Bench) -> None:
    ann = bench.person()
    bench.log.slow = {"append"}
    ann.say("stored")
    ann.say("never begun")
    bench.lose(ann)
    seen = list(ann.client.seen)
    ann.ask(commands.Ping)
    ann.connection.refuse(ChatError(Code.BAD_JSON, "what?"))
    bench.log.release()
    ann.connection.lost(True, "again")
    assert ann.client.seen == seen
    assert bench.log.asked.count("append") == 1


def test_what_was_read_counts_though_its_reader_left_at_once(bench: Bench) -> None:
    ann = bench.person()
    ann.say("hello")
    session = ann.told(events.Connected).session
    bench.log.slow = {"before"}
    history = ann.ask(commands.History, room="lobby")
    ann.ask(commands.Read, room="lobby", seq=1)
    ann.say("never begun")
    bench.lose(ann)
    bench.log.slow.clear()
    bench.log.release()
    assert ann.answer(history) is None
    again = bench.person("ann", session)
    joined = again.told(events.Joined)
    assert (joined.seq, joined.read) == (1, 1)


# deadline


def test_an_answer_comes_in_time_and_the_late_entry_still_spreads(bench: Bench) -> None:
    ann, bob = bench.person(), bench.person("bob")
    bench.log.slow = {"append"}
    said = ann.say("slow")
    bench.clock.advance(ANSWER_WITHIN - 0.1)
    before = ann.answer(said)
    bench.clock.advance(0.2)
    assert (before, ann.answer(said)) == (None, "unavailable")
    assert ann.told(events.Error).temporary
    bench.log.release()
    assert ann.texts() == bob.texts() == ["slow"]
    assert ann.answer(said) == "unavailable"


def test_a_late_join_does_not_bring_anybody_in(bench: Bench) -> None:
    ann, bob = bench.person(), bench.person("bob")
    bench.log.slow = {"before"}
    first = ann.ask(commands.Join, room="tea")
    bench.clock.advance(ANSWER_WITHIN)
    second = ann.ask(commands.Join, room="tea")
    bench.log.slow.clear()
    bench.log.release()  # what the first one waited for
    assert ann.answer(first) == "unavailable"
    assert ann.connection.session.rooms == {"lobby"}
    bench.log.release()
    assert ann.answer(second) == "joined"
    assert bench.daemon.presence.count("tea") == 1
    ann.ask(commands.Leave, room="tea")
    bench.clock.advance(120)
    assert not bench.daemon.delivery.knows("tea")
    assert bob.texts() == []


def test_a_late_connect_makes_nobody_of_a_client_that_asked_again(bench: Bench) -> None:
    ann = Person(bench.daemon)
    bench.log.slow = {"talks"}
    first = ann.ask(commands.Connect, nick="ann")
    bench.clock.advance(ANSWER_WITHIN)
    assert ann.answer(first) == "unavailable"
    second = ann.ask(commands.Connect, nick="ann")
    bench.log.release(2)
    assert ann.answer(second) == "connected"
    assert ann.told(events.Connected).user == ann.connection.session.user
    assert bench.daemon.presence.users_here() == 1
    bench.lose(ann)
    bench.clock.advance(120)
    assert bench.daemon.local.ids() == []


def test_a_log_that_is_away_is_unavailable(bench: Bench) -> None:
    ann = bench.person()
    bench.log.failing = True
    assert ann.answer(ann.say("x")) == "unavailable"
    assert ann.answer(ann.ask(commands.Join, room="tea")) == "unavailable"
    assert ann.answer(ann.ask(commands.History, room="lobby")) == "unavailable"
    bench.log.failing = False
    assert ann.answer(ann.say("y")) == "published"


# rate


def test_a_fast_publisher_is_slowed_then_refused(make_bench: MakeBench) -> None:
    bench = make_bench(rate=2.0, burst=5)
    ann = bench.person()
    said = [ann.say(str(number)) for number in range(20)]
    answers = [ann.answer(one) for one in said]
    assert answers == ["published"] * 5 + [None] * 6 + ["rate_limited"] * 9
    assert not ann.is_read()
    assert bench.clock.getDelayedCalls()
    for _ in range(31):
        bench.clock.advance(0.1)
    assert [ann.answer(one) for one in said] == ["published"] * 11 + ["rate_limited"] * 9
    assert ann.is_read()
    assert ann.client.closed == []
    assert ann.texts() == [str(number) for number in range(11)]


def test_the_rate_is_a_users_not_a_connections(make_bench: MakeBench) -> None:
    bench = make_bench(rate=2.0, burst=5)
    ann = bench.person()
    too = bench.person("ann", ann.told(events.Connected).session)
    for number in range(5):
        (ann, too)[number % 2].say(str(number))
    waiting = too.say("one more")
    assert too.answer(waiting) is None
    assert ann.is_read()
    bench.clock.advance(0.5)
    assert too.answer(waiting) == "published"


def test_what_is_said_before_the_connect_is_through_is_limited_too(make_bench: MakeBench) -> None:
    bench = make_bench(rate=2.0, burst=5)
    bench.log.slow = {"talks"}
    ann = Person(bench.daemon)
    ann.ask(commands.Connect, nick="ann")
    said = [ann.say(str(number)) for number in range(20)]
    assert [ann.answer(one) for one in said].count("rate_limited") == 9


def test_publishers_wait_for_a_fan_out_that_lags(bench: Bench) -> None:
    ann = bench.person()
    bench.daemon.fanout.backlog = MOST_BACKLOG + 1
    waits = ann.say("in a moment")
    bench.clock.advance(1)
    assert ann.answer(waits) is None
    bench.daemon.fanout.backlog = 0
    bench.clock.advance(0.1)
    assert ann.answer(waits) == "published"
    bench.daemon.fanout.backlog = MOST_BACKLOG + 1
    refused = ann.say("not now")
    for _ in range(40):
        bench.clock.advance(0.1)
    assert ann.answer(refused) == "rate_limited"
    bench.daemon.fanout.backlog = 0


def test_a_flood_is_cut_off_once_and_nobody_else_notices(make_bench: MakeBench) -> None:
    bench = make_bench(rate=2.0, burst=5)
    ann, bob = bench.person(), bench.person("bob")
    for number in range(60):
        ann.say(str(number))
    assert set(ann.client.closed) == {Close.FLOOD}
    heard = len(bob.texts())
    bench.clock.advance(10)
    assert len(bob.texts()) == heard  # nothing that waited is said any more
    assert ann.is_read()  # or the answer to the close would never be read
    assert bob.client.closed == []
    bob.say("quiet here")
    assert bob.texts()[-1] == "quiet here"


def test_coming_back_into_twenty_rooms_is_not_slowed(bench: Bench) -> None:
    ann = bench.person()
    asked = [ann.ask(commands.Join, room=f"room{number}") for number in range(COMMAND_BURST - 2)]
    assert {ann.answer(one) for one in asked} == {"joined"}
    assert ann.client.pauses == 0


def test_other_commands_have_a_limit_of_their_own(bench: Bench) -> None:
    ann = bench.person()
    count = COMMAND_BURST + int(COMMAND_RATE * PATIENCE) + 20
    asked = [ann.ask(commands.Ping) for _ in range(count)]
    assert ann.answer(asked[-1]) == "rate_limited"
    assert not ann.is_read()
    for _ in range(40):
        bench.clock.advance(0.1)
    told = [ann.answer(one) for one in asked]
    assert None not in told
    assert told.count("pong") == COMMAND_BURST + int(COMMAND_RATE * PATIENCE) - 2
    assert ann.is_read()


def test_bad_commands_count_as_commands(bench: Bench) -> None:
    ann = bench.person()
    problem = ChatError(Code.BAD_JSON, "send one JSON object")
    for _ in range(COMMAND_BURST * 10):
        ann.connection.refuse(problem, 7)
    assert set(ann.client.closed) == {Close.FLOOD}
    errors = [told for told in ann.answers() if told == (7, "bad_json")]
    assert COMMAND_BURST <= len(errors) < COMMAND_BURST * 10


def test_a_long_queue_stops_the_reading_until_it_is_short(bench: Bench) -> None:
    ann = bench.person()
    bench.log.slow = {"append"}
    for number in range(MOST_QUEUED + 10):
        ann.say(str(number))
    assert not ann.is_read()
    while bench.log.held:
        bench.log.release()
    assert ann.is_read()
    assert ann.client.pauses == 1
    assert ann.texts() == [str(number) for number in range(MOST_QUEUED + 10)]


@settings(max_examples=40)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("say"), st.integers(1, 15)),
            st.tuples(st.just("ping"), st.integers(1, 30)),
            st.tuples(st.just("advance"), st.sampled_from([1, 4, 20])),
            st.tuples(st.just("release"), st.integers(1, 10)),
        ),
        max_size=25,
    )
)
def test_reading_and_the_queue_never_stall(steps: list[tuple[str, int]]) -> None:
    bench = Bench(rate=5.0, burst=5)
    ann = bench.person()
    bench.log.slow = {"append"}
    asked: list[int] = []
    for what, count in steps:
        for _ in range(count):
            if what == "say":
                asked.append(ann.say("x"))
            elif what == "ping":
                asked.append(ann.ask(commands.Ping))
            elif what == "advance":
                bench.clock.advance(0.1)
            else:
                bench.log.release()
    bench.log.slow.clear()
    for _ in range(200):
        bench.log.release(10**6)
        bench.clock.advance(0.1)
    if not ann.client.closed:
        assert ann.is_read()
        assert None not in [ann.answer(one) for one in asked]
        assert ann.answer(ann.say("still here")) == "published"
    bench.stop()


# who one is


def test_who_does_not_connect_in_time_is_sent_away(bench: Bench) -> None:
    late, ann = Person(bench.daemon), Person(bench.daemon)
    for one in (late, ann):
        one.connection.expect_connect(10.0)
    ann.ask(commands.Connect, nick="ann")
    bench.clock.advance(11)
    assert late.client.closed == [Close.NO_CONNECT]
    assert ann.client.closed == []


def test_a_taken_nick_leaves_nothing_behind(bench: Bench) -> None:
    bench.person("ann")
    other = Person(bench.daemon)
    assert other.answer(other.ask(commands.Connect, nick="Ann")) == "nick_in_use"
    assert other.answer(other.ask(commands.Connect, nick="bob")) == "connected"
    bench.clock.advance(120)
    assert len(bench.daemon.local.ids()) == 2


def test_a_claim_that_fails_at_the_last_moment_leaves_nothing_behind(bench: Bench) -> None:
    """Two want one nick at once: both found it free."""
    first, second = Person(bench.daemon), Person(bench.daemon)
    bench.log.slow = {"talks"}
    asked = [one.ask(commands.Connect, nick="ann") for one in (first, second)]
    bench.log.release(2)
    assert first.answer(asked[0]) == "connected"
    assert second.answer(asked[1]) == "nick_in_use"
    held = set(bench.daemon.bindings._wanted)
    assert held == {f"user.{first.connection.session.user}"}


def test_one_session_connects_twice_at_once(bench: Bench) -> None:
    ann = bench.person("ann")
    session = ann.told(events.Connected).session
    bench.log.slow = {"talks"}
    pages = [Person(bench.daemon) for _ in range(2)]
    asked = [page.ask(commands.Connect, nick="ann", session=session) for page in pages]
    bench.log.release(2)
    assert [page.answer(one) for page, one in zip(pages, asked, strict=True)] == ["connected"] * 2
    assert bench.daemon.presence.users_here() == 1
    user = ann.connection.session.user
    for one in (ann, *pages):
        assert one.connection.session.user == user
        bench.lose(one)
    bench.clock.advance(120)
    assert bench.daemon.local.ids() == []
    assert bench.daemon.bindings._wanted == {}


def test_who_is_gone_before_it_is_anybody_leaves_nothing_behind(bench: Bench) -> None:
    one = Person(bench.daemon)
    bench.log.slow = {"talks"}
    one.ask(commands.Connect, nick="ann")
    bench.lose(one)
    bench.log.release()
    assert bench.daemon.presence.user_of("ann") is None
    assert bench.daemon.bindings._wanted == {}
    bench.clock.advance(120)
    assert bench.daemon.local.ids() == []


def test_who_is_gone_while_it_joins_is_in_no_room(bench: Bench) -> None:
    ann, bob = bench.person(), bench.person("bob")
    bench.log.slow = {"before"}
    ann.ask(commands.Join, room="tea")
    bench.lose(ann)
    bench.log.release()
    assert bench.daemon.presence.count("tea") == 0
    bench.clock.advance(120)
    assert set(bench.daemon.bindings._wanted) == {
        "room.lobby",
        f"user.{bob.connection.session.user}",
    }


def test_connecting_twice_is_refused(bench: Bench) -> None:
    ann = bench.person()
    assert ann.answer(ann.ask(commands.Connect, nick="anna")) == "bad_command"
    assert ann.connection.session.nick == "ann"


# bugs


def test_a_bug_costs_one_session_and_is_logged(
    bench: Bench, expected_failures: LoggedFailures, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = bench.person(), bench.person("bob")

    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(bench.daemon.actions, "perform", broken)
        ann.say("x")
    assert ann.client.closed == [Close.STATE_LOST]
    assert len(expected_failures.flush(RuntimeError)) == 1
    assert bob.answer(bob.say("y")) == "published"


def test_a_repeat_is_answered_as_the_first_and_told_once(bench: Bench) -> None:
    ann, bob = bench.person(), bench.person("bob")
    for _ in range(3):
        ann.ask(commands.Publish, room="lobby", text="hello", msgid="mine")
    assert [told for _, told in ann.answers()][2:] == ["published"] * 3
    assert {event.seq for event in ann.client.seen if isinstance(event, events.Published)} == {1}
    assert ann.texts() == bob.texts() == ["hello"]


def test_the_session_of_who_is_here_does_not_expire(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.daemon.users = MemoryUsers(bench.clock, 3600, most=3)
    ann = bench.person()
    user, session = ann.connection.session.user, ann.told(events.Connected).session
    for _ in range(150):
        bench.clock.advance(61)
        Deferred.fromCoroutine(bench.daemon.users.create())  # strangers, more than there is room
    bench.lose(ann)
    bench.clock.advance(3599)
    back = bench.person(session=session)
    assert back.connection.session.user == user


def test_a_repeat_from_outside_the_room_is_answered_as_the_first(bench: Bench) -> None:
    ann = bench.person()
    ann.ask(commands.Publish, room="lobby", text="tea?", msgid="m1")
    ann.ask(commands.Leave, room="lobby")
    again = ann.ask(commands.Publish, room="lobby", text="tea?", msgid="m1")
    assert ann.answer(again) == "published"
    assert ann.told(events.Published).seq == 1
    other = ann.ask(commands.Publish, room="lobby", text="tea?", msgid="m2")
    assert ann.answer(other) == "not_in_room"


def test_the_largest_rooms_are_listed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rabbitchat.actions.MOST_LISTED", 2)
    ann, bob = bench.person(), bench.person("bob")
    for room in ("a", "b", "tea"):
        ann.ask(commands.Join, room=room)
    bob.ask(commands.Join, room="tea")
    ann.ask(commands.Rooms)
    rooms = [(one.room, one.count) for one in ann.told(events.RoomList).rooms]
    assert rooms == [("lobby", 2), ("tea", 2)]
