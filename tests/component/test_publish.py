"""Saying things over `/ws`: `publish`, its `msgid`, and its errors (docs/protocol.md)."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
import pytest_twisted

from rabbitchat.chat.entries import Draft
from rabbitchat.log.interface import Appended, Unavailable
from support.nodes import StartNode


@pytest_twisted.ensureDeferred
async def test_published_and_the_message(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    before = datetime.now(timezone.utc)
    published = await ann.command("publish", room="#LOBBY", text="hello\nbob", msgid="m-1")
    assert ann.everything[-1] == published, "the reply comes before one's own message"
    message = await ann.push("message")
    time = datetime.fromisoformat(message["time"].replace("Z", "+00:00"))
    assert abs((time - before).total_seconds()) < 10
    assert message["time"].endswith("Z")
    assert message == {
        "type": "message",
        "room": "lobby",
        "epoch": ann.me["epoch"],
        "seq": 1,
        "msgid": "m-1",
        "from": "ann",
        "user": ann.me["user"],
        "text": "hello\nbob",
        "time": message["time"],
    }
    published.pop("id")
    assert published == {
        "type": "published",
        "room": "lobby",
        "msgid": "m-1",
        "seq": 1,
        "time": message["time"],
    }
    assert await bob.push("message") == message


@pytest_twisted.ensureDeferred
async def test_without_a_msgid_the_server_makes_one(node: StartNode) -> None:
    ann = await (await node()).connected("ann", "lobby")
    first, second = await ann.says_many("lobby", 2)
    assert 0 < len(first["msgid"]) <= 64
    assert first["msgid"] != second["msgid"]


@pytest_twisted.ensureDeferred
async def test_the_same_msgid_again_says_nothing_again(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby", "den"), await chat.connected("bob", "lobby")
    first = await ann.says("lobby", "hello", msgid="m")
    await ann.says("lobby", "in between")
    for room in ("lobby", "den", "@bob", "@nobody"):
        again = await ann.command("publish", room=room, text="another text", msgid="m")
        assert {**again, "id": 0} == {**first, "id": 0}
    other = await bob.says("lobby", "bob's m", msgid="m")  # a msgid is the user's own
    assert other["seq"] == 3
    await ann.push("message", seq=3)
    assert [push["text"] for push in ann.got("message")] == ["hello", "in between", "bob's m"]


@pytest_twisted.ensureDeferred
async def test_a_private_msgid_again_after_the_peer_took_another_name(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann"), await chat.connected("bob")
    first = await ann.says("@bob", "psst", msgid="m")
    await bob.command("nick", nick="robert")
    await chat.connected("bob2")
    again = await ann.command("publish", room="@bob", text="psst", msgid="m")
    assert (again["seq"], again["room"]) == (first["seq"], "@robert")
    await bob.nothing_more()
    assert len(bob.got("message")) == 1


@pytest_twisted.ensureDeferred
async def test_texts_too_long_or_empty(node: StartNode) -> None:
    ann = await (await node(max_text=10)).connected("ann", "lobby")
    assert await ann.refusal("publish", room="lobby", text="x" * 11) == "text_too_long"
    assert await ann.refusal("topic", room="lobby", text="x" * 401) == "text_too_long"
    for empty in ("", " \n\t"):
        assert await ann.refusal("publish", room="lobby", text=empty) == "bad_command"
    assert (await ann.says("lobby", "👩‍🚀" * 3))["seq"] == 1


@pytest_twisted.ensureDeferred
async def test_unavailable_is_settled_by_the_same_msgid(
    node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log fails once after it has stored the message."""
    chat = await node()
    ann = await chat.connected("ann", "lobby")
    append = chat.daemon.log.append

    async def stores_and_fails(draft: Draft) -> Appended:
        await append(draft)
        monkeypatch.undo()
        raise Unavailable

    with monkeypatch.context() as patched:
        patched.setattr(chat.daemon.log, "append", stores_and_fails)
        refused = await ann.answer("publish", room="lobby", text="once", msgid="m")
    assert (refused["code"], refused["temporary"]) == ("unavailable", True)
    assert (await ann.says("lobby", "once", msgid="m"))["seq"] == 1
    assert len((await ann.command("history", room="lobby"))["entries"]) == 1
