"""Which keys a node is bound to: once, while anybody wants them, and a while more."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock

from rabbitchat.bindings import LINGER, Bindings
from support.fakes import ScriptedBroker, begun, now

KEY = "room.lobby"


class Bench:
    """Bindings over a scripted broker on a fake clock."""

    def __init__(self, broker: ScriptedBroker | None = None) -> None:
        self.clock = Clock()
        self.broker = ScriptedBroker() if broker is None else broker
        self.released: list[str] = []
        self.bindings = Bindings(self.clock, self.broker, self.released.append)


def test_a_key_is_bound_once_for_many() -> None:
    bench = Bench()
    for _ in range(5):
        now(bench.bindings.hold(KEY))
    assert bench.broker.bound == {KEY: 1}
    for _ in range(4):
        bench.bindings.release(KEY)
    bench.clock.advance(10 * LINGER)
    assert bench.broker.bound == {KEY: 1}
    assert bench.clock.getDelayedCalls() == []


def test_all_wait_until_the_binding_is_in_force() -> None:
    bench = Bench()
    bench.broker.binding = []
    waiting = [begun(bench.bindings.hold(KEY)) for _ in range(3)]
    assert waiting == [[], [], []]
    [answer] = bench.broker.binding
    answer.callback(None)
    assert waiting == [[None], [None], [None]]
    now(bench.bindings.hold(KEY))


def test_who_comes_back_while_it_is_being_bound_waits_too() -> None:
    bench = Bench()
    bench.broker.binding = []
    first = begun(bench.bindings.hold(KEY))
    bench.bindings.release(KEY)
    second = begun(bench.bindings.hold(KEY))
    assert (first, second) == ([], [])
    assert bench.broker.bound == {KEY: 1}
    bench.broker.binding[0].callback(None)
    assert (first, second) == ([None], [None])
    assert bench.clock.getDelayedCalls() == []


def test_it_lingers_and_is_let_go_once() -> None:
    bench = Bench()
    now(bench.bindings.hold(KEY))
    bench.bindings.release(KEY)
    bench.clock.advance(LINGER - 1)
    assert bench.released == []
    assert bench.broker.bound == {KEY: 1}
    bench.clock.advance(2)
    assert bench.released == [KEY]
    assert bench.broker.bound == {KEY: 0}
    now(bench.bindings.hold(KEY))
    assert bench.broker.bound == {KEY: 1}


def test_who_comes_back_in_time_needs_no_binding() -> None:
    bench = Bench()
    now(bench.bindings.hold(KEY))
    for _ in range(3):
        bench.bindings.release(KEY)
        bench.clock.advance(LINGER / 2)
        now(bench.bindings.hold(KEY))
    bench.clock.advance(10 * LINGER)
    assert bench.released == []
    assert bench.broker.bound == {KEY: 1}


def test_without_a_link_nobody_waits() -> None:
    bench = Bench(ScriptedBroker(up=False))
    now(bench.bindings.hold(KEY))
    now(bench.bindings.hold(KEY))
    bench.bindings.release(KEY)
    bench.bindings.release(KEY)
    bench.clock.advance(LINGER + 1)
    assert bench.broker.bound == {KEY: 0}


class RefusingBroker(ScriptedBroker):
    """A broker that can't carry a key."""

    def subscribe(self, key: str) -> Deferred[None]:
        """See IBroker."""
        super().subscribe(key)
        return fail(ValueError("no such key"))


def test_a_key_that_can_not_be_bound_is_not_wanted_for_ever() -> None:
    bench = Bench(RefusingBroker())
    with pytest.raises(ValueError, match="no such key"):
        now(bench.bindings.hold(KEY))
    bench.clock.advance(LINGER + 1)
    assert bench.released == [KEY]
    assert bench.broker.bound == {KEY: 0}


def test_nothing_is_left_after_the_stop() -> None:
    bench = Bench()
    for key in ("room.a", "room.b"):
        now(bench.bindings.hold(key))
    bench.bindings.release("room.a")
    bench.bindings.stop()
    bench.bindings.release("room.b")
    assert bench.clock.getDelayedCalls() == []


class Wanting(RuleBasedStateMachine):
    """Many who come and go while a broker is slow to bind."""

    keys = st.sampled_from(["room.a", "room.b"])

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.bench.broker.binding = []
        self.wanted = {"room.a": 0, "room.b": 0}
        self.waiting: list[list[object]] = []

    @rule(key=keys)
    def hold(self, key: str) -> None:
        """Somebody wants a key."""
        self.wanted[key] += 1
        self.waiting.append(list[object]())
        outcome = begun(self.bench.bindings.hold(key))
        self.waiting[-1] = outcome  # type: ignore[assignment]

    @rule(key=keys)
    def release(self, key: str) -> None:
        """Somebody wants it no longer."""
        if self.wanted[key]:
            self.wanted[key] -= 1
            self.bench.bindings.release(key)

    @precondition(lambda self: self.bench.broker.binding)
    @rule()
    def bind(self) -> None:
        """The broker has bound what it was asked for."""
        assert self.bench.broker.binding is not None
        for answer in self.bench.broker.binding:
            answer.callback(None)
        self.bench.broker.binding.clear()

    @precondition(lambda self: not self.bench.broker.binding)
    @rule(seconds=st.sampled_from([1.0, LINGER - 1, LINGER + 1]))
    def pass_time(self, seconds: float) -> None:
        """Time passes; a broker answers within ten seconds."""
        self.bench.clock.advance(seconds)

    @invariant()
    def bound_as_wanted(self) -> None:
        """What is wanted is bound once; nobody waits for what is in force."""
        broker = self.bench.broker
        for key, wanted in self.wanted.items():
            assert broker.bound.get(key, 0) in ((1,) if wanted else (0, 1))
        if not broker.binding:
            assert all(self.waiting)

    def teardown(self) -> None:
        """In the end nothing is bound."""
        self.bind()
        for key, wanted in self.wanted.items():
            for _ in range(wanted):
                self.bench.bindings.release(key)
        self.bench.clock.advance(LINGER + 1)
        assert set(self.bench.broker.bound.values()) <= {0}
        assert self.bench.clock.getDelayedCalls() == []


TestWanting = Wanting.TestCase
TestWanting.settings = settings(max_examples=30, stateful_step_count=30)
