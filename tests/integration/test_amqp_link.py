"""The AMQP broker through every kind of trouble with a real RabbitMQ."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path
from typing import Any

import pika
import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.threads import deferToThread
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer

from rabbitchat.brokers import amqp_link, echo
from rabbitchat.brokers.amqp import AmqpBroker
from rabbitchat.brokers.backoff import Backoff
from rabbitchat.brokers.interface import Message, NotSent, Uncertain
from support.broker_nodes import Load, Node, fails_with, verdict
from support.certificates import Certificate
from support.proxy import Proxy
from support.rabbitmq import RabbitMQ
from support.waiting import pause, until

reactor: Any = _reactor

NodeMaker = Callable[..., Node]


@pytest_twisted.async_yield_fixture
async def node(vhost: str) -> AsyncIterator[NodeMaker]:
    """Makes nodes, not started, on this test's vhost or at other URLs."""
    nodes: list[Node] = []

    def make(name: str, *urls: str) -> Node:
        nodes.append(
            Node(AmqpBroker(reactor, urls or [vhost], "chat", name, Backoff(longest=1.0)))
        )
        return nodes[-1]

    yield make
    for one in nodes:
        await one.stop()


@pytest_twisted.async_yield_fixture
async def proxy(rabbitmq: RabbitMQ) -> AsyncIterator[Proxy]:
    proxy = Proxy(rabbitmq.port)
    yield proxy
    await proxy.close()


@pytest.fixture
def lines() -> Generator[list[str], None, None]:
    """What the brokers log."""
    seen: list[str] = []

    @implementer(ILogObserver)
    def observe(event: LogEvent) -> None:
        if str(event.get("log_namespace")).startswith("rabbitchat.brokers"):
            seen.append(formatEvent(event))

    globalLogPublisher.addObserver(observe)
    yield seen
    globalLogPublisher.removeObserver(observe)


def links_lost(lines: list[str]) -> list[str]:
    """The log lines that say that a link was lost or not made."""
    return [line for line in lines if line.startswith(("broker link is down", "no broker link"))]


async def bound_keys(rabbitmq: RabbitMQ, vhost: str) -> list[str]:
    """The routing keys of all bindings."""
    name = vhost.rpartition("/")[2]
    return (await rabbitmq.ctl_later("list_bindings", "-p", name, "routing_key")).split()


async def outside(url: str, work: Callable[[Any], object]) -> object:
    """Do something on a channel as another program would."""

    def run() -> object:
        connection = pika.BlockingConnection(pika.URLParameters(url))
        try:
            return work(connection.channel())
        finally:
            connection.close()

    return await deferToThread(run)


async def pair(make: NodeMaker, *urls_of_b: str) -> tuple[Node, Node, Load]:
    """A sender, a receiver, and a load that flows from one to the other."""
    a = await make("a").start()
    b = await make("b", *urls_of_b).start("room.lobby")
    load = Load(a.broker, "room.lobby")
    load.start()
    await b.until_got(50)
    return a, b, load


async def flows_again(b: Node) -> None:
    """Wait until the receiver gets something new."""
    await b.until_got(len(b.got) + 50, 20.0)


# the link blinks


@pytest_twisted.ensureDeferred
async def test_a_blink_of_the_receivers_link_loses_nothing_and_repeats_nothing(
    node: NodeMaker, vhost: str, proxy: Proxy
) -> None:
    a, b, load = await pair(node, proxy.through(vhost))
    for _ in range(5):
        proxy.cut()
        await b.until_down()
        await b.until_up()
        await flows_again(b)
    await verdict(load, b)
    assert a.broker.outcomes["uncertain"] == a.broker.outcomes["not_sent"] == 0


@pytest_twisted.ensureDeferred
async def test_a_blink_of_the_senders_link_confirms_nothing_that_is_lost(
    node: NodeMaker, vhost: str, proxy: Proxy
) -> None:
    a = await node("a", proxy.through(vhost)).start()
    b = await node("b").start("room.lobby")
    load = Load(a.broker, "room.lobby")
    load.start()
    for _ in range(5):
        await flows_again(b)
        proxy.cut()
        await a.until_down()
        await a.until_up()
    await flows_again(b)
    await verdict(load, b)


@pytest_twisted.ensureDeferred
async def test_connections_closed_by_the_broker_are_made_again(
    node: NodeMaker, rabbitmq: RabbitMQ, lines: list[str]
) -> None:
    a, b, load = await pair(node)
    await rabbitmq.ctl_later("close_all_connections", "--global", "for the test")
    await until(lambda: len([s for s in a.states + b.states if not s.up]) >= 4)
    await a.until_up()
    await b.until_up()
    await flows_again(b)
    await verdict(load, b)
    assert "for the test" in links_lost(lines)[0]
    assert len(links_lost(lines)) == 2, "once for each node"


