"""The pure parts of presence: the merged view, attendance, topics, substitutes, states."""

from __future__ import annotations

import pytest

from rabbitchat.chat.announcements import MOST_USERS, PART_SIZE, Held, State, TopicSet
from rabbitchat.chat.attendance import CLAIM_KEPT, Attendance
from rabbitchat.chat.events import Member
from rabbitchat.chat.members import Came, Claim, Clash, Hold, Renamed, Stay, View, Went
from rabbitchat.chat.names import fold
from rabbitchat.chat.states import parts
from rabbitchat.chat.substitutes import substitute
from rabbitchat.chat.topics import KEPT_EMPTY, MOST_EMPTY, Topic, Topics
from rabbitchat.codecs.presence import encode

ANN = Claim("Ann", "ann", 10.0, "a")
BOB = Claim("bob", "bob", 11.0, "b")


def stay(claim: Claim, *rooms: str) -> Stay:
    return Stay(claim, frozenset(rooms))


# the view


def test_a_user_comes_with_the_first_source_and_goes_with_the_last() -> None:
    view = View()
    view.put(1, "u1", stay(ANN, "lobby"), 0.0)
    view.put(2, "u1", stay(ANN, "lobby", "tea"), 0.0)
    assert view.take_changes() == [Came("lobby", "u1", "Ann", 1), Came("tea", "u1", "Ann", 1)]
    view.put(1, "u1", None, 0.0, reason="lost")
    assert view.take_changes() == []
    view.put(2, "u1", stay(ANN, "tea"), 0.0, reason="left")
    view.put(2, "u1", None, 0.0, reason="quit")
    assert view.take_changes() == [
        Went("lobby", "u1", "Ann", 0, "left"),
        Went("tea", "u1", "Ann", 0, "quit"),
    ]
    assert view.stay("u1") is None
    assert view.rooms() == {}
    assert view.user_named("ann") is None


def test_rooms_and_nick_that_change_at_once_are_told_in_an_order_that_makes_sense() -> None:
    view = View()
    view.put(1, "u1", stay(ANN, "lobby", "tea"), 0.0)
    view.take_changes()
    later = Claim("anna", "anna", 12.0, "a")
    view.put(1, "u1", stay(later, "tea", "work"), 0.0, reason="left")
    assert view.take_changes() == [
        Went("lobby", "u1", "Ann", 0, "left"),
        Renamed("u1", "Ann", "anna", frozenset({"tea"})),
        Came("work", "u1", "anna", 1),
    ]


def test_the_latest_claim_of_a_user_is_its_nick_whatever_the_order_of_sources() -> None:
    one = stay(Claim("one", "one", 5.0, "b"), "lobby")
    two = stay(Claim("two", "two", 5.0, "c"), "lobby")
    for first, second in ((one, two), (two, one)):
        view = View()
        view.put(1, "u1", first, 0.0)
        view.put(2, "u1", second, 0.0)
        assert view.members("lobby") == [Member("two", "u1")]


def test_members_are_in_the_order_of_their_folded_nicks() -> None:
    view = View()
    for user, nick in (("u1", "bob"), ("u2", "Zoe"), ("u3", "Ann")):
        view.put(1, user, stay(Claim(nick, fold(nick), 1.0, "a"), "lobby"), 0.0)
    assert [member.nick for member in view.members("lobby")] == ["Ann", "bob", "Zoe"]
    assert view.members("nowhere") == []
    assert view.count("lobby") == 3


def test_a_clash_lasts_until_one_has_another_nick_and_the_earlier_claim_is_first() -> None:
    view = View()
    view.put(2, "u2", stay(Claim("ANN", "ann", 11.0, "b"), "lobby"), 0.0)
    view.put(1, "u1", stay(ANN, "lobby"), 0.0)
    assert view.clashing == {"ann"}
    assert view.users_named("ann") == ["u1", "u2"]
    assert view.user_named("ann") == "u1"
    view.put(2, "u2", stay(BOB, "lobby"), 0.0)
    assert view.clashing == set()
    assert view.owner("ann", 0.0) == "u1"


def test_a_vacant_nick_is_held_for_its_last_owner() -> None:
    view = View()
    view.put(1, "u1", stay(ANN), 100.0)
    view.put(1, "u1", None, 100.0, hold=10.0)
    assert view.owner("ann", 109.9) == "u1"
    assert view.owner("ann", 110.0) is None
    assert view.holds(109.0) == {"ann": Hold("u1", 110.0)}
    assert view.holds(110.0) == {}


