"""A session of polls and streams: everything once and in order, whoever does what when."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Optional

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rabbitchat.sockjs.closing import ANOTHER_CONNECTION, INTERRUPTED, SLOW, Ending
from rabbitchat.sockjs.frames import HEARTBEAT, OPEN, Frame, Message, closing
from rabbitchat.sockjs.session import HIGH_WATER, MESSAGE_COST, Busy, Session
from support.sockjs_fakes import FakeApplication, FakeReceiver, FakeWatch, opened_session

MAX_BUFFER = 150_000
SECOND = closing(*ANOTHER_CONNECTION)

SIZES = st.sampled_from([0, 1, 50, 20_000, 60_000])
LIMITS = st.sampled_from([0, 0, 1, 30, 5_000, 10**9])  # 0: a poll
GOING_ON = ["write", "write much", "pause", "resume"]
ENDINGS = ["close", "abort"]


def in_a_row(*actions: str) -> st.SearchStrategy[list[str]]:
    """Some of these, one after the other."""
    return st.lists(st.sampled_from(actions), min_size=1, max_size=4)


EVENTS = st.sampled_from(["received", "received", "pause_writing", "resume_writing"])


class SessionMachine(RuleBasedStateMachine):
    """A session against a list of what was written and one of what was said.

    `written`: what the client is to get, in order. It never gets anything else, and by now has
    got all of it if it reads. What was dropped with an abort, or for slowness, is taken out.
    """

    ends = False  # before the teardown, except for slowness
    actions = in_a_row(*GOING_ON)

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Frame] = []
        self.watch, self.application = FakeWatch(), FakeApplication()
        self.session = Session(self.watch, MAX_BUFFER)
        self.session.application = self.application
        self.receivers: list[FakeReceiver] = []
        self.receiver: Optional[FakeReceiver] = None  # the one that was attached last
        self.written: list[str] = []
        self.said: list[bytes] = []
        self.answers: list[list[int]] = []  # for each request: how much was heard at its answers
        self.requests: list[tuple[int, int]] = []  # for each: how much was said before and by it
        self.farewell: Optional[Frame] = None
        self.ending: Optional[Ending] = None
        self.numbers = 0
        self.was_slow = False
        self.application.when["slow"] = [self._end_slow]
        self.application.when["lost"] = [self._note_lost]

    @initialize(limit=LIMITS, ready=st.booleans(), data=st.data())
    def come(self, limit: int, ready: bool, data: st.DataObject) -> None:
        """The first receiver."""
        actions = data.draw(st.just([]) | self.actions)
        self.application.when["opened"] = [partial(self.act, actions)]
        self.attach(limit, ready)
        assert self.log[0] == OPEN

    # -- what the application does, by itself or when it is called

    def act(self, actions: list[str]) -> None:
        """Several things in a row."""
        for action in actions:
            if action.startswith("write"):
                self.write(HIGH_WATER + 1 if action == "write much" else 3)
            else:
                getattr(self, action)()

    def write(self, size: int) -> None:
        """A message, which begins with its number."""
        self.numbers += 1
        text = f"{self.numbers}:".ljust(size, "x") if size else ""
        if not self.session.closed:
            self.written.append(text)
        self.session.send(Message(text.encode()))

    def _farewell(self, ending: Ending, code: int, reason: str) -> None:
        if self.farewell is None:
            self.farewell, self.ending = closing(code, reason), ending

    def close(self) -> None:
        """The application closes."""
        self._farewell(Ending.CLOSED, 3000, "Go away!")
        self.session.end(3000, "Go away!")

    def abort(self) -> None:
        """The application closes, and what waits is dropped."""
        if self.farewell is None:
            self.written = self.delivered()
        self._farewell(Ending.LOST, 3999, "aborted")
        self.session.abort(3999, "aborted")

    def pause(self) -> None:
        """The application reads no more."""
        self.application.reads = False
        self.session.pause()

    def resume(self) -> None:
        """It reads again."""
        self.application.reads = True
        self.session.resume()

    def _end_slow(self) -> None:
        assert self.waiting_cost() > MAX_BUFFER
        self.was_slow = True
        self.written = self.delivered()
        self._farewell(Ending.CLOSED, *SLOW)
        if self.numbers % 2:
            self.session.abort(*SLOW)
            self.ending = Ending.LOST
        else:
            self.written.append("too slow")
            self.session.end(*SLOW, Message(b"too slow"))

    def _note_lost(self) -> None:
        assert self.session.closed

    # -- rules

    @rule(size=SIZES)
    def write_now(self, size: int) -> None:
        """By a timer of the application's."""
        self.write(size)

    @rule(event=EVENTS, data=st.data())
    def plan(self, event: str, data: st.DataObject) -> None:
        """Something is done within the next call of a kind."""
        actions = data.draw(self.actions)
        self.application.when.setdefault(event, []).append(partial(self.act, actions))

    @rule(limit=LIMITS, ready=st.booleans())
    def attach(self, limit: int, ready: bool) -> None:
        """A receiver comes."""
        waits, ended = self.watch.waits, self.session.closed
        before, first = len(self.log), not self.receivers
        receiver = FakeReceiver(self.log, limit, ready=ready or limit == 0)
        self.receivers.append(receiver)
        self.session.attach(receiver)
        if ended:
            self.check_farewell(receiver)
        elif not waits and not first:
            assert receiver.frames == [SECOND]
            assert receiver.ended
            assert self.log[before:] == [SECOND]
        else:
            self.receiver = receiver

    @precondition(lambda self: self.receiver is not None and self.receiver.is_open)
    @rule()
    def slow_down(self) -> None:
        """The client reads nothing for a while; a poll is small enough not to wait for that."""
        assert self.receiver is not None
        self.receiver.ready = self.receiver._left <= 0

    @precondition(lambda self: self.receiver is not None and not self.receiver.ready)
    @rule()
    def catch_up(self) -> None:
        """It has read everything."""
        assert self.receiver is not None
        self.receiver.ready = True
        self.session.flush()

    @precondition(lambda self: self.ends or len(self.receivers) > 1)
    @rule(data=st.data())
    def break_connection(self, data: st.DataObject) -> None:
        """A connection is lost, be it one that is over already."""
        several = [one for one in self.receivers if self.ends or one is not self.receiver]
        receiver = data.draw(st.sampled_from(several))
        if receiver.is_open and receiver is self.receiver and not self.session.closed:
            self._farewell(Ending.LOST, *INTERRUPTED)
        receiver.broken = True
        self.session.receiver_lost(receiver)

    @precondition(lambda self: self.watch.is_attached)
    @rule()
    def heartbeat(self) -> None:
        """Nothing was sent for a while."""
        before, beats = len(self.log), self.watch.beats
        assert self.receiver is not None
        ready = self.receiver.ready
        self.session.heartbeat()
        assert self.log[before:] == [HEARTBEAT] * ready
        assert self.watch.beats > beats or self.watch.waits

    @precondition(lambda self: self.ends and self.watch.waits)
    @rule()
    def time_out(self) -> None:
        """No receiver came for a while."""
        self._farewell(Ending.LOST, *INTERRUPTED)
        self.session.timed_out()

    @rule(sizes=st.lists(st.sampled_from([0, 1, 70_000]), max_size=6))
    def say(self, sizes: list[int]) -> None:
        """The client sends messages."""
        batch = [b"%d:" % number + b"y" * size for number, size in enumerate(sizes)]
        waiting = self.said[len(self.application.heard) :]
        empty = [begin for (begin, end) in self.held() if begin == end]
        waiting_cost = _cost(waiting) + MESSAGE_COST * len(empty)
        holds = bool(self.held())
        request = len(self.answers)
        self.answers.append([])
        self.requests.append((len(self.said), len(self.said) + len(batch)))
        self.said += batch
        try:
            self.session.receive(batch, lambda: self._answered(request))
        except Busy:
            assert holds
            assert waiting_cost + (_cost(batch) or MESSAGE_COST) > MAX_BUFFER
            del self.answers[request:], self.requests[request:]
            self.said = self.said[: len(self.said) - len(batch)]
        else:
            total = waiting_cost + (_cost(batch) or MESSAGE_COST)
            assert not holds or self.session.closed or total <= MAX_BUFFER

    def held(self) -> list[tuple[int, int]]:
        """The requests that are not answered yet."""
        together = zip(self.requests, self.answers, strict=True)
        return [request for request, answers in together if not answers]

    def _answered(self, request: int) -> None:
        self.answers[request].append(len(self.application.heard))

    @rule(action=st.sampled_from(["pause", "resume", "resume"]))
    def read(self, action: str) -> None:
        """The application reads, or doesn't."""
        getattr(self, action)()

    @precondition(lambda self: self.ends)
    @rule(action=st.sampled_from(ENDINGS))
    def end(self, action: str) -> None:
        """The application ends it."""
        getattr(self, action)()

    # -- what is always true

    def delivered(self) -> list[str]:
        """All that the client got."""
        return [text for frame in self.log if frame[:1] == b"a" for text in json.loads(frame[1:])]

    def waiting_cost(self) -> int:
        """What the messages that wait count."""
        waiting = self.written[len(self.delivered()) :]
        return sum(len(Message(text.encode()).quoted) + MESSAGE_COST for text in waiting)

    def check_farewell(self, receiver: FakeReceiver) -> None:
        """What a receiver that came after the end must have got."""
        assert receiver.ended
        *before, last = receiver.frames
        assert last == self.farewell or (not before and last[:1] == b"a")
        assert len(before) <= 1
        assert all(frame[:1] == b"a" for frame in before)

    @invariant()
    def it_is_opened_once(self) -> None:
        """`o` is the very first frame, and no other one."""
        assert self.log[:1] in ([], [OPEN])
        assert self.log.count(OPEN) <= 1

    @invariant()
    def nothing_is_lost_or_repeated(self) -> None:
        """The client has got the beginning of what was written, and all of it if it reads."""
        got = self.delivered()
        assert got == self.written[: len(got)]
        if self.watch.is_attached and self.receiver is not None and self.receiver.ready:
            assert got == self.written

    @invariant()
    def the_end_is_the_end(self) -> None:
        """The application knows who ended it; the client hears the same each time."""
        assert self.session.closed == (self.farewell is not None)
        assert self.application.lost_by is self.ending
        said = {frame for frame in self.log if frame[:1] == b"c"} - {SECOND}
        assert said <= {self.farewell}
        if self.session.closed:
            assert not any(receiver.is_open for receiver in self.receivers)

    @invariant()
    def who_does_not_read_is_sent_nothing(self) -> None:
        """But for what begins a response, and what ends it."""
        if not self.session.closed:
            for receiver in self.receivers:
                assert not set(receiver.unready) - {OPEN, SECOND}

    @invariant()
    def buffers_are_bounded(self) -> None:
        """The application is asked to pause well before."""
        if self.session.closed:
            return
        cost = self.waiting_cost()
        assert cost <= MAX_BUFFER
        assert self.application.is_paused or cost <= HIGH_WATER
        assert not self.application.is_paused or cost > 0

    @invariant()
    def somebody_keeps_its_time(self) -> None:
        """A session without a receiver is waited for."""
        if self.receivers:
            assert self.watch.is_attached != self.watch.waits
            assert self.watch.waits or not self.session.closed
        if self.watch.is_attached:
            assert self.receiver is not None
            assert self.receiver.is_open

    @invariant()
    def what_the_client_says_is_heard(self) -> None:
        """In order, and its requests are answered when that is so."""
        heard = self.application.heard
        assert heard == self.said[: len(heard)]
        for (begin, end), answers in zip(self.requests, self.answers, strict=True):
            assert len(answers) == 1 if self.session.closed else len(answers) <= 1
            if not self.session.closed:
                assert all(count >= end for count in answers)
                assert answers or begin == end or len(heard) < end
        if self.application.reads and not self.session.closed:
            assert heard == self.said
            assert all(self.answers)

    def teardown(self) -> None:
        """The client reads on until the end: it gets what is missing, then `c` each time."""
        if not self.receivers:
            return
        if self.receiver is not None and not self.receiver.ready and self.receiver.is_open:
            self.catch_up()
        self.application.when.clear()
        self.close()
        for _ in range(2):
            self.attach(0, True)
        assert self.delivered() == self.written
        self.attach(10**9, True)
        assert self.receivers[-1].frames == [self.farewell]
        assert self.log[-2:] == [self.farewell] * 2
        self.the_end_is_the_end()
        self.what_the_client_says_is_heard()


