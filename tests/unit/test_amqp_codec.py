"""What travels over the broker: read back as it was, and anything alien is refused as such."""

from __future__ import annotations

import json as standard
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rabbitchat.chat import events, views
from rabbitchat.chat.entries import Entry, conversation
from rabbitchat.codecs import amqp, json
from support.fakes import ANN, BOB, TIME, entry

TALK = conversation(ANN, BOB)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
ENTRIES = st.builds(
    entry,
    st.integers(1, 2**53),
    room=st.just("lobby"),
    epoch=st.from_regex(r"[0-9a-f]{16}", fullmatch=True),
    msgid=TEXTS,
    user=st.sampled_from([ANN, BOB, "amqp:ann", "amqp:müller"]),
    nick=st.sampled_from(["ann", "Zoë", "a.b-c_9", "x" * 32]),
    text=TEXTS,
    node=st.sampled_from(["n1", "x" * 64]),
    via=st.sampled_from([None, "amqp"]),
)


def on_the_way(said: Entry, room: str) -> events.Message:
    """An entry as a push that went over the broker."""
    push = amqp.parse(json.encode(views.message(said, room)))
    assert isinstance(push, events.Message)
    return push


@given(ENTRIES)
def test_an_entry_of_a_room_is_read_back(said: Entry) -> None:
    assert amqp.room_entry(on_the_way(said, "lobby"), "lobby", said.node) == said


@given(ENTRIES, st.sampled_from(["bob", "Bob.2", ""]), st.sampled_from([ANN, BOB]))
def test_a_private_entry_is_read_back(said: Entry, peer: str, receiver: str) -> None:
    private = entry(said.seq, TALK, epoch=said.epoch, msgid=said.msgid, text=said.text, peer=peer)
    push = on_the_way(private, "@whatever")
    headers = {"conversation": TALK, "peer": peer}
    assert amqp.private_entry(push, receiver, headers, "n1") == private


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70)
PUSHES = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "typing", "topic", "join", "error"])},
    optional={
        "room": st.just("lobby") | VALUES,
        "epoch": st.just("e1") | VALUES,
        "seq": st.just(1) | VALUES,
        "msgid": st.just("m") | VALUES,
        "from": st.just("ann") | VALUES,
        "user": st.just(ANN) | VALUES,
        "text": st.just("x") | VALUES,
        "time": st.just(TIME) | VALUES,
        "via": VALUES,
        "active": st.just(True) | VALUES,
    },
)
HEADERS = st.fixed_dictionaries(
    {}, optional={"conversation": st.just(TALK) | VALUES, "peer": st.just("bob") | VALUES}
)


def take(body: bytes, key: str, headers: dict[str, Any]) -> None:
    """Read a body in every way there is. Anything but Alien fails the test."""
    try:
        push = amqp.parse(body)
    except amqp.Alien:
        return
    if not isinstance(push, events.Message):
        return
    for read in (
        lambda: amqp.room_entry(push, key, "n1"),
        lambda: amqp.private_entry(push, key, headers, "n1"),
    ):
        try:
            assert isinstance(read(), Entry)
        except amqp.Alien:
            pass


@given(st.binary(max_size=100), st.text(max_size=20), HEADERS)
@example(b'{"type":"message","room":"\xff"}', "lobby", {})
@example(b"[" * 50_000, "lobby", {})
@example(b'{"type":"message","x":' + b"[" * 50_000, "lobby", {})
@example(b'{"type":"message","seq":' + b"9" * 5000 + b"}", "lobby", {})
@example(b'{"type":"topic","room":"\\ud800","from":"a","text":""}', "lobby", {})
def test_any_bytes_are_a_push_or_alien(body: bytes, key: str, headers: dict[str, Any]) -> None:
    take(body, key, headers)


@given(PUSHES, st.just("lobby") | st.just(ANN) | st.text(max_size=20), HEADERS)
def test_any_push_is_an_entry_or_alien(
    push: dict[str, Any], key: str, headers: dict[str, Any]
) -> None:
    take(standard.dumps(push).encode(), key, headers)


def message(**changes: Any) -> events.Message:
    """A sound push, but for the changes."""
    push = standard.loads(json.encode(views.message(entry(1), "lobby")))
    parsed = amqp.parse(standard.dumps({**push, **changes}).encode())
    assert isinstance(parsed, events.Message)
    return parsed


@pytest.mark.parametrize(
    "changes",
    [
        {"room": "other"},
        {"seq": 0},
        {"seq": -1},
        {"seq": 2**53 + 1},
        {"msgid": ""},
        {"msgid": "x" * 65},
        {"text": ""},
        {"text": "x" * (amqp.MAX_TEXT + 1)},
        {"epoch": ""},
        {"epoch": "e 1"},
        {"time": "yesterday"},
        {"time": TIME + "\n"},
        {"user": "ann"},
        {"user": ANN + "\n"},
        {"user": ANN.upper()},
        {"from": ""},
        {"from": "a b"},
        {"from": "a\x1b[2J"},
        {"via": "mail"},
    ],
)
def test_what_no_daemon_writes_is_alien(changes: dict[str, Any]) -> None:
    assert amqp.room_entry(message(), "lobby", "n1") == entry(1)
    with pytest.raises(amqp.Alien):
        amqp.room_entry(message(**changes), "lobby", "n1")


@pytest.mark.parametrize(
    ("user", "headers"),
    [
        (ANN, {}),
        (ANN, {"conversation": TALK}),
        (ANN, {"conversation": TALK, "peer": 5}),
        (ANN, {"conversation": TALK, "peer": "two words"}),
        (ANN, {"conversation": "lobby", "peer": "bob"}),
        (ANN, {"conversation": f"@{BOB}+{ANN}", "peer": "bob"}),  # the wrong way round
        (ANN, {"conversation": f"@{BOB}+{BOB}", "peer": "bob"}),
        ("", {"conversation": TALK, "peer": "bob"}),
        ("a", {"conversation": TALK, "peer": "bob"}),
        (f"{ANN}+", {"conversation": TALK, "peer": "bob"}),
    ],
)
def test_a_private_message_needs_its_receivers_conversation(
    user: str, headers: dict[str, Any]
) -> None:
    assert amqp.private_entry(message(), ANN, {"conversation": TALK, "peer": "bob"}, "n1")
    with pytest.raises(amqp.Alien):
        amqp.private_entry(message(), user, headers, "n1")


@pytest.mark.parametrize(
    "push",
    [
        {"type": "typing", "room": "lobby", "from": "ann", "user": ANN, "active": True},
        {"type": "typing", "room": "@bob", "from": "ann", "user": ANN, "active": False},
        {"type": "topic", "room": "lobby", "from": "ann", "text": ""},
    ],
)
def test_typing_and_topic_pass_and_are_checked(push: dict[str, Any]) -> None:
    assert standard.loads(json.encode(amqp.parse(standard.dumps(push).encode()))) == push
    bad: list[dict[str, Any]] = [{"from": "a\nb"}, {"room": "no room"}, {"room": ""}]
    bad += [{"user": "x"}] if push["type"] == "typing" else [{"text": "x" * 401}]
    for changes in bad:
        with pytest.raises(amqp.Alien):
            amqp.parse(standard.dumps({**push, **changes}).encode())