def test_a_nick_that_another_user_has_is_not_held() -> None:
    view = View()
    view.put(1, "u1", stay(ANN), 0.0)
    view.put(2, "u2", stay(Claim("ann", "ann", 12.0, "b")), 0.0)
    view.put(2, "u2", stay(BOB), 0.0, hold=10.0)
    assert view.holds(0.0) == {}


def test_a_clash_is_noted_in_its_place() -> None:
    view = View()
    view.put(1, "u1", stay(ANN, "lobby"), 0.0)
    view.take_changes()
    view.clash("u1", "Ann", "Ann-u1")
    view.put(1, "u1", stay(Claim("Ann-u1", "ann-u1", 13.0, "a"), "lobby"), 0.0)
    assert view.take_changes() == [
        Clash("u1", "Ann", "Ann-u1"),
        Renamed("u1", "Ann", "Ann-u1", frozenset({"lobby"})),
    ]


# attendance


def test_rooms_of_a_lost_connection_linger_and_those_of_another_one_stay() -> None:
    here = Attendance(10.0)
    here.claim("u1", ANN, 0.0)
    here.connected(1, "u1")
    here.connected(2, "u1")
    here.join(1, "lobby")
    here.join(2, "tea")
    here.disconnected(1, False, "lost", 100.0)
    assert here.stay("u1") == stay(ANN, "lobby", "tea")
    assert list(here.expire(109.9, 10)) == []
    assert list(here.expire(110.0, 10)) == [("u1", "lost")]
    assert here.stay("u1") == stay(ANN, "tea")
    assert len(here) == 1


def test_a_room_joined_again_does_not_linger_any_more() -> None:
    here = Attendance(10.0)
    here.claim("u1", ANN, 0.0)
    here.connected(1, "u1")
    here.join(1, "lobby")
    here.disconnected(1, False, "lost", 0.0)
    assert len(here) == 0
    here.connected(2, "u1")
    here.join(2, "lobby")
    here.leave(2, "lobby")
    assert here.stay("u1") == stay(ANN)
    here.disconnected(2, True, "quit", 1.0)
    assert here.stay("u1") is None
    assert list(here.expire(100.0, 10)) == []
    assert here.next_due() is None


def test_without_a_grace_time_lost_is_gone_at_once() -> None:
    here = Attendance(0.0)
    here.claim("u1", ANN, 0.0)
    here.connected(1, "u1")
    here.join(1, "lobby")
    here.disconnected(1, False, "lost", 0.0)
    assert here.stay("u1") is None


def test_a_claim_waits_for_its_connection_for_a_while() -> None:
    here = Attendance(0.0)
    here.claim("u1", ANN, 0.0)
    assert list(here.expire(CLAIM_KEPT - 0.1, 10)) == []
    assert [user for user, _ in here.expire(CLAIM_KEPT, 10)] == ["u1"]
    assert "u1" not in here


def test_many_that_expire_at_once_are_ended_in_slices() -> None:
    here = Attendance(10.0)
    for number in range(5):
        here.claim(f"u{number}", ANN, 0.0)
        here.connected(number, f"u{number}")
        here.disconnected(number, False, "lost", 5.0)
    here_gone = [len(list(here.expire(15.0, 4))) for _ in range(3)]
    # The heap also has an entry for the claim of each.
    assert sum(here_gone) == 5
    assert max(here_gone) <= 4


def test_a_connection_is_connected_once_and_by_somebody_with_a_nick() -> None:
    here = Attendance(10.0)
    with pytest.raises(KeyError):
        here.connected(1, "u1")
    here.claim("u1", ANN, 0.0)
    here.connected(1, "u1")
    with pytest.raises(ValueError, match="connection 1"):
        here.connected(1, "u1")


# topics


def test_the_last_writer_wins_in_any_order_and_the_digests_agree() -> None:
    early, late = Topic("tea?", 5.0, "b", "bob"), Topic("coffee!", 5.0, "c", "cleo")
    one, two = Topics(), Topics()
    assert one.digest == two.digest
    assert one.learn("lobby", early)
    assert one.digest != two.digest
    assert one.learn("lobby", late)
    assert two.learn("lobby", late)
    assert not two.learn("lobby", early)
    assert one.text("lobby") == two.text("lobby") == "coffee!"
    assert one.digest == two.digest


def test_a_topic_set_here_is_later_than_one_from_a_clock_ahead() -> None:
    topics = Topics()
    topics.learn("lobby", Topic("from the future", 1000.0, "z", "zoe"))
    topics.set("lobby", "now", "ann", "a", 10.0)
    assert topics.text("lobby") == "now"
    assert not topics.learn("lobby", Topic("from the future", 1000.0, "z", "zoe"))


