"""Edits, deletions, reactions, read marks and search where there are several nodes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet.defer import maybeDeferred

from support.clients import texts
from support.databases import KINDS, fresh_url
from support.nodes import StartNode
from support.waiting import until

THUMB = "\N{THUMBS UP SIGN}"


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An unused database of each kind."""
    return fresh_url(request.param, tmp_path)


@pytest_twisted.ensureDeferred
async def test_on_one_database_all_is_the_same_everywhere(node: StartNode, url: str) -> None:
    one, other = await node(database=url), await node(database=url)
    ann, bob = await one.connected("ann", "lobby"), await other.connected("bob", "lobby")
    laptop = await other.connected("ann", "lobby", session=ann.me["session"])
    await ann.says("lobby", "helo", msgid="m")
    await bob.push("message", msgid="m")
    await laptop.command("publish", room="lobby", edit="m", text="hello", msgid="e")
    edit = await bob.push("message", edit="m")
    assert (edit["seq"], edit["ref"], edit["of"], edit["text"]) == (2, 1, ann.me["user"], "hello")
    assert await ann.push("message", edit="m") == edit
    await bob.command("publish", room="lobby", react="m", text=THUMB)
    reaction = await ann.push("message", react="m")
    assert (reaction["seq"], reaction["ref"], reaction["text"]) == (3, 1, THUMB)
    for client in (ann, bob):
        assert texts(await client.command("history", room="lobby")) == ["hello", "hello", THUMB]
        assert texts(await client.command("search", words="hel")) == ["hello"]
    assert await bob.refusal("publish", room="lobby", delete="m") == "not_allowed"
    await ann.command("publish", room="lobby", delete="m")
    assert (await bob.push("message", delete="m"))["ref"] == 1
    for client in (ann, bob):
        assert texts(await client.command("search", words="hel")) == []
        assert texts(await client.command("history", room="lobby")) == ["", "", THUMB, ""]
    again = await ann.command("publish", room="lobby", edit="m", text="hello", msgid="e")
    assert again["seq"] == 2


@pytest_twisted.ensureDeferred
async def test_a_mark_is_told_on_the_other_node_and_kept(node: StartNode, url: str) -> None:
    one, other = await node(database=url), await node(database=url)
    ann, bob = await one.connected("ann", "lobby"), await other.connected("bob", "lobby")
    laptop = await other.connected("ann", "lobby", session=ann.me["session"])
    await bob.says_many("lobby", 3)
    await bob.says_many("@ann", 2)
    await ann.command("read", room="lobby", seq=2)
    assert await laptop.push("read") == {"type": "read", "room": "lobby", "seq": 2}
    await laptop.command("read", room="@bob", seq=1)
    assert await ann.push("read") == {"type": "read", "room": "@bob", "seq": 1}
    await laptop.command("read", room="lobby", seq=1)
    assert (await ann.command("join", room="lobby"))["read"] == 2
    await bob.nothing_more()
    assert bob.got("read") == []
    for chat in (one, other):
        await chat.stop()

    chat = await node(database=url)
    back = await chat.connected("ann", session=ann.me["session"])
    assert [(talk["seq"], talk["read"]) for talk in back.me["conversations"]] == [(2, 1)]
    assert (await back.command("join", room="lobby"))["read"] == 2


@pytest_twisted.ensureDeferred
async def test_what_a_node_without_its_broker_missed_is_made_up_for(
    node: StartNode, url: str
) -> None:
    one, other = await node(database=url), await node(database=url)
    ann, bob = await one.connected("ann", "lobby"), await other.connected("bob", "lobby")
    await ann.says("lobby", "helo", msgid="m")
    await bob.push("message", msgid="m")
    await maybeDeferred(other.daemon.broker.stopService)
    await ann.command("publish", room="lobby", edit="m", text="hello")
    await ann.command("publish", room="lobby", react="m", text=THUMB)
    await ann.command("publish", room="lobby", delete="m")
    assert len(bob.got("message")) == 1
    other.daemon.broker.startService()
    await bob.push("message", delete="m")
    deeds = [{"edit", "react", "delete"} & push.keys() for push in bob.got("message")]
    assert deeds == [set(), {"edit"}, {"react"}, {"delete"}]
    assert [push["seq"] for push in bob.got("message")] == [1, 2, 3, 4]


@pytest_twisted.ensureDeferred
async def test_where_logs_are_not_shared_what_is_done_finds_its_message(node: StartNode) -> None:
    """Ann's message has another seq on the node of bob, who talked alone before."""
    here, there = await node(), await node()
    bob = await there.connected("bob", "lobby")
    await bob.says("lobby", "nobody here?")
    ann = await here.connected("ann")
    await until(lambda: there.daemon.presence.user_of("ann") is not None, what="ann, seen there")
    await ann.command("join", room="lobby")
    await bob.push("join", nick="ann")
    mine = await ann.says("lobby", "helo", msgid="m")
    hers = await bob.push("message", msgid="m")
    assert (mine["seq"], hers["seq"]) == (1, 2)
    await ann.command("publish", room="lobby", edit="m", text="hello")
    edit = await bob.push("message", edit="m")
    assert (edit["seq"], edit["ref"], edit["epoch"]) == (3, 2, bob.me["epoch"])
    await bob.command("publish", room="lobby", react="m", text=THUMB)
    reaction = await ann.push("message", react="m")
    assert (reaction["ref"], reaction["epoch"]) == (1, ann.me["epoch"])
    await ann.command("publish", room="lobby", delete="m")
    assert (await bob.push("message", delete="m"))["ref"] == 2
    said = await bob.command("history", room="lobby")
    assert texts(said) == ["nobody here?", "", "", THUMB, ""]


@pytest_twisted.ensureDeferred
async def test_where_logs_are_not_shared_in_private(node: StartNode) -> None:
    here, there = await node(), await node()
    ann, bob = await here.connected("ann"), await there.connected("bob")
    await until(lambda: here.daemon.presence.user_of("bob") is not None, what="bob, seen here")
    await until(lambda: there.daemon.presence.user_of("ann") is not None, what="ann, seen there")
    await ann.says("@bob", "pst", msgid="m")
    await bob.push("message", msgid="m")
    await ann.command("publish", room="@bob", edit="m", text="psst")
    assert (await bob.push("message", edit="m"))["room"] == "@ann"
    await bob.command("publish", room="@ann", react="m", text=THUMB)
    assert (await ann.push("message", react="m"))["room"] == "@bob"
    assert texts(await bob.command("history", room="@ann")) == ["psst", "psst", THUMB]
    assert texts(await bob.command("search", words="psst")) == ["psst"]


@pytest_twisted.ensureDeferred
async def test_outside_listeners_see_the_same_json(
    node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes over room.<room> is the push, as the room sees it."""
    here, there = await node(), await node()
    ann = await here.connected("ann", "lobby")
    heard: list[bytes] = []
    monkeypatch.setattr(there.daemon.news, "heard", lambda key, one: heard.append(one.body))
    await there.connected("bob", "lobby")
    await ann.says("lobby", "helo", msgid="m")
    await ann.command("publish", room="lobby", edit="m", text="hello")
    push = await ann.push("message", edit="m")
    await until(lambda: len(heard) == 2, what="both on the broker")
    assert json.loads(heard[1]) == push
