"""SockJS: very many sessions, and the sessions of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
import pytest_twisted
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher

from support.sockjs_hostile import bystander
from support.sockjs_raw import HTTP11, Response, handshake
from support.sockjs_services import App, StandingClock, StartApp, new_session
from support.sockjs_transports import (
    OF_OUR_OWN,
    RECEIVING,
    XHR,
    XHR_STREAMING,
    Transport,
)
from support.waiting import until

ANY = pytest.mark.parametrize("transport", RECEIVING, ids=str)


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """What is logged."""
    lines: list[str] = []

    def observe(event: LogEvent) -> None:
        lines.append(formatEvent(event))

    observer = cast(ILogObserver, observe)
    globalLogPublisher.addObserver(observer)
    yield lines
    globalLogPublisher.removeObserver(observer)


# -- sessions


@ANY
@pytest_twisted.ensureDeferred
async def test_an_address_has_so_many_sessions(start_app: StartApp, transport: Transport) -> None:
    app = start_app(StandingClock(), max_sessions_per_address=3)
    others = await bystander(app)
    url = "/app" + new_session()
    await (await transport.receive(app, url)).frames("o")
    for one in RECEIVING:
        path = f"/app{new_session()}/{one.name}{one.query}"
        refused = await app.ask(one.method, path, *one.headers, body=b"")
        assert refused.status == 503
    for path in ("/app/websocket", f"/app{new_session()}/websocket"):
        connection = await app.connect()
        connection.write(handshake(path))
        assert (await Response(connection, "GET", HTTP11).whole()).status == 503
    assert app.sessions == 3
    await others.is_well()


@pytest_twisted.ensureDeferred
async def test_a_flood_of_sessions_is_forgotten(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    statuses = [(await app.post(f"/app/0/{number}/xhr")).status for number in range(520)]
    assert statuses == [200] * 512 + [503] * 8
    assert app.sessions == 512
    app.session.transport.loseConnection()  # it counts until it is forgotten
    assert (await app.post("/app/0/next/xhr")).status == 503
    app.pass_time(5.1)
    assert app.sessions == 0
    assert app.resource.service._sessions == {}
    assert app.resource.service._counts == {}
    assert (await app.post("/app/0/next/xhr")).status == 200
    await until(lambda: all(one.lost for one in app.application.sessions[:512]), what="the ends")


@pytest_twisted.ensureDeferred
async def test_a_flood_of_websockets_is_forgotten(start_app: StartApp) -> None:
    app = start_app(max_sessions_per_address=10)
    for _ in range(3):
        paths = ["/app/websocket", f"/app{new_session()}/websocket"] * 5
        websockets = [await app.websocket(path) for path in paths]
        connection = await app.connect()
        connection.write(handshake("/app/websocket"))
        assert (await Response(connection, "GET", HTTP11).whole()).status == 503
        for websocket in websockets:
            websocket.vanish()
        await until(lambda: app.sessions == 0, what="the ends")
    assert app.resource.service._counts == {}


@pytest_twisted.ensureDeferred
async def test_refused_requests_count_for_nothing(start_app: StartApp) -> None:
    app = start_app(max_sessions_per_address=1)
    for _ in range(5):
        assert (await app.get("/app/a/b/jsonp?c=(", *OF_OUR_OWN)).status == 500
        assert (await app.post("/app/a/b/xhr", b"", "Origin: null")).status == 403
        assert (await app.post("/app/a/b/xhr_send", b"[]")).status == 404
        connection = await app.connect()
        connection.write(handshake("/app/websocket", without=["Sec-WebSocket-Key"]))
        assert (await Response(connection, "GET", HTTP11).whole()).status == 400
    assert app.sessions == 0
    assert await app.poll("/app" + new_session()) == b"o\n"


# -- whose sessions


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For: 192.0.2.%d", "X-Real-IP: 192.0.2.%d", "Forwarded: for=192.0.2.%d"],
)
@pytest_twisted.ensureDeferred
async def test_nobody_says_who_he_is(start_app: StartApp, header: str) -> None:
    app = start_app(max_sessions_per_address=2)
    await app.websocket("/app/websocket", header % 1)
    assert (await app.post(f"/app{new_session()}/xhr", b"", header % 2)).status == 200
    assert (await app.post(f"/app{new_session()}/xhr", b"", header % 3)).status == 503
    peers = {one.transport.getPeer().host for one in app.application.sessions}  # type: ignore[attr-defined]
    assert peers == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (["192.0.2.7"], "192.0.2.7"),
        (["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
        (["203.0.113.9", "192.0.2.7"], "192.0.2.7"),
        (["127.0.0.1, 192.0.2.7, 127.0.0.1"], "192.0.2.7"),
        (["2001:DB8::1"], "2001:db8::1"),
        (["203.0.113.9, nonsense"], "127.0.0.1"),
        (["192.0.2.7, "], "192.0.2.7"),
        (["192.0.2.7:80"], "127.0.0.1"),
        (["\xff"], "127.0.0.1"),
        (["x" * 8000], "127.0.0.1"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_believed_proxy_says_who_it_is(
    start_app: StartApp, forwarded: list[str], address: str
) -> None:
    app = start_app(trusted_proxies=["127.0.0.1"], max_sessions_per_address=3)
    headers = [f"X-Forwarded-For: {one}" for one in forwarded]
    assert (await app.post(f"/app{new_session()}/xhr", b"", *headers)).status == 200
    for path in ("/websocket", new_session() + "/websocket"):
        await app.websocket("/app" + path, *headers)
    assert (await app.post(f"/app{new_session()}/xhr", b"", *headers)).status == 503
    await until(lambda: len(app.application.sessions) == 3, what="the sessions")
    peers = {one.transport.getPeer().host for one in app.application.sessions}  # type: ignore[attr-defined]
    assert peers == {address}
    other = "X-Forwarded-For: 198.51.100.1"
    assert (await app.post(f"/app{new_session()}/xhr", b"", other)).status == 200


@pytest_twisted.ensureDeferred
async def test_sessions_are_not_to_be_guessed(start_app: StartApp, log_lines: list[str]) -> None:
    app = start_app()
    url, secret = "/app/000/s3cret", b"s3cret"
    stream = await XHR_STREAMING.receive(app, url)
    await stream.frames("o")
    closed = "/app/000/closed"
    await app.poll(closed)
    app.session.transport.loseConnection()
    answers = set()
    for name in ("s3cre", "s3crett", "S3CRET", "s3cret%00", "s3cret ", "%s", "*", "closed"):
        path = f"/app/000/{name}/xhr_send".replace(" ", "%20")
        response = await app.post(path, b'["mine"]')
        answers.add((response.status, response.body))
    assert len(answers) == 1  # none tells whether it was near, or there before
    assert app.application.sessions[0].heard == []
    await app.send(url, b'["x"]')
    seen = stream.connection.data
    for path in ("/app", "/app/info", "/app/iframe.html"):
        response = await app.get(path)
        seen += response.body + str(response.headers).encode()
    assert secret not in seen
    assert not [line for line in log_lines if "s3cret" in line]


# -- at once


@pytest_twisted.ensureDeferred
async def test_many_receivers_of_one_session(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    url = "/app" + new_session()
    await app.poll(url)
    first = await XHR.receive(app, url)
    for transport in RECEIVING * 10:
        second = await transport.receive(app, url)
        await second.ends_with('c[2010,"Another connection still open"]')
        second.vanish()
    app.session.transport.write(b"x")
    await first.ends_with('a["x"]')
    assert app.sessions == 1


@pytest_twisted.ensureDeferred
async def test_one_session_by_one_name_for_all_that_come_at_once(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    url = "/app" + new_session()
    connections = [await app.connect() for _ in range(20)]
    responses = [one.send("POST", url + "/xhr", body=b"") for one in connections]
    await app.get("/nothing")
    bodies = [(await one.whole()).body for one in responses if one.connection.data]
    assert bodies.count(b"o\n") == 1
    assert len(app.application.sessions) == app.sessions == 1


def test_a_site_of_ones_own(start_app: StartApp) -> None:
    """Its limits follow from the service's."""
    app: App = start_app(max_sessions_per_address=7, max_message=1000)
    assert app.site.limits.max_body == 1000
    assert app.site.limits.connections_per_address == 14
