"""Nodes that end, in order or not, and nodes that start in difficult circumstances."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from support.cluster import GRACE, LEASE, Cluster, cluster
from support.people import Refused
from support.rabbitmq import RabbitMQ

BEAT = 5.0  # seconds between two signs of life of a node


@pytest.fixture
def chat(vhost: str) -> Iterator[Cluster]:
    with cluster(vhost) as made:
        yield made


def test_a_node_is_killed(chat: Cluster) -> None:
    one, two, three = chat.start("one", "two", "three")
    ann, other = one.person("ann", "lobby", "den"), one.person("other", "lobby")
    bob, cyd = two.person("bob", "lobby"), three.person("cyd", "lobby")
    for person in (ann, bob, cyd):
        person.until_there("lobby", "ann", "other", "bob", "cyd")
    texts = [f"{number}" for number in range(50)]
    for text in texts:
        ann.say("lobby", text)
    for person in (bob, cyd):  # stored is not delivered yet: the broker must have it
        person.sees("message", text="49")
    began = time.monotonic()
    one.kill()
    for person in (bob, cyd):
        for nick in ("ann", "other"):
            person.sees("leave", LEASE + BEAT, nick=nick, reason="node lost")
        assert time.monotonic() - began < LEASE + GRACE + 1
        assert person.texts("lobby") == texts
        assert set(person.who("lobby")) == {"bob", "cyd"}
        assert len(person.pushes("leave")) == 2
    assert other.ended
    bob.say("lobby", "still here")
    cyd.sees("message", text="still here")
    # Its names are free after the grace time, and it may come back under its own.
    one.launch()
    one.wait_listening()
    one.wait_healthy()
    again = one.person_once_free("ann", "lobby")
    assert bob.sees("join", nick="ann", user=again.user)["count"] == 3
    again.say("lobby", "back")
    for person in (bob, cyd):
        person.sees("message", text="back")


def test_a_node_is_stopped(chat: Cluster) -> None:
    one, two = chat.start("one", "two")
    ann, bob = one.person("ann", "lobby"), two.person("bob", "lobby")
    for person in (ann, bob):
        person.until_there("lobby", "ann", "bob")
    texts = [f"{number}" for number in range(200)]
    for text in texts:
        ann.say("lobby", text)
    began = time.monotonic()
    one.terminate(5.0)
    stopped = time.monotonic()
    assert ann.pushes("disconnect")[0]["code"] == 3000
    assert ann.pushes("disconnect")[0]["reconnect"] is True
    assert ann.close_code == 3000
    # Its users stay for the grace time, and their names are theirs.
    assert "ann" in bob.who("lobby")
    with pytest.raises(Refused, match="nick_in_use"):
        two.person("ann")
    assert bob.sees("leave", nick="ann")["reason"] == "shutdown"
    left = time.monotonic()
    assert left - began >= GRACE
    assert left - stopped < GRACE + 2
    assert bob.texts("lobby") == texts
    # Then whoever comes to the other node may have the name.
    again = two.person_once_free("ann", "lobby")
    again.say("lobby", "here I am")
    assert bob.sees("message", text="here I am")["from"] == "ann"


def test_a_node_stops_while_the_broker_is_frozen(chat: Cluster, rabbitmq: RabbitMQ) -> None:
    (one,) = chat.start("one")
    ann = one.person("ann", "lobby")
    rabbitmq.freeze()
    ann.say("lobby", "into the void")
    one.terminate(5.0)
    assert ann.close_code == 3000


def test_a_wrong_password_and_a_name_used_twice(chat: Cluster, rabbitmq: RabbitMQ) -> None:
    vhost = chat.broker.rpartition("/")[2]
    wrong = chat.add("wrong", broker=rabbitmq.url(vhost, password="s3cret"))
    (one,) = chat.start("one")
    twin = chat.add("one")
    for node in (wrong, twin):
        node.wait_listening()

    for node in (wrong, twin):
        node.wait_said("no broker link")
    wrong.person("ann", "lobby").say("lobby", "alone")
    wrong_lines = wrong.said("no broker link: .*ACCESS_REFUSED")
    wrong_status, wrong_report = wrong.health()
    assert len(wrong_lines) == 1
    assert wrong_status == 503
    assert "ACCESS_REFUSED" in wrong_report["reason"]
    assert "s3cret" not in wrong.log + str(wrong_report)

    twin_status, twin_report = twin.health()
    assert twin_status == 503
    for said in (twin_report["reason"], "".join(twin.said("no broker link"))):
        assert "the node name 'one' is taken" in said
        assert "--node" in said
    assert one.health()[0] == 200
    assert len(one.said("broker link is")) == 1
    one.terminate()
    # The name is free now.
    twin.wait_healthy(30)
    twin.terminate()
    wrong.check_log()