def _cost(batch: list[bytes]) -> int:
    return sum(map(len, batch)) + MESSAGE_COST * max(1, len(batch))


class EndingMachine(SessionMachine):
    """The same, and it may end at any time."""

    ends = True
    actions = in_a_row(*GOING_ON, *ENDINGS)


for machine in (SessionMachine, EndingMachine):
    machine.TestCase.settings = settings(max_examples=100, stateful_step_count=40)

TestSession = SessionMachine.TestCase
TestEnding = EndingMachine.TestCase


# -- one thing at a time


class Answers(list[int]):
    """Notes, for each request in the order of the answers, its number."""

    def of(self, number: int) -> Callable[[], None]:
        """The answer of a request."""
        return partial(self.append, number)


def test_a_poll_gets_what_waited_in_one_frame() -> None:
    session, _, _ = opened_session()
    session.send(Message(b"1"))
    session.send(Message(b"2"))
    poll = FakeReceiver([])
    session.attach(poll)
    assert poll.frames == [b'a["1","2"]']
    assert poll.ended


def test_what_is_written_while_the_session_opens_comes_after_the_open_frame() -> None:
    stream = FakeReceiver([], limit=100)
    application = FakeApplication()
    session = Session(FakeWatch(), 0)
    session.application = application
    application.when["opened"] = [lambda: session.send(Message(b"1")), lambda: None]
    session.attach(stream)
    assert stream.frames == [b"o", b'a["1"]']


