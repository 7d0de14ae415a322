"""Who one is, over `/ws`: `connect`, sessions, ids, what is no command (docs/protocol.md)."""

from __future__ import annotations

import re

import pytest
import pytest_twisted

from support.clients import Event
from support.nodes import StartNode
from support.waiting import until

# -- connect


@pytest_twisted.ensureDeferred
async def test_connected_says_who_and_where_one_is(node: StartNode) -> None:
    chat = await node(rate=2.0, burst=5, ping=25.0, max_text=4000, max_rooms=100)
    ann = await chat.websocket()
    reply = await ann.answer("connect", nick="Ann")
    number = reply.pop("id")
    assert isinstance(number, int)
    session, user, epoch = reply.pop("session"), reply.pop("user"), reply.pop("epoch")
    assert re.fullmatch("[0-9a-f]{16}", user)
    assert session.startswith(f"{user}.")
    assert epoch
    assert reply == {
        "type": "connected",
        "nick": "Ann",
        "node": "node-1",
        "ping": 25.0,
        "limits": {"text": 4000, "rooms": 100, "rate": 2.0, "burst": 5, "edit_within": 900.0},
        "conversations": [],
    }


@pytest.mark.parametrize(
    "command",
    [
        {"type": "join", "room": "lobby"},
        {"type": "leave", "room": "lobby"},
        {"type": "publish", "room": "lobby", "text": "x"},
        {"type": "typing", "room": "lobby", "active": True},
        {"type": "history", "room": "lobby"},
        {"type": "presence", "room": "lobby"},
        {"type": "rooms"},
        {"type": "topic", "room": "lobby", "text": "x"},
        {"type": "nick", "nick": "ann"},
    ],
    ids=lambda command: str(command["type"]),
)
@pytest_twisted.ensureDeferred
async def test_connect_comes_first(node: StartNode, command: Event) -> None:
    ann = await (await node()).websocket()
    assert await ann.refusal(**command) == "not_connected"
    assert (await ann.command("ping"))["type"] == "pong"
    await ann.command("connect", nick="ann")


@pytest.mark.parametrize("nick", ["", "a b", "a\x00", "-ann", "x" * 33, "anna\u0430", "a\u202eb"])
@pytest_twisted.ensureDeferred
async def test_bad_nicks(node: StartNode, nick: str) -> None:
    ann = await (await node()).websocket()
    assert await ann.refusal("connect", nick=nick) == "bad_nick"
    await ann.command("connect", nick="ann")
    assert await ann.refusal("nick", nick=nick) == "bad_nick"


@pytest_twisted.ensureDeferred
async def test_a_nick_in_use_is_refused_and_may_be_free_later(node: StartNode) -> None:
    chat = await node()
    await chat.connected("ann")
    other = await chat.websocket()
    refused = await other.answer("connect", nick="ANN")
    assert (refused["code"], refused["temporary"]) == ("nick_in_use", True)
    await other.command("connect", nick="bob")
    assert await other.refusal("nick", nick="Ann") == "nick_in_use"


@pytest_twisted.ensureDeferred
async def test_connect_is_refused_twice(node: StartNode) -> None:
    ann = await (await node()).connected("ann")
    assert await ann.refusal("connect", nick="ann") == "bad_command"


@pytest_twisted.ensureDeferred
async def test_a_session_makes_the_same_user_again(node: StartNode) -> None:
    chat = await node()
    ann = await chat.connected("ann")
    await ann.close()
    back = await chat.connected("annie", session=ann.me["session"])
    assert (back.me["user"], back.me["nick"]) == (ann.me["user"], "annie")
    assert back.me["session"] == ann.me["session"]


@pytest.mark.parametrize("session", ["", "nonsense", "0123456789abcdef.nonsense"])
@pytest_twisted.ensureDeferred
async def test_a_session_that_is_unknown_makes_a_new_user(node: StartNode, session: str) -> None:
    ann = await (await node()).connected("ann", session=session)
    assert ann.me["session"] != session


@pytest_twisted.ensureDeferred
async def test_a_session_alone_keeps_the_nick_that_its_user_has(node: StartNode) -> None:
    chat = await node(grace=5.0)
    ann = await chat.connected("Ann")
    ann.vanish()
    back = await chat.websocket()
    me = await back.command("connect", session=ann.me["session"])
    assert (me["user"], me["nick"]) == (ann.me["user"], "Ann")


@pytest_twisted.ensureDeferred
async def test_a_session_alone_makes_nobody_new_and_gives_no_nick(node: StartNode) -> None:
    chat = await node()
    ann = await chat.connected("ann")
    session = ann.me["session"]
    back = await chat.websocket()
    assert await back.refusal("connect", session="nonsense") == "no_such_user"
    await ann.close()
    await until(lambda: chat.daemon.presence.user_of("ann") is None)
    assert await back.refusal("connect", session=session) == "bad_nick"
    me = await back.command("connect", session=session, nick="anna")
    assert me["user"] == ann.me["user"]


