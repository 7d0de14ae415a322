"""Presence by its rules, each on a fake clock and a network in our hands."""

from __future__ import annotations

import itertools
import json
from typing import Any, Optional

import pytest
from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs

from rabbitchat.brokers.interface import Message, NotSent
from rabbitchat.chat import states
from rabbitchat.chat.announcements import State
from rabbitchat.chat.cluster import Cluster
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.members import Came, Change, Clash, Renamed, TopicLearned, Went
from rabbitchat.chat.names import fold
from rabbitchat.chat.peers import LEASE
from rabbitchat.chat.topics import KEPT_EMPTY
from support.hygiene import LoggedFailures
from support.presence_net import EPOCH, Net, NetBroker, Node

ANN, BOB, CLEO = "00a1000000000000", "00b2000000000000", "00c3000000000000"
GRACE = 10.0


@pytest.fixture
def net() -> Net:
    net = Net(GRACE)
    for name in "abc":
        net.start(name)
    net.pass_time(2.0)
    for node in net.nodes.values():
        node.broker.sent.clear()
    return net


def come(node: Node, user: str, nick: str, room: Optional[str] = "lobby") -> int:
    """A connection of a user that goes into a room."""
    come.last += 1  # type: ignore[attr-defined]
    number: int = come.last  # type: ignore[attr-defined]
    node.presence.claim(user, nick)
    node.presence.connected(number, user)
    if room is not None:
        node.presence.join(number, room)
    return number


come.last = 0  # type: ignore[attr-defined]


def shown(node: Node) -> list[Change]:
    """The changes shown since the last call."""
    changes, node.replay.changes = node.replay.changes, []
    return changes


def forget(net: Net) -> None:
    for node in net.nodes.values():
        shown(node)


def refused(node: Node, user: str, nick: str) -> bool:
    """Whether a nick is refused because another has it; if not, it is claimed now."""
    try:
        node.presence.claim(user, nick)
    except ChatError as problem:
        return problem.code is Code.NICK_IN_USE and nick in problem.message
    return False


def bodies(node: Node, kind: str) -> list[dict[str, Any]]:
    """What a node has said of one kind."""
    said = [json.loads(message.body) for message in node.broker.sent]
    return [body for body in said if body["kind"] == kind]


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


# what gets lost


