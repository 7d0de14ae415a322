"""Up to where one has read, over `/ws`: the same on every device (docs/protocol.md)."""

from __future__ import annotations

import pytest
import pytest_twisted

from rabbitchat.brokers.interface import Message
from support.clients import JSONClient
from support.nodes import Node, StartNode
from support.waiting import until


async def ann_twice(chat: Node) -> tuple[JSONClient, JSONClient, JSONClient]:
    """Ann at two devices and bob in the lobby, where bob said five things."""
    bob = await chat.connected("bob", "lobby")
    await bob.says_many("lobby", 5)
    phone = await chat.connected("ann", "lobby")
    laptop = await chat.connected("ann", "lobby", session=phone.me["session"])
    return phone, laptop, bob


async def mark(client: JSONClient, room: str = "lobby") -> int:
    """Where the mark is in a room."""
    read: int = (await client.command("join", room=room))["read"]
    return read


@pytest_twisted.ensureDeferred
async def test_what_was_read_here_was_read_there(node: StartNode) -> None:
    phone, laptop, bob = await ann_twice(await node())
    assert await mark(laptop) == 0
    assert (await phone.command("read", room="lobby", seq=3))["type"] == "ok"
    assert await laptop.push("read") == {"type": "read", "room": "lobby", "seq": 3}
    assert await mark(laptop) == await mark(phone) == 3
    assert await mark(bob) == 0
    for other in (phone, bob):
        await other.nothing_more()
        assert other.got("read") == []


@pytest_twisted.ensureDeferred
async def test_a_mark_moves_forward_and_no_further_than_the_newest(node: StartNode) -> None:
    phone, laptop, _ = await ann_twice(await node())
    await phone.command("read", room="#Lobby", seq=4)
    await phone.command("read", room="lobby", seq=2)
    assert await mark(phone) == 4
    await phone.command("read", room="lobby", seq=2**53)
    assert await mark(phone) == 5
    await laptop.nothing_more()
    assert [push["seq"] for push in laptop.got("read")] == [4, 5]
    assert await phone.refusal("read", room="lobby", seq=-1) == "bad_command"
    assert await phone.refusal("read", room="lobby") == "bad_command"


@pytest_twisted.ensureDeferred
async def test_saying_something_is_not_reading(node: StartNode) -> None:
    """The client counts what others said after the mark."""
    phone, _, _ = await ann_twice(await node())
    await phone.command("read", room="lobby", seq=5)
    await phone.says("lobby", "mine")
    assert await mark(phone) == 5


@pytest_twisted.ensureDeferred
async def test_marks_of_conversations(node: StartNode) -> None:
    chat = await node(grace=0.0)
    ann, bob = await chat.connected("ann"), await chat.connected("bob")
    await bob.says_many("@ann", 3)
    laptop = await chat.connected("ann", session=ann.me["session"])
    await ann.command("read", room="@bob", seq=2)
    assert await laptop.push("read") == {"type": "read", "room": "@bob", "seq": 2}
    await bob.close()
    await ann.command("read", room=f"@+{bob.me['user']}", seq=3)
    assert await laptop.push("read") == {"type": "read", "room": "@bob", "seq": 3}
    again = await chat.connected("ann", session=ann.me["session"])
    [talk] = again.me["conversations"]
    assert (talk["room"], talk["seq"], talk["read"]) == ("@bob", 3, 3)
    back = await chat.connected("bob", session=bob.me["session"])
    assert back.me["conversations"][0]["read"] == 0


@pytest_twisted.ensureDeferred
async def test_only_what_one_may_read_can_be_marked(node: StartNode) -> None:
    ann = await (await node()).connected("ann")
    assert await ann.refusal("read", room="lobby", seq=1) == "not_in_room"
    assert await ann.refusal("read", room="@bob", seq=1) == "no_such_user"
    assert await ann.refusal("read", room="no room", seq=1) == "bad_room"


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("room.lobby", b'{"type":"read","room":"lobby","seq":1}'),
        ("user.ANN", b'{"type":"read","room":"lobby","seq":-1}'),
        ("user.ANN", b'{"type":"read","room":"no room","seq":1}'),
    ],
)
@pytest_twisted.ensureDeferred
async def test_no_mark_comes_from_outside(node: StartNode, key: str, body: bytes) -> None:
    chat = await node()
    phone, laptop, _ = await ann_twice(chat)
    message = Message(body, {"node": "x", "epoch": phone.me["epoch"]})
    await chat.daemon.broker.publish(key.replace("ANN", phone.me["user"]), message)
    await until(lambda: chat.figure("rejected", kind="news") == 1, what="the rejection")
    await laptop.nothing_more()
    assert laptop.got("read") == []


@pytest_twisted.ensureDeferred
async def test_a_mark_of_another_nodes_own_log_is_none_here(node: StartNode) -> None:
    chat = await node()
    phone, _, _ = await ann_twice(chat)
    body = b'{"type":"read","room":"lobby","seq":1}'
    key = f"user.{phone.me['user']}"
    await chat.daemon.broker.publish(key, Message(body, {"node": "x", "epoch": "e1"}))
    await chat.daemon.broker.publish(
        key, Message(body.replace(b"1", b"2"), {"node": "x", "epoch": phone.me["epoch"]})
    )
    assert (await phone.push("read"))["seq"] == 2
    assert len(phone.got("read")) == 1
