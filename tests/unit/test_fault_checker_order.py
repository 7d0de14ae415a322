"""The fault test's checker, on histories made by hand: what is out of order, and deeds."""

from __future__ import annotations

import pytest

from support.faults.history import Entry, Line, Page, Push
from support.faults.story import TALK, Story, entry

# -- out of order


def test_not_ascending() -> None:
    story = Story("ann")
    for seq in (1, 2, 3):
        story.publishes(seq)
    for seq in (1, 3, 2):
        story.pushes("ann", seq)
    story.finds(out_of_order=2)  # the jump, and the way back


def test_a_hole_that_nothing_announced() -> None:
    """What it skipped came to nobody by another way, so it is lost as well."""
    story = Story()
    story.said(1)
    story.said(2, to=("ann",))
    story.said(3)
    story.finds(out_of_order=1, lost=1)


def test_a_hole_in_what_was_read() -> None:
    story = Story("ann")
    story.said(1, to=("ann",))
    for seq in (2, 3, 4):
        story.publishes(seq)
    story.connects("ann", 2)
    story.joins("ann", 2, upto=4, after=1, seqs=(2, 4))
    story.finds(out_of_order=1, lost=1)


def test_what_was_read_ends_too_early() -> None:
    story = Story("ann")
    story.said(1, to=("ann",))
    story.publishes(2)
    story.publishes(3)
    story.connects("ann", 2)
    story.joins("ann", 2, upto=3, after=1, seqs=(2,))
    story.pushes("ann", 3, connection=2)
    story.finds(out_of_order=1, duplicated=1)


def test_a_place_that_is_read_as_reached_and_was_not() -> None:
    story = Story("ann")
    story.said(1, to=("ann",))
    story.publishes(2)
    story.connects("ann", 2)
    story.joins("ann", 2, upto=2, after=1)
    story.finds(out_of_order=1, lost=1)


def test_a_private_message_that_was_not_announced_is_skipped() -> None:
    story = Story()
    story.said(1, 2, room=TALK, to=("ann",))
    story.connects("bob", 2, newest=1)
    story.publishes(3, room=TALK)
    story.pushes("ann", 3, room=TALK)
    story.pushes("bob", 3, connection=2, room=TALK)
    story.reads("bob", 2, TALK, 0, 1, 2, 3)
    story.finds(out_of_order=1)


def test_two_see_another_order() -> None:
    story = Story()
    story.publishes(1, story.unanswered(), story.refused("rate_limited"))
    story.publishes(2, story.unanswered(), story.refused("rate_limited"))
    story.pushes("ann", 1)
    story.pushes("ann", 2)
    story.pushes("bob", 1, says=2)
    story.pushes("bob", 2, says=1)
    verdict = story.verdict()
    assert verdict.out_of_order == 2
    assert verdict.lost == 0


def test_the_answer_names_another_place() -> None:
    story = Story("ann")
    story.publishes(1)
    story.publishes(2, story.answered(1))
    story.pushes("ann", 1)
    assert story.verdict().out_of_order == 1


def test_sent_after_an_answer_and_placed_before_it() -> None:
    story = Story("ann")
    story.publishes(2)
    story.publishes(1)
    story.pushes("ann", 1)
    story.pushes("ann", 2)
    story.finds(out_of_order=1)


def test_said_at_the_same_time_is_in_any_order() -> None:
    story = Story("ann")
    second, first = story.answered(2), story.answered(1)
    first.sent = second.sent
    story.publishes(2, second)
    story.publishes(1, first)
    story.pushes("ann", 1)
    story.pushes("ann", 2)
    story.finds()


def test_a_seq_that_nobody_has() -> None:
    story = Story("ann")
    story.said(1, to=("ann",))
    story.connects("ann", 2)
    story.publishes(3)
    story.joins("ann", 2, upto=1, after=1)
    story.pushes("ann", 3, connection=2)
    story.finds(out_of_order=2)  # it is skipped, and it is nowhere


@pytest.mark.parametrize("shown", [(1, 3, 2), (1, 3)])
def test_lines_out_of_order(shown: tuple[int, ...]) -> None:
    story = Story()
    story.person()
    story.said(1, 2, 3)
    story.shows(*shown)
    assert story.verdict().out_of_order == len(shown) - 1


# -- what is done to messages


def shown(seq: int, says: str) -> Entry:
    return Entry(seq, says, f"m{seq}")


def changed() -> Story:
    """The first message was edited, the second one erased, the third one liked."""
    story = Story("ann")
    story.said(1, 2, 3, to=("ann",))
    for seq, does, says in ((4, "edit", "better"), (5, "delete", ""), (6, "react", ":yes:")):
        deed = story.publishes(seq)
        deed.does, deed.to, deed.text = does, f"m{seq - 3}", says
        story.history.seen.append(Push("ann", 1, story.now, "lobby", "e", shown(seq, says)))
    return story


KEPT = (
    shown(1, "better"),
    shown(2, ""),
    entry(3),
    shown(4, "better"),
    shown(5, ""),
    shown(6, ":yes:"),
)


def test_what_is_done_to_messages() -> None:
    """Who reads later sees what became of them; a line client sees messages only."""
    story = changed()
    story.history.kept["lobby"] = KEPT
    story.history.seen.append(Page("ann", 1, 300.0, "lobby", "e", 0, KEPT, 6))
    story.person()
    story.shows(2, 3)
    story.finds()


def test_an_edit_looks_as_the_one_after_it() -> None:
    story = changed()
    edit = story.publishes(7)
    edit.does, edit.to, edit.text = "edit", "m1", "best"
    kept = (shown(1, "best"), *KEPT[1:3], shown(4, "best"), *KEPT[4:], shown(7, "best"))
    story.history.seen.append(Page("ann", 1, story.now, "lobby", "e", 0, kept, 7))
    story.history.kept["lobby"] = kept
    story.finds()


@pytest.mark.parametrize(("place", "says"), [(1, "message 1"), (2, "message 2")])
def test_the_log_forgot_what_was_done(place: int, says: str) -> None:
    kept = list(KEPT)
    kept[place - 1] = shown(place, says)
    story = changed()
    story.history.kept["lobby"] = tuple(kept)
    story.finds(lost=1)


@pytest.mark.parametrize(
    ("place", "says"), [(3, "better"), (3, ""), (1, "other"), (6, ":no:"), (4, "message 4")]
)
def test_a_message_looks_as_nobody_made_it(place: int, says: str) -> None:
    story = changed()
    kept = list(KEPT)
    kept[place - 1] = shown(place, says)
    story.history.seen.append(Page("ann", 1, 300.0, "lobby", "e", 0, tuple(kept), 6))
    story.finds(unexpected=1)


def test_a_line_client_may_be_shown_the_edited_text_at_once() -> None:
    story = changed()
    story.person()
    story.history.seen.append(Line("tel", 1, story.now, "lobby", "better"))
    story.shows(2, 3)
    story.finds()


def test_a_line_client_that_was_late_does_not_see_what_was_deleted() -> None:
    story = changed()
    story.person()
    story.shows(1, 3)
    story.finds()
    story.history.seen.append(Line("tel", 1, story.now, "lobby", "better"))
    assert story.verdict().duplicated == 1


def test_a_line_client_misses_a_message_between_two_deeds() -> None:
    story = changed()
    story.person()
    story.said(7, 8, to=("ann",))
    story.shows(3, 8)
    story.finds(out_of_order=1)