@pytest_twisted.ensureDeferred
async def test_conversations_are_those_of_the_user_the_latest_first(node: StartNode) -> None:
    chat = await node()
    ann, bob, cy = [await chat.connected(nick) for nick in ("ann", "bob", "cy")]
    for number in range(2):
        await ann.says("@bob", f"to bob {number}")
    await cy.says("@ann", "to ann")
    await cy.says("@bob", "not ann's")
    again = await chat.connected("ann", session=ann.me["session"])
    assert again.me["conversations"] == [
        {"room": "@cy", "seq": 1, "user": cy.me["user"], "read": 0},
        {"room": "@bob", "seq": 2, "user": bob.me["user"], "read": 0},
    ]


# -- ids


@pytest.mark.parametrize("command_id", [0, -1, 2**53, "seven", "", "x" * 64])
@pytest_twisted.ensureDeferred
async def test_an_id_may_be_a_string_or_an_integer(node: StartNode, command_id: object) -> None:
    ann = await (await node()).websocket()
    ann.send(type="ping", id=command_id)
    assert (await ann.replies.next())["id"] == command_id
    ann.send(type="rooms", id=command_id)
    refused = await ann.replies.next()
    assert (refused["id"], refused["code"]) == (command_id, "not_connected")


@pytest.mark.parametrize("command_id", [1.5, True, [], {}, 2**53 + 1, "x" * 65])
@pytest_twisted.ensureDeferred
async def test_any_other_id_is_refused(node: StartNode, command_id: object) -> None:
    ann = await (await node()).websocket()
    ann.send(type="ping", id=command_id)
    assert (await ann.push("error"))["code"] == "bad_command"


@pytest_twisted.ensureDeferred
async def test_without_an_id_only_errors_are_answered(node: StartNode) -> None:
    ann = await (await node()).connected("ann", "lobby")
    for command in (
        {"type": "ping"},
        {"type": "rooms"},
        {"type": "join", "room": "den"},
        {"type": "typing", "room": "den"},
        {"type": "publish", "room": "lobby", "text": "hello"},
        {"type": "leave", "room": "den"},
        {"type": "leave", "room": "den"},
    ):
        ann.send(**command)
    await ann.nothing_more()
    assert [push["type"] for push in ann.pushes.seen] == ["message", "error"]
    error = ann.pushes.seen[1]
    assert error["code"] == "not_in_room"
    assert error["temporary"] is False


# -- what is no command


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("{", "bad_json"),
        ("", "bad_json"),
        ("hello", "bad_json"),
        ("[]", "bad_json"),
        ("7", "bad_json"),
        ("null", "bad_json"),
        ('{"type":"ping"}{"type":"ping"}', "bad_json"),
        ('{"type":"ping","id":NaN}', "bad_json"),
        ("{}", "bad_command"),
        ('{"type":7}', "bad_command"),
        ('{"type":"nonsense"}', "bad_command"),
        ('{"type":"connect"}', "bad_command"),
        ('{"type":"connect","nick":7}', "bad_command"),
        ('{"type":"join","room":null}', "bad_command"),
        ('{"type":"join","room":"lobby","recover":{"seq":1}}', "bad_command"),
        ('{"type":"join","room":"lobby","history":-1}', "bad_command"),
        ('{"type":"publish","room":"lobby","text":["x"]}', "bad_command"),
        ('{"type":"publish","room":"lobby","text":"x","msgid":""}', "bad_command"),
        ('{"type":"typing","room":"lobby","active":"yes"}', "bad_command"),
        ('{"type":"history","room":"lobby","before":1.5}', "bad_command"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_is_no_command_gets_an_error_and_the_connection_stays(
    node: StartNode, sent: str, code: str
) -> None:
    ann = await (await node()).connected("ann", "lobby")
    ann.carrier.send_text(sent)
    error = await ann.push("error")
    assert error["code"] == code
    assert error["temporary"] is False
    await ann.says("lobby", "still here")


@pytest_twisted.ensureDeferred
async def test_a_wrong_command_is_answered_to_its_id(node: StartNode) -> None:
    ann = await (await node()).connected("ann")
    assert await ann.refusal("nonsense") == "bad_command"
    assert await ann.refusal("join") == "bad_command"
    assert await ann.refusal("publish", room="lobby", text=7) == "bad_command"


@pytest_twisted.ensureDeferred
async def test_unknown_fields_are_ignored(node: StartNode) -> None:
    ann = await (await node()).connected("ann", "lobby", colour="red")
    await ann.command("publish", room="lobby", text="x", later={"deep": [1, None]})
