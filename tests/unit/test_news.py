"""Events between nodes: where they go, and what is done with what comes."""

from __future__ import annotations

from typing import Any, Optional, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from twisted.internet.task import Clock
from twisted.logger import Logger

from rabbitchat.brokers.interface import Message
from rabbitchat.brokers.limits import check_key, check_message
from rabbitchat.chat import events
from rabbitchat.chat.entries import Entry, conversation
from rabbitchat.delivery import Delivery
from rabbitchat.log.memory import MemoryLog
from rabbitchat.naming import Naming
from rabbitchat.news import News
from rabbitchat.presence import Presence
from rabbitchat.seldom import Seldom
from support.fakes import ANN, BOB, ScriptedBroker, entry

TALK = conversation(ANN, BOB)
TYPING = events.Typing(room="lobby", nick="ann", user=ANN, active=True)
TOPIC = events.TopicChange(room="lobby", nick="ann", text="tea")


class Delivered:
    """A delivery that only remembers."""

    epoch = "e1"

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.told: list[tuple[str, events.Event]] = []

    def offer(self, one: Entry) -> None:
        """An entry came."""
        self.entries.append(one)

    def tell_room(self, name: str, event: events.Event) -> None:
        """Something for a room."""
        self.told.append((name, event))

    def tell_user(self, user: str, event: events.Event) -> None:
        """Something for a user."""
        self.told.append((user, event))


class Node:
    """One node's news."""

    def __init__(self, name: str, persistent: bool = False) -> None:
        clock = Clock()
        presence = Presence(clock, ScriptedBroker(name))
        presence.claim(ANN, "ann")
        presence.claim(BOB, "bob")
        self.delivered = Delivered()
        self.news = News(
            name,
            Naming(presence, MemoryLog(clock)),
            cast(Delivery, self.delivered),
            lambda: persistent,
            Seldom(clock, Logger()),
        )


def sent(one: Entry) -> Delivered:
    """What another node makes of an entry of n1."""
    here, there = Node("n1"), Node("n2")
    for key, message in here.news.address(one):
        check_key(key)
        check_message(message)
        there.news.heard(key, message)
    assert there.news.rejected == 0
    return there.delivered


def test_a_rooms_entry_goes_to_its_key() -> None:
    [(key, message)] = Node("n1").news.address(entry(7))
    assert key == "room.lobby"
    assert (message.message_id, message.type, message.persistent) == ("m7", "message", False)
    assert message.content_type == "application/json"
    assert sent(entry(7)).entries == [entry(7)]


def test_where_logs_are_not_shared_entries_are_persistent() -> None:
    [(_, message)] = Node("n1", persistent=True).news.address(entry(7))
    assert message.persistent


def test_a_private_entry_goes_to_both_sides() -> None:
    private = entry(7, TALK, peer="bob")
    addressed = dict(Node("n1").news.address(private))
    assert set(addressed) == {f"user.{ANN}", f"user.{BOB}"}
    assert b'"@bob"' in addressed[f"user.{ANN}"].body
    assert b'"@ann"' in addressed[f"user.{BOB}"].body
    assert sent(private).entries == [private, private]
    to_oneself = entry(1, conversation(ANN, ANN), peer="ann")
    assert sent(to_oneself).entries == [to_oneself]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64))
def test_every_msgid_that_a_client_may_give_can_travel(msgid: str) -> None:
    assert sent(entry(1, msgid=msgid)).entries == [entry(1, msgid=msgid)]


def test_a_msgid_of_256_bytes_can_travel() -> None:
    long = entry(1, msgid="\N{GRINNING FACE}" * 64)
    assert sent(long).entries == [long]


def test_typing_travels_too() -> None:
    node = Node("n2")
    node.news.heard("room.lobby", Node("n1").news.push(TYPING))
    assert node.delivered.told == [("lobby", TYPING)]


def test_a_topic_is_for_outside_listeners_nodes_have_it_from_presence() -> None:
    node = Node("n2")
    node.news.heard("room.lobby", Node("n1").news.push(TOPIC))
    assert (node.delivered.told, node.news.rejected) == ([], 0)


def test_private_typing_goes_to_the_user() -> None:
    event = events.Typing(room="@ann", nick="ann", user=ANN, active=False)
    node = Node("n2")
    node.news.heard(f"user.{BOB}", Node("n1").news.push(event))
    assert node.delivered.told == [(BOB, event)]


def test_a_read_mark_goes_to_the_users_other_connections() -> None:
    event = events.Read(room="@bob", seq=7)
    node = Node("n2")
    node.news.heard(f"user.{ANN}", Node("n1").news.push(event, "e1"))
    assert node.delivered.told == [(ANN, event)]


def test_a_read_mark_of_another_log_means_nothing_here() -> None:
    event = events.Read(room="@bob", seq=7)
    node = Node("n2")
    for epoch in ("e2", None):
        node.news.heard(f"user.{ANN}", Node("n1").news.push(event, epoch))
    assert (node.delivered.told, node.news.rejected) == ([], 0)


def test_what_is_done_to_a_message_travels_like_one() -> None:
    edit = structs.replace(entry(7), kind="edit", target="m3", of=ANN, ref=3)
    assert sent(edit).entries == [edit]
    private = structs.replace(edit, room=TALK, peer="bob")
    assert sent(private).entries == [private, private]


def test_ones_own_echo_is_no_news() -> None:
    node = Node("n1")
    for key, message in node.news.address(entry(1)):
        node.news.heard(key, message)
    node.news.heard("room.lobby", node.news.push(TYPING))
    assert (node.delivered.entries, node.delivered.told, node.news.rejected) == ([], [], 0)


def with_node(message: Message, node: Optional[Any]) -> Message:
    """The same, said by somebody else."""
    headers = dict(message.headers)
    headers.pop("node")
    if node is not None:
        headers["node"] = node
    return Message(message.body, headers)


@pytest.mark.parametrize("node", [None, "", 5, "x" * 65])
def test_who_does_not_say_which_node_it_is_is_no_node(node: Any) -> None:
    there = Node("n2")
    [(key, message)] = Node("n1").news.address(entry(1))
    there.news.heard(key, with_node(message, node))
    assert (there.delivered.entries, there.news.rejected) == ([], 1)


def test_what_does_not_belong_on_its_key_is_dropped() -> None:
    here, there = Node("n1").news, Node("n2")
    [(_, message)] = here.address(entry(1))
    wrong = [
        ("room.tea", message),
        (f"user.{ANN}", message),
        ("room.tea", here.push(TYPING)),
        (f"user.{ANN}", here.push(TOPIC)),
        ("room.lobby", here.push(events.Read(room="lobby", seq=7), "e1")),
        ("room.lobby", Message(b"nonsense", {"node": "n1"})),
        ("room", message),
    ]
    for key, each in wrong:
        there.news.heard(key, each)
    assert (there.delivered.entries, there.delivered.told) == ([], [])
    assert there.news.rejected == len(wrong)


@given(
    st.sampled_from(["room.lobby", f"user.{ANN}", "room.", "user", "room.\ud800"]),
    st.binary(max_size=80),
    st.dictionaries(
        st.sampled_from(["node", "conversation", "peer"]),
        st.text(max_size=40) | st.integers() | st.booleans(),
    ),
)
def test_nothing_that_comes_raises(key: str, body: bytes, headers: dict[str, Any]) -> None:
    Node("n2").news.heard(key, Message(body, headers))
