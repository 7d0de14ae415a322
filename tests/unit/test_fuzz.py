"""Some hundred inputs for all that reads what strangers send; `make test-fuzz` has very many."""

from __future__ import annotations

import time

import pytest
from hypothesis import strategies as st

from support.fuzz import judge
from support.fuzz.engines import fuzz
from support.fuzz.judge import Finding
from support.fuzz.target import Take, Target
from support.fuzz.targets import TARGETS

INPUTS = 250


@pytest.mark.parametrize("name", list(TARGETS))
def test_nothing_is_unhandled(name: str) -> None:
    judge = fuzz(TARGETS[name], INPUTS, number=1)
    assert judge.taken >= INPUTS
    assert len(judge.counts) > 1, "all inputs came to the same: they don't get far"


@pytest.mark.parametrize("name", list(TARGETS))
def test_what_is_good_is_taken(name: str) -> None:
    take = TARGETS[name].make()
    outcomes = {take(data) for data in TARGETS[name].corpus}
    assert outcomes - {"bad_json", "bad_command", "refused", "rejected", "400", "404", "cut"}


def target(take: Take) -> Target:
    return Target("planted", [b"good"], st.binary(max_size=20), lambda: take)


def test_an_exception_is_found_and_its_input_made_small() -> None:
    def take(data: bytes) -> str:
        if b"\x00" in data:
            raise ZeroDivisionError("planted")
        return "fine"

    with pytest.raises(Finding, match="ZeroDivisionError: planted") as found:
        fuzz(target(take), 1000, number=1)
    assert found.value.data == b"\x00"


def test_a_mutated_input_is_found() -> None:
    def take(data: bytes) -> str:
        if data.startswith(b"good") and len(data) > 100:
            raise ZeroDivisionError("planted")
        return "fine"

    with pytest.raises(Finding, match="planted"):
        fuzz(target(take), 1000, number=1)


def test_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(data: bytes) -> str:
        began = time.process_time()
        while len(data) > 10 and time.process_time() < began + 0.02:
            pass
        return "fine"

    monkeypatch.setattr(judge, "MOST_TIME", 0.01)
    with pytest.raises(Finding, match="it took"):
        fuzz(target(take), 1000, number=1)
