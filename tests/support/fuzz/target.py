"""What is fuzzed: a part that takes bytes of strangers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis.strategies import SearchStrategy

Take = Callable[[bytes], str]
"""Gives an input to the part; says in a word what became of it. It raises when the part does what
it must not, be it an exception that is not documented."""


@dataclass(frozen=True)
class Target:
    """One part. `corpus` are good inputs, `drawn` makes such as nobody sent so far."""

    name: str
    corpus: Sequence[bytes]
    drawn: SearchStrategy[bytes]
    make: Callable[[], Take]  # with a state of its own, if it has any
