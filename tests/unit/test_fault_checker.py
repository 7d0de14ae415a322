"""The fault test's checker, on histories made by hand: what is right, lost, doubled, or unsaid."""

from __future__ import annotations

from support.faults.checker import WITHIN, check
from support.faults.history import History, Participant, Publish
from support.faults.story import TALK, Story, entry, text

# -- what is right


def test_all_is_well() -> None:
    story = Story()
    story.said(1, 2, 3)
    story.finds()
    assert story.verdict().good


def test_nothing_happened() -> None:
    assert check(History()).good


def test_coming_back() -> None:
    """By its place, and in several pages."""
    story = Story()
    story.said(1)
    story.said(2, 3, 4, 5, to=("ann",))
    story.connects("bob", 2)
    story.joins("bob", 2, upto=3, after=1, seqs=(2, 3), more=True)
    story.publishes(6)
    story.pushes("ann", 6)
    story.pushes("bob", 6, connection=2)
    story.reads("bob", 2, "lobby", 3, 4, 5, 6)
    story.finds()


def test_what_is_read_overlaps_with_what_comes() -> None:
    """The client drops that, by seq."""
    story = Story()
    story.said(1, 2, room=TALK, to=("ann",))
    story.connects("bob", 2, newest=2)
    story.joins("bob", 2, upto=0, after=0)
    story.said(3, room=TALK, to=("ann",))
    story.pushes("bob", 3, connection=2, room=TALK)
    story.reads("bob", 2, TALK, 0, 1, 2, 3)
    story.finds()


def test_who_comes_late_is_owed_nothing_from_before() -> None:
    story = Story()
    story.said(1, 2)
    story.history.participants["cy"] = Participant("cy", rooms=("lobby",))
    story.connects("cy", 1)
    story.joins("cy", 1, upto=2, seqs=(2,))
    story.said(3, to=("ann", "bob", "cy"))
    story.finds()


def test_sent_again_until_it_is_answered() -> None:
    story = Story()
    story.publishes(1, story.unanswered(), story.refused("unavailable"), story.answered(1))
    story.pushes("ann", 1)
    story.pushes("bob", 1)
    story.finds()


def test_what_is_refused_is_seen_by_nobody() -> None:
    story = Story()
    story.publishes(1, story.refused("no_such_user"), room=TALK)
    story.finds()


def test_refused_after_an_attempt_without_an_answer() -> None:
    """The first attempt may have been late and was stored all the same."""
    story = Story()
    story.publishes(1, story.unanswered(), story.refused("no_such_user"), room=TALK)
    story.pushes("ann", 1, room=TALK)
    story.pushes("bob", 1, room=TALK)
    story.finds()


def test_a_line_client() -> None:
    """It comes in the middle, goes and comes again under another name."""
    story = Story()
    story.person()
    story.said(1, 2)
    story.shows(2)
    story.said(3)
    story.shows(3)
    story.said(4, 5)
    story.shows(5, connection=2)
    typed = Publish("tel", "lobby", text(6), answers=False)
    typed.attempts.append(story.unanswered())
    story.history.publishes.append(typed)
    story.pushes("ann", 6)
    story.pushes("bob", 6)
    story.shows(6, connection=2)
    story.finds()


def test_a_line_that_was_typed_may_be_lost() -> None:
    story = Story()
    story.person()
    typed = Publish("tel", "lobby", text(1), answers=False)
    typed.attempts.append(story.unanswered())
    story.history.publishes.append(typed)
    story.finds()


# -- lost


def test_acknowledged_and_seen_by_nobody() -> None:
    story = Story()
    story.said(1)
    story.publishes(2)
    story.finds(lost=2)


def test_one_receiver_misses_one() -> None:
    """Who misses the last one has no hole in what it saw."""
    story = Story()
    story.said(1)
    story.said(2, to=("ann",))
    story.finds(lost=1)
    assert "bob was never shown 'm2', lobby 2" in str(story.verdict())


def test_seen_by_one_and_never_acknowledged() -> None:
    """Stored is stored: everybody is to see it."""
    story = Story()
    story.publishes(1, story.unanswered(), story.refused("unavailable"), story.unanswered())
    story.pushes("ann", 1)
    story.finds(lost=1, unresolved=1)


def test_a_private_message_is_owed_from_the_first_on() -> None:
    story = Story()
    story.said(1, room=TALK, to=("ann",))
    story.finds(lost=1)


def test_the_past_is_gone() -> None:
    story = Story()
    story.said(1)
    story.connects("bob", 2)
    story.joins("bob", 2, upto=1, after=1, recovered=False)
    story.finds(lost=1)


def test_another_epoch() -> None:
    story = Story()
    story.said(1)
    story.publishes(2)
    story.pushes("ann", 2)
    story.pushes("bob", 2, epoch="f")
    story.finds(lost=1)