@pytest.mark.parametrize("limit", [0, 100])
def test_a_session_that_is_closed_while_it_opens_says_so_after_the_open_frame(limit: int) -> None:
    log: list[Frame] = []
    application = FakeApplication()
    session = Session(FakeWatch(), 0)
    session.application = application
    application.when["opened"] = [lambda: session.end(3000, "Go away!")]
    for _ in range(3):
        session.attach(FakeReceiver(log, limit))
    farewell = b'c[3000,"Go away!"]'
    assert log == [b"o", *[farewell] * (3 if limit else 2)]


def test_a_second_receiver_is_turned_away_and_the_first_one_is_not_disturbed() -> None:
    first, second = FakeReceiver([], limit=100), FakeReceiver([], limit=100)
    session, _, watch = opened_session(receiver=first)
    session.attach(second)
    assert second.frames == [b'c[2010,"Another connection still open"]']
    assert second.ended
    session.receiver_lost(second)
    session.send(Message(b"1"))
    assert first.frames == [b"o", b'a["1"]']
    assert watch.is_attached


def test_what_waits_for_a_stream_with_a_limit_may_exceed_it_and_then_the_next_one_comes() -> None:
    session, _, _ = opened_session()
    session.send(Message(b"x" * 100))
    session.end(3000, "Go away!")
    stream, next_one = FakeReceiver([], limit=50), FakeReceiver([], limit=50)
    session.attach(stream)
    session.attach(next_one)
    assert (len(stream.frames), len(next_one.frames)) == (1, 1)
    assert next_one.frames == [b'c[3000,"Go away!"]']


