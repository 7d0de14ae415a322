"""Ways to serve factories by SockJS: on a port of their own, alone or several, and in a site."""

from __future__ import annotations

from typing import Any, Optional

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory
from twisted.web.resource import Resource
from twisted.web.server import Site
from twisted.web.static import Data

from rabbitchat.sockjs import (
    BoundedSite,
    OptionError,
    SockJSFactory,
    SockJSMultiFactory,
    SockJSResource,
)
from support.carriers import HOST
from support.sockjs_raw import handshake
from support.sockjs_services import Listen, Port, Recorders, StandingClock, echo, new_session
from support.waiting import until

reactor: Any = _reactor

GREETING = b"Welcome to SockJS!\n"
ENDED = b'c[3000,"Go away!"]\n'


class Counted(Recorders):
    """Counts how often it was started and stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.on_message = echo
        self.calls: list[str] = []

    def startFactory(self) -> None:
        """A port listens."""
        self.calls.append("start")

    def stopFactory(self) -> None:
        """None does any more."""
        self.calls.append("stop")


class Refusing(Factory):
    """Wants nobody."""

    def buildProtocol(self, addr: Optional[IAddress]) -> None:
        """See IProtocolFactory."""


async def echoes(port: Port, prefix: str) -> None:
    """There is an echo under this prefix."""
    url = prefix + new_session()
    assert await port.poll(url) == b"o\n"
    await port.send(url, b'["hello"]')
    assert await port.poll(url) == b'a["hello"]\n'
    websocket = await port.websocket(prefix + "/websocket")
    websocket.say("hello")
    await websocket.hears("hello")


async def is_greeted(port: Port, path: str) -> bool:
    """Whether there is a service at this path, or nothing."""
    answer = await port.get(path)
    assert (answer.status, answer.body == GREETING) in ((200, True), (404, False))
    return answer.status == 200


# -- one service


@pytest_twisted.ensureDeferred
async def test_a_factory_alone_is_at_the_root(listen: Listen) -> None:
    port = listen(SockJSFactory(Counted(), reactor=reactor))
    await echoes(port, "")
    assert await is_greeted(port, "/")
    assert not await is_greeted(port, "/echo")


@pytest_twisted.ensureDeferred
async def test_without_a_reactor_it_is_the_installed_one(listen: Listen) -> None:
    await echoes(listen(SockJSFactory(Counted())), "")


def test_a_wrong_option_is_an_error_at_start() -> None:
    for make in (SockJSFactory, SockJSResource):
        with pytest.raises(OptionError, match="there is no option 'heartbeat'; there are websock"):
            make(Counted(), {"heartbeat": 25})
        with pytest.raises(OptionError, match="the option response_limit is '4k'; it must be a"):
            make(Counted(), {"response_limit": "4k"})
    with pytest.raises(OptionError, match="the option websocket is 1; it must be True or False"):
        SockJSMultiFactory(reactor).addFactory(Counted(), "echo", {"websocket": 1})


# -- several


@pytest_twisted.ensureDeferred
async def test_several_factories_each_with_its_options(listen: Listen) -> None:
    site = SockJSMultiFactory(reactor)
    site.addFactory(Counted(), "echo")
    site.addFactory(Counted(), "/services/echo/", {"websocket": False})
    site.addFactory(Counted(), "services/more/echo")
    site.addFactory(Counted(), "b\N{LATIN SMALL LETTER E WITH ACUTE}")
    port = listen(site)
    for prefix in ("/echo", "/services/more/echo", "/b%C3%A9"):
        await echoes(port, prefix)
        assert await is_greeted(port, prefix)
    assert b'"websocket": false' in (await port.get("/services/echo/info")).body
    assert b'"websocket": true' in (await port.get("/echo/info")).body
    for path in ("/", "/services", "/services/", "/services/more", "/other", "/echo2"):
        assert not await is_greeted(port, path)


@pytest_twisted.ensureDeferred
async def test_sessions_of_one_service_are_not_those_of_another(listen: Listen) -> None:
    site = SockJSMultiFactory(reactor)
    for prefix in ("one", "two"):
        site.addFactory(Counted(), prefix)
    port, session = listen(site), new_session()
    assert await port.poll("/one" + session) == b"o\n"
    assert (await port.post(f"/two{session}/xhr_send", b'["x"]')).status == 404
    assert await port.poll("/two" + session) == b"o\n"


@pytest.mark.parametrize("prefix", ["", "/", "//", "a//b", "echo", "/echo/", "echo/below", "a"])
def test_a_prefix_that_can_not_be_had(prefix: str) -> None:
    site = SockJSMultiFactory(reactor)
    site.addFactory(Counted(), "echo")
    site.addFactory(Counted(), "a/b/c")
    with pytest.raises(ValueError, match=f"{prefix!r}"):
        site.addFactory(Counted(), prefix)
    assert len(site.services) == 2


def test_the_widest_limits_are_the_ports() -> None:
    site = SockJSMultiFactory(reactor)
    site.addFactory(Counted(), "small", {"max_message": 1000, "max_sessions_per_address": 7})
    site.addFactory(Counted(), "large", {"max_message": 5000, "trusted_proxies": ["192.0.2.0/24"]})
    assert site.limits.max_body == 5000
    assert site.limits.connections_per_address == 2 * 512
    assert site.proxies.trusts("192.0.2.9")
    site.addFactory(Counted(), "none", {"max_message": 0, "max_sessions_per_address": 0})
    assert (site.limits.max_body, site.limits.connections_per_address) == (0, 0)


@pytest_twisted.ensureDeferred
async def test_a_service_takes_no_more_than_its_own_limit(listen: Listen) -> None:
    site = SockJSMultiFactory(reactor)
    for prefix, limit in (("small", 100), ("large", 1000)):
        site.addFactory(Counted(), prefix, {"max_message": limit})
    port = listen(site)
    statuses = []
    for prefix in ("/small", "/large"):
        url = prefix + new_session()
        await port.poll(url)
        statuses.append((await port.post(url + "/xhr_send", b'["%s"]' % (b"x" * 500))).status)
    assert statuses == [413, 204]


# -- in a site


@pytest.mark.parametrize("kind", [Site, BoundedSite])
@pytest_twisted.ensureDeferred
async def test_a_resource_among_others(listen: Listen, kind: Any) -> None:
    services = [SockJSResource(Counted(), reactor=reactor) for _ in range(2)]
    root, deep = Resource(), Resource()
    root.putChild(b"", Data(b"the page", "text/plain"))
    root.putChild(b"echo", services[0])
    root.putChild(b"deep", deep)
    deep.putChild(b"er", services[1])
    port = listen(kind(root, reactor=reactor))
    assert (await port.get("/")).body == b"the page"
    for prefix in ("/echo", "/deep/er"):
        await echoes(port, prefix)
        assert await is_greeted(port, prefix + "/")
    assert not await is_greeted(port, "/other")
    for service in services:
        service.stop()


# -- start and stop


@pytest_twisted.ensureDeferred
async def test_wrapped_factories_start_and_stop_with_the_port() -> None:
    one, two = Counted(), Counted()
    site = SockJSMultiFactory(reactor)
    site.addFactory(one, "one")
    site.addFactory(one, "again")
    site.addFactory(two, "two")
    port = reactor.listenTCP(0, site, interface=HOST)
    assert one.calls == two.calls == ["start"]
    more = reactor.listenTCP(0, site, interface=HOST)
    await port.stopListening()
    assert one.calls == ["start"], "another port listens"
    await more.stopListening()
    assert one.calls == two.calls == ["start", "stop"]


@pytest_twisted.ensureDeferred
async def test_a_stop_ends_all_sessions(listen: Listen) -> None:
    application, clock = Counted(), StandingClock()
    site = SockJSFactory(application, {"heartbeat_delay": 20}, clock)
    port = listen(site)
    await port.poll(new_session())
    streaming = await port.open("POST", new_session() + "/xhr_streaming", body=b"")
    await streaming.piece(b"h" * 2048 + b"\n")
    await streaming.piece(b"o\n")
    framed = await port.websocket("/000/any/websocket")
    await framed.hears("o")
    raw = await port.websocket("/websocket")
    raw.say("hello")
    await raw.hears("hello")
    assert len(application.sessions) == 4

    site.doStop()
    await streaming.piece(ENDED)
    await streaming.end()
    await framed.hears('c[3000,"Go away!"]')
    await framed.closes(3000, "Go away!")
    await raw.closes(3000, "Go away!")
    await until(lambda: all(one.lost for one in application.sessions), what="all have ended")
    assert [one.lost for one in application.sessions] == [ConnectionDone] * 4
    assert application.calls == ["start", "stop"]

    late = await port.post(new_session() + "/xhr")
    assert (late.status, late.body) == (503, b"the service has stopped\n")
    upgrade = await port.connect()
    assert await upgrade.http(handshake("/websocket")) == b"HTTP/1.1 503 Service Unavailable"
    assert len(application.sessions) == 4
    await port.cut_clients()
    await until(lambda: clock.getDelayedCalls() == [], what="nothing is left to do")
    site.doStart()
    assert await port.poll(new_session()) == b"o\n"


@pytest_twisted.ensureDeferred
async def test_a_stop_answers_a_poll_that_waits(listen: Listen) -> None:
    site = SockJSFactory(Counted(), reactor=reactor)
    port, url = listen(site), new_session()
    await port.poll(url)
    waiting = (await port.connect()).send("POST", url + "/xhr", body=b"")
    await port.send(url, b"[]")
    site.doStop()
    assert (await waiting.whole()).body == ENDED
    site.doStart()


# -- factories that give no protocol


@pytest_twisted.ensureDeferred
async def test_a_factory_that_wants_nobody(listen: Listen) -> None:
    port = listen(SockJSFactory(Refusing(), reactor=reactor))
    url = new_session()
    assert [await port.poll(url) for _ in range(3)] == [b"o\n", ENDED, ENDED]
    assert (await port.post(url + "/xhr_send", b'["x"]')).status == 404
    framed = await port.websocket(new_session() + "/websocket")
    await framed.hears("o", 'c[3000,"Go away!"]')
    await framed.closes(3000, "Go away!")
    raw = await port.websocket("/websocket")
    await raw.closes(3000, "Go away!")
