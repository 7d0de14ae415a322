"""Topic matching and the bindings that a node wants."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rabbitchat.brokers.topics import Interest, is_pattern, matches


def naive(pattern: list[str], words: list[str]) -> bool:
    """The definition, word by word; slow and plain."""
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(naive(pattern[1:], words[skip:]) for skip in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and naive(pattern[1:], words[1:])


patterns = st.lists(st.sampled_from(["a", "b", "", "*", "#"]), min_size=1, max_size=6)
keys = st.lists(st.sampled_from(["a", "b", ""]), min_size=1, max_size=6)


@given(patterns, keys)
def test_matches_is_the_definition(pattern: list[str], words: list[str]) -> None:
    assert matches(".".join(pattern), ".".join(words)) is naive(pattern, words)


def test_many_hashes_are_not_slow() -> None:
    assert not matches("#.a." * 60 + "b", "a." * 120 + "c")


@pytest.mark.parametrize(
    ("key", "expected"),
    [("room.lobby", False), ("room.*", True), ("#", True), ("room.a#b", False), ("c*", False)],
)
def test_only_whole_words_are_wildcards(key: str, expected: bool) -> None:
    assert is_pattern(key) is expected


def test_a_thousand_keys_become_one_binding_and_come_back_later() -> None:
    interest = Interest()
    for number in range(1000):
        assert interest.add(f"room.{number}").bind == (f"room.{number}",)
    interest.add("user.a")

    change = interest.add("room.last")
    assert change.bind == ("room.#",)
    assert len(change.unbind) == 1000
    assert "room.last" not in change.unbind  # it was never bound
    assert interest.bindings() == {"room.#", "user.a"}
    assert interest.wants("room.5")
    assert not interest.wants("room.5000")

    for number in range(501):
        change = interest.remove(f"room.{number}")
        assert (change.bind, change.unbind) == ((), ())
    change = interest.remove("room.501")
    assert len(change.bind) == 499
    assert change.unbind == ("room.#",)


keys_of_two_groups = st.sampled_from(
    [f"{first}.{number}" for first in "ab" for number in range(6)] + ["a.#", "a.*", "#", "*.1"]
)


class InterestMachine(RuleBasedStateMachine):
    """Applying the changes always ends in `bindings`, which bring all that is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.interest = Interest(collapse_above=4, restore_below=3)
        self.bound: set[str] = set()
        self.wanted: Counter[str] = Counter()

    def apply(self, bind: tuple[str, ...], unbind: tuple[str, ...]) -> None:
        assert not self.bound & set(bind)
        self.bound |= set(bind)
        assert self.bound >= set(unbind)
        self.bound -= set(unbind)

    @rule(key=keys_of_two_groups)
    def add(self, key: str) -> None:
        self.wanted[key] += 1
        change = self.interest.add(key)
        self.apply(change.bind, change.unbind)

    @precondition(lambda self: self.wanted)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.wanted)))
        self.wanted[key] -= 1
        self.wanted += Counter()
        change = self.interest.remove(key)
        self.apply(change.bind, change.unbind)

    @invariant()
    def bindings_are_as_wanted(self) -> None:
        assert self.bound == self.interest.bindings()
        for first in "ab":
            for number in range(7):
                key = f"{first}.{number}"
                wanted = any(matches(pattern, key) for pattern in self.wanted)
                assert self.interest.wants(key) is wanted
                assert not wanted or any(matches(pattern, key) for pattern in self.bound)


TestInterest = InterestMachine.TestCase
