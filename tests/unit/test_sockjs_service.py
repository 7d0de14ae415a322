"""The sessions of a service: by name, by address, in time, and none left over."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory

from rabbitchat.sockjs.service import TooManySessions, host_of, seen_as
from support.hygiene import LoggedFailures
from support.sockjs_memory import RecorderFactory, Response, Server, get, post


class Bench:
    """A service in memory, whose delays are 25 and 5 seconds."""

    def __init__(self, **options: Any) -> None:
        self.factory = RecorderFactory()
        self.server = Server(self.factory, options)
        self.clock, self.service = self.server.clock, self.server.service

    def poll(self, name: str, address: str = "192.0.2.1", headers: Any = None) -> Response:
        """Poll a session, which has something to say."""
        return self.server.ask(post(f"/x/a/{name}/xhr", b"", headers), address)

    def pass_time(self, seconds: float) -> None:
        """In steps."""
        for _ in range(int(seconds * 2)):
            self.clock.advance(0.5)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left of any session."""
        service: Any = self.service
        return not (service._sessions or service._counts) and self.clock.getDelayedCalls() == []


def test_a_session_is_found_by_its_name_alone() -> None:
    bench = Bench()
    assert bench.service.find(b"s") is None
    bench.server.ask(post("/x/server/s/xhr"))
    session = bench.service.find(b"s")
    assert session is not None
    bench.factory.sessions[0].transport.write(b"hello")
    assert bench.server.ask(post("/x/other/s/xhr")).body == b'a["hello"]\n'
    assert bench.service.find(b"s") is session
    assert bench.service.find(b"S") is None
    assert len(bench.factory.sessions) == 1


def test_a_closed_session_is_there_for_receivers_only() -> None:
    bench = Bench()
    bench.poll("s")
    bench.factory.sessions[0].transport.loseConnection()
    assert bench.service.find(b"s") is None
    for _ in range(3):
        assert bench.poll("s").body == b'c[3000,"Go away!"]\n'
    bench.pass_time(5)
    assert bench.poll("s").body == b"o\n"


def test_a_session_that_nobody_comes_back_to_is_lost_and_forgotten() -> None:
    bench = Bench()
    bench.poll("s")
    bench.pass_time(4.5)
    assert bench.factory.heard == ["made"]
    bench.pass_time(0.5)
    assert bench.factory.heard == ["made", ConnectionLost]
    assert bench.is_empty


def test_each_poll_begins_the_wait_again() -> None:
    bench = Bench()
    bench.poll("s")
    for _ in range(3):
        bench.pass_time(4)
        bench.factory.sessions[0].transport.write(b"hello")
        assert bench.poll("s").body == b'a["hello"]\n'
    bench.pass_time(4.5)
    assert bench.factory.heard == ["made"]
    bench.pass_time(0.5)
    assert bench.factory.heard == ["made", ConnectionLost]


def test_the_wait_of_a_closed_session_is_not_begun_again() -> None:
    bench = Bench()
    bench.poll("s")
    bench.factory.sessions[0].transport.loseConnection()
    bench.pass_time(3)
    assert bench.poll("s").body[:1] == b"c"
    bench.pass_time(2)
    assert bench.poll("s").body == b"o\n"


def test_a_poll_that_waits_ends_with_a_heartbeat_and_a_stream_gets_several() -> None:
    bench = Bench()
    stream = bench.server.connect()
    stream.ask(post("/x/a/stream/xhr_streaming"))
    bench.poll("poll")
    poll = bench.server.connect().send(post("/x/a/poll/xhr"))
    bench.pass_time(24.5)
    assert poll.responses() == []
    bench.pass_time(0.5)
    assert [response.body for response in poll.responses()] == [b"h\n"]
    bench.pass_time(25)
    [response] = stream.responses()
    assert response.chunks[1:] == [b"o\n", b"h\n", b"h\n"]