@pytest.mark.parametrize("waits", [False, True])
def test_what_is_no_text_is_refused_when_it_is_written(waits: bool) -> None:
    stream = FakeReceiver([], limit=1000)
    session, _, _ = opened_session(receiver=stream)
    stream.ready = not waits
    session.send(Message(b"1"))
    with pytest.raises(ValueError, match="codec can't decode"):
        session.send(Message(b"\xff"))
    session.send(Message(b"2"))
    stream.ready = True
    session.flush()
    assert b"".join(stream.frames) == (b'oa["1","2"]' if waits else b'oa["1"]a["2"]')


def test_very_many_empty_messages_are_too_many_all_the_same() -> None:
    session, application, _ = opened_session(max_buffer=HIGH_WATER * 2)
    slow: list[int] = []
    application.when["slow"] = [lambda: slow.append(count), lambda: None]
    for count in range(HIGH_WATER):  # noqa: B007  # looked at by `slow`
        session.send(Message())
        if slow:
            break
    assert 100 < slow[0] < HIGH_WATER // 20
    assert application.pauses == 1


def test_without_a_limit_all_waits() -> None:
    session, application, _ = opened_session(max_buffer=0)
    for _ in range(100):
        session.send(Message(b"x" * 10_000))
    assert application.pauses == 1
    poll = FakeReceiver([])
    session.attach(poll)
    assert len(json.loads(poll.frames[0][1:])) == 100


