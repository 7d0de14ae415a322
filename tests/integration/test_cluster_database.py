"""Daemons on one database and one broker: one takes over from another, and each heals the rest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.cluster import Cluster, cluster
from support.postgresql import PostgreSQL


@pytest.fixture
def chat(vhost: str) -> Iterator[Cluster]:
    with cluster(vhost) as made:
        yield made


def test_a_second_daemon_takes_over(chat: Cluster, postgresql: PostgreSQL) -> None:
    database = ("--database", postgresql.new_database())
    one = chat.add("one", *database)
    one.wait_listening()
    one.wait_healthy()
    ann, bob = one.person("ann", "lobby"), one.person("bob", "lobby")
    for number in range(20):
        ann.say("lobby", f"{number}")
    bob.sees("message", text="19")
    two = chat.add("two", *database)
    two.wait_listening()
    two.wait_healthy()
    said = ann.say("lobby", "the last on one", msgid="m1")
    one.terminate(5.0)
    assert ann.pushes("disconnect")[0]["code"] == 3000
    place = {"epoch": ann.me["epoch"], "seq": 19}
    back = two.person("ann", session=ann.me["session"])
    assert (back.user, back.me["epoch"]) == (ann.user, ann.me["epoch"])
    joined = back.command("join", room="lobby", recover=place)
    assert joined["recovered"] is True
    assert [entry["text"] for entry in joined["entries"]] == ["19", "the last on one"]
    again = back.say("lobby", "the last on one", msgid="m1")
    assert (again["seq"], again["time"]) == (said["seq"], said["time"])
    here = two.person("bob", session=bob.me["session"])
    here.command("join", room="lobby")
    assert back.say("lobby", "the first on two")["seq"] == said["seq"] + 1
    here.sees("message", text="the first on two")


def test_a_stop_while_the_database_is_frozen(chat: Cluster, postgresql: PostgreSQL) -> None:
    one = chat.add("one", "--database", postgresql.new_database())
    one.wait_listening()
    one.wait_healthy()
    ann = one.person("ann", "lobby")
    ann.say("lobby", "stored")
    postgresql.freeze()
    try:
        one.terminate(5.0)  # and so it must do what it still wants to note of its users
    finally:
        postgresql.thaw()
    one.launch()
    one.wait_listening()
    again = one.person("ann", "lobby", session=ann.me["session"])
    history = again.command("history", room="lobby")
    assert [entry["text"] for entry in history["entries"]] == ["stored"]