def test_a_topic_is_forgotten_when_its_room_has_been_empty_for_long() -> None:
    topics = Topics()
    nothing = topics.digest
    topics.set("lobby", "hello", "ann", "a", 0.0)
    topics.emptied("lobby", 0.0)
    topics.filled("lobby")
    topics.expire(2 * KEPT_EMPTY)
    topics.emptied("lobby", 100.0)
    topics.expire(100.0 + KEPT_EMPTY - 1)
    assert topics.text("lobby") == "hello"
    topics.expire(100.0 + KEPT_EMPTY)
    assert topics.text("lobby") == ""
    assert topics.digest == nothing


# substitutes


@pytest.mark.parametrize(
    ("nick", "taken", "expected"),
    [
        ("ann", set[str](), "ann-3fab"),
        ("n" * 32, set[str](), "n" * 27 + "-3fab"),
        ("Ann", {"ann-3fab"}, "Ann-3fab0012"),
        ("ann", {"ann-3fab", "ann-3fab0012"}, "ann-3fab001200000000"),
    ],
)
def test_a_substitute_is_the_nick_and_the_beginning_of_the_user_id(
    nick: str, taken: set[str], expected: str
) -> None:
    new, folded = substitute(nick, "3fab001200000000", fold, taken.__contains__)
    assert (new, folded) == (expected, expected.lower())


@pytest.mark.parametrize("nick", ["борис", "דוד", "علي", "太郎"])
def test_a_substitute_is_an_allowed_nick_in_any_script(nick: str) -> None:
    new, folded = substitute(nick, "3fab001200000000", fold, lambda _: False)
    assert new.startswith(f"{nick}-")
    assert fold(new) == folded


def test_there_is_a_substitute_even_if_all_likely_ones_are_taken() -> None:
    seen: list[str] = []

    def taken(folded: str) -> bool:
        seen.append(folded)
        return len(seen) < 20

    new, _ = substitute("ann", "3fab001200000000", fold, taken)
    assert len(set(seen)) == 20
    assert len(new) <= 32


# states


def whole(states: list[State]) -> tuple[list[str], list[str], list[str]]:
    return (
        [user.user for state in states for user in state.users],
        [held.nick for state in states for held in state.holds],
        [topic.room for state in states for topic in state.topics],
    )


def head(holds: int = 0, topics: int = 0) -> State:
    return State(
        node="a",
        incarnation="1",
        version=7,
        serial=1,
        part=1,
        parts=1,
        users=[],
        holds=[Held(nick=f"h{n}", user="u", seconds=1.0) for n in range(holds)],
        topics=[
            TopicSet(room=f"r{n}", nick="ann", text="ü" * 4000, time=1.0, by="a")
            for n in range(topics)
        ],
    )


def test_an_empty_state_is_one_part() -> None:
    assert list(parts(head(), [])) == [head()]


def test_a_big_state_is_cut_into_bounded_messages_that_hold_everything_once() -> None:
    rooms = [f"room-{number}-{'x' * 50}" for number in range(100)]
    users = [(f"u{n}", stay(ANN, *rooms[: n % 100])) for n in range(1000)]
    states = list(parts(head(holds=300, topics=30), users))
    assert whole(states) == (
        [user for user, _ in users],
        [f"h{n}" for n in range(300)],
        [f"r{n}" for n in range(30)],
    )
    assert [state.part for state in states] == list(range(1, len(states) + 1))
    assert {state.parts for state in states} == {len(states)}
    assert {state.version for state in states} == {7}
    assert max(len(encode(state)) for state in states) < 2 * PART_SIZE < 100_000
    assert max(len(state.users) for state in states) <= MOST_USERS


def test_one_user_with_too_many_rooms_still_is_one_part() -> None:
    users = [("u1", stay(ANN, *(f"{n:060}" for n in range(2000)))), ("u2", stay(BOB))]
    states = list(parts(head(), users))
    assert [[user.user for user in state.users] for state in states] == [["u1"], ["u2"]]


def test_topics_of_empty_rooms_are_bounded_alike_on_all_nodes() -> None:
    names = [f"room{number}" for number in range(MOST_EMPTY + 50)]
    one, other = Topics(), Topics()
    for number, name in enumerate(names):
        one.set(name, "x", "ann", "a", 1000.0 + number)
        one.emptied(name, 1000.0 + number)
    one.filled(names[0])
    told = list(one.all(4000.0))
    one.expire(4000.0)
    for name, topic, _ in reversed(told):  # in another order
        other.learn(name, topic)
        if name != names[0]:
            other.emptied(name, 4000.0)
    other.expire(4000.0)
    kept = {name for name, _, _ in one.all(4000.0)}
    assert kept == {names[0], *names[50:]}
    assert kept == {name for name, _, _ in other.all(4000.0)}
    assert one.digest == other.digest
