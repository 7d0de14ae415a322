"""SockJS: how a session begins, what happens to it, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_twisted
from twisted.internet.error import ConnectionDone, ConnectionLost

from support.sockjs_raw import HTTP10, HTTP11
from support.sockjs_services import App, Port, StandingClock, StartApp, new_session
from support.sockjs_transports import (
    POLLING,
    RECEIVING,
    STREAMING,
    XHR,
    XHR_STREAMING,
    Transport,
)
from support.waiting import until

VERSIONS = pytest.mark.parametrize("version", [HTTP10, HTTP11])
ANY = pytest.mark.parametrize("transport", RECEIVING, ids=str)

ANOTHER = 'c[2010,"Another connection still open"]'
GO_AWAY = 'c[3000,"Go away!"]'
INTERRUPTED = 'c[1002,"Connection interrupted"]'


async def lost(app: App, why: type[BaseException]) -> None:
    """The application hears of the end, for this reason."""
    await until(lambda: app.session.lost, what="connectionLost")
    assert app.session.lost is why


# -- how it begins


@VERSIONS
@ANY
@pytest_twisted.ensureDeferred
async def test_who_is_new_gets_an_o_at_once(
    start_app: StartApp, transport: Transport, version: str
) -> None:
    app = start_app(StandingClock())
    receiver = await transport.receive(app, "/app" + new_session(), version=version)
    await receiver.frames("o")
    if transport.streams:
        receiver.nothing_more()
    assert len(app.application.sessions) == app.sessions == 1


@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
@pytest_twisted.ensureDeferred
async def test_sending_makes_no_session(start_app: StartApp, transport: str) -> None:
    app = start_app()
    url = "/app" + new_session()
    for payload in (b'["a"]', b"[]"):
        assert (await app.post(f"{url}/{transport}", payload)).status == 404
    assert app.sessions == 0
    assert await app.poll(url) == b"o\n"
    await app.send(url, b'["b"]')
    assert app.session.heard == [b"b"]


@ANY
@pytest_twisted.ensureDeferred
async def test_the_application_never_sees_the_sessions_name(
    start_app: StartApp, transport: Transport
) -> None:
    app = start_app()
    receiver = await transport.receive(app, "/app/very-secret/xyzzy-17")
    await receiver.frames("o")
    seen: Any = app.session.transport
    names = [name for name in dir(seen) if not name.startswith("_")]
    values = [repr(getattr(seen, name)) for name in names]
    values += [repr(seen), str(seen), repr(seen.getPeer()), repr(seen.getHost())]
    assert not [value for value in values if "xyzzy" in value or "secret" in value]


# -- frames


@VERSIONS
@ANY
@pytest_twisted.ensureDeferred
async def test_all_that_waits_is_one_frame(
    start_app: StartApp, transport: Transport, version: str
) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    for message in (b"one", b"", "tw\u00f6".encode()):
        app.session.transport.write(message)
    receiver = await transport.receive(app, url, version=version)
    await receiver.frames('a["one","","tw\\u00f6"]')


@VERSIONS
@ANY
@pytest_twisted.ensureDeferred
async def test_what_is_written_while_the_client_waits_goes_at_once(
    start_app: StartApp, transport: Transport, version: str
) -> None:
    app = start_app(StandingClock())
    receiver = await transport.wait(app, "/app" + new_session(), version)
    receiver.nothing_more()
    app.session.transport.write(b"one")
    app.session.transport.write(b"two")
    if transport.streams:
        await receiver.frames('a["one"]', 'a["two"]')
        receiver.nothing_more()
    else:
        await receiver.ends_with('a["one"]')


@pytest_twisted.ensureDeferred
async def test_what_is_written_on_opening_follows_the_o(start_app: StartApp) -> None:
    app = start_app()
    app.application.on_open = lambda session: session.transport.write(b"hello")
    stream = await XHR_STREAMING.receive(app, "/app" + new_session())
    await stream.frames("o", 'a["hello"]')
    url = "/app" + new_session()
    assert await app.poll(url) == b"o\n"
    assert await app.poll(url) == b'a["hello"]\n'


@pytest_twisted.ensureDeferred
async def test_every_mixture_of_transports_is_one_session(services: Port) -> None:
    url = "/echo" + new_session()
    assert await services.poll(url) == b"o\n"
    for number, transport in enumerate(RECEIVING):
        send = "/xhr_send" if number % 2 else "/jsonp_send"
        assert (await services.post(url + send, b'["%d"]' % number)).status in (200, 204)
        receiver = await transport.receive(services, url)
        await receiver.frames(f'a["{number}"]')
        if transport.streams:  # fill it up, for the next one's sake
            await services.send(url, b'["%s"]' % (b"x" * 4096))
            await receiver.ends_with('a["%s"]' % ("x" * 4096))


# -- one receiver at a time


@pytest.mark.parametrize("first", [XHR, XHR_STREAMING], ids=str)
@VERSIONS
@ANY
@pytest_twisted.ensureDeferred
async def test_a_second_receiver_is_sent_away(
    start_app: StartApp, first: Transport, transport: Transport, version: str
) -> None:
    app = start_app(StandingClock())
    url = "/app" + new_session()
    waiting = await first.wait(app, url)
    for _ in range(2):
        second = await transport.receive(app, url, version=version)
        await second.ends_with(ANOTHER)
    waiting.nothing_more()
    app.session.transport.write(b"x")
    await waiting.frames('a["x"]')
    assert app.session.lost is None


# -- the application closes


@VERSIONS
@ANY
@pytest_twisted.ensureDeferred
async def test_closed_as_it_opens(services: Port, transport: Transport, version: str) -> None:
    url = "/close" + new_session()
    first = await transport.receive(services, url, version=version)
    if transport.streams:
        await first.ends_with("o", GO_AWAY)
    else:
        await first.ends_with("o")
    for _ in range(3):
        again = await transport.receive(services, url, version=version)
        await again.ends_with(GO_AWAY)


@VERSIONS
@ANY
@pytest_twisted.ensureDeferred
async def test_closed_while_the_client_waits(
    start_app: StartApp, transport: Transport, version: str
) -> None:
    app = start_app()
    url = "/app" + new_session()
    waiting = await transport.wait(app, url, version)
    app.session.transport.loseConnection()
    # It is detached already, though the response is still on its way.
    again = await transport.receive(app, url, version=version)
    await again.ends_with(GO_AWAY)
    await waiting.ends_with(GO_AWAY)
    await lost(app, ConnectionDone)


@ANY
@pytest_twisted.ensureDeferred
async def test_closed_while_nobody_waits(start_app: StartApp, transport: Transport) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    app.session.transport.close(4001, 'caf\u00e9 "x"')
    for _ in range(2):
        receiver = await transport.receive(app, url)
        await receiver.ends_with('c[4001,"caf\\u00e9 \\"x\\""]')
    await lost(app, ConnectionDone)


@VERSIONS
@ANY
@pytest_twisted.ensureDeferred
async def test_what_waits_when_it_closes_is_not_lost(
    start_app: StartApp, transport: Transport, version: str
) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    app.session.transport.write(b"one")
    app.session.transport.write(b"two")
    app.session.transport.loseConnection()
    app.session.transport.write(b"too late")
    receiver = await transport.receive(app, url, version=version)
    if transport.streams:
        await receiver.ends_with('a["one","two"]', GO_AWAY)
    else:
        await receiver.ends_with('a["one","two"]')
    await (await transport.receive(app, url, version=version)).ends_with(GO_AWAY)


@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
@pytest_twisted.ensureDeferred
async def test_nothing_can_be_sent_to_what_is_closed(start_app: StartApp, transport: str) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    app.session.transport.loseConnection()
    assert (await app.post(f"{url}/{transport}", b'["a"]')).status == 404
    assert app.session.heard == []


@pytest_twisted.ensureDeferred
async def test_closed_until_its_time_is_over(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    url = "/app" + new_session()
    await app.poll(url)
    app.session.transport.loseConnection()
    for _ in range(3):
        app.pass_time(1.6)
        assert await app.poll(url) == GO_AWAY.encode() + b"\n"
    app.pass_time(0.3)
    assert app.sessions == 0
    assert await app.poll(url) == b"o\n"


# -- the client is lost


@VERSIONS
@ANY
@pytest_twisted.ensureDeferred
async def test_a_receiver_that_breaks(
    start_app: StartApp, transport: Transport, version: str
) -> None:
    app = start_app(StandingClock())
    url = "/app" + new_session()
    waiting = await transport.wait(app, url, version)
    waiting.vanish()
    again = await transport.receive(app, url)  # at once
    await again.ends_with(INTERRUPTED)
    await lost(app, ConnectionLost)
    app.session.transport.write(b"to nobody")
    assert (await app.post(url + "/xhr_send", b'["x"]')).status == 404


@ANY
@pytest_twisted.ensureDeferred
async def test_a_receiver_whose_client_closes_in_good_order(
    start_app: StartApp, transport: Transport
) -> None:
    app = start_app(StandingClock())
    url = "/app" + new_session()
    waiting = await transport.wait(app, url)
    waiting.connection.transport.loseConnection()
    await waiting.connection.over()
    again = await transport.receive(app, url)
    await again.ends_with(INTERRUPTED)


@ANY
@pytest_twisted.ensureDeferred
async def test_a_second_receiver_that_breaks_is_nobodys_loss(
    services: Port, transport: Transport
) -> None:
    url = "/echo" + new_session()
    waiting = await XHR_STREAMING.wait(services, url)
    second = await transport.receive(services, url)
    second.vanish()
    await services.send(url, b'["x"]')
    await waiting.frames('a["x"]')


@pytest.mark.parametrize("transport", POLLING, ids=str)
@pytest_twisted.ensureDeferred
async def test_a_connection_that_breaks_after_the_answer(
    services: Port, transport: Transport
) -> None:
    url = "/echo" + new_session()
    first = await transport.receive(services, url)
    await first.ends_with("o")
    first.vanish()
    await services.send(url, b'["x"]')
    await (await transport.receive(services, url)).ends_with('a["x"]')


@pytest.mark.parametrize("transport", STREAMING, ids=str)
@pytest_twisted.ensureDeferred
async def test_a_connection_that_breaks_after_the_stream_was_full(
    services: Port, transport: Transport
) -> None:
    url, message = "/echo" + new_session(), "x" * 4096
    first = await transport.wait(services, url)
    await services.send(url, b'["%s"]' % message.encode())
    await first.ends_with(f'a["{message}"]')
    first.vanish()
    await services.send(url, b'["x"]')
    await (await transport.receive(services, url)).frames('a["x"]')
