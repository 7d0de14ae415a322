"""What rabbitchat/brokers/interface.py promises, shown by each broker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from zope.interface.verify import verifyObject

from rabbitchat.brokers.interface import BadMessage, IBroker, LinkState, Message, NotSent, TryAgain
from rabbitchat.brokers.memory import MemoryBroker, MemoryExchange
from support.broker_nodes import Node, fails_with
from support.hygiene import LoggedFailures
from support.waiting import pause, until

reactor: Any = _reactor


class Cluster:
    """Makes nodes that hear one another, and stops them in the end."""

    def __init__(self, make: Callable[[str], IBroker]) -> None:
        self._make = make
        self._nodes: list[Node] = []

    def node(self, name: str) -> Node:
        """One more node, not started."""
        node = Node(self._make(name))
        self._nodes.append(node)
        return node

    async def stop(self) -> None:
        """Stop all nodes."""
        for node in self._nodes:
            await node.stop()


@pytest_twisted.async_yield_fixture(params=["memory", "amqp"])
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    if request.param == "memory":
        exchange = MemoryExchange()
        cluster = Cluster(lambda name: MemoryBroker(reactor, name, exchange))
    else:
        from rabbitchat.brokers.amqp import AmqpBroker

        url = request.getfixturevalue("vhost")
        cluster = Cluster(lambda name: AmqpBroker(reactor, [url], "chat", name))
    yield cluster
    await cluster.stop()


@pytest_twisted.ensureDeferred
async def test_it_is_the_interface(cluster: Cluster) -> None:
    node = cluster.node("a")
    assert verifyObject(IBroker, node.broker)
    assert node.broker.node == "a"


@pytest_twisted.ensureDeferred
async def test_a_message_reaches_every_subscriber_and_its_publisher(cluster: Cluster) -> None:
    a = await cluster.node("a").start("room.lobby")
    b = await cluster.node("b").start("room.lobby")
    c = await cluster.node("c").start("room.other")
    message = Message(
        body="grüße\x00".encode(),
        headers={"text": "é", "number": -(2**40), "yes": True, "no": False},
        content_type="application/json",
        message_id="m1",
        type="message",
        reply_to="somewhere",
        correlation_id="c1",
        persistent=True,
    )
    await a.broker.publish("room.lobby", message)
    await a.until_got(1)
    await b.until_got(1)
    assert a.got == b.got == [("room.lobby", message)]
    await a.say("room.other", b"end")
    await c.until_got(1)
    assert c.bodies == [b"end"]


@pytest_twisted.ensureDeferred
async def test_an_empty_body_and_a_large_one_pass(cluster: Cluster) -> None:
    a = await cluster.node("a").start("room.lobby")
    large = bytes(range(256)) * 4096
    await a.say("room.lobby", b"")
    await a.say("room.lobby", large)
    await a.until_got(2)
    assert a.bodies == [b"", large]


@pytest_twisted.ensureDeferred
async def test_a_key_arrives_in_the_order_of_the_calls(cluster: Cluster) -> None:
    a = await cluster.node("a").start()
    b = await cluster.node("b").start("room.#")
    bodies = [b"%d" % number for number in range(1500)]
    outcomes = [a.broker.publish("room.lobby", Message(body)) for body in bodies]
    for outcome in outcomes:
        await outcome
    await b.until_got(len(bodies))
    assert b.bodies == bodies
    assert a.broker.outcomes["confirmed"] == 1500
    assert b.broker.outcomes["received"] == 1500


@pytest_twisted.ensureDeferred
async def test_a_delivery_never_comes_inside_the_publishers_call(cluster: Cluster) -> None:
    a = await cluster.node("a").start("room.lobby")
    outcome = a.broker.publish("room.lobby", Message(b"x"))
    assert a.got == []
    await outcome
    await a.until_got(1)


@pytest_twisted.ensureDeferred
async def test_a_listener_may_publish(cluster: Cluster) -> None:
    a = cluster.node("a")
    heard: list[bytes] = []
    outcomes: list[Deferred[None]] = []

    def answer(key: str, message: Message) -> None:
        heard.append(message.body)
        if len(heard) < 5:
            outcomes.append(a.broker.publish(key, Message(message.body + b"!")))

    a.broker.listen(answer)
    await a.start("room.lobby")
    await a.say("room.lobby", b"x")
    await until(lambda: len(heard) == 5)
    for outcome in outcomes:
        await outcome
    assert heard[-1] == b"x!!!!"


@pytest_twisted.ensureDeferred
async def test_patterns_and_overlapping_keys_bring_each_message_once(cluster: Cluster) -> None:
    a = await cluster.node("a").start("room.*", "room.lobby", "presence.#", "*.x.y")
    for key in ("room.lobby", "room", "room.a.b", "presence", "presence.n.1", "q.x.y", "x.y"):
        await a.say(key, key.encode())
    await a.say("room.end", b"end")
    await until(lambda: b"end" in a.bodies)
    assert a.bodies == [b"room.lobby", b"presence", b"presence.n.1", b"q.x.y", b"end"]


@pytest_twisted.ensureDeferred
async def test_subscriptions_are_counted(cluster: Cluster) -> None:
    a = await cluster.node("a").start("room.lobby", "room.lobby", "end")
    await a.broker.unsubscribe("room.lobby")
    await a.say("room.lobby", b"1")
    await a.until_got(1)
    await a.broker.unsubscribe("room.lobby")
    await a.say("room.lobby", b"2")
    await a.broker.subscribe("room.lobby")
    await a.say("room.lobby", b"3")
    await a.broker.unsubscribe("never.subscribed")
    await a.say("end", b"end")
    await until(lambda: b"end" in a.bodies)
    assert a.bodies == [b"1", b"3", b"end"]


@pytest_twisted.ensureDeferred
async def test_a_thousand_rooms_and_more(cluster: Cluster) -> None:
    a = await cluster.node("a").start()
    keys = [f"room.{number}" for number in range(1002)]
    for subscribed in [a.broker.subscribe(key) for key in keys]:
        await subscribed
    for body, key in ((b"wanted", keys[7]), (b"strange", "room.x"), (b"too", keys[-1])):
        await a.say(key, body)
    await a.until_got(2)
    await a.broker.unsubscribe(keys[-1])
    await a.say(keys[-1], b"no more")
    await a.say(keys[-2], b"still")
    await a.until_got(3)
    assert a.bodies == [b"wanted", b"too", b"still"]


@pytest_twisted.ensureDeferred
async def test_a_failing_listener_costs_that_message_only(
    cluster: Cluster, expected_failures: LoggedFailures
) -> None:
    a = cluster.node("a")
    heard: list[bytes] = []

    def listener(_: str, message: Message) -> None:
        heard.append(message.body)
        if message.body == b"bad":
            raise ZeroDivisionError

    a.broker.listen(listener)
    await a.start("room.lobby")
    for body in (b"bad", b"good"):
        await a.say("room.lobby", body)
    await until(lambda: len(heard) == 2)
    assert len(expected_failures.flush(ZeroDivisionError)) == 1


@pytest_twisted.ensureDeferred
async def test_what_amqp_cannot_carry_is_an_error_of_the_caller(cluster: Cluster) -> None:
    a = await cluster.node("a").start()
    before = list(a.states)
    for key in ("x" * 256, "é" * 128):
        with pytest.raises(ValueError, match="routing key of 256 bytes; at most 255"):
            a.broker.publish(key, Message(b""))
        with pytest.raises(ValueError, match="routing key"):
            a.broker.subscribe(key)
    with pytest.raises(ValueError, match="message_id of 300 bytes"):
        a.broker.publish("x", Message(b"", message_id="m" * 300))
    with pytest.raises(ValueError, match="64 bits"):
        a.broker.publish("x", Message(b"", headers={"n": 2**63}))
    await a.broker.publish("x" * 255, Message(b""))
    assert a.states == before, "it cost the link"


@pytest_twisted.ensureDeferred
async def test_before_the_start_and_after_the_stop_nothing_is_sent(cluster: Cluster) -> None:
    a = cluster.node("a")
    b = await cluster.node("b").start("room.#")
    for subscribed in (a.broker.subscribe("room.early"), a.broker.publish("room.x", Message(b""))):
        with pytest.raises(NotSent):
            await subscribed
    assert not a.up
    await a.start()
    await a.say("room.early", b"heard")
    await a.until_got(1)
    await a.stop()
    assert not a.up
    with pytest.raises(NotSent):
        await a.broker.publish("room.late", Message(b""))
    with pytest.raises(NotSent):
        await a.broker.subscribe("room.x")
    await a.broker.unsubscribe("room.x")
    assert a.broker.outcomes["not_sent"] == 2
    await b.say("room.end", b"end")
    await until(lambda: b"end" in b.bodies)
    assert b.bodies == [b"heard", b"end"]


@pytest_twisted.ensureDeferred
async def test_a_subscription_is_in_force_when_the_link_is_said_to_be_up(
    cluster: Cluster,
) -> None:
    a = cluster.node("a")
    outcomes: list[Deferred[None]] = []

    def say_at_once(state: LinkState) -> None:
        if state.up:
            outcomes.append(a.broker.publish("room.early", Message(b"x")))

    a.broker.watch(say_at_once)
    assert fails_with(a.broker.subscribe("room.early"), NotSent)()
    await a.start()
    await a.until_got(1)
    await outcomes[0]


@pytest_twisted.ensureDeferred
async def test_watchers_hear_of_each_change_once(cluster: Cluster) -> None:
    a = cluster.node("a")
    assert a.broker.link == LinkState(False, "not started")
    await a.start()
    await a.stop()
    await a.stop()
    assert [state.up for state in a.states[-2:]] == [True, False]
    assert a.states[-1] == a.broker.link == LinkState(False, "stopped")
    assert all(one != other for one, other in zip(a.states, a.states[1:], strict=False))


@pytest_twisted.ensureDeferred
async def test_a_stopped_node_leaves_the_others_alone_and_may_start_again(
    cluster: Cluster,
) -> None:
    a = await cluster.node("a").start("room.lobby")
    b = await cluster.node("b").start("room.lobby")
    await b.stop()
    await a.say("room.lobby", b"1")
    await b.start()
    await a.say("room.lobby", b"2")
    await b.until_got(1)
    await a.until_got(2)
    assert b.bodies == [b"2"]


# shared queues


class Worker:
    """A consumer that does as told and notes who got what."""

    def __init__(self, name: str, work: list[tuple[str, bytes]]) -> None:
        self.name = name
        self.work = work
        self.at_once = 0
        self.most_at_once = 0
        self.do: Callable[[Message], Awaitable[None]] = self.nothing

    async def nothing(self, message: Message) -> None:
        """Takes one turn of the reactor."""
        await pause(0)

    async def __call__(self, key: str, message: Message) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.work.append((self.name, message.body))
        try:
            await self.do(message)
        finally:
            self.at_once -= 1


def worker_on(cluster: Cluster, name: str, work: list[tuple[str, bytes]]) -> tuple[Node, Worker]:
    """A node with a consumer on the queue `posts`."""
    node, worker = cluster.node(name), Worker(name, work)
    node.broker.consume("posts", "post.#", worker, single_active=True)
    return node, worker


@pytest_twisted.ensureDeferred
async def test_one_node_gets_all_of_a_shared_queue_then_the_next_one(cluster: Cluster) -> None:
    work: list[tuple[str, bytes]] = []
    a, on_a = worker_on(cluster, "a", work)
    b, _ = worker_on(cluster, "b", work)
    sender = await cluster.node("c").start()
    await a.start()
    await b.start()
    for number in range(20):
        await sender.say("post.lobby", b"%d" % number)
    await until(lambda: len(work) == 20)
    await a.stop()
    for number in range(20, 30):
        await sender.say("post.lobby", b"%d" % number)
    await until(lambda: len(work) == 30)
    assert [body for _, body in work] == [b"%d" % number for number in range(30)]
    assert [name for name, _ in work] == ["a"] * 20 + ["b"] * 10
    assert on_a.most_at_once == 1


@pytest_twisted.ensureDeferred
async def test_a_shared_queue_keeps_what_comes_while_nobody_is_there(cluster: Cluster) -> None:
    work: list[tuple[str, bytes]] = []
    a, _ = worker_on(cluster, "a", work)
    sender = await cluster.node("c").start()
    await a.start()
    await a.stop()
    await sender.say("post.lobby", b"kept")
    assert work == []
    b, _ = worker_on(cluster, "b", work)
    await b.start()
    await until(lambda: len(work) == 1)
    assert work == [("b", b"kept")]


@pytest_twisted.ensureDeferred
async def test_a_bad_message_is_rejected_and_the_next_one_comes(cluster: Cluster) -> None:
    work: list[tuple[str, bytes]] = []
    a, worker = worker_on(cluster, "a", work)

    async def refuse(message: Message) -> None:
        if message.body == b"bad":
            raise BadMessage("no")

    worker.do = refuse
    await a.start()
    for body in (b"bad", b"good"):
        await a.say("post.lobby", body)
    await until(lambda: len(work) == 2)
    await a.stop()
    b, _ = worker_on(cluster, "b", work)
    await b.start()
    await b.say("post.lobby", b"end")
    await until(lambda: len(work) == 3)
    assert work == [("a", b"bad"), ("a", b"good"), ("b", b"end")]


@pytest_twisted.ensureDeferred
async def test_a_failing_consumer_gets_the_message_again_after_a_pause(
    cluster: Cluster, expected_failures: LoggedFailures
) -> None:
    work: list[tuple[str, bytes]] = []
    a, worker = worker_on(cluster, "a", work)

    async def fail_twice(message: Message) -> None:
        if len(work) <= 2:
            raise ZeroDivisionError

    worker.do = fail_twice
    await a.start()
    began = reactor.seconds()
    for body in (b"1", b"2"):
        await a.say("post.lobby", body)
    await until(lambda: len(work) == 4)
    assert [body for _, body in work] == [b"1", b"1", b"1", b"2"]
    assert reactor.seconds() - began >= 1.9
    assert len(expected_failures.flush(ZeroDivisionError)) == 1, "logged once, not each time"


@pytest_twisted.ensureDeferred
async def test_a_consumer_that_can_not_now_gets_it_again_and_nothing_is_logged(
    cluster: Cluster,
) -> None:
    work: list[tuple[str, bytes]] = []
    a, worker = worker_on(cluster, "a", work)

    async def not_now(message: Message) -> None:
        if len(work) == 1:
            raise TryAgain

    worker.do = not_now
    await a.start()
    await a.say("post.lobby", b"1")
    await until(lambda: len(work) == 2)
    assert work == [("a", b"1"), ("a", b"1")]


@pytest_twisted.ensureDeferred
async def test_a_message_in_work_when_its_node_stops_goes_to_the_next(cluster: Cluster) -> None:
    work: list[tuple[str, bytes]] = []
    a, worker = worker_on(cluster, "a", work)
    b, _ = worker_on(cluster, "b", work)
    never: Deferred[None] = Deferred()

    async def wait(message: Message) -> None:
        await never

    worker.do = wait
    await a.start()
    await b.start()
    await b.say("post.lobby", b"1")
    await b.say("post.lobby", b"2")
    await until(lambda: len(work) == 1)
    await a.stop()
    await until(lambda: len(work) == 3)
    assert work == [("a", b"1"), ("b", b"1"), ("b", b"2")]
    never.callback(None)
    await pause(0.1)
    assert len(work) == 3
