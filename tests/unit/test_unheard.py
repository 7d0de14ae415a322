"""Whom a node can vouch for what it heard."""

from __future__ import annotations

from rabbitchat import unheard
from rabbitchat.unheard import MOST, Unheard


def test_nothing_was_missed() -> None:
    assert Unheard().heard_since("lobby", 0)


def test_who_has_seen_what_followed_on_a_hole_missed_nothing() -> None:
    holes = Unheard()
    holes.missed("lobby", 7)
    assert not holes.heard_since("lobby", 6)
    assert not holes.heard_since("lobby", 7)
    assert holes.heard_since("lobby", 8)
    assert holes.heard_since("other", 0)


def test_the_latest_hole_counts() -> None:
    holes = Unheard()
    holes.missed("lobby", 7)
    holes.missed("lobby", 9)
    assert not holes.heard_since("lobby", 9)


def test_many_rooms_take_no_more_memory_and_are_never_vouched_for_wrongly() -> None:
    holes = Unheard()
    for number in range(MOST + 5):
        holes.missed(f"room{number}", number)
    assert not holes.heard_since("room3", 3)
    assert holes.heard_since(f"room{MOST}", MOST + 1)
    assert len(holes._holes) == unheard.MOST