@pytest_twisted.ensureDeferred
async def test_what_was_unsubscribed_while_the_link_was_away_comes_no_more(
    node: NodeMaker, vhost: str, proxy: Proxy, rabbitmq: RabbitMQ
) -> None:
    a = await node("a").start()
    b = await node("b", proxy.through(vhost)).start("room.old", "room.kept")
    proxy.cut()
    await b.until_down()
    await b.broker.unsubscribe("room.old")
    assert fails_with(b.broker.subscribe("room.new"), NotSent)()
    await b.until_up()
    for key in ("room.old", "room.new", "room.kept"):
        await a.say(key, key.encode())
    await b.until_got(2)
    assert b.bodies == [b"room.new", b"room.kept"]
    bound = await bound_keys(rabbitmq, vhost)
    assert "room.kept" in bound
    assert "room.old" not in bound


# the broker goes


@pytest_twisted.ensureDeferred
async def test_a_broker_stopped_and_started(
    node: NodeMaker, rabbitmq: RabbitMQ, lines: list[str]
) -> None:
    a, b, load = await pair(node)
    await rabbitmq.stop_later()
    await a.until_down()
    with pytest.raises(NotSent):
        await a.broker.publish("room.lobby", Message(b"-1"))
    await rabbitmq.start_later()
    await a.until_up()
    await b.until_up()
    await flows_again(b)
    await verdict(load, b, lossless=False)
    assert len(links_lost(lines)) <= 6, "not once for each try"


@pytest_twisted.ensureDeferred
async def test_a_broker_killed_and_not_there_at_the_start(
    node: NodeMaker, rabbitmq: RabbitMQ
) -> None:
    a, b, load = await pair(node)
    rabbitmq.kill()
    await a.until_down()
    await b.until_down()
    late = node("late")
    late.broker.startService()
    assert fails_with(late.broker.subscribe("room.lobby"), NotSent)()
    await until(lambda: "refused" in late.broker.link.reason)
    await rabbitmq.start_later()
    for one in (a, b, late):
        await one.until_up()
    await flows_again(b)
    await flows_again(late)
    await verdict(load, b, lossless=False)


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("unsent", [0, 20_000_000])
async def test_a_frozen_broker_is_found_out(
    node: NodeMaker, rabbitmq: RabbitMQ, unsent: int
) -> None:
    a, b, load = await pair(node)
    rabbitmq.freeze()
    large = []
    if unsent:
        large = [a.broker.publish("room.big", Message(bytes(1_000_000))) for _ in range(20)]
    began = reactor.seconds()
    await until(lambda: "has not answered" in a.broker.link.reason, 8.0)
    assert reactor.seconds() - began > 4.0, "it was given up too soon"
    assert all(outcome.called for outcome in large)
    assert not unsent or fails_with(large[-1], Uncertain)()
    for outcome in large[:-1]:
        outcome.addErrback(lambda failure: failure.trap(Uncertain))
    rabbitmq.thaw()
    await a.until_up()
    await b.until_up()
    await flows_again(b)
    await verdict(load, b)


@pytest_twisted.ensureDeferred
async def test_several_urls_are_tried_in_turn(
    node: NodeMaker, vhost: str, proxy: Proxy, lines: list[str]
) -> None:
    closed = "amqp://guest:geheim@127.0.0.1:1/x"
    a = await node("a", closed, proxy.through(vhost), vhost).start()
    assert str(proxy.port) in a.broker.link.reason
    await proxy.close()
    await a.until_down()
    await a.until_up()
    assert str(proxy.behind) in a.broker.link.reason
    assert "geheim" not in "".join(lines)


# an alarm


@pytest_twisted.ensureDeferred
async def test_a_memory_alarm_is_a_link_that_is_down(
    node: NodeMaker, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp_link, "SILENCE", 2.0)
    a, b, load = await pair(node)
    connects = [state for state in a.states if state.up]
    await rabbitmq.ctl_later("set_vm_memory_high_watermark", "0.0000001")
    try:
        await a.until_down()
        assert "alarm" in a.broker.link.reason
        assert "memory" in a.broker.link.reason
        with pytest.raises(NotSent, match="alarm"):
            await a.broker.publish("room.lobby", Message(b"-1"))
        assert fails_with(a.broker.subscribe("room.during"), NotSent)()
        await load.stop()  # what was on its way turns uncertain within 10 s
        assert load.numbers("uncertain")
    finally:
        await rabbitmq.ctl_later("set_vm_memory_high_watermark", "0.4")
    await a.until_up()
    assert len([state for state in a.states if state.up]) == len(connects) + 1
    await a.say("room.during", b"in force")
    await until(lambda: b"in force" in a.bodies)
    load.start()
    await flows_again(b)
    await verdict(load, b)


