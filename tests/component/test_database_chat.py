"""The chat on a database: daemons that share one, and a daemon that is stopped and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_twisted

from support.clients import texts
from support.databases import KINDS, fresh_url
from support.nodes import StartNode


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An unused database of each kind."""
    return fresh_url(request.param, tmp_path)


@pytest_twisted.ensureDeferred
async def test_a_daemon_comes_back_with_everything(node: StartNode, url: str) -> None:
    chat = await node(database=url)
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    first = await ann.says("lobby", "hello bob", msgid="m1")
    await bob.says("lobby", "hello ann")
    await ann.command("publish", room="@bob", text="psst")
    await chat.stop()

    chat = await node(database=url)
    back = await chat.connected("ann", session=ann.me["session"])
    assert back.me["user"] == ann.me["user"]
    assert back.me["epoch"] == ann.me["epoch"]
    place = {"epoch": ann.me["epoch"], "seq": first["seq"]}
    joined = await back.command("join", room="lobby", recover=place)
    assert joined["recovered"] is True
    assert texts(joined) == ["hello ann"]
    again = await back.command("publish", room="lobby", text="hello bob", msgid="m1")
    assert (again["seq"], again["time"]) == (first["seq"], first["time"])
    history = await back.command("history", room="lobby")
    assert texts(history) == ["hello bob", "hello ann"]
    stranger = await chat.connected("bob", "lobby")
    assert stranger.me["user"] != bob.me["user"]
    same = await chat.connected("robert", session=bob.me["session"])
    private = await same.command("history", room="@ann")
    assert texts(private) == ["psst"]


@pytest_twisted.ensureDeferred
async def test_daemons_on_one_database_are_one_log(node: StartNode, url: str) -> None:
    one, other = await node(database=url), await node(database=url)
    ann, bob = await one.connected("ann", "lobby"), await other.connected("bob", "lobby")
    assert ann.me["epoch"] == bob.me["epoch"]
    await ann.says("lobby", "from one", msgid="m1")
    assert (await bob.push("message"))["text"] == "from one"
    said = await bob.says("lobby", "from the other")
    assert (await ann.push("message", text="from the other"))["seq"] == said["seq"] == 2
    assert one.daemon.report()["history_shared"]
    await ann.close()
    there = await other.connected("ann", session=ann.me["session"])
    assert there.me["user"] == ann.me["user"]
    place = {"epoch": ann.me["epoch"], "seq": 1}
    joined = await there.command("join", room="lobby", recover=place)
    assert (joined["recovered"], texts(joined)) == (True, ["from the other"])
    again = await there.command("publish", room="lobby", text="from one", msgid="m1")
    assert again["seq"] == 1
    await there.says("lobby", "the end")
    assert (await bob.push("message", text="the end"))["seq"] == 3
