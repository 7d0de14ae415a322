"""Topic matching and the set of bindings that a node wants. Pure.

Keys are words joined by dots. In a pattern `*` stands for one word and `#` for any number of
words, none included (RabbitMQ's topic exchange; AMQP 0-9-1, section 3.1.3.3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


def is_pattern(key: str) -> bool:
    """Whether a subscription's key holds wildcards.

    >>> is_pattern("room.#"), is_pattern("room.lobby")
    (True, False)
    """
    return ("*" in key or "#" in key) and any(word in ("*", "#") for word in key.split("."))


def matches(pattern: str, key: str) -> bool:
    """Whether a topic exchange brings `key` to a queue bound with `pattern`.

    >>> matches("room.*", "room.lobby"), matches("room.*", "room"), matches("room.#", "room")
    (True, False, True)
    """
    return _matches_words(_words(pattern), key.split("."))


@lru_cache(maxsize=1024)
def _words(pattern: str) -> tuple[str, ...]:
    return tuple(pattern.split("."))


def _matches_words(pattern: Sequence[str], words: Sequence[str]) -> bool:
    """Glob matching with one point to come back to: the latest `#`. No exponential case."""
    at_pattern = at_word = 0
    after_hash = hash_word = -1
    while at_word < len(words):
        part = pattern[at_pattern] if at_pattern < len(pattern) else None
        if part == "#":
            after_hash, hash_word = at_pattern + 1, at_word
            at_pattern += 1
        elif part is not None and part in ("*", words[at_word]):
            at_pattern += 1
            at_word += 1
        elif after_hash >= 0:  # let the latest `#` swallow one word more
            hash_word += 1
            at_pattern, at_word = after_hash, hash_word
        else:
            return False
    return all(part == "#" for part in pattern[at_pattern:])


@dataclass(frozen=True)
class Change:
    """What to do so that the bindings are as wanted: bind first, then unbind."""

    bind: tuple[str, ...] = ()
    unbind: tuple[str, ...] = ()


NO_CHANGE = Change()


class Interest:
    """Counted keys, and the bindings that bring them.

    A binding costs the broker 0.5 ms, so more than `collapse_above` keys with the same first word
    become one binding `<word>.#`; when fewer than `restore_below` are left, they are bound one by
    one again. What such a wide binding brings beyond the keys is told apart by `wants`.
    """

    def __init__(self, collapse_above: int = 1000, restore_below: int = 500) -> None:
        self._collapse_above = collapse_above
        self._restore_below = restore_below
        self._counts: Counter[str] = Counter()
        self._patterns: set[str] = set()
        self._groups: dict[str, set[str]] = {}
        self._collapsed: set[str] = set()

    def add(self, key: str) -> Change:
        """Want a key (once more)."""
        self._counts[key] += 1
        if self._counts[key] > 1:
            return NO_CHANGE
        if is_pattern(key):
            self._patterns.add(key)
        first = _first_word(key)
        group = self._groups.setdefault(first, set())
        before = self._group_bindings(first)
        group.add(key)
        if first in self._collapsed:
            return NO_CHANGE
        if len(group) <= self._collapse_above or first in ("*", "#"):
            return Change(bind=(key,))
        self._collapsed.add(first)
        return _change(before - {key}, self._group_bindings(first))

    def remove(self, key: str) -> Change:
        """Want a key once less. A key that isn't wanted is left alone."""
        if key not in self._counts:
            return NO_CHANGE
        self._counts[key] -= 1
        if self._counts[key] > 0:
            return NO_CHANGE
        del self._counts[key]
        self._patterns.discard(key)
        first = _first_word(key)
        group = self._groups[first]
        group.discard(key)
        change = Change(unbind=(key,))
        if first in self._collapsed:
            change = NO_CHANGE
            if len(group) < self._restore_below:
                self._collapsed.discard(first)
                change = _change({f"{first}.#"}, group)
        if not group:
            del self._groups[first]
        return change

    def wants(self, key: str) -> bool:
        """Whether a message published on `key` is for this node."""
        return key in self._counts or any(matches(pattern, key) for pattern in self._patterns)

    def bindings(self) -> set[str]:
        """All bindings that are wanted now."""
        return {key for first in self._groups for key in self._group_bindings(first)}

    def _group_bindings(self, first: str) -> set[str]:
        return {f"{first}.#"} if first in self._collapsed else self._groups[first]


def _first_word(key: str) -> str:
    return key.partition(".")[0]


def _change(before: set[str], after: set[str]) -> Change:
    return Change(bind=tuple(sorted(after - before)), unbind=tuple(sorted(before - after)))