@pytest_twisted.ensureDeferred
async def test_a_binding_that_an_alarm_overtakes_keeps_nobody_waiting(
    node: NodeMaker, rabbitmq: RabbitMQ
) -> None:
    a = await node("a").start()
    await rabbitmq.ctl_later("set_vm_memory_high_watermark", "0.0000001")
    try:
        # The broker says that it has an alarm, and reads no more, when it sees this.
        a.broker.publish("room.x", Message(b"")).addErrback(lambda why: why.trap(Uncertain))
        late = a.broker.subscribe("room.late")
        await a.until_down()
        assert fails_with(late, NotSent)()
    finally:
        await rabbitmq.ctl_later("set_vm_memory_high_watermark", "0.4")
    await a.until_up()
    await a.say("room.late", b"in force")
    await until(lambda: b"in force" in a.bodies)


# what is needed is taken away


@pytest_twisted.ensureDeferred
async def test_a_nodes_queue_deleted_under_it_is_made_again(node: NodeMaker, vhost: str) -> None:
    _, b, load = await pair(node)
    await outside(vhost, lambda channel: channel.queue_delete("chat.node.b"))
    await until(lambda: any("deleted" in state.reason for state in b.states))
    await b.until_up()
    await flows_again(b)
    await verdict(load, b, lossless=False)


@pytest_twisted.ensureDeferred
async def test_the_exchange_deleted_is_made_again(
    node: NodeMaker, vhost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo, "ECHO_EVERY", 1.0)
    a, b, load = await pair(node)
    await outside(vhost, lambda channel: channel.exchange_delete("chat"))
    await until(lambda: any("NOT_FOUND" in state.reason for state in a.states))
    await a.until_up()
    # b finds out by its next echo: it is lost, or was sent before there was an exchange again.
    signs = ("does not come back", "NOT_FOUND")
    await until(lambda: any(sign in state.reason for state in b.states for sign in signs), 15.0)
    await flows_again(b)
    await verdict(load, b, lossless=False)


# it can't be had


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize(
    ("vhost_name", "said"),
    [("", "ACCESS_REFUSED"), ("nowhere", "vhost nowhere not found")],
)
async def test_a_wrong_login_is_said_once_without_the_password_and_tried_again(
    node: NodeMaker, rabbitmq: RabbitMQ, proxy: Proxy, lines: list[str], vhost_name: str, said: str
) -> None:
    password = "guest" if vhost_name else "geheim"
    url = rabbitmq.url(vhost_name, password=password)
    # By way of a proxy, which sees the tries.
    a = node("a", proxy.through(url))
    a.broker.startService()
    await until(lambda: proxy.accepted >= 3, 10.0, "three tries")
    assert said in a.broker.link.reason
    assert "geheim" not in "".join(lines) + a.broker.link.reason
    assert len(lines) == 1, lines


@pytest_twisted.ensureDeferred
async def test_a_name_that_another_process_has_is_said_clearly(
    node: NodeMaker, lines: list[str]
) -> None:
    first = await node("same").start("room.lobby")
    second = node("same")
    second.broker.startService()
    await until(lambda: "is taken" in second.broker.link.reason)
    assert "'same'" in second.broker.link.reason
    assert "--node" in second.broker.link.reason
    await pause(0.7)
    assert len(links_lost(lines)) == 1
    await first.say("room.lobby", b"still mine")
    await first.until_got(1)
    assert len([state for state in first.states if state.up]) == 1
    await first.stop()
    await second.until_up()


@pytest_twisted.ensureDeferred
async def test_a_server_that_says_nothing_is_given_up(
    node: NodeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp_link, "SILENCE", 1.0)
    mute = reactor.listenTCP(0, Factory.forProtocol(Protocol), interface="127.0.0.1")
    a = node("a", f"amqp://127.0.0.1:{mute.getHost().port}")
    a.broker.startService()
    await until(lambda: "has not answered" in a.broker.link.reason, 11.0)
    await a.stop()
    await mute.stopListening()


# TLS