def test_a_message_as_large_as_the_limit_may_wait_and_a_larger_one_may_not() -> None:
    session, application, _ = opened_session(max_buffer=1000)
    slow: list[bool] = []
    application.when["slow"] = [lambda: slow.append(True)]
    session.send(Message(b"x" * (1000 - MESSAGE_COST - len('""'))))
    assert slow == []
    session, application, _ = opened_session(max_buffer=1000)
    application.when["slow"] = [lambda: slow.append(True)]
    session.send(Message(b"x" * (1001 - MESSAGE_COST - len('""'))))
    assert slow == [True]


def test_messages_are_held_back_in_order_until_the_application_reads_again() -> None:
    session, application, _ = opened_session()
    answers = Answers()
    application.reads = False
    session.pause()
    session.receive([b"1", b"2"], answers.of(0))
    session.receive([], answers.of(1))
    session.receive([b"3"], answers.of(2))
    assert (application.heard, answers) == ([], [])
    application.reads = True
    session.resume()
    assert application.heard == [b"1", b"2", b"3"]
    assert answers == [0, 1, 2]


def test_who_pauses_in_the_middle_of_a_request_gets_the_rest_of_it_first() -> None:
    session, application, _ = opened_session()
    answers = Answers()

    def pause() -> None:
        application.reads = False
        session.pause()

    application.when["received"] = [pause, pause, pause]
    pause()
    session.receive([b"1", b"2"], answers.of(0))
    session.receive([b"3", b"4"], answers.of(1))
    seen = []
    while len(application.heard) < 4:
        application.reads = True
        session.resume()
        seen.append((list(application.heard), list(answers)))
    assert seen == [
        ([b"1"], []),
        ([b"1", b"2"], [0]),
        ([b"1", b"2", b"3"], [0]),
        ([b"1", b"2", b"3", b"4"], [0, 1]),
    ]


class Weighed(bytes):
    """A message that counts how often its length is asked for."""

    times = 0

    def __len__(self) -> int:
        Weighed.times += 1
        return super().__len__()


def test_pauses_in_a_long_request_cost_no_more_the_longer_it_is() -> None:
    session, application, _ = opened_session()
    application.when["received"] = [session.pause] * 100
    Weighed.times = 0
    session.receive([Weighed(b"x") for _ in range(100)], lambda: None)
    for _ in range(99):
        session.resume()
    assert len(application.heard) == 100
    assert Weighed.times == 2 * 100


def test_who_resumes_while_it_is_called_is_not_called_within_that_call() -> None:
    session, application, _ = opened_session()
    depth: list[int] = []

    def resume() -> None:
        depth.append(len(application.heard))
        session.pause()
        session.resume()
        depth.append(len(application.heard))

    application.when["received"] = [resume] * 4
    session.pause()
    session.receive([b"1", b"2"], lambda: None)
    session.receive([b"3", b"4"], lambda: None)
    session.resume()
    assert application.heard == [b"1", b"2", b"3", b"4"]
    assert depth == [1, 1, 2, 2, 3, 3, 4, 4]


def test_what_comes_while_a_request_is_answered_waits_for_its_turn() -> None:
    session, application, _ = opened_session()
    session.pause()
    session.receive([b"1"], lambda: session.receive([b"3"], lambda: None))
    session.receive([b"2"], lambda: None)
    session.resume()
    assert application.heard == [b"1", b"2", b"3"]


def test_an_error_in_the_application_does_not_end_the_reading() -> None:
    session, application, _ = opened_session()
    application.when["received"] = [lambda: 1 / 0]
    with pytest.raises(ZeroDivisionError):
        session.receive([b"1"], lambda: None)
    session.receive([b"2"], lambda: None)
    assert application.heard == [b"1", b"2"]