def test_what_is_sent_puts_the_heartbeat_off() -> None:
    bench = Bench()
    stream = bench.server.connect()
    stream.ask(post("/x/a/s/xhr_streaming"))
    bench.pass_time(20)
    bench.factory.sessions[0].transport.write(b"x")
    bench.pass_time(20)
    bench.factory.sessions[0].transport.write(b"y")
    bench.pass_time(24.5)
    assert stream.responses()[0].chunks[-1] == b'a["y"]\n'
    bench.pass_time(0.5)
    assert stream.responses()[0].chunks[-1] == b"h\n"


def test_without_a_heartbeat_delay_there_are_none() -> None:
    bench = Bench(heartbeat_delay=0)
    stream = bench.server.connect()
    stream.ask(post("/x/a/s/xhr_streaming"))
    bench.pass_time(100)
    assert stream.responses()[0].chunks[1:] == [b"o\n"]
    assert bench.factory.heard == ["made"]


def test_a_lost_receiver_ends_its_session() -> None:
    bench = Bench()
    for kind in ("xhr", "xhr_streaming"):
        name = f"s-{kind}"
        bench.poll(name)
        line = bench.server.connect().send(post(f"/x/a/{name}/{kind}"))
        line.lose()
        assert bench.poll(name).body == b'c[1002,"Connection interrupted"]\n'
    assert bench.factory.heard == ["made", ConnectionLost] * 2


def test_a_stop_ends_all_and_leaves_nothing() -> None:
    bench = Bench()
    bench.poll("a")
    lines = [bench.server.connect().send(post("/x/a/a/xhr"))]
    lines.append(bench.server.connect().send(post("/x/a/b/xhr_streaming")))
    bench.poll("c")
    bench.factory.sessions[2].transport.loseConnection()
    bench.service.stop()
    bench.server.turn()
    assert bench.factory.heard == ["made"] * 3 + [ConnectionDone] * 3
    bodies = [line.responses()[0].body for line in lines]
    for line in lines:
        line.lose()
    assert all(body.endswith(b'c[3000,"Go away!"]\n') for body in bodies)
    assert bench.is_empty


# -- sessions of one address


def test_an_address_has_so_many_sessions() -> None:
    bench = Bench(max_sessions_per_address=2)
    assert [bench.poll(name).status for name in "abcd"] == [200, 200, 503, 503]
    assert bench.poll("c").body == b"there are too many sessions of your address\n"
    bench.factory.sessions[0].transport.write(b"x")
    assert bench.poll("a").status == 200  # its own
    assert bench.poll("c", "192.0.2.2").status == 200
    assert len(bench.factory.sessions) == 3
    bench.factory.sessions[1].transport.loseConnection()
    assert bench.poll("d").status == 503  # closed, not forgotten
    bench.pass_time(5)
    assert [bench.poll(name).status for name in "defg"] == [200, 200, 503, 503]
    bench.pass_time(5)
    assert bench.is_empty


def test_no_limit_is_none() -> None:
    bench = Bench(max_sessions_per_address=0)
    assert {bench.poll(f"s{number}").status for number in range(600)} == {200}


def test_without_an_address_all_are_not_taken_for_one() -> None:
    bench = Bench(max_sessions_per_address=1)
    for _ in range(3):
        bench.service.check_room("")
        bench.service.count("")
    bench.service.count("192.0.2.1")
    with pytest.raises(TooManySessions):
        bench.service.check_room("192.0.2.1")
    for address in ("", "", "", "192.0.2.1"):
        bench.service.uncount(address)
    assert bench.is_empty


def test_a_callback_that_is_none_makes_no_session() -> None:
    bench = Bench(allowed_origins=["*"])
    for kind in ("jsonp", "htmlfile"):
        for query in ("", "?c=", "?c=%28", "?c=a%20b", "?callback=<", "?c=x*"):
            answer = bench.server.ask(get(f"/x/a/s/{kind}{query}"))
            assert answer.status == 500
            assert b"callback" in answer.body
            assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
    assert bench.factory.heard == []
    assert bench.server.ask(get("/x/a/s/jsonp?callback=f")).body == b'/**/f("o");\r\n'


