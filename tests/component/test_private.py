"""Private conversations over `/ws`, and what they are called (docs/protocol.md)."""

from __future__ import annotations

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from rabbitchat.log.interface import Talk
from support.clients import texts
from support.nodes import StartNode


@pytest_twisted.ensureDeferred
async def test_each_side_of_a_conversation_sees_the_other(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann"), await chat.connected("bob")
    published = await ann.command("publish", room="@BOB", text="psst")
    assert published["room"] == "@bob"
    mine, other = await ann.push("message"), await bob.push("message")
    assert (mine["room"], other["room"]) == ("@bob", "@ann")
    assert {**mine, "room": ""} == {**other, "room": ""}
    assert texts(await bob.command("history", room="@ann")) == ["psst"]
    assert texts(await ann.command("history", room="@bob", after=1)) == []


@pytest_twisted.ensureDeferred
async def test_a_conversation_can_be_read_when_the_other_is_gone(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann"), await chat.connected("bob")
    await ann.says("@bob", "psst")
    await bob.close()
    assert await ann.refusal("publish", room="@bob", text="gone?") == "no_such_user"
    reply = await ann.command("history", room="@bob")
    assert (reply["room"], texts(reply)) == ("@bob", ["psst"])
    assert await ann.refusal("history", room="@cy") == "no_such_user"


@pytest_twisted.ensureDeferred
async def test_who_takes_a_name_reads_nothing_that_was_said_to_the_one_before(
    node: StartNode,
) -> None:
    chat = await node(grace=0.0)
    ann, bob = await chat.connected("ann"), await chat.connected("bob")
    await ann.says("@bob", "for the old bob")
    await bob.command("nick", nick="robert")
    await bob.close()
    new = await chat.connected("bob")
    assert new.me["conversations"] == []
    assert (await new.command("history", room="@ann"))["entries"] == []
    await ann.says("@bob", "for the new bob")
    assert texts(await new.command("history", room="@ann")) == ["for the new bob"]
    old_one = f"@+{bob.me['user']}"
    assert texts(await ann.command("history", room=old_one)) == ["for the old bob"]
    assert await ann.refusal("publish", room=old_one, text="x") == "no_such_user"


@pytest_twisted.ensureDeferred
async def test_a_conversation_is_called_by_the_id_when_somebody_else_has_the_name(
    node: StartNode,
) -> None:
    chat = await node(grace=0.0)
    ann, bob = await chat.connected("ann"), await chat.connected("bob")
    await ann.says("@bob", "for the old bob")
    await bob.close()
    await chat.connected("bob")
    again = await chat.connected("ann", session=ann.me["session"])
    assert [one["room"] for one in again.me["conversations"]] == [f"@+{bob.me['user']}"]
    reply = await ann.command("history", room=f"@+{bob.me['user']}")
    assert (reply["room"], texts(reply)) == (f"@+{bob.me['user']}", ["for the old bob"])


@pytest_twisted.ensureDeferred
async def test_a_user_can_be_addressed_by_id(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann"), await chat.connected("bob")
    assert (await ann.says(f"@+{bob.me['user']}", "psst"))["room"] == "@bob"
    await bob.push("message", room="@ann", text="psst")
    for nobody in ("@+", "@+BOB", "@+0123"):
        assert await ann.refusal("publish", room=nobody, text="x") == "bad_room"
    assert await ann.refusal("publish", room="@+0123456789abcdef", text="x") == "no_such_user"
    assert await ann.refusal("publish", room="@", text="x") == "bad_nick"


@pytest_twisted.ensureDeferred
async def test_a_talk_with_oneself(node: StartNode) -> None:
    ann = await (await node()).connected("ann")
    assert (await ann.says("@ann", "note"))["room"] == "@ann"
    assert texts(await ann.command("history", room="@ann")) == ["note"]
    assert len(ann.got("message")) == 1


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("before", [0, 1])
async def test_what_is_said_while_somebody_connects_is_told_to_them(
    node: StartNode, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """Between the look into the log and the answer: in a conversation that is new, or known."""
    chat = await node(grace=5.0)
    ann, bob = await chat.connected("ann"), await chat.connected("bob")
    for _ in range(before):
        await bob.says("@ann", "before")
    ann.vanish()
    await ann.ended()
    look, looked, go_on = chat.daemon.log.talks, Deferred[None](), Deferred[None]()

    async def slow(user: str) -> list[Talk]:
        found = await look(user)
        looked.callback(None)
        await go_on
        return found

    monkeypatch.setattr(chat.daemon.log, "talks", slow)
    back = await chat.websocket()
    back.send(type="connect", id=1, nick="ann", session=ann.me["session"])
    await looked
    await bob.says("@ann", "meanwhile")
    go_on.callback(None)
    told = (await back.reply(1))["conversations"]
    assert [(one["room"], one["seq"]) for one in told] == [("@bob", before + 1)]
    await bob.says("@ann", "after")
    assert (await back.push("message"))["seq"] == before + 2
