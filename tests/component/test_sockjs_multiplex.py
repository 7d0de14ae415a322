"""Several services over one SockJS session, as a client of websocket-multiplex meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Optional

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import reactor as _reactor
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.web.resource import Resource

from rabbitchat.sockjs import (
    BoundedSite,
    ClosedByClient,
    Multiplex,
    SockJSFactory,
    SockJSMultiplexResource,
    SockJSTransport,
)
from rabbitchat.sockjs.closing import Ending
from rabbitchat.sockjs.frames import LatestMessage, Message
from support.hygiene import LoggedFailures
from support.sockjs_services import Listen, Port, Recorder, Recorders, echo, new_session
from support.waiting import until

reactor: Any = _reactor


class Outer:
    """The session around, as a carrier: what goes to the client, and whether it is read from.

    `says` is the client's: one message after the other."""

    def __init__(self, multiplex: Multiplex) -> None:
        self.sent: list[Message] = []
        self.reads = True
        self.ended: Optional[tuple[int, str]] = None
        peer = IPv4Address("TCP", "192.0.2.7", 4711)
        host = IPv4Address("TCP", "192.0.2.1", 80)
        clock: Any = multiplex.clock
        self.transport = SockJSTransport(self, clock, LatestMessage(), host, peer)
        self.transport.serve(multiplex.buildProtocol(peer))
        self.transport.opened()

    def says(self, *messages: str) -> None:
        """The client sends these."""
        for message in messages:
            self.transport.received(message.encode())

    def hears(self, *messages: str) -> None:
        """The client was sent these since it was asked last."""
        sent, self.sent = self.sent, []
        assert [one.decode() for one in sent] == list(messages)

    def send(self, message: Message) -> None:
        """See transport.Carrier."""
        message.frame  # noqa: B018  # a carrier encodes
        self.sent.append(message)

    def end(self, code: int, reason: str, last_words: Optional[Message]) -> None:
        """See transport.Carrier."""
        self.ended = (code, reason)
        self.transport.lost(Ending.CLOSED)

    def abort(self, code: int, reason: str) -> None:
        """See transport.Carrier."""
        self.end(code, reason, None)

    def pause(self) -> None:
        """See transport.Carrier."""
        assert self.reads
        self.reads = False

    def resume(self) -> None:
        """See transport.Carrier."""
        assert not self.reads
        self.reads = True


class Service:
    """A multiplex with these topics, each with an application that remembers, and a clock."""

    def __init__(self, *names: str, max_topics: int = 64) -> None:
        self.clock = Clock()
        self.multiplex = Multiplex(max_topics, self.clock)
        self.topics = {name: Recorders() for name in names}
        for name, factory in self.topics.items():
            self.multiplex.addFactory(name, factory)

    def session(self) -> Outer:
        """A client has come."""
        return Outer(self.multiplex)

    def turn(self) -> None:
        """What is to happen in the next turn of the reactor, and what that leads to."""
        for _ in range(3):
            self.clock.advance(0)
        assert self.clock.getDelayedCalls() == []


# -- the format


def test_topics_come_and_go() -> None:
    service = Service("ann", "bob")
    client = service.session()
    client.says("sub,ann", "sub,bob", "msg,ann,hello", "msg,bob,hello, you, there", "msg,ann,")
    ann, bob = service.topics["ann"].session, service.topics["bob"].session
    assert (ann.heard, bob.heard) == ([b"hello", b""], [b"hello, you, there"])
    ann.transport.write(b"what, me?")
    bob.transport.write("ü\N{SNOWMAN}".encode())
    client.hears("msg,ann,what, me?", "msg,bob,ü\N{SNOWMAN}")
    assert ann.transport.getPeer() == IPv4Address("TCP", "192.0.2.7", 4711)
    assert ann.transport.getHost() == IPv4Address("TCP", "192.0.2.1", 80)

    client.says("uns,ann", "msg,ann,late", "msg,bob,on")
    ann.transport.write(b"too late")
    client.hears()
    assert not ann.lost, "it hears of that in a turn of its own, as everywhere in Twisted"
    service.turn()
    assert [ann.lost, bob.lost] == [ClosedByClient, None]
    assert (ann.heard[-1], bob.heard[-1]) == (b"", b"on")

    bob.transport.write(b"good bye")
    bob.transport.loseConnection()
    bob.transport.write(b"too late")
    client.hears("msg,bob,good bye", "uns,bob")
    client.says("msg,bob,late", "uns,bob")
    service.turn()
    assert (bob.lost, bob.heard[-1]) == (ConnectionDone, b"on")
    client.hears()
    assert client.ended is None


