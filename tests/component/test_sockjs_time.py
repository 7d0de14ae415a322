"""SockJS over HTTP: heartbeats, and how long a client may stay away."""

from __future__ import annotations

import pytest
import pytest_twisted
from twisted.internet.error import ConnectionLost

from support.sockjs_raw import HTTP10, HTTP11
from support.sockjs_services import App, StandingClock, StartApp, new_session
from support.sockjs_transports import RECEIVING, STREAMING, XHR_STREAMING, Transport
from support.waiting import until

VERSIONS = pytest.mark.parametrize("version", [HTTP10, HTTP11])
ANY = pytest.mark.parametrize("transport", RECEIVING, ids=str)


async def lost(app: App, why: type[BaseException]) -> None:
    """The application hears of the end, for this reason."""
    await until(lambda: app.session.lost, what="connectionLost")
    assert app.session.lost is why


@ANY
@pytest.mark.parametrize("delay", [None, 3.0, 60.0])
@pytest_twisted.ensureDeferred
async def test_who_does_not_come_again(
    start_app: StartApp, transport: Transport, delay: float | None
) -> None:
    """After the response was ended by the server."""
    options = {} if delay is None else {"disconnect_delay": delay}
    app = start_app(StandingClock(), response_limit=1, heartbeat_delay=3000, **options)
    url = "/app" + new_session()
    await (await transport.receive(app, url)).ends_with("o")
    app.pass_time((delay or 5.0) - 0.1)
    app.session.transport.write(b"x")
    await (await transport.receive(app, url)).ends_with('a["x"]')
    app.pass_time((delay or 5.0) - 0.1)
    assert app.session.lost is None
    app.pass_time(0.2)
    await lost(app, ConnectionLost)
    assert app.sessions == 0
    await (await transport.receive(app, url)).ends_with("o")
    assert len(app.application.sessions) == 2


@pytest_twisted.ensureDeferred
async def test_each_session_has_its_own_time(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    first, second = "/app" + new_session(), "/app" + new_session()
    for url in (first, second):
        await app.poll(url)
        app.pass_time(1)
    app.session.transport.write(b"x")
    app.application.sessions[0].transport.write(b"x")
    app.pass_time(2)
    assert await app.poll(first) == b'a["x"]\n'
    app.pass_time(2.1)
    assert app.sessions == 1
    assert await app.poll(second) == b"o\n"
    app.pass_time(2.8)
    assert app.sessions == 2
    app.pass_time(0.2)
    assert app.sessions == 1


@ANY
@pytest_twisted.ensureDeferred
async def test_who_is_there_has_all_the_time(start_app: StartApp, transport: Transport) -> None:
    app = start_app(StandingClock(), heartbeat_delay=3000)
    receiver = await transport.wait(app, "/app" + new_session())
    for _ in range(30):
        app.pass_time(90)
    receiver.nothing_more()
    app.session.transport.write(b"x")
    await receiver.frames('a["x"]')


@VERSIONS
@ANY
@pytest.mark.parametrize("delay", [None, 3.0])
@pytest_twisted.ensureDeferred
async def test_heartbeat(
    start_app: StartApp, transport: Transport, delay: float | None, version: str
) -> None:
    options = {} if delay is None else {"heartbeat_delay": delay}
    app = start_app(StandingClock(), disconnect_delay=3000, **options)
    url = "/app" + new_session()
    receiver = await transport.wait(app, url, version)
    for _ in range(3):
        app.pass_time((delay or 25.0) - 0.1)
        await app.get("/nothing")
        receiver.nothing_more()
        app.pass_time(0.2)
        await receiver.frames("h")
        if not transport.streams:
            receiver = await transport.receive(app, url, version=version)


@pytest.mark.parametrize("transport", STREAMING, ids=str)
@pytest_twisted.ensureDeferred
async def test_heartbeats_only_when_idle(start_app: StartApp, transport: Transport) -> None:
    app = start_app(StandingClock())
    receiver = await transport.wait(app, "/app" + new_session())
    for _ in range(3):
        app.pass_time(20)
        app.session.transport.write(b"x")
        await receiver.frames('a["x"]')
    app.pass_time(24.9)
    await app.get("/nothing")
    receiver.nothing_more()
    app.pass_time(0.2)
    await receiver.frames("h")


@pytest_twisted.ensureDeferred
async def test_each_session_has_its_own_heartbeat(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    first = await XHR_STREAMING.wait(app, "/app" + new_session())
    app.pass_time(1)
    second = await XHR_STREAMING.wait(app, "/app" + new_session())
    app.pass_time(19)
    app.application.sessions[0].transport.write(b"x")
    await first.frames('a["x"]')
    app.pass_time(6.1)
    await second.frames("h")
    first.nothing_more()


@pytest_twisted.ensureDeferred
async def test_no_heartbeat_without_a_receiver(start_app: StartApp) -> None:
    app = start_app(StandingClock(), disconnect_delay=3000)
    url = "/app" + new_session()
    await app.poll(url)
    app.pass_time(100)
    app.session.transport.write(b"x")
    assert await app.poll(url) == b'a["x"]\n'
