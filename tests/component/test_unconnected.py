"""Two daemons with a broker each on one database: half a chat, and they say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest_twisted

from support.http import fetch
from support.nodes import StartNode
from support.waiting import until


@pytest_twisted.ensureDeferred
async def test_a_database_is_shared_and_the_broker_is_not(node: StartNode, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/chat.sqlite"
    before = await node(database=url)
    await (await before.connected("cy", "lobby")).says("lobby", "from before")
    await before.stop()
    one, other = await node(database=url, alone=True), await node(database=url, alone=True)
    ann, bob = await one.connected("ann", "lobby"), await other.connected("bob", "lobby")
    await one.daemon.delivery.compare()
    await ann.says("lobby", "hello")
    assert "warning" not in one.daemon.report()
    await other.daemon.delivery.compare()
    assert (await bob.push("message"))["text"] == "hello"
    await until(lambda: other.daemon.report()["status"] == "ok", what="health")
    answer = await fetch(other, "/health")
    assert answer.status == 200, "it can deliver"
    warning = json.loads(answer.body)["warning"]
    assert warning.startswith(f"node {one.daemon.node} writes to the same database")


@pytest_twisted.ensureDeferred
async def test_a_database_and_a_broker_are_shared(node: StartNode, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/chat.sqlite"
    one, other = await node(database=url), await node(database=url)
    ann, bob = await one.connected("ann", "lobby"), await other.connected("bob", "lobby")
    other.daemon.delivery.offer = lambda entry: None  # type: ignore[method-assign]
    await ann.says("lobby", "the broker loses it")
    await other.daemon.delivery.compare()
    assert (await bob.push("message"))["text"] == "the broker loses it"
    assert "warning" not in other.daemon.report()