def test_what_is_held_back_is_bounded() -> None:
    session, _, _ = opened_session(max_buffer=1000)
    session.pause()
    session.receive([b"x" * 5000], lambda: None)  # one may be as large as a request may be
    with pytest.raises(Busy):
        session.receive([b""], lambda: None)
    session.resume()
    session.pause()
    answers = Answers()
    session.receive([b"x" * (500 - MESSAGE_COST)], answers.of(0))
    session.receive([b"x" * (500 - MESSAGE_COST)], answers.of(1))
    with pytest.raises(Busy):
        session.receive([b""], answers.of(2))
    session.resume()
    assert answers == [0, 1]
    session.pause()
    for number in range(1000 // MESSAGE_COST):
        session.receive([b""], answers.of(number))
    with pytest.raises(Busy):
        session.receive([b""], answers.of(-1))


def test_requests_without_a_message_are_bounded_too() -> None:
    """Each has an answer that waits."""
    session, _, _ = opened_session(10 * MESSAGE_COST)
    session.pause()
    answers = Answers()
    for number in range(10):
        session.receive([], answers.of(number))
    with pytest.raises(Busy):
        session.receive([], answers.of(10))
    session.resume()
    assert answers == list(range(10))


def test_without_a_limit_all_is_held_back() -> None:
    session, application, _ = opened_session(max_buffer=0)
    session.pause()
    for _ in range(10):
        session.receive([b"x" * 1_000_000], lambda: None)
    session.resume()
    assert len(application.heard) == 10


def test_the_end_answers_the_requests_that_were_held_back() -> None:
    session, application, _ = opened_session()
    answers = Answers()
    session.pause()
    session.receive([b"1"], answers.of(0))
    session.end(3000, "Go away!")
    session.receive([b"2"], answers.of(1))
    session.resume()
    assert (application.heard, answers) == ([], [0, 1])


def test_a_session_closed_in_the_middle_of_a_request_hears_no_more_of_it() -> None:
    session, application, _ = opened_session()
    answers = Answers()
    application.when["received"] = [lambda: session.end(3000, "Go away!")]
    session.receive([b"1", b"2"], answers.of(0))
    assert (application.heard, answers) == ([b"1"], [0])


@pytest.mark.parametrize(
    ("how", "ending", "farewell"),
    [
        (lambda session, stream: session.end(3000, "x"), Ending.CLOSED, b'c[3000,"x"]'),
        (lambda session, stream: session.abort(3000, "x"), Ending.LOST, b'c[3000,"x"]'),
        (
            lambda session, stream: session.receiver_lost(stream),
            Ending.LOST,
            b'c[1002,"Connection interrupted"]',
        ),
    ],
)
def test_the_application_hears_once_how_it_ended(
    how: Callable[[Session, FakeReceiver], None], ending: Ending, farewell: bytes
) -> None:
    stream = FakeReceiver([], limit=1000)
    session, application, watch = opened_session(receiver=stream)
    for _ in range(2):
        how(session, stream)
        assert (application.lost_by, session.closed, watch.waits) == (ending, True, True)
    for _ in range(2):
        late = FakeReceiver([], limit=1000)
        session.attach(late)
        assert (late.frames, late.ended) == ([farewell], True)
    session.timed_out()  # too late


def test_a_session_that_nobody_comes_back_to_is_lost() -> None:
    session, application, _ = opened_session()
    session.timed_out()
    assert application.lost_by is Ending.LOST


def test_the_last_words_come_after_all_that_waited() -> None:
    session, _, _ = opened_session()
    session.send(Message(b"1"))
    session.end(3000, "bye", Message(b"last"))
    session.end(3001, "again", Message(b"very last"))
    session.send(Message(b"too late"))
    log: list[Frame] = []
    session.attach(FakeReceiver(log, limit=1000))
    assert log == [b'a["1","last"]', b'c[3000,"bye"]']


def test_an_abort_drops_what_waits() -> None:
    session, _, _ = opened_session()
    session.send(Message(b"1"))
    session.abort(3999, "gone")
    log: list[Frame] = []
    session.attach(FakeReceiver(log))
    assert log == [b'c[3999,"gone"]']


def test_a_heartbeat_ends_a_poll_and_not_a_stream() -> None:
    session, _, watch = opened_session()
    for limit, ended in ((0, True), (100, False)):
        receiver = FakeReceiver([], limit)
        session.attach(receiver)
        session.heartbeat()
        assert receiver.frames == [b"h"]
        assert (receiver.ended, watch.waits) == (ended, ended)


def test_without_a_receiver_there_is_no_heartbeat() -> None:
    session, _, watch = opened_session()
    beats = watch.beats
    session.heartbeat()
    assert watch.beats == beats
