"""Presence by its rules: who comes and goes, and what they are called."""

from __future__ import annotations

import pytest

from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.members import Came, Clash, Renamed, Went
from support.presence_net import Net
from support.presence_people import (
    ANN,
    BOB,
    CLEO,
    GRACE,
    bodies,
    come,
    forget,
    refused,
    shown,
)

# coming and going


def test_own_changes_show_at_once_and_elsewhere_when_heard(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "Ann")
    assert shown(a) == [Came("lobby", ANN, "Ann", 1)]
    assert b.presence.count("lobby") == 0
    net.quiet()
    assert shown(b) == [Came("lobby", ANN, "Ann", 1)]
    assert [member.nick for member in b.presence.members("lobby")] == ["Ann"]
    assert b.presence.user_of("ANN") == ANN
    assert b.presence.user_of("no nick!") is None
    assert b.presence.nick_of(ANN) == "Ann"
    assert b.presence.nick_of(BOB) is None
    assert b.presence.is_present(ANN)
    assert not b.presence.is_present(BOB)
    assert b.presence.rooms_of(ANN) == {"lobby"}
    assert b.presence.rooms_of(BOB) == set()
    assert b.presence.rooms() == {"lobby": 1}
    assert (a.presence.users_here(), b.presence.users_here()) == (1, 0)


def test_a_user_of_several_nodes_comes_once_and_goes_once(net: Net) -> None:
    a, b, c = net.nodes.values()
    first = come(a, ANN, "ann")
    net.quiet()
    second = come(b, ANN, "ann")
    third = come(b, ANN, "ann")
    net.quiet()
    a.presence.disconnected(first, True, "quit")
    b.presence.leave(second, "lobby", "left")
    net.quiet()
    assert [shown(node) for node in (a, b, c)] == [[Came("lobby", ANN, "ann", 1)]] * 3
    b.presence.disconnected(third, True, "quit")
    net.quiet()
    assert [shown(node) for node in (a, b, c)] == [[Went("lobby", ANN, "ann", 0, "quit")]] * 3


