"""Several daemons on one exchange, each with a log of its own: one chat."""

from __future__ import annotations

import json

import pytest
import pytest_twisted
from twisted.internet.defer import maybeDeferred
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from zope.interface import implementer

from rabbitchat.brokers.interface import Message
from support.clients import JSONClient, texts
from support.nodes import Node, StartNode
from support.waiting import until


async def meet(node: StartNode, **options: object) -> tuple[Node, Node, JSONClient, JSONClient]:
    """Two nodes, ann on the one and bob on the other, who have seen each other."""
    here, there = await node(**options), await node(**options)
    ann, bob = await here.connected("ann", "lobby"), await there.connected("bob", "lobby")
    await ann.push("join", nick="bob")
    await until(lambda: there.daemon.presence.count("lobby") == 2, what="ann, seen there")
    return here, there, ann, bob


@pytest_twisted.ensureDeferred
async def test_everything_is_seen_on_the_other_node(node: StartNode) -> None:
    here, there, ann, bob = await meet(node)
    await ann.says("lobby", "hello")
    heard = await bob.push("message", text="hello")
    assert (heard["from"], heard["user"], heard["epoch"]) == (
        "ann",
        ann.me["user"],
        bob.me["epoch"],
    )
    await ann.command("typing", room="lobby", active=True)
    await bob.push("typing", room="lobby", from_="ann", active=True)
    await ann.command("topic", room="lobby", text="tea")
    await bob.push("topic", room="lobby", from_="ann", text="tea")
    await ann.command("nick", nick="annie")
    await bob.push("nick", from_="ann", nick="annie")
    await ann.says("@bob", "psst")
    await bob.push("message", room="@annie", text="psst")
    await bob.command("typing", room="@annie", active=True)
    await ann.push("typing", room="@bob", active=True)
    await bob.says("@annie", "psst yourself")
    await ann.push("message", room="@bob", text="psst yourself")
    assert texts(await bob.command("history", room="lobby")) == ["hello"]
    assert texts(await ann.command("history", room="@bob")) == ["psst", "psst yourself"]
    assert (await bob.command("rooms"))["rooms"] == [{"room": "lobby", "count": 2, "topic": "tea"}]
    await ann.close()
    await bob.push("leave", nick="annie", count=1)
    assert len(bob.got("message", text="hello")) == 1


@pytest_twisted.ensureDeferred
async def test_a_nick_is_of_the_whole_chat(node: StartNode) -> None:
    here, there, ann, bob = await meet(node)
    other = await there.websocket()
    assert await other.refusal("connect", nick="Ann") == "nick_in_use"
    assert await bob.refusal("nick", nick="ann") == "nick_in_use"


@pytest_twisted.ensureDeferred
async def test_who_talk_at_once_see_all_of_it_once_and_in_order(node: StartNode) -> None:
    _, _, ann, bob = await meet(node)
    for number in range(30):
        ann.send(type="publish", room="lobby", text=f"a{number}")
        bob.send(type="publish", room="lobby", text=f"b{number}")
    for client in (ann, bob):
        for number in range(30):
            await client.push("message", text=f"a{number}")
            await client.push("message", text=f"b{number}")
        seen = [push["text"] for push in client.got("message")]
        assert [text for text in seen if text[0] == "a"] == [f"a{n}" for n in range(30)]
        assert [text for text in seen if text[0] == "b"] == [f"b{n}" for n in range(30)]
        seqs = [push["seq"] for push in client.got("message")]
        assert seqs == list(range(1, 61))


@pytest_twisted.ensureDeferred
async def test_the_users_of_a_node_that_stops_leave_after_the_grace_time(
    node: StartNode,
) -> None:
    here, there, ann, bob = await meet(node, grace=1.0)
    await here.stop()
    assert await ann.closed() == (3000, True)
    assert (await bob.command("presence", room="lobby"))["count"] == 2
    await bob.push("leave", nick="ann", count=1)


@pytest_twisted.ensureDeferred
async def test_a_node_without_its_broker_goes_on_and_catches_up(node: StartNode) -> None:
    here, there, ann, bob = await meet(node)
    await maybeDeferred(here.daemon.broker.stopService)
    await ann.says_many("lobby", 3, "while away {}")
    await bob.says("lobby", "on the other side")
    assert bob.got("message", from_="ann") == []
    here.daemon.broker.startService()
    for number in (1, 2, 3):
        await bob.push("message", text=f"while away {number}")
    await ann.says("lobby", "back")
    await bob.push("message", text="back")
    seen = [push["text"] for push in bob.got("message", from_="ann")]
    assert seen == ["while away 1", "while away 2", "while away 3", "back"]


