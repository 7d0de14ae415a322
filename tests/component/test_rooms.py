"""Rooms over `/ws`: who is there, what they are about, what is seen (docs/protocol.md)."""

from __future__ import annotations

from typing import Optional

import pytest
import pytest_twisted

from support.clients import JSONClient
from support.nodes import Node, StartNode

# -- join and leave


@pytest_twisted.ensureDeferred
async def test_joined_tells_of_the_room(node: StartNode) -> None:
    chat = await node()
    ann = await chat.connected("ann", "lobby")
    await ann.says("lobby", "hello")
    await ann.command("topic", room="lobby", text="tea")
    bob = await chat.connected("Bob")
    joined = await bob.command("join", room="#Lobby")
    [entry] = joined.pop("entries")
    joined.pop("id")
    assert joined == {
        "type": "joined",
        "room": "lobby",
        "members": [
            {"nick": "ann", "user": ann.me["user"]},
            {"nick": "Bob", "user": bob.me["user"]},
        ],
        "count": 2,
        "topic": "tea",
        "epoch": bob.me["epoch"],
        "seq": 1,
        "read": 0,
        "more": False,
        "recovered": False,
    }
    assert entry == ann.got("message")[0]
    assert await ann.push("join") == {
        "type": "join",
        "room": "lobby",
        "nick": "Bob",
        "user": bob.me["user"],
        "count": 2,
    }