def test_a_lost_connection_stays_for_the_grace_time(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    lost = come(a, ANN, "ann")
    net.quiet()
    forget(net)
    a.presence.disconnected(lost, False, "no pong")
    net.pass_time(GRACE - 0.5)
    assert shown(a) + shown(b) == []
    net.pass_time(0.5)
    assert shown(a) == shown(b) == [Went("lobby", ANN, "ann", 0, "no pong")]


def test_a_page_reload_shows_nothing(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    lost = come(a, ANN, "ann")
    net.quiet()
    forget(net)
    a.presence.disconnected(lost, False, "lost")
    net.pass_time(2.0)
    again = come(a, ANN, "ann")
    net.pass_time(2 * GRACE)
    assert shown(a) + shown(b) == []
    a.presence.disconnected(again, True, "quit")
    assert shown(a) == [Went("lobby", ANN, "ann", 0, "quit")]


def test_a_reload_onto_another_node_shows_nothing(net: Net) -> None:
    a, b, c = net.nodes.values()
    lost = come(a, ANN, "ann")
    net.quiet()
    forget(net)
    a.presence.disconnected(lost, False, "lost")
    come(b, ANN, "ann")
    net.pass_time(2 * GRACE)
    assert shown(a) + shown(b) + shown(c) == []


def test_without_grace_lost_is_gone_at_once() -> None:
    net = Net(grace=0.0)
    a = net.start("a")
    lost = come(a, ANN, "ann")
    a.presence.disconnected(lost, False, "lost")
    assert shown(a)[-1] == Went("lobby", ANN, "ann", 0, "lost")
    assert not refused(a, BOB, "ann")


def test_what_a_connection_does_after_its_end_changes_nothing(net: Net) -> None:
    a = net.nodes["a"]
    gone = come(a, ANN, "ann")
    a.presence.disconnected(gone, True, "quit")
    forget(net)
    a.presence.join(gone, "lobby")
    a.presence.leave(gone, "lobby", "left")
    a.presence.disconnected(gone, True, "quit")
    assert shown(a) == []


# nicks


def test_a_nick_in_use_is_refused_on_all_nodes_however_it_is_written(net: Net) -> None:
    come(net.nodes["a"], ANN, "Ann")
    net.quiet()
    for node in net.nodes.values():
        assert refused(node, BOB, "aNN")
        assert node.presence.nick_of(BOB) is None


def test_a_nick_that_is_none_is_refused(net: Net) -> None:
    with pytest.raises(ChatError) as refusal:
        net.nodes["a"].presence.claim(ANN, "not a nick")
    assert refusal.value.code is Code.BAD_NICK


def test_a_nick_given_up_is_held_for_its_owner(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    a.presence.claim(ANN, "anna")
    net.quiet()
    assert shown(b)[-1] == Renamed(ANN, "ann", "anna", frozenset({"lobby"}))
    assert refused(a, BOB, "ann")
    assert refused(b, BOB, "ann")
    late = net.start("late")
    net.pass_time(0.5)
    assert refused(late, BOB, "ann")
    assert not refused(a, ANN, "ann")
    a.presence.claim(ANN, "anna")
    net.pass_time(GRACE)
    assert not refused(late, BOB, "ann")


@pytest.mark.parametrize("clean", [True, False])
def test_the_nick_of_a_user_who_is_gone_is_held_for_the_grace_time_once(
    net: Net, clean: bool
) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    gone = come(a, ANN, "ann")
    net.quiet()
    a.presence.disconnected(gone, clean, "bye")
    net.pass_time(GRACE - 1.0)
    assert refused(a, BOB, "ann")
    assert refused(b, BOB, "ann")
    net.pass_time(1.5)
    assert not refused(b, BOB, "ann")


def test_a_user_on_two_nodes_has_the_nick_it_took_last(net: Net) -> None:
    a, b, c = net.nodes.values()
    come(a, ANN, "ann")
    net.quiet()
    at_b = come(b, ANN, "anna")
    net.quiet()
    assert [node.presence.nick_of(ANN) for node in (a, b, c)] == ["anna"] * 3
    b.presence.disconnected(at_b, True, "quit")
    net.quiet()
    assert [node.presence.nick_of(ANN) for node in (a, b, c)] == ["anna"] * 3
    assert bodies(a, "delta")[-1]["changes"] == [
        {
            "change": "nick",
            "user": ANN,
            "nick": "anna",
            "from": "ann",
            "claimed": net.now + 0.001,
            "by": "b",
        }
    ]


def test_a_rename_on_a_node_whose_clock_is_behind_counts() -> None:
    net = Net(GRACE)
    ahead, behind = net.start("ahead", skew=5.0), net.start("behind", skew=-5.0)
    net.quiet()
    come(ahead, ANN, "ann")
    net.quiet()
    come(behind, ANN, "anna")
    net.quiet()
    assert ahead.presence.nick_of(ANN) == behind.presence.nick_of(ANN) == "anna"


@pytest.mark.parametrize("keeps", [ANN, CLEO])
@pytest.mark.parametrize(
    ("first", "second", "pause"), [("a", "b", 1.0), ("b", "a", 1.0), ("a", "b", 0.0)]
)
def test_a_nick_claimed_twice_stays_with_the_earlier_claim(
    net: Net, first: str, second: str, pause: float, keeps: str
) -> None:
    winner, loser, third = net.nodes[first], net.nodes[second], net.nodes["c"]
    come(winner, keeps, "sam")
    net.advance(pause)
    net.parcels.clear()
    come(loser, BOB, "Sam")
    net.pass_time(6.0)
    for node in (winner, loser, third):
        assert node.presence.nick_of(keeps) == "sam"
        assert node.presence.nick_of(BOB) == "Sam-00b2"
    assert shown(loser)[-2:] == [
        Clash(BOB, "Sam", "Sam-00b2"),
        Renamed(BOB, "Sam", "Sam-00b2", frozenset({"lobby"})),
    ]
    for node in (winner, third):
        assert not [change for change in shown(node) if isinstance(change, Clash)]


def test_another_spelling_of_a_nick_does_not_lose_it_while_it_clashes(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, "u1", "Ann")
    come(b, "u2", "Ann")
    net.advance(0)
    for parcel in [parcel for parcel in net.parcels if parcel.to is a]:
        net.parcels.remove(parcel)
        net.deliver(parcel)  # b has not heard, so it has not given the nick up
    assert refused(a, "u1", "ann")
    assert not refused(a, "u1", "Ann")
    assert a.presence.nick_of("u1") == "Ann"
    net.quiet()
    assert not refused(a, "u1", "ann")
    assert [node.presence.nick_of("u1") for node in (a, b)] == ["ann", "Ann"]


def test_coming_back_keeps_the_time_of_the_claim(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    net.link("b", False)
    lost = come(a, CLEO, "sam")
    net.advance(1.0)
    come(b, BOB, "sam")
    net.advance(1.0)
    a.presence.disconnected(lost, False, "lost")
    come(a, CLEO, "sam")
    net.link("b", True)
    net.pass_time(1.0)
    assert a.presence.nick_of(CLEO) == b.presence.nick_of(CLEO) == "sam"
    assert a.presence.nick_of(BOB) == b.presence.nick_of(BOB) == "sam-00b2"


def test_three_claims_at_once_leave_three_nicks(net: Net) -> None:
    for node, user in zip(net.nodes.values(), (ANN, BOB, CLEO), strict=True):
        come(node, user, "sam")
    net.quiet()
    for node in net.nodes.values():
        nicks = {user: node.presence.nick_of(user) for user in (ANN, BOB, CLEO)}
        assert nicks == {ANN: "sam", BOB: "sam-00b2", CLEO: "sam-00c3"}


def test_a_loser_on_two_nodes_gets_one_nick(net: Net) -> None:
    a, b, c = net.nodes.values()
    come(a, ANN, "sam")
    net.advance(1.0)
    net.parcels.clear()  # nobody hears of it
    come(b, BOB, "sam")
    come(c, BOB, "sam")
    net.pass_time(6.0)
    for node in (a, b, c):
        assert node.presence.nick_of(ANN) == "sam"
        assert node.presence.nick_of(BOB) == "sam-00b2"


def test_a_nick_that_latin_letters_cannot_follow_gets_digits(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "борис")
    come(b, BOB, "Борис")
    net.quiet()
    nick = a.presence.nick_of(BOB)
    assert nick is not None
    assert nick == b.presence.nick_of(BOB)
    assert nick.startswith("Борис-")
    assert nick[6:].isdigit()
