"""The chat on a database: daemons that share one, and a daemon that is stopped and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor

from rabbitchat.chat.entries import Draft, conversation
from rabbitchat.chat.errors import Close
from rabbitchat.database.database import Database
from rabbitchat.log.sql import SqlLog
from support.clients import texts
from support.databases import KINDS, fresh_url
from support.nodes import StartNode
from support.postgresql import PostgreSQL
from support.waiting import until

reactor: Any = _reactor


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
async def test_what_the_broker_lost_comes_when_the_database_does(
    node: StartNode, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rabbitchat.database.database.IDLE", 0.5)
    url = postgresql.new_database()
    chat = await node(database=url)
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob")
    other = SqlLog(Database(reactor, url), reactor)  # a node whose word doesn't come
    other.startService()
    me = bob.me["user"]
    talk = conversation(ann.me["user"], me)
    for room, text in (("lobby", "hello"), (talk, "psst")):
        put = Draft(
            room=room,
            msgid=text,
            user=me,
            nick="bob",
            text=text,
            time="2026-01-01T00:00:00.000Z",
            node="node-9",
            peer="ann",
        )
        await other.append(put)
    await other.stopService()
    await postgresql.stop_later()
    await until(lambda: not chat.daemon.log.state.up, what="the daemon has noticed")
    report = chat.daemon.report()
    assert (report["status"], report["database"]["up"]) == ("failing", False)
    assert report["reason"].startswith("nothing can be stored: ")
    assert chat.figure("database_up") == 0
    began = reactor.seconds()
    await postgresql.start_later()
    assert (await ann.push("message", text="hello"))["seq"] == 1
    assert (await ann.push("message", text="psst"))["room"] == "@bob"
    assert reactor.seconds() - began < 10, "that was the next comparison"
    assert chat.daemon.report()["database"] == {"up": True, "reason": ""}
    assert chat.figure("database_up") == 1


@pytest_twisted.ensureDeferred
async def test_who_connects_does_not_take_from_others_what_the_broker_lost(
    node: StartNode, url: str
) -> None:
    """Neither from the other side of a conversation nor from a device of one's own."""
    chat = await node(database=url)
    ann, bob = await chat.connected("ann"), await chat.connected("bob")
    await bob.close()
    await _say_unheard(url, ann.me["user"], bob.me["user"], "one")
    again = await chat.connected("bob", session=bob.me["session"])
    assert [talk["seq"] for talk in again.me["conversations"]] == [1]
    await again.says("@ann", "two")
    for seq, text in enumerate(("one", "two"), 1):
        assert (await ann.push("message", room="@bob", text=text))["seq"] == seq
    cora = await chat.connected("cora")
    await cora.close()
    await _say_unheard(url, ann.me["user"], cora.me["user"], "three")
    second = await chat.connected("ann", session=ann.me["session"])
    assert [talk["seq"] for talk in second.me["conversations"]] == [1, 2]
    assert (await ann.push("message", text="three"))["seq"] == 1
    for one in (ann, again, second):
        await one.nothing_more()
    assert [push["text"] for push in ann.got("message")] == ["one", "two", "three"]


async def _say_unheard(url: str, to: str, user: str, text: str) -> None:
    """A node whose word doesn't come stores what a user says to another."""
    log = SqlLog(Database(reactor, url), reactor)
    log.startService()
    await log.append(
        Draft(
            room=conversation(to, user),
            msgid=text,
            user=user,
            nick="somebody",
            text=text,
            time="2026-01-01T00:00:00.000Z",
            node="node-9",
            peer="ann",
        )
    )
    await log.stopService()


@pytest_twisted.ensureDeferred
async def test_another_database_in_its_place_sends_everybody_to_come_back(
    node: StartNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rabbitchat.database.database.IDLE", 0.5)
    chat = await node(database=f"sqlite:///{tmp_path}/chat.sqlite")
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob")
    await ann.says("lobby", "in the old one")
    (tmp_path / "chat.sqlite").unlink()
    for one in (ann, bob):
        assert (await one.push("disconnect"))["code"] == Close.STATE_LOST
    back = await chat.connected("anna", session=ann.me["session"])
    assert back.me["epoch"] != ann.me["epoch"]
    assert back.me["user"] != ann.me["user"], "who is known stood in the old one, too"
    place = {"epoch": ann.me["epoch"], "seq": 1}
    joined = await back.command("join", room="lobby", recover=place)
    assert (joined["recovered"], joined["seq"]) == (False, 0)
    assert (await back.says("lobby", "in the new one"))["seq"] == 1


@pytest_twisted.ensureDeferred
async def test_what_a_lost_node_did_not_tell_comes_when_it_is_given_up(
    node: StartNode, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await node(database=url), await node(database=url)
    ann, bob = await one.connected("ann", "lobby"), await other.connected("bob", "lobby")
    await until(lambda: one.daemon.presence.count("lobby") == 2, what="both are seen")
    # It dies before it has published.
    monkeypatch.setattr(other.daemon.outbox, "put", lambda entry: None)
    await bob.says("lobby", "the last words")
    await other.stop()
    assert (await ann.push("message", text="the last words"))["seq"] == 1


@pytest_twisted.ensureDeferred
async def test_daemons_with_a_file_each_know_it_and_hear_one_another(
    node: StartNode, tmp_path: Path
) -> None:
    one = await node(database=f"sqlite:///{tmp_path}/one.sqlite")
    assert one.daemon.report()["history_shared"]
    other = await node(database=f"sqlite:///{tmp_path}/other.sqlite")
    daemons = [one.daemon, other.daemon]
    await until(
        lambda: not any(daemon.report()["history_shared"] for daemon in daemons),
        what="both know that they don't share it",
    )
    ann, bob = await one.connected("ann", "lobby"), await other.connected("bob", "lobby")
    await ann.says("lobby", "from one")
    assert (await bob.push("message"))["text"] == "from one"
    joined = await bob.command("join", room="lobby", history=10)
    assert texts(joined) == ["from one"], "it is in this log, too"


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