def test_another_user_under_the_session() -> None:
    story = Story()
    story.connects("bob", 2, user="u-2")
    story.finds(lost=1)


def test_who_did_not_come_back() -> None:
    """What it misses is not lost, but it should be there."""
    story = Story()
    story.history.participants["bob"].present = False
    story.said(1, to=("ann",))
    story.finds(unresolved=1)


def test_a_line_client_that_stayed_misses_the_end() -> None:
    story = Story()
    story.person()
    story.said(1, 2, 3)
    story.shows(1)
    story.finds(lost=2)


def test_a_line_client_that_came_back_and_was_shown_nothing_misses_nothing() -> None:
    story = Story()
    story.person()
    story.said(1)
    story.shows(1)
    story.said(2)
    story.history.participants["tel"].connections = 2
    story.finds()


def test_acknowledged_and_not_in_the_log() -> None:
    """Everybody saw it, and who comes tomorrow will not."""
    story = Story()
    story.said(1, 2)
    story.history.kept["lobby"] = (entry(1),)
    story.finds(lost=1)
    story.history.kept["lobby"] = (entry(1), entry(2))
    story.finds()


# -- duplicated


def test_stored_twice() -> None:
    story = Story()
    story.said(1)
    for client in ("ann", "bob"):
        story.pushes(client, 2, says=1)
    story.finds(duplicated=1)


def test_two_answers_that_differ() -> None:
    story = Story()
    late = story.unanswered()
    publish = story.publishes(1, late, story.answered(1))
    late.answered, late.room, late.seq = story.now, "lobby", 2
    assert publish.published
    for client in ("ann", "bob"):
        story.pushes(client, 1)
        story.pushes(client, 2, says=1)
    story.finds(duplicated=1)


def test_pushed_twice() -> None:
    story = Story()
    story.said(1, 2)
    story.pushes("bob", 1)
    story.pushes("bob", 2)
    story.finds(duplicated=2)


def test_pushed_though_the_join_had_covered_it() -> None:
    story = Story()
    story.said(1)
    story.said(2, to=("ann",))
    story.connects("bob", 2)
    story.joins("bob", 2, upto=2, after=1, seqs=(2,))
    story.pushes("bob", 2, connection=2)
    story.finds(duplicated=1)


def test_a_line_is_shown_twice() -> None:
    story = Story()
    story.person()
    story.said(1)
    story.shows(1, 1)
    story.finds(duplicated=1)


# -- unexpected


def test_seen_and_never_said() -> None:
    story = Story("ann")
    story.pushes("ann", 1)
    story.finds(unexpected=1)


def test_refused_and_seen() -> None:
    story = Story()
    story.publishes(1, story.refused("no_such_user"), room=TALK)
    story.pushes("ann", 1, room=TALK)
    story.pushes("bob", 1, room=TALK)
    story.finds(unexpected=2)


def test_somebody_else_sees_it() -> None:
    story = Story("ann", "bob", "cy")
    story.said(1, room=TALK)
    story.pushes("cy", 1, room=TALK)
    story.finds(unexpected=1)


def test_it_is_seen_in_another_room() -> None:
    story = Story("ann")
    story.publishes(1, story.unanswered(), story.refused("not_in_room"), room=TALK)
    story.pushes("ann", 1)
    story.finds(unexpected=1)


def test_it_has_another_msgid() -> None:
    story = Story("ann")
    story.publishes(1).msgid = "another"
    story.pushes("ann", 1)
    story.finds(unexpected=1)


def test_a_line_that_nobody_said() -> None:
    story = Story()
    story.person()
    story.shows(1)
    story.finds(unexpected=1)


# -- unresolved


def test_never_answered() -> None:
    story = Story()
    story.publishes(1, story.unanswered(), story.unanswered())
    story.finds(unresolved=1)
    assert "one no answer, one no answer" in str(story.verdict())


def test_unavailable_is_no_final_answer() -> None:
    story = Story()
    story.publishes(1, story.refused("unavailable"))
    story.finds(unresolved=1)


def test_answered_too_late() -> None:
    """Later than it may be after the last fault, or where none was after it was sent."""
    story = Story("ann")
    publish = story.publishes(1)
    story.pushes("ann", 1)
    sent = publish.attempts[0].sent
    publish.attempts[0].answered = sent + WITHIN + 1
    story.finds(unresolved=1)
    story.history.healed = sent + 1
    story.finds()


def test_a_report_is_short() -> None:
    story = Story("ann")
    for seq in range(1, 31):
        story.publishes(seq)
    report = str(story.verdict())
    assert report.startswith("lost 30, duplicated 0, unexpected 0, out_of_order 0, unresolved 0")
    assert "lost: and 20 more" in report
    assert report.count("\n") == 11