@pytest_twisted.ensureDeferred
async def test_amqps_reaches_only_who_can_prove_its_name(
    node: NodeMaker,
    rabbitmq: RabbitMQ,
    lines: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate = Certificate(tmp_path, "localhost")
    proxy = Proxy(rabbitmq.port, certificate.options)
    vhost = rabbitmq.new_vhost()
    stranger, other = (
        node(name, f"amqps://guest:guest@{host}:{proxy.port}/{vhost}")
        for name, host in (("a", "localhost"), ("b", "127.0.0.1"))
    )
    stranger.broker.startService()
    await until(lambda: "certificate verify failed" in stranger.broker.link.reason)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    reached = await node("c", f"amqps://guest:guest@localhost:{proxy.port}/{vhost}").start(
        "room.a"
    )
    await reached.say("room.a", b"x" * 100_000)
    await reached.until_got(1)
    other.broker.startService()
    await until(lambda: "TLS failed" in other.broker.link.reason)
    await reached.stop()
    await proxy.close()


# a stop


@pytest_twisted.ensureDeferred
async def test_a_stop_waits_for_confirms_and_leaves_no_queue(
    node: NodeMaker, vhost: str, rabbitmq: RabbitMQ
) -> None:
    a = await node("a").start()
    outcomes = [a.broker.publish("room.lobby", Message(b"x")) for _ in range(500)]
    await a.stop()
    for outcome in outcomes:
        await outcome
    assert a.broker.outcomes["confirmed"] == 500
    queues = await rabbitmq.ctl_later("list_queues", "-p", vhost.rpartition("/")[2], "name")
    assert "chat.node" not in queues


@pytest_twisted.ensureDeferred
async def test_a_stop_ends_even_when_the_broker_is_frozen(
    node: NodeMaker, rabbitmq: RabbitMQ
) -> None:
    a, b, load = await pair(node)
    rabbitmq.freeze()
    large = [a.broker.publish("room.big", Message(bytes(1_000_000))) for _ in range(20)]
    began = reactor.seconds()
    await a.stop()
    assert reactor.seconds() - began < 2.5
    assert fails_with(large[-1], Uncertain)()
    for outcome in large[:-1]:
        outcome.addErrback(lambda failure: failure.trap(Uncertain))
    rabbitmq.thaw()
    await load.stop()


@pytest_twisted.ensureDeferred
async def test_a_restart_does_not_hear_what_its_former_life_left(
    node: NodeMaker, vhost: str, proxy: Proxy, rabbitmq: RabbitMQ
) -> None:
    a = await node("a").start()
    former = await node("b", proxy.through(vhost)).start("room.lobby", "room.former")
    await proxy.close()  # as if it were killed: nobody deletes its queue
    await former.until_down()
    await a.say("room.lobby", b"old")
    b = node("b")
    assert fails_with(b.broker.subscribe("room.lobby"), NotSent)()
    await b.start()
    await a.say("room.lobby", b"new")
    await b.until_got(1)
    assert b.bodies == [b"new"]
    assert "room.former" not in await bound_keys(rabbitmq, vhost)


# bounds


@pytest_twisted.ensureDeferred
async def test_too_many_unconfirmed_are_refused_until_all_are_confirmed(
    node: NodeMaker,
) -> None:
    a = await node("a").start("room.lobby")
    load = Load(a.broker, "room.lobby")
    for _ in range(2100):
        load.send()
    assert not a.up
    assert "2000 messages wait" in a.broker.link.reason
    await a.until_up()
    assert load.numbers("not_sent") == set(range(2000, 2100))
    load.send()
    await verdict(load, a)
    assert load.outcomes[2100] == "confirmed"


# foreign messages


@pytest_twisted.ensureDeferred
async def test_foreign_messages_of_all_kinds_stop_nothing(node: NodeMaker, vhost: str) -> None:
    a = node("a")
    posts: list[Message] = []

    async def consume(key: str, message: Message) -> None:
        posts.append(message)

    a.broker.consume("chat.post", "post.#", consume, single_active=True)
    await a.start("room.#")

    def send(channel: Any) -> None:
        deep: dict[str, Any] = {}
        for _ in range(300):
            deep = {"d": deep}
        for key in ("post.lobby", "room.lobby"):
            for headers in ({"list": [1, {"a": None}], "text": "x", "bytes": b"\xff"}, deep):
                channel.basic_publish("chat", key, b"odd", pika.BasicProperties(headers=headers))
            unreadable = pika.BasicProperties(headers={"far": _FarDate(2000, 1, 1)})
            channel.basic_publish("chat", key, b"unreadable", unreadable)
            latin = pika.BasicProperties(message_id=b"\xff\xfe")
            channel.basic_publish("chat", key, b"latin", latin)
            channel.basic_publish("chat", key, b"end")
        channel.basic_publish("chat", b"post.\xff", b"latin key")
        channel.basic_publish("chat", "post.lobby", b"end")

    await outside(vhost, send)
    await until(lambda: len(posts) >= 4 and a.bodies[-1:] == [b"end"])
    assert [message.body for message in posts] == [b"odd", b"odd", b"end", b"end"]
    assert a.bodies == [b"odd", b"odd", b"end"]
    assert posts[0].headers == {"text": "x"}
    assert len([state for state in a.states if state.up]) == 1, "it cost the link"


class _FarDate(datetime.datetime):
    """Goes out as a date that AMQP has and Python has not: pika raises on reading it."""

    def utctimetuple(self) -> Any:
        """pika counts the seconds from this, unchecked."""
        return (9999, 12, 31, 10**12, 0, 0)
