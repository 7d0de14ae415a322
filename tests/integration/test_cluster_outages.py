"""What the users of two nodes notice of a broker in trouble: nothing, but for the delay.

In every test two people talk on each node all the time; Talk checks that they are answered and
heard on their own node promptly, and that in the end everybody has heard all, in order and once.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest

from support.cluster import Cluster, Daemon, cluster
from support.people import Refused
from support.rabbitmq import RabbitMQ
from support.talk import Talk

BACK = 30.0  # seconds: RabbitMQ needs about 5 to start, and a pause between two tries lasts 5

_rooms = itertools.count(1)


class Trouble:
    """Two nodes that are well, a talk on them, and what they log from now on."""

    def __init__(self, rabbitmq: RabbitMQ, vhost: str, chat: Cluster) -> None:
        self.rabbitmq = rabbitmq
        self.vhost = vhost
        self.chat = chat
        self.nodes = list(chat.nodes)
        for node in self.nodes:
            node.wait_healthy(BACK)
        self.talk = Talk(self.nodes, f"room{next(_rooms)}")
        self._since = [len(node.log) for node in self.nodes]

    def until_health(self, status: int, seconds: float) -> None:
        """Talk until all nodes have this status."""
        self.talk.until(
            lambda: all(node.health()[0] == status for node in self.nodes),
            f"/health says {status}",
            seconds,
        )

    def restart(self) -> None:
        """Start RabbitMQ again."""
        self.rabbitmq.launch()  # here: the thread that launches it must outlive it
        self.talk.during(self.rabbitmq.wait_ready)
        self.until_health(200, BACK)

    def check(self, *of: Daemon) -> None:
        """All is well again, nothing is missing, and the outage was said once."""
        self.until_health(200, BACK)
        self.talk.turns(2)
        self.talk.check()
        for node, since in zip(self.nodes, self._since, strict=True):
            times = 1 if node in (of or self.nodes) else 0
            for line in ("broker link is down", "broker link is up"):
                assert len(node.said(line, since)) == times, node.log[since:]
            lines = node.said("no broker link", since)
            reasons = [line.partition("no broker link")[2] for line in lines]
            assert len(reasons) == len(set(reasons)), node.log[since:]
            node.check_log()


@pytest.fixture(scope="module")
def two_nodes(private_rabbitmq: RabbitMQ) -> Iterator[tuple[str, Cluster]]:
    """Two nodes on a vhost of their own, for all tests here."""
    if not private_rabbitmq.running:
        private_rabbitmq.start()
    vhost = private_rabbitmq.new_vhost()
    with cluster(private_rabbitmq.url(vhost)) as chat:
        chat.start("one", "two")
        yield vhost, chat


@pytest.fixture
def trouble(rabbitmq: RabbitMQ, two_nodes: tuple[str, Cluster]) -> Trouble:
    return Trouble(rabbitmq, *two_nodes)


def test_the_broker_is_stopped_and_started(trouble: Trouble) -> None:
    trouble.talk.during(trouble.rabbitmq.stop)
    trouble.until_health(503, 5)
    one, two = trouble.nodes
    for node in trouble.nodes:
        assert "connection" in node.health()[1]["reason"]

    # Neither node can know that the other has somebody of this name.
    first = one.person("Zoe", "lobby")
    second = two.person("zoe", "lobby")
    trouble.restart()

    assert second.sees("error", code="nick_in_use")["message"]
    lost = second.sees("nick", user=second.user)
    assert lost["from"] == "zoe"
    assert lost["nick"] != "zoe"
    for person in (first, second):
        person.until_there("lobby", "Zoe", lost["nick"])
    assert not first.pushes("error")
    assert not first.pushes("nick", user=first.user)
    with pytest.raises(Refused, match="nick_in_use"):
        second.command("nick", nick="ZOE")
    trouble.check()


def test_the_broker_is_killed_and_a_node_starts_without_it(trouble: Trouble) -> None:
    one = trouble.nodes[0]
    trouble.talk.turns(2)
    trouble.rabbitmq.kill()
    trouble.until_health(503, 5)
    ann = one.person("ann", "den")

    late = trouble.chat.add("late")
    trouble.talk.during(late.wait_listening)
    bob, cyd = late.person("bob", "den"), late.person("cyd", "den")
    trouble.talk.during(lambda: late.wait_said("no broker link: .*connection refused"))
    status, report = late.health()
    assert status == 503
    assert "connection refused" in report["reason"]
    said = {ann: [f"ann {n}" for n in range(20)], bob: [f"bob {n}" for n in range(20)]}
    for speaker, listener, texts in ((ann, ann, said[ann]), (bob, cyd, said[bob])):
        for text in texts:
            speaker.say("den", text)
            listener.sees("message", 1.0, text=text)

    trouble.restart()
    trouble.talk.during(lambda: late.wait_healthy(BACK))
    assert len(late.said("broker link")) == 2
    for person in (ann, bob, cyd):
        person.until_said("den", 40)
        for speaker, texts in said.items():
            assert person.texts("den", user=speaker.user) == texts
        person.until_there("den", "ann", "bob", "cyd")
    late.terminate()
    late.check_log()
    trouble.chat.nodes.remove(late)
    trouble.check()


def test_the_broker_freezes(trouble: Trouble) -> None:
    trouble.rabbitmq.freeze()
    trouble.until_health(503, 10)
    for node in trouble.nodes:
        assert node.health()[1]["reason"]
    trouble.talk.until(
        lambda: all(not node.health()[1]["broker"]["up"] for node in trouble.nodes), "down", 10
    )
    trouble.rabbitmq.thaw()
    trouble.until_health(200, 15)
    trouble.check()


def test_the_broker_closes_all_connections(trouble: Trouble) -> None:
    def close() -> None:
        trouble.rabbitmq.ctl("close_all_connections", "-p", trouble.vhost, "maintenance")

    trouble.talk.during(close)
    trouble.talk.until(
        lambda: all(node.said("maintenance") for node in trouble.nodes), "closed", 5
    )
    trouble.check()


def test_the_broker_runs_out_of_memory(trouble: Trouble) -> None:
    def watermark(share: str) -> None:
        trouble.talk.during(lambda: trouble.rabbitmq.ctl("set_vm_memory_high_watermark", share))

    try:
        watermark("0.0000001")
        trouble.until_health(503, 10)
        for node in trouble.nodes:
            assert "memory" in node.health()[1]["reason"]
        began = time.monotonic()  # for longer than a node waits for a confirm
        trouble.talk.until(lambda: time.monotonic() - began > 6, "6 s", 10)
    finally:
        watermark("0.4")
    trouble.until_health(200, 15)
    trouble.check()


def test_the_exchange_is_deleted(trouble: Trouble) -> None:
    name = f'rabbit_misc:r(<<"{trouble.vhost}">>, exchange, <<"{trouble.chat.exchange}">>)'

    def delete() -> None:
        trouble.rabbitmq.ctl("eval", f'rabbit_exchange:delete({name}, false, <<"test">>).')

    trouble.talk.during(delete)
    trouble.talk.until(lambda: all(node.said("NOT_FOUND") for node in trouble.nodes), "gone", 5)
    trouble.check()


def test_the_queue_of_a_node_is_deleted(trouble: Trouble) -> None:
    one, _ = trouble.nodes
    queue = f"{trouble.chat.exchange}.node.{one.node}"
    trouble.talk.during(lambda: trouble.rabbitmq.ctl("delete_queue", "-p", trouble.vhost, queue))
    trouble.talk.until(lambda: bool(one.said("queue that this node consumes")), "gone", 5)
    trouble.check(one)