@pytest_twisted.ensureDeferred
async def test_that_history_is_not_shared_is_said_once(node: StartNode) -> None:
    said: list[LogEvent] = []
    observer = implementer(ILogObserver)(lambda event: said.append(event))
    globalLogPublisher.addObserver(observer)
    try:
        here, there, ann, bob = await meet(node)
        for number in range(3):
            await ann.says("lobby", f"{number}")
            await bob.push("message", text=f"{number}")
    finally:
        globalLogPublisher.removeObserver(observer)
    lines = [one for one in said if "history isn't shared" in str(one.get("log_format"))]
    assert sorted(line["node"] for line in lines) == ["node-1", "node-2"], "each of the other"
    assert there.daemon.report()["history_shared"] is False


# -- what outside programs put on the exchange


def post(text: str, **fields: str) -> Message:
    """A post in JSON."""
    body = json.dumps({"text": text, "from": "ci", **fields}).encode()
    return Message(body, content_type="application/json")


@pytest_twisted.ensureDeferred
async def test_an_outside_program_posts(node: StartNode) -> None:
    here, _, ann, bob = await meet(node)
    publish = here.daemon.broker.publish
    await publish("post.lobby", post("in JSON", msgid="m"))
    await publish("post.lobby", post("in JSON again", msgid="m"))
    plain = Message(
        "als Text ü".encode(), headers={"from": "ci"}, content_type="text/plain", message_id="p"
    )
    await publish("post.Lobby", plain)
    await publish("post.lobby", plain)
    for client in (ann, bob):
        first = await client.push("message", text="in JSON")
        assert (first["from"], first["user"], first["via"]) == ("ci", "amqp:ci", "amqp")
        await client.push("message", text="als Text ü")
    await ann.says("lobby", "that was it")
    await bob.push("message", text="that was it")
    assert len(ann.got("message")) == len(bob.got("message")) == 3


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("post.lobby", Message(b"\xff\xfe", headers={"from": "ci"}, content_type="text/plain")),
        ("post.lobby", Message(b"no sender", content_type="text/plain")),
        ("post.lobby", Message(b"x", headers={"from": 7}, content_type="text/plain")),
        ("post.lobby", Message(b"{", content_type="application/json")),
        ("post.lobby", Message(b"[" * 50_000, content_type="application/json")),
        ("post.lobby", Message(b'{"text":7,"from":"ci"}', content_type="application/json")),
        ("post.lobby", Message(b"x", content_type="image/png", headers={"from": "ci"})),
        ("post.lobby", post("  ")),
        ("post.lobby", post("x" * 4001)),
        ("post.lobby", post("I am not ann", **{"from": "Ann"})),
        ("post.lobby", post("x", **{"from": "a b"})),
        ("post.a.b", post("x")),
        ("post.@ann", post("x")),
        ("post.", post("x")),
        ("room.lobby", post("I am no node")),
        ("room.lobby", Message(b"\x00\xff", headers={"node": "x"}, type="message")),
        ("room.lobby", Message(b"[" * 50_000, headers={"node": "x"}, type="message")),
        (
            "room.lobby",
            Message(
                b'{"type":"topic","room":"den","from":"x","text":"y"}',
                headers={"node": "x"},
                type="topic",
            ),
        ),
        ("room.lobby", Message(b'{"type":"message"}', headers={"node": "x"})),
        ("presence.x", Message(b"nonsense")),
        ("presence.node-2", Message(b'{"kind":"hello","node":"other"}')),
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_is_malformed_is_counted_and_stops_nothing(
    node: StartNode, key: str, message: Message
) -> None:
    here, there, ann, bob = await meet(node)

    def rejected() -> float:
        return sum(
            one.figure("rejected", kind=kind)
            for one in (here, there)
            for kind in ("news", "post", "presence")
        )

    await here.daemon.broker.publish(key, message)
    await until(rejected, what="a rejection")
    await here.daemon.broker.publish("post.lobby", post("the next one"))
    await bob.push("message", text="the next one")
    await ann.says("lobby", "all is well")
    await bob.push("message", text="all is well")
    assert len(bob.got("message")) == 2


@pytest_twisted.ensureDeferred
async def test_a_join_is_seen_before_what_the_newcomer_says_at_once(node: StartNode) -> None:
    here, there, ann, bob = await meet(node)
    bot = await here.websocket()
    bot.send(type="connect", nick="bot")
    bot.send(type="join", room="lobby")
    bot.send(type="publish", room="lobby", text="hello")
    await bob.push("message", text="hello")
    seen = [push["type"] for push in bob.pushes.seen]
    assert seen.index("join") < seen.index("message")