def test_a_gap_is_asked_for_at_once_and_not_more_than_once_a_second(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    connection = come(a, ANN, "ann")
    net.advance(0)
    net.parcels.clear()
    a.presence.join(connection, "tea")
    net.pass_time(0.5)
    assert b.presence.rooms_of(ANN) == {"lobby", "tea"}
    assert len(bodies(b, "ask")) == 1
    gap = Message(json.dumps(beat(a, kind="delta", version=99, changes=[])).encode())
    net.advance(1.0)
    for _ in range(3):
        b.presence.heard("presence.a", gap)
    assert len(bodies(b, "ask")) == 2
    net.advance(1.0)
    b.presence.heard("presence.a", gap)
    assert len(bodies(b, "ask")) == 3


def beat(speaker: Node, **fields: Any) -> dict[str, Any]:
    """A beat of a node, with other fields."""
    cluster = speaker.presence.cluster
    return {
        "kind": "beat",
        "v": 1,
        "node": cluster.node,
        "incarnation": cluster.incarnation,
        "version": cluster.version,
        "topics": cluster.topics.digest,
        **fields,
    }


def test_a_beat_shows_what_was_lost(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    net.advance(0)
    net.parcels.clear()
    net.pass_time(5.5)
    assert shown(b) == [Came("lobby", ANN, "ann", 1)]


def test_an_older_or_repeated_delta_or_state_changes_nothing(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    connection = come(a, ANN, "ann")
    net.quiet()
    net.start("late")
    net.quiet()
    a.presence.leave(connection, "lobby", "left")
    net.quiet()
    forget(net)
    asked = len(bodies(b, "ask"))
    old = [each for each in a.broker.sent if json.loads(each.body)["kind"] in ("delta", "state")]
    assert len(old) >= 3
    for message in old:
        b.presence.heard("presence.a", message)
    assert shown(b) == []
    assert len(bodies(b, "ask")) == asked


def test_users_missing_in_a_later_state_are_gone(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    ann = come(a, ANN, "ann")
    come(a, BOB, "bob")
    net.quiet()
    a.presence.disconnected(ann, True, "quit")
    net.advance(0)
    net.parcels.clear()
    net.pass_time(5.5)
    assert not b.presence.is_present(ANN)
    assert b.presence.is_present(BOB)
    assert refused(b, CLEO, "ann")


def test_a_big_state_comes_in_bounded_parts_and_news_wait_for_the_last(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = net.nodes["a"]
    for number in range(3000):
        come(a, f"{number:016x}", f"user{number}")
    net.pass_time(1.0)
    kinds: list[str] = []

    def publish(key: str, message: Message) -> Deferred[None]:
        kinds.append(json.loads(message.body)["kind"])
        if kinds == ["state"]:
            come(a, ANN, "ann")  # while the other parts are still to be told
        return NetBroker.publish(a.broker, key, message)

    monkeypatch.setattr(a.broker, "publish", publish)
    late = net.start("late")
    net.quiet()
    parts = bodies(a, "state")[-1]["parts"]
    assert parts >= 15
    assert kinds == ["state"] * parts + ["delta"]
    assert late.presence.count("lobby") == 3001
    assert late.replay.rooms == a.shown()
    assert bodies(late, "ask") == []
    assert max(len(message.body) for message in a.broker.sent) < 100_000


def test_many_who_ask_get_one_answer(net: Net) -> None:
    a = net.nodes["a"]
    come(a, ANN, "ann")
    net.pass_time(2.0)
    before = len(bodies(a, "state"))
    for name in "defgh":
        net.start(name)
    net.pass_time(2.0)
    assert len(bodies(a, "state")) - before <= 2
    assert all(node.presence.count("lobby") == 1 for node in net.nodes.values())


# nodes


def test_a_killed_node_is_dropped_after_the_lease_and_its_nicks_are_held(net: Net) -> None:
    b = net.nodes["b"]
    come(net.nodes["a"], ANN, "ann")
    net.quiet()
    net.kill("a")
    net.pass_time(LEASE - 0.5)
    assert b.presence.is_present(ANN)
    net.pass_time(0.5)
    assert shown(b)[-1] == Went("lobby", ANN, "ann", 0, "node lost")
    net.pass_time(GRACE - 0.5)
    assert refused(b, BOB, "ann")
    net.pass_time(0.5)
    assert not refused(b, BOB, "ann")


def test_a_stopped_node_keeps_its_users_for_the_grace_time(net: Net) -> None:
    b = net.nodes["b"]
    come(net.nodes["a"], ANN, "ann")
    come(net.nodes["a"], BOB, "bob")
    net.quiet()
    forget(net)
    net.stop("a")
    net.pass_time(GRACE - 1.0)
    assert shown(b) == []
    assert refused(b, CLEO, "ann")
    come(b, ANN, "ann")
    net.pass_time(1.0)
    assert shown(b) == [Went("lobby", BOB, "bob", 1, "shutdown")]
    net.pass_time(LEASE + GRACE)
    assert shown(b) == []
    assert not refused(b, CLEO, "bob")


@pytest.mark.parametrize("clean", [True, False])
def test_users_of_a_node_started_again_stay_for_the_grace_time(net: Net, clean: bool) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    come(a, BOB, "bob")
    net.quiet()
    forget(net)
    if clean:
        net.stop("a")
    else:
        net.kill("a")
    net.pass_time(1.0)
    a = net.start("a")
    net.pass_time(1.0)
    come(a, ANN, "ann")
    net.pass_time(GRACE)
    reason = "shutdown" if clean else "node lost"
    assert shown(b) == [Went("lobby", BOB, "bob", 1, reason)]
    assert a.people() == b.people()


@pytest.mark.parametrize("clean", [True, False])
def test_a_message_of_an_earlier_life_is_ignored(net: Net, clean: bool) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    net.quiet()
    net.start("late")
    net.pass_time(0.5)  # so that a has told its state
    old = [each for each in a.broker.sent if json.loads(each.body)["kind"] != "bye"]
    if clean:
        net.stop("a")
        net.quiet()
    else:
        net.kill("a")
        net.advance(1.0)
        come(net.start("a"), BOB, "bob")
        net.quiet()
    forget(net)
    net.pass_time(GRACE / 2)
    for message in old:
        b.presence.heard("presence.a", message)
    net.pass_time(GRACE / 2)
    reason = "shutdown" if clean else "node lost"
    assert shown(b) == [Went("lobby", ANN, "ann", 0 if clean else 1, reason)]


# states in parts


def cluster(node: str) -> Cluster:
    return Cluster(node, "1", GRACE, fold)


def enter(here: Cluster, number: int, room: str = "lobby") -> None:
    here.claim(f"u{number}", f"user{number}", EPOCH)
    here.connected(number, f"u{number}")
    here.join(number, room, EPOCH)


def told(here: Cluster) -> list[State]:
    """The whole state, one user a part."""
    here.take_deltas()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(states, "MOST_USERS", 1)
        return list(here.state(EPOCH))


def members(here: Cluster, room: str = "lobby") -> list[str]:
    return [member.user for member in here.view.members(room)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_parts_of_a_state_may_come_in_any_order_and_twice(order: tuple[int, ...]) -> None:
    speaker, hearer = cluster("a"), cluster("b")
    for number in range(3):
        enter(speaker, number)
    parts = told(speaker)
    for step, place in enumerate(order):
        assert hearer.receive(speaker.beat(), EPOCH + 10.0 * step)
        hearer.receive(parts[place], EPOCH)
        hearer.receive(parts[place], EPOCH)
    assert members(hearer) == ["u0", "u1", "u2"]
    assert not hearer.receive(speaker.beat(), EPOCH + 100.0)


def test_the_parts_of_two_states_are_not_mixed() -> None:
    speaker, hearer = cluster("a"), cluster("b")
    for number in range(3):
        enter(speaker, number)
    old = told(speaker)
    speaker.disconnected(0, True, "quit", EPOCH)
    enter(speaker, 3)
    new = told(speaker)
    for part in (old[0], new[0], old[1], new[1], old[2]):
        hearer.receive(part, EPOCH)
    assert hearer.receive(speaker.beat(), EPOCH)
    for part in (*new[2:], old[0]):
        hearer.receive(part, EPOCH)
    assert members(hearer) == ["u1", "u2", "u3"]
    assert not hearer.receive(speaker.beat(), EPOCH + 10.0)


def test_a_late_delta_does_not_undo_what_a_part_of_a_later_state_said() -> None:
    speaker, hearer = cluster("a"), cluster("b")
    for number in range(2):
        enter(speaker, number)
    for part in told(speaker):
        hearer.receive(part, EPOCH)
    speaker.join(0, "tea", EPOCH)
    (joined,) = speaker.take_deltas()
    speaker.leave(0, "tea", "left", EPOCH)
    hearer.receive(told(speaker)[0], EPOCH)
    assert hearer.receive(joined, EPOCH)
    assert members(hearer, "tea") == []


def test_without_a_link_a_node_goes_on_by_itself_and_finds_the_others_again(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(b, BOB, "bob")
    net.quiet()
    net.link("a", False)
    come(a, ANN, "ann")
    assert a.presence.count("lobby") == 2
    net.pass_time(LEASE + 1.0)
    assert a.shown() == {"lobby": {ANN: "ann"}}
    assert shown(a)[-1] == Went("lobby", BOB, "bob", 1, "node lost")
    assert not b.presence.is_present(ANN)
    net.link("a", True)
    net.pass_time(0.5)
    assert a.shown() == b.shown() == {"lobby": {ANN: "ann", BOB: "bob"}}


def test_a_node_that_starts_without_a_link_is_known_when_it_has_one(net: Net) -> None:
    b = net.nodes["b"]
    come(b, BOB, "bob")
    alone = net.start("alone", up=False)
    come(alone, ANN, "ann")
    net.pass_time(2.0)
    net.link("alone", True)
    net.quiet()
    assert alone.people() == b.people()


# bad messages


@pytest.mark.parametrize(
    "fields",
    [
        {"version": -1},
        {"version": "1"},
        {"node": "b"},
        {"node": 5},
        {"incarnation": None},
        {"kind": None},
        {"v": 0},
        {"v": "1"},
        {"kind": "delta"},
        {"kind": "delta", "changes": [5]},
        {"kind": "delta", "changes": [{"change": 5}]},
        {"kind": "delta", "changes": [{"change": "join", "user": "u", "nick": "n"}]},
        {
            "kind": "delta",
            "changes": [{"change": "nick", "user": "u", "nick": "no-é\u0001", "by": "a"}],
        },
        {
            "kind": "delta",
            "changes": [{"change": "nick", "user": "u", "nick": "-", "claimed": 1.0, "by": "a"}],
        },
        {
            "kind": "delta",
            "changes": [
                {"change": "nick", "user": "u", "nick": "ok", "claimed": 1e300, "by": "a"}
            ],
        },
    ],
)
def test_a_malformed_announcement_is_counted_and_nothing_else(
    net: Net, fields: dict[str, Any]
) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    net.quiet()
    before = b.people()
    body = json.dumps(beat(a, **fields)).encode()
    b.presence.heard("presence.a", Message(body))
    assert b.presence.rejected == 1
    assert b.people() == before


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"5", b"[]", b"null", b"{", b"[" * 100_000, b'{"a":' * 100_000]
)
def test_what_is_no_announcement_is_counted_and_logged_once_a_minute(
    net: Net, body: bytes
) -> None:
    b = net.nodes["b"]
    with capturedLogs() as logs:
        for _ in range(5):
            b.presence.heard("presence.x", Message(body))
        assert len(logs) == 1
        net.pass_time(61.0)
        b.presence.heard("presence.x", Message(body))
    assert len(logs) == 2
    assert b.presence.rejected == 6


@pytest.mark.parametrize(
    "fields", [{"kind": "dance"}, {"v": 2, "version": "II"}, {"mood": "good"}, {"kind": "dance!"}]
)
def test_what_a_later_version_says_is_no_error(net: Net, fields: dict[str, Any]) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    b.presence.heard("presence.a", Message(json.dumps(beat(a, **fields)).encode()))
    assert b.presence.rejected == 0


def test_a_change_of_a_kind_unknown_is_left_out(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann", None)
    net.quiet()
    changes = [
        {"change": "mood", "user": ANN, "mood": "good"},
        {"change": "join", "user": ANN, "nick": "ann", "room": "tea", "since": "noon"},
        {"change": "join", "user": "nobody", "nick": "ann", "room": "tea"},
    ]
    version = a.presence.cluster.version + 1
    body = beat(a, kind="delta", version=version, changes=changes)
    b.presence.heard("presence.a", Message(json.dumps(body).encode()))
    assert b.presence.rejected == 0
    assert b.presence.rooms_of(ANN) == {"tea"}
    assert b.presence.count("tea") == 1


def test_nodes_made_up_by_a_program_do_not_grow_without_bound(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    for number in range(1500):
        body = json.dumps(beat(a, node=f"n{number}")).encode()
        b.presence.heard(f"presence.n{number}", Message(body))
    assert len(b.presence.cluster.peers.nodes()) == 1000
    assert b.presence.rejected == 502
    net.pass_time(LEASE + 1.0)
    assert b.presence.cluster.peers.nodes() == ["a", "c"]


def test_another_process_with_the_same_node_name_is_logged_once(net: Net) -> None:
    a = net.nodes["a"]
    with capturedLogs() as logs:
        net.pass_time(LEASE + 1.0)  # its own echo is nothing to talk of
        assert logs == []
        other = Message(json.dumps(beat(a, incarnation="0", version=3)).encode())
        a.presence.heard("presence.a", other)
        a.presence.heard("presence.a", other)
    assert len(logs) == 1
    assert "node name" in logs[0]["log_format"]
    assert logs[0]["node"] == "a"


def test_what_this_node_said_before_it_was_started_again_is_no_name_clash(net: Net) -> None:
    old = Message(json.dumps(beat(net.nodes["a"])).encode())
    net.kill("a")
    net.advance(1.0)
    a = net.start("a")
    with capturedLogs() as logs:
        a.presence.heard("presence.a", old)
    assert logs == []


# topics


def test_a_topic_is_known_everywhere_and_to_newcomers(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    net.quiet()
    a.presence.set_topic("lobby", "tea", "ann")
    net.quiet()
    b.presence.set_topic("lobby", "coffee", "bob")
    net.quiet()
    late = net.start("late")
    net.pass_time(0.5)
    assert {node.presence.topic("lobby") for node in net.nodes.values()} == {"coffee"}
    assert late.presence.topic("tea") == ""
    assert bodies(a, "delta")[-1]["changes"] == [
        {
            "change": "topic",
            "room": "lobby",
            "from": "ann",
            "text": "tea",
            "time": EPOCH + 2.0,
            "by": "a",
            "empty": 0.0,
        }
    ]


def test_a_topic_set_while_nobody_heard_is_told_once_when_the_link_is_back(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    come(a, ANN, "ann")
    come(b, BOB, "bob")
    net.quiet()
    net.link("a", False)
    a.presence.set_topic("lobby", "tea", "ann")
    net.pass_time(2)
    told = TopicLearned("lobby", "ann", "tea")
    assert told not in b.replay.changes
    net.link("a", True)
    net.pass_time(8)
    assert b.replay.changes.count(told) == 1
    assert told not in a.replay.changes  # whoever is there heard it when it was set


def test_a_topic_that_only_one_heard_before_its_node_died_reaches_the_others(net: Net) -> None:
    a, b, c = net.nodes.values()
    a.presence.set_topic("lobby", "tea", "ann")
    net.advance(0)
    for parcel in net.parcels:
        if parcel.to is b:
            net.deliver(parcel)
    net.parcels.clear()
    net.kill("a")
    net.pass_time(5.5)
    assert c.presence.topic("lobby") == "tea"


def test_the_topic_of_a_room_empty_for_an_hour_is_forgotten_by_all(net: Net) -> None:
    a = net.nodes["a"]
    connection = come(a, ANN, "ann")
    a.presence.set_topic("lobby", "tea", "ann")
    net.pass_time(2 * KEPT_EMPTY, step=5.0)
    a.presence.disconnected(connection, True, "quit")
    net.pass_time(KEPT_EMPTY - 60.0, step=5.0)
    late = net.start("late")
    net.pass_time(10.0)
    assert {node.presence.topic("lobby") for node in net.nodes.values()} == {"tea"}
    net.pass_time(70.0)
    assert {node.presence.topic("lobby") for node in net.nodes.values()} == {""}
    assert late.presence.cluster.topics.digest == a.presence.cluster.topics.digest == 0


# the service


def test_a_delta_can_be_read_by_an_outside_listener(net: Net) -> None:
    a = net.nodes["a"]
    connection = come(a, ANN, "ann")
    net.quiet()
    a.presence.disconnected(connection, True, "quit")
    net.quiet()
    first, second = bodies(a, "delta")
    assert first["changes"] == [
        {"change": "nick", "user": ANN, "nick": "ann", "claimed": net.now, "by": "a"},
        {"change": "join", "user": ANN, "nick": "ann", "room": "lobby"},
    ]
    assert second["changes"] == [
        {"change": "leave", "user": ANN, "nick": "ann", "room": "lobby", "reason": "quit"},
        {"change": "gone", "user": ANN, "nick": "ann", "hold": GRACE},
    ]
    assert (second["v"], second["version"]) == (1, first["version"] + 1)


def test_a_watcher_that_changes_things_is_shown_them_afterwards(net: Net) -> None:
    a = net.nodes["a"]
    seen: list[Change] = []

    def watcher(change: Change) -> None:
        if isinstance(change, Came) and change.room == "lobby":
            a.presence.join(connection, "tea")
        seen.append(change)

    connection = come(a, ANN, "ann", None)
    a.presence.watch(watcher)
    a.presence.join(connection, "lobby")
    assert seen == [Came("lobby", ANN, "ann", 1), Came("tea", ANN, "ann", 1)]


def test_a_watcher_with_a_bug_costs_its_own_call_only(
    net: Net, expected_failures: LoggedFailures
) -> None:
    a = net.nodes["a"]
    seen: list[Change] = []

    def broken(change: Change) -> None:
        raise ZeroDivisionError

    a.presence.watch(broken)
    a.presence.watch(seen.append)
    come(a, ANN, "ann")
    assert len(seen) == 1
    assert len(expected_failures.flush(ZeroDivisionError)) == 1


def test_a_bug_in_one_round_does_not_end_the_beating(
    net: Net, expected_failures: LoggedFailures, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = net.nodes["a"]

    def broken(now: float) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(a.presence.cluster, "sweep", broken)
        net.pass_time(5.5)
    assert expected_failures.flush(ZeroDivisionError)
    before = len(bodies(a, "beat"))
    net.pass_time(5.5)
    assert len(bodies(a, "beat")) > before


def test_a_bug_with_something_due_does_not_keep_the_reactor_busy(
    net: Net, expected_failures: LoggedFailures, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = net.nodes["a"], net.nodes["b"]

    def broken(now: float) -> None:
        raise ZeroDivisionError

    come(b, BOB, "bob")
    net.quiet()
    net.kill("b")
    with monkeypatch.context() as patched:
        patched.setattr(a.presence.cluster, "expire", broken)
        net.pass_time(LEASE + 5.0)
    assert len(bodies(a, "beat")) == 4
    assert len(expected_failures.flush(ZeroDivisionError)) < 10
    net.pass_time(2.0)
    assert not a.presence.is_present(BOB)


def test_a_stop_leaves_nothing_behind_and_a_second_one_is_harmless(net: Net) -> None:
    a = net.nodes["a"]
    come(a, ANN, "ann")
    assert a.presence.stopService().called
    assert a.clock.getDelayedCalls() == []
    assert [json.loads(each.body)["kind"] for each in a.broker.sent[-2:]] == ["delta", "bye"]
    assert a.presence.stopService().called
    a.presence.heard("presence.b", Message(b"nonsense"))
    come(a, BOB, "bob")
    assert a.presence.rejected == 0
    assert a.clock.getDelayedCalls() == []


def test_a_stop_waits_a_second_at_most_for_its_good_bye(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = net.nodes["a"]
    told: Deferred[None] = Deferred()
    monkeypatch.setattr(a.broker, "publish", lambda key, message: told)
    stopped = a.presence.stopService()
    fired = []
    for seconds in (0.9, 0.1):
        net.advance(seconds)
        fired.append(stopped.called)
    assert fired == [False, True]
    told.errback(NotSent("too late"))
    assert a.clock.getDelayedCalls() == []


def test_many_users_lost_with_their_node_go_a_slice_at_a_time(net: Net) -> None:
    a, b = net.nodes["a"], net.nodes["b"]
    for number in range(1000):
        come(a, f"{number:016x}", f"user{number}")
    net.quiet()
    net.kill("a")
    net.pass_time(LEASE - 1.0)
    cluster, now = b.presence.cluster, b.clock.seconds() + 1.0
    counts = [1000]
    while counts[-1]:
        due = cluster.next_due()
        assert due is not None
        assert due <= now
        cluster.expire(now)
        counts.append(cluster.view.count("lobby"))
    assert counts == [1000, 750, 500, 250, 0]
    net.advance(1.0)  # shown, and nothing of it is left
    assert b.replay.rooms == {}
