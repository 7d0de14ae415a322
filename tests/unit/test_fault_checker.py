"""The fault test's checker, on histories made by hand: what is right, and what is not."""

from __future__ import annotations

from typing import Optional

import pytest

from support.faults.checker import WITHIN, check
from support.faults.history import (
    LINES,
    Attempt,
    Connected,
    Entry,
    History,
    Line,
    Page,
    Participant,
    Publish,
    Push,
    conversation,
)
from support.faults.verdict import COUNTERS, Verdict

TALK = conversation("ann", "bob")


class Story:
    """A history that is told: ann and bob in the lobby, and in a conversation of their own.

    `said(1)` is the message of that seq, said, answered and pushed to both; what goes wrong is
    told apart. One tick of the clock passes with each."""

    def __init__(self, *people: str) -> None:
        self.history = History()
        self.now = 0.0
        for name in people or ("ann", "bob"):
            private = (TALK,) if name in ("ann", "bob") else ()
            self.history.participants[name] = Participant(name, rooms=("lobby",), private=private)
            self.connects(name, 1)
            self.joins(name, 1, upto=0)

    def _tick(self) -> float:
        self.now += 1.0
        return self.now

    def connects(self, client: str, connection: int, newest: int = 0, user: str = "") -> None:
        told = {TALK: newest} if newest else {}
        self.history.seen.append(
            Connected(client, connection, self._tick(), user or f"u-{client}", told)
        )

    def joins(
        self,
        client: str,
        connection: int,
        upto: int,
        after: Optional[int] = None,
        seqs: tuple[int, ...] = (),
        **fields: bool | str,
    ) -> None:
        self._page(
            Page(
                client,
                connection,
                self._tick(),
                "lobby",
                str(fields.get("epoch", "e")),
                after,
                tuple(entry(seq) for seq in seqs),
                upto,
                more=bool(fields.get("more", False)),
                recovered=bool(fields.get("recovered", after is not None)),
            )
        )

    def reads(
        self, client: str, connection: int, room: str, after: int, *seqs: int, more: bool = False
    ) -> None:
        entries = tuple(entry(seq) for seq in seqs)
        upto = seqs[-1] if seqs else after
        self._page(
            Page(client, connection, self._tick(), room, "e", after, entries, upto, more=more)
        )

    def _page(self, page: Page) -> None:
        self.history.seen.append(page)

    def publishes(
        self, seq: int, *attempts: Attempt, sender: str = "ann", room: str = "lobby"
    ) -> Publish:
        """What is said, without anybody seeing it."""
        publish = Publish(sender, room, text(seq), f"m{seq}")
        publish.attempts.extend(attempts or [self.answered(seq, room)])
        self.history.publishes.append(publish)
        return publish

    def answered(self, seq: int, room: str = "lobby") -> Attempt:
        sent = self._tick()
        return Attempt("one", sent, self._tick(), room=room, seq=seq)

    def refused(self, code: str) -> Attempt:
        sent = self._tick()
        return Attempt("one", sent, self._tick(), code)

    def unanswered(self) -> Attempt:
        return Attempt("one", self._tick())

    def pushes(
        self,
        client: str,
        seq: int,
        connection: int = 1,
        room: str = "lobby",
        says: Optional[int] = None,
        epoch: str = "e",
    ) -> None:
        """`says` is the number of the message in that place, if it is another one."""
        shown = Entry(seq, text(says or seq), f"m{says or seq}")
        self.history.seen.append(Push(client, connection, self._tick(), room, epoch, shown))

    def said(self, *seqs: int, room: str = "lobby", to: tuple[str, ...] = ("ann", "bob")) -> None:
        for seq in seqs:
            self.publishes(seq, room=room)
            for client in to:
                self.pushes(client, seq, room=room)

    def person(self, name: str = "tel") -> None:
        """Somebody at a line client."""
        self.history.participants[name] = Participant(name, LINES, "line", ("lobby",))

    def shows(self, *seqs: int, connection: int = 1, name: str = "tel") -> None:
        for seq in seqs:
            self.history.seen.append(Line(name, connection, self._tick(), "lobby", text(seq)))
        self.history.participants[name].connections = connection

    def verdict(self) -> Verdict:
        return check(self.history)

    def finds(self, **counts: int) -> None:
        """Just so many of these, and none of the others."""
        verdict = self.verdict()
        assert verdict.counts == {**dict.fromkeys(COUNTERS, 0), **counts}, verdict


def text(number: int) -> str:
    return f"message {number}"


def entry(seq: int) -> Entry:
    return Entry(seq, text(seq), f"m{seq}")


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