# -- where clients come from


@pytest.mark.parametrize(
    ("address", "host"),
    [
        (IPv4Address("TCP", "192.0.2.1", 5), "192.0.2.1"),
        (IPv6Address("TCP", "2001:db8::1", 5), "2001:db8::1"),
        (UNIXAddress("/socket"), ""),
        (None, ""),
    ],
)
def test_the_ip_address_in_an_address(address: Any, host: str) -> None:
    assert host_of(address) == host
    assert seen_as(address, host) is address
    assert seen_as(address, "") is address


def test_a_client_behind_a_proxy_has_an_address_without_a_port() -> None:
    proxy = IPv4Address("TCP", "10.0.0.1", 5)
    assert seen_as(proxy, "192.0.2.1") == IPv4Address("TCP", "192.0.2.1", 0)
    assert seen_as(proxy, "2001:db8::1") == IPv6Address("TCP", "2001:db8::1", 0)


@pytest.mark.parametrize(
    ("forwarded", "seen"),
    [
        (None, "10.0.0.1"),
        ("203.0.113.9", "203.0.113.9"),
        (["198.51.100.7", "203.0.113.9"], "203.0.113.9"),
        ("198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("nonsense", "10.0.0.1"),
        ("\xff", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_believed_proxies_are_looked_through(forwarded: Any, seen: str) -> None:
    bench = Bench(trusted_proxies=["10.0.0.0/8"], max_sessions_per_address=1)
    headers = {"X-Forwarded-For": forwarded}
    assert bench.poll("a", "10.0.0.1", headers).status == 200
    assert bench.factory.sessions[0].transport.getPeer().host == seen
    assert bench.poll("b", "10.0.0.1", headers).status == 503
    assert bench.poll("c", "10.0.0.1", {"X-Forwarded-For": "203.0.113.10"}).status == 200


def test_others_are_not_believed() -> None:
    bench = Bench(trusted_proxies=["10.0.0.0/8"])
    bench.poll("a", "192.0.2.1", {"X-Forwarded-For": "203.0.113.9"})
    peer: IAddress = bench.factory.sessions[0].transport.getPeer()
    assert peer == IPv4Address("TCP", "192.0.2.1", 50000)


# -- factories


class Refusing(Factory):
    """Has no protocol for anybody."""

    def buildProtocol(self, addr: IAddress | None) -> None:
        """See IProtocolFactory."""


class Buggy(Factory):
    """Fails."""

    def buildProtocol(self, addr: IAddress | None) -> None:
        """See IProtocolFactory."""
        raise ZeroDivisionError


@pytest.mark.parametrize("factory", [Refusing(), Buggy()])
def test_a_client_that_the_factory_does_not_want_is_sent_away(
    factory: Factory, expected_failures: LoggedFailures
) -> None:
    server = Server(factory)
    assert server.ask(post("/x/a/s/xhr")).body == b"o\n"
    for _ in range(2):
        assert server.ask(post("/x/a/s/xhr")).body == b'c[3000,"Go away!"]\n'
    assert server.ask(post("/x/a/s/xhr_send", b'["x"]')).status == 404
    server.clock.advance(5)
    assert server.service.find(b"s") is None
    assert bool(expected_failures.flush(ZeroDivisionError)) == isinstance(factory, Buggy)


def test_the_factory_is_told_who_comes() -> None:
    seen: list[IAddress | None] = []

    class Noting(Refusing):
        def buildProtocol(self, addr: IAddress | None) -> None:
            """See IProtocolFactory."""
            seen.append(addr)

    Server(Noting()).ask(post("/x/a/s/xhr"))
    assert seen == [IPv4Address("TCP", "192.0.2.1", 50000)]