@pytest_twisted.ensureDeferred
async def test_left_and_the_push_leave(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    left = await bob.command("leave", room="lobby")
    assert {**left, "id": 0} == {"type": "left", "id": 0, "room": "lobby"}
    gone = await ann.push("leave")
    assert isinstance(gone.pop("reason"), str)
    assert gone == {
        "type": "leave",
        "room": "lobby",
        "nick": "bob",
        "user": bob.me["user"],
        "count": 1,
    }
    await ann.says("lobby", "alone")
    await bob.nothing_more()
    assert bob.got("message") == []
    assert await bob.refusal("leave", room="lobby") == "not_in_room"


@pytest.mark.parametrize("room", ["", "#", "a b", "a.b", "*", "x" * 65, "@ann", "\u202e"])
@pytest_twisted.ensureDeferred
async def test_bad_rooms(node: StartNode, room: str) -> None:
    ann = await (await node()).connected("ann")
    for command in ("join", "leave", "presence"):
        assert await ann.refusal(command, room=room) == "bad_room"


@pytest.mark.parametrize("type_", ["leave", "presence", "history"])
@pytest_twisted.ensureDeferred
async def test_what_needs_a_join(node: StartNode, type_: str) -> None:
    ann = await (await node()).connected("ann")
    assert await ann.refusal(type_, room="lobby") == "not_in_room"
    assert await ann.refusal("publish", room="lobby", text="x") == "not_in_room"
    assert await ann.refusal("typing", room="lobby", active=True) == "not_in_room"
    assert await ann.refusal("topic", room="lobby", text="x") == "not_in_room"


@pytest_twisted.ensureDeferred
async def test_a_user_is_in_so_many_rooms_at_most(node: StartNode) -> None:
    chat = await node(max_rooms=2)
    ann = await chat.connected("ann", "one", "two")
    assert await ann.refusal("join", room="three") == "not_allowed"
    other = await chat.connected("ann", "one", session=ann.me["session"])
    assert await other.refusal("join", room="three") == "not_allowed"
    await ann.command("leave", room="two")
    await ann.command("join", room="three")


# -- typing, topic, nick, presence, rooms


@pytest_twisted.ensureDeferred
async def test_typing(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    reply = await ann.command("typing", room="lobby", active=True)
    assert {**reply, "id": 0} == {"type": "ok", "id": 0}
    assert await bob.push("typing") == {
        "type": "typing",
        "room": "lobby",
        "from": "ann",
        "user": ann.me["user"],
        "active": True,
    }
    await ann.command("typing", room="@bob", active=False)
    assert (await bob.push("typing"))["room"] == "@ann"
    await ann.nothing_more()
    assert ann.got("typing") == []
    assert (await bob.command("history", room="lobby"))["entries"] == []


@pytest_twisted.ensureDeferred
async def test_topic(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    assert (await ann.command("topic", room="lobby", text="tea"))["type"] == "ok"
    for client in (ann, bob):
        assert await client.push("topic") == {
            "type": "topic",
            "room": "lobby",
            "from": "ann",
            "text": "tea",
        }
    assert (await bob.command("join", room="lobby"))["topic"] == "tea"
    await bob.command("topic", room="lobby", text="")
    await ann.push("topic", from_="bob", text="")


@pytest_twisted.ensureDeferred
async def test_nick(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    stranger = await chat.connected("cy")
    renamed = await ann.command("nick", nick="Annie")
    assert {**renamed, "id": 0} == {"type": "renamed", "id": 0, "nick": "Annie"}
    push = {"type": "nick", "user": ann.me["user"], "from": "ann", "nick": "Annie"}
    assert await bob.push("nick") == push
    assert await ann.push("nick") == push
    await stranger.nothing_more()
    assert stranger.got("nick") == []
    assert (await ann.says("lobby", "x"))["seq"] == 1
    assert (await bob.push("message"))["from"] == "Annie"


@pytest_twisted.ensureDeferred
async def test_presence_and_rooms(node: StartNode) -> None:
    chat = await node()
    ann = await chat.connected("ann", "lobby")
    await chat.connected("bob", "lobby", "den")
    await ann.command("topic", room="lobby", text="tea")
    presence = await ann.command("presence", room="#lobby")
    assert (presence["type"], presence["room"], presence["count"]) == ("presence", "lobby", 2)
    assert [member["nick"] for member in presence["members"]] == ["ann", "bob"]
    rooms = await ann.command("rooms")
    assert rooms["rooms"] == [
        {"room": "den", "count": 1, "topic": ""},
        {"room": "lobby", "count": 2, "topic": "tea"},
    ]


# -- several connections of one user, and coming back


async def second(chat: Node, first: JSONClient, *rooms: str) -> JSONClient:
    """Another connection of the same user."""
    return await chat.connected(first.me["nick"], *rooms, session=first.me["session"])


@pytest_twisted.ensureDeferred
async def test_two_connections_are_one_user(node: StartNode) -> None:
    chat = await node(grace=3600)
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    other = await second(chat, bob, "lobby")
    assert (await ann.command("presence", room="lobby"))["count"] == 2
    await bob.says("@ann", "from my first")
    await other.push("message", room="@ann", text="from my first")
    await ann.says("@bob", "to both")
    for client in (bob, other):
        await client.push("message", room="@ann", text="to both")
    await bob.close()
    await ann.says("lobby", "bob is still here")
    await other.push("message", text="bob is still here")
    await other.command("leave", room="lobby")
    await ann.push("leave", nick="bob", count=1)
    assert len(ann.got("join", nick="bob")) == 1
    assert len(ann.got("leave", nick="bob")) == 1


@pytest.mark.parametrize("code", [None, 1001, 4000], ids=["lost", "reloaded", "given up"])
@pytest_twisted.ensureDeferred
async def test_who_comes_back_within_the_grace_time_was_never_gone(
    node: StartNode, code: Optional[int]
) -> None:
    chat = await node(grace=3600)
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    if code is None:
        bob.vanish()
    else:
        bob.carrier.sendCloseFrame(code)  # type: ignore[attr-defined]
    await bob.ended()
    back = await second(chat, bob, "lobby")
    assert (await ann.command("presence", room="lobby"))["count"] == 2
    await back.says("lobby", "I am back")
    await ann.push("message", text="I am back")
    await back.close()
    await ann.push("leave", nick="bob")
    assert [push["type"] for push in ann.pushes.seen] == ["join", "message", "leave"]


@pytest_twisted.ensureDeferred
async def test_a_rename_is_of_all_connections(node: StartNode) -> None:
    chat = await node()
    ann = await chat.connected("ann", "lobby")
    other = await second(chat, ann, "lobby")
    await ann.command("nick", nick="annie")
    await other.push("nick", nick="annie")
    await other.says("lobby", "x")
    assert (await ann.push("message"))["from"] == "annie"


@pytest_twisted.ensureDeferred
async def test_joining_again_is_no_news_and_doubles_nothing(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    await bob.command("join", room="lobby")
    await ann.says("lobby", "once")
    await bob.push("message", text="once")
    await bob.nothing_more()
    assert len(bob.got("message")) == 1
    assert len(ann.got("join")) == 1
