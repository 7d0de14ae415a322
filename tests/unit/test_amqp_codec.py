"""What travels over the broker: read back as it was, and anything alien is refused as such."""

from __future__ import annotations

import json as standard
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

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


DEEDS = [
    {"kind": "edit", "text": "new", "of": ANN, "ref": 3},
    {"kind": "edit", "text": "", "of": ANN, "deleted": True},
    {"kind": "delete", "text": "", "of": ANN, "ref": 2**53},
    {"kind": "react", "text": "\N{THUMBS UP SIGN}", "of": BOB},
    {"kind": "react", "text": ":yes:", "of": "amqp:ci", "ref": 3, "active": False},
    {"edited": TIME, "text": "new"},
    {"edited": TIME, "text": "", "deleted": True},
]


def deed(seq: int, room: str, **fields: Any) -> Entry:
    """An entry that something became of, or that does something to the message `m3`."""
    target = "m3" if "kind" in fields else None
    return structs.replace(entry(seq, room), target=target, **fields)


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


@pytest.mark.parametrize("fields", DEEDS)
def test_what_is_done_to_a_message_is_read_back(fields: dict[str, Any]) -> None:
    said = deed(4, "lobby", **fields)
    assert amqp.room_entry(on_the_way(said, "lobby"), "lobby", said.node) == said
    private = structs.replace(deed(4, TALK, **fields), peer="bob")
    push = on_the_way(private, "@whatever")
    headers = {"conversation": TALK, "peer": "bob"}
    assert amqp.private_entry(push, BOB, headers, "n1") == private


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70)
PUSHES = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "typing", "topic", "read", "join", "error"])},
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
        **{name: st.just("m") | VALUES for name in ("edit", "delete", "react")},
        "of": st.just(ANN) | VALUES,
        "ref": st.just(1) | VALUES,
        "edited": st.just(TIME) | VALUES,
        "deleted": st.just(True) | VALUES,
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
        {"deleted": True},
        {"deleted": False},
        {"text": "", "deleted": False},
        {"edited": "yesterday"},
        {"of": ANN},
        {"ref": 1},
        {"active": True},
        {"active": False},
    ],
)
def test_what_no_daemon_writes_is_alien(changes: dict[str, Any]) -> None:
    assert amqp.room_entry(message(), "lobby", "n1") == entry(1)
    with pytest.raises(amqp.Alien):
        amqp.room_entry(message(**changes), "lobby", "n1")


EDIT = {"edit": "m", "of": ANN, "ref": 1}
DELETE = {"delete": "m", "of": ANN, "ref": 1, "text": ""}
REACT = {"react": "m", "of": BOB, "ref": 1, "text": "+1"}


@pytest.mark.parametrize(
    ("sound", "changes"),
    [
        (EDIT, {"edit": ""}),
        (EDIT, {"edit": "x" * 65}),
        (EDIT, {"delete": "m"}),
        (EDIT, {"react": "m"}),
        (EDIT, {"text": ""}),
        (EDIT, {"text": "x" * (amqp.MAX_TEXT + 1)}),
        (EDIT, {"text": "", "deleted": False}),
        (EDIT, {"deleted": True}),
        (EDIT, {"edited": TIME}),
        (EDIT, {"of": BOB}),  # somebody else's message
        (EDIT, {"of": "ann"}),
        (EDIT, {"ref": 0}),
        (EDIT, {"ref": 2**53 + 1}),
        (EDIT, {"active": False}),
        (DELETE, {"text": "x"}),
        (DELETE, {"of": BOB}),
        (DELETE, {"deleted": True}),
        (DELETE, {"active": False}),
        (REACT, {"text": ""}),
        (REACT, {"text": "a b"}),
        (REACT, {"text": "x" * 33}),
        (REACT, {"text": "", "deleted": True}),
        (REACT, {"of": ""}),
        (REACT, {"active": True}),
        (REACT, {"edited": TIME}),
    ],
)
def test_what_no_daemon_does_to_a_message_is_alien(
    sound: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert amqp.room_entry(message(**sound), "lobby", "n1")
    with pytest.raises(amqp.Alien):
        amqp.room_entry(message(**{**sound, **changes}), "lobby", "n1")


def test_it_is_said_whose_message_something_is_done_to() -> None:
    for sound in (EDIT, DELETE, REACT):
        push = message(**{name: value for name, value in sound.items() if name != "of"})
        with pytest.raises(amqp.Alien):
            amqp.room_entry(push, "lobby", "n1")


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


def test_a_read_mark_passes_and_is_checked() -> None:
    push = {"type": "read", "room": "@bob", "seq": 7}
    assert standard.loads(json.encode(amqp.parse(standard.dumps(push).encode()))) == push
    bad: list[dict[str, Any]] = [{"room": "no room"}, {"seq": -1}, {"seq": 2**53 + 1}, {"seq": ""}]
    for changes in bad:
        with pytest.raises(amqp.Alien):
            amqp.parse(standard.dumps({**push, **changes}).encode())