def test_a_topic_can_be_had_again_at_once() -> None:
    service = Service("ann")
    client = service.session()
    client.says("sub,ann", "uns,ann", "sub,ann", "msg,ann,hello")
    first, second = service.topics["ann"].sessions
    service.turn()
    assert (first.heard, first.lost) == ([], ClosedByClient)
    assert (second.heard, second.lost) == ([b"hello"], None)
    first.transport.loseConnection()
    first.transport.abortConnection()
    client.hears()


@pytest.mark.parametrize(
    "message",
    [
        "", ",", ",,", "sub", "sub,", "uns", "uns,", "msg", "msg,", "msg,,x", "ann", "sub,nobody",
        "msg,nobody,x", "uns,nobody", "msg,bob,x", "uns,bob", "SUB,bob", "sub, bob", "subbob",
        "sub,Bob", "sub,ann", "sub,ann,x", " msg,ann,x", "xyz,ann", "xyz,ann,x", "\0", "sub,\0",
        "sub," + "x" * 65536, "msg," + "x" * 65536 + ",x", "uns," + "," * 1000,
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_ignored(message: str) -> None:
    service = Service("ann", "bob")
    client = service.session()
    client.says("sub,ann", message, "msg,ann,still there")
    (ann,) = service.topics["ann"].sessions
    assert ann.heard == [b"still there"]
    assert service.topics["bob"].sessions == []
    client.hears()
    service.turn()
    assert ann.lost is None
    assert client.ended is None


@given(
    st.lists(
        st.one_of(
            st.builds("{},{}".format, st.sampled_from(["sub", "uns"]), st.sampled_from("abcx")),
            st.builds("msg,{},{}".format, st.sampled_from("abcx"), st.text(max_size=3)),
            st.text(max_size=8),
        )
    )
)
def test_any_messages(messages: list[str]) -> None:
    """Against the plain rules: who is subscribed hears what is said, and nobody else."""
    service = Service("a", "b", "c", max_topics=0)
    client = service.session()
    client.says(*(message.encode("utf-8", "replace").decode() for message in messages))
    heard: dict[str, list[list[bytes]]] = {name: [] for name in "abc"}
    subscribed = set()
    for message in messages:
        kind, name, payload = [*message.split(",", 2), "", ""][:3]
        if kind == "sub" and name in heard and name not in subscribed:
            subscribed.add(name)
            heard[name].append([])
        elif kind == "uns":
            subscribed.discard(name)
        elif kind == "msg" and name in subscribed:
            heard[name][-1].append(payload.encode("utf-8", "replace"))
    for name, factory in service.topics.items():
        assert [one.heard for one in factory.sessions] == heard[name]
    service.turn()
    open_now = {name for name, made in service.topics.items() if made.sessions[-1:]}
    assert subscribed == {name for name in open_now if service.topics[name].session.lost is None}
    client.hears()


def test_names_stand_as_javascript_escapes_them() -> None:
    name = "a topic, ü\N{SNOWMAN}\N{GRINNING FACE}"
    on_the_wire = "a%20topic%2C%20%FC%u2603%uD83D%uDE00"  # escape(name) in node 20
    service = Service(name, "@*_+-./")
    client = service.session()
    client.says(f"sub,{on_the_wire}", f"msg,{on_the_wire},x", "sub,@*_+-./")
    assert service.topics[name].session.heard == [b"x"]
    service.topics[name].session.transport.write(b"y")
    client.hears(f"msg,{on_the_wire},y")
    assert len(service.topics["@*_+-./"].sessions) == 1


def test_names_that_can_not_be_had() -> None:
    multiplex = Service("ann").multiplex
    with pytest.raises(ValueError, match="the topic 'ann' is there already"):
        multiplex.addFactory("ann", Recorders())
    with pytest.raises(ValueError, match="the topic '' is none"):
        multiplex.addFactory("", Recorders())


# -- ends


@pytest.mark.parametrize(
    ("ending", "code", "expected"),
    [
        (Ending.CLOSED, None, ConnectionDone),
        (Ending.LOST, None, ConnectionLost),
        (Ending.LEFT, 1001, ClosedByClient),
    ],
)
def test_the_end_of_the_session_is_that_of_its_topics(
    ending: Ending, code: Optional[int], expected: type[Exception]
) -> None:
    service = Service("ann", "bob")
    client = service.session()
    client.says("sub,ann", "sub,bob", "uns,bob")
    ann = service.topics["ann"].session
    client.transport.lost(ending, code)
    service.turn()
    assert (ann.lost, service.topics["bob"].session.lost) == (expected, ClosedByClient)
    for call in (ann.transport.loseConnection, ann.transport.pauseProducing):
        call()
    ann.transport.write(b"too late")
    client.hears()


def test_a_code_of_a_close_has_no_place_and_last_words_have() -> None:
    service = Service("ann")
    client = service.session()
    client.says("sub,ann")
    service.topics["ann"].session.transport.close(3999, "enough", b"last words")
    client.hears("msg,ann,last words", "uns,ann")
    client.says("sub,ann")
    service.topics["ann"].session.transport.abortConnection()
    client.hears("uns,ann")
    service.turn()


class Refusing(Factory):
    """Wants nobody, or has a bug."""

    def __init__(self, why: Optional[Exception]) -> None:
        self._why = why

    def buildProtocol(self, addr: Optional[IAddress]) -> None:
        """See IProtocolFactory."""
        if self._why is not None:
            raise self._why


@pytest.mark.parametrize("why", [None, ZeroDivisionError()])
def test_a_factory_that_gives_no_protocol(
    why: Optional[Exception], expected_failures: LoggedFailures
) -> None:
    service = Service("ann")
    service.multiplex.addFactory("nobody", Refusing(why))
    client = service.session()
    client.says("sub,nobody", "msg,nobody,x", "sub,ann", "msg,ann,hello")
    client.hears("uns,nobody")
    assert service.topics["ann"].session.heard == [b"hello"]
    service.turn()
    assert len(expected_failures.flush(ZeroDivisionError)) == (why is not None)


def _fail(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("when", ["on_open", "on_message"])
def test_a_bug_costs_one_topic(when: str, expected_failures: LoggedFailures) -> None:
    service = Service("ann", "bob")
    setattr(service.topics["ann"], when, _fail)
    client = service.session()
    client.says("sub,bob", "sub,ann", "msg,ann,x", "msg,bob,hello")
    client.hears("uns,ann")
    assert service.topics["bob"].session.heard == [b"hello"]
    service.turn()
    assert service.topics["ann"].session.lost is not None
    assert len(expected_failures.flush(ZeroDivisionError)) == 1


# -- limits


def test_a_session_has_so_many_topics_at_once() -> None:
    service = Service("a", "b", "c", max_topics=2)
    client = service.session()
    client.says("sub,a", "sub,b", "sub,c", "msg,c,x", "sub,c")
    client.hears("uns,c", "uns,c")
    client.says("uns,a", "sub,c")
    client.hears("uns,c")
    service.turn()
    client.says("sub,c", "msg,c,x")
    client.hears()
    assert service.topics["c"].session.heard == [b"x"]


def test_thousands_of_subscriptions_in_one_turn() -> None:
    service = Service("ann", max_topics=64)
    client, other = service.session(), service.session()
    client.says(*["sub,ann", "uns,ann"] * 5000)
    assert len(service.topics["ann"].sessions) == 64
    assert len(service.clock.getDelayedCalls()) == 65  # a connectionLost each
    client.hears(*["uns,ann"] * (5000 - 64))
    other.says("sub,ann", "msg,ann,hello")
    assert service.topics["ann"].session.heard == [b"hello"]
    service.turn()


def test_topics_without_number() -> None:
    names = [str(number) for number in range(1000)]
    service = Service(*names, max_topics=0)
    client = service.session()
    client.says(*(f"sub,{name}" for name in names))
    assert all(len(factory.sessions) == 1 for factory in service.topics.values())
    client.hears()


# -- who reads and writes slowly


def test_a_topic_that_does_not_read_keeps_the_session_waiting() -> None:
    service = Service("ann", "bob", "carl")
    client = service.session()
    client.says("sub,ann", "sub,bob", "sub,carl")
    ann, bob, carl = (factory.session.transport for factory in service.topics.values())
    ann.pauseProducing()
    ann.pauseProducing()
    bob.pauseProducing()
    assert not client.reads
    carl.resumeProducing()
    ann.resumeProducing()
    assert not client.reads
    bob.resumeProducing()
    assert client.reads


@pytest.mark.parametrize("end", ["loseConnection", "abortConnection", "uns"])
def test_the_end_of_a_topic_lets_the_others_read(end: str) -> None:
    service = Service("ann", "bob")
    client = service.session()
    client.says("sub,ann", "sub,bob")
    ann = service.topics["ann"].session.transport
    states = []
    ann.pauseProducing()
    states.append(client.reads)
    if end == "uns":  # it was on its way already
        client.says("uns,ann")
    else:
        getattr(ann, end)()
    states.append(client.reads)
    ann.pauseProducing()  # nobody could let it read again
    assert [*states, client.reads] == [False, True, True]
    service.turn()


def test_what_comes_when_reading_goes_on_comes_after_the_end() -> None:
    """What the session held back may bring the same topic again."""
    service = Service("ann")
    client = service.session()
    client.says("sub,ann")
    ann = service.topics["ann"].session
    ann.transport.pauseProducing()
    service.topics["ann"].on_open = lambda new: new.transport.write(b"welcome")
    held = ["sub,ann"]
    resume: Callable[[], None] = client.resume

    def resume_and_go_on() -> None:
        resume()
        client.says(*held)

    client.resume = resume_and_go_on  # type: ignore[method-assign]
    ann.transport.loseConnection()
    client.hears("uns,ann", "msg,ann,welcome")
    service.turn()


class Producer:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pauseProducing(self) -> None:
        """See IPushProducer."""
        self.calls.append("pause")

    def resumeProducing(self) -> None:
        """See IPushProducer."""
        self.calls.append("resume")

    def stopProducing(self) -> None:
        """See IPushProducer."""
        self.calls.append("stop")


def test_producers_of_all_topics_wait_for_a_slow_client() -> None:
    service = Service("ann", "bob", "carl")
    client = service.session()
    client.says("sub,ann", "sub,bob")
    producers = [Producer() for _ in range(3)]
    for name, producer in zip(("ann", "bob"), producers, strict=False):
        service.topics[name].session.transport.registerProducer(producer, True)
    client.transport.pause_writing()
    assert [one.calls for one in producers] == [["pause"], ["pause"], []]
    client.says("sub,carl")
    service.topics["carl"].session.transport.registerProducer(producers[2], True)
    assert producers[2].calls == ["pause"], "it came while the client was slow"
    client.transport.resume_writing()
    assert [one.calls[1:] for one in producers] == [["resume"]] * 3
    client.says("uns,bob")
    client.transport.lost(Ending.LOST)
    service.turn()
    assert [one.calls[2:] for one in producers] == [["stop"]] * 3


def test_the_first_that_goes_on_may_make_the_client_slow_again() -> None:
    service = Service("ann", "bob")
    client = service.session()
    client.says("sub,ann", "sub,bob")
    ann, bob = Producer(), Producer()
    service.topics["ann"].session.transport.registerProducer(ann, True)
    service.topics["bob"].session.transport.registerProducer(bob, True)
    client.transport.pause_writing()
    ann.resumeProducing = client.transport.pause_writing  # type: ignore[method-assign]
    client.transport.resume_writing()
    assert (ann.calls, bob.calls) == (["pause", "pause"], ["pause", "pause"])
    client.transport.lost(Ending.LOST)
    service.turn()


def test_what_goes_to_many_is_put_together_once() -> None:
    service = Service("ann", "bob")
    clients = [service.session() for _ in range(3)]
    for client in clients:
        client.says("sub,ann", "sub,bob")
    news = b"news"
    for name in ("ann", "bob"):
        for session in service.topics[name].sessions:
            session.transport.write(news)
    for_ann, for_bob = zip(*(client.sent for client in clients), strict=True)
    assert (for_ann[0], for_bob[0]) == (b"msg,ann,news", b"msg,bob,news")
    assert len({id(one) for one in for_ann}) == len({id(one) for one in for_bob}) == 1


def test_what_is_no_text_is_an_error_for_who_writes_it() -> None:
    service = Service("ann")
    client = service.session()
    client.says("sub,ann")
    transport = service.topics["ann"].session.transport
    with pytest.raises(ValueError, match="utf-8"):
        transport.write(b"\xff")
    with pytest.raises(TypeError, match="write bytes, not str"):
        transport.write("text")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="only a raw WebSocket"):
        transport.write_binary(b"\0")
    client.hears()


# -- start and stop


class Counted(Recorders):
    """Counts how often it was started and stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def startFactory(self) -> None:
        """A port listens."""
        self.calls.append("start")

    def stopFactory(self) -> None:
        """None does any more."""
        self.calls.append("stop")


def test_factories_start_and_stop_with_the_port() -> None:
    multiplex, before, later = Multiplex(reactor=Clock()), Counted(), Counted()
    multiplex.addFactory("before", before)
    multiplex.doStart()
    multiplex.addFactory("later", later)
    assert before.calls == later.calls == ["start"]
    multiplex.doStop()
    assert before.calls == later.calls == ["start", "stop"]


# -- over real sockets


async def says(port: Port, url: str, *messages: str) -> None:
    """Send these by a session that polls."""
    await port.send(url, json.dumps(messages).encode())


def with_echo(multiplex: Any) -> Recorders:
    """A topic that echoes, and one that closes."""
    application, closing = Recorders(), Recorders()
    application.on_message = echo
    closing.on_open = _close
    multiplex.addFactory("echo", application)
    multiplex.addFactory("close", closing)
    return application


def _close(session: Recorder) -> None:
    session.transport.loseConnection()


@pytest_twisted.ensureDeferred
async def test_on_a_port_of_its_own(listen: Listen) -> None:
    multiplex = Multiplex(reactor=reactor)
    application = with_echo(multiplex)
    site = SockJSFactory(multiplex, reactor=reactor)
    port = listen(site)

    url = new_session()
    assert await port.poll(url) == b"o\n"
    await says(port, url, "sub,echo", "sub,close", "msg,echo,one", "msg,echo,two")
    assert await port.poll(url) == b'a["uns,close","msg,echo,one","msg,echo,two"]\n'

    framed = await port.websocket("/000/any/websocket")
    await framed.hears("o")
    framed.say('["sub,echo","msg,echo,hello"]')
    await framed.hears('a["msg,echo,hello"]')

    raw = await port.websocket("/websocket")
    raw.say("sub,echo")
    raw.say("msg,echo,hello")
    await raw.hears("msg,echo,hello")
    raw.vanish()
    await until(lambda: application.sessions[2].lost, what="it was lost")

    site.doStop()
    await framed.hears('c[3000,"Go away!"]')
    await framed.closes(3000)
    lost = [ConnectionDone, ConnectionDone, ConnectionLost]
    await until(lambda: [one.lost for one in application.sessions] == lost, what="all are over")
    site.doStart()


@pytest_twisted.ensureDeferred
async def test_as_a_resource(listen: Listen) -> None:
    multiplex = SockJSMultiplexResource({"websocket": False}, reactor)
    with_echo(multiplex)
    root = Resource()
    root.putChild(b"multiplex", multiplex)
    port, url = listen(BoundedSite(root, reactor)), "/multiplex" + new_session()
    assert b'"websocket": false' in (await port.get("/multiplex/info")).body
    assert await port.poll(url) == b"o\n"
    await says(port, url, "sub,echo", "msg,echo,hello")
    assert await port.poll(url) == b'a["msg,echo,hello"]\n'
    multiplex.stop()


@pytest_twisted.ensureDeferred
async def test_a_producer_and_a_client_that_polls_slowly(listen: Listen) -> None:
    """All the way: what waits for the poll is bounded, and all of it comes."""
    multiplex = Multiplex(reactor=reactor)
    application = Recorders()
    multiplex.addFactory("numbers", application)
    port, url = listen(SockJSFactory(multiplex, {"max_buffer": 200_000}, reactor)), new_session()
    await port.poll(url)
    await says(port, url, "sub,numbers")
    session, numbers = application.session, Numbers(application.session)
    session.transport.registerProducer(numbers, False)
    heard: list[str] = []
    while "uns,numbers" not in heard:
        heard += json.loads((await port.poll(url))[1:])
    assert heard[:-1] == [f"msg,numbers,{number:01000}" for number in range(Numbers.COUNT)]


class Numbers:
    """Writes numbers of a thousand digits when it is asked to."""

    COUNT = 1000

    def __init__(self, session: Recorder) -> None:
        self._session = session
        self._next = 0

    def resumeProducing(self) -> None:
        """See IPullProducer."""
        self._session.transport.write(b"%01000d" % self._next)
        self._next += 1
        if self._next == self.COUNT:
            self._session.transport.unregisterProducer()
            self._session.transport.loseConnection()

    def stopProducing(self) -> None:
        """See IPullProducer."""
