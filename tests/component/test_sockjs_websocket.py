"""SockJS: sessions on a WebSocket, with frames and raw."""

from __future__ import annotations

import pytest
import pytest_twisted
from twisted.internet.error import ConnectionDone, ConnectionLost

from rabbitchat.sockjs import ClosedByClient
from support.raw import CLOSE, PING, PONG, TEXT
from support.raw import frame as client_frame
from support.sockjs_checks import is_not_allowed
from support.sockjs_raw import ACCEPT, HTTP10, HTTP11, Response, handshake
from support.sockjs_services import App, Port, StandingClock, StartApp, new_session
from support.waiting import until

UPGRADE = ["Upgrade: WebSocket", "Connection: Upgrade"]
BOTH = pytest.mark.parametrize("kind", ["session", "raw"])


def path_of(kind: str, prefix: str = "/app") -> str:
    """A WebSocket of this kind."""
    return prefix + ("/websocket" if kind == "raw" else new_session() + "/websocket")


async def lost(app: App, why: type[BaseException]) -> None:
    """The application hears of the end, for this reason; then nothing is left of the session."""
    await until(lambda: app.session.lost, what="connectionLost")
    assert app.session.lost is why
    assert app.sessions == 0


# -- the opening handshake


@pytest.mark.parametrize("version", [HTTP10, HTTP11])
@BOTH
@pytest_twisted.ensureDeferred
async def test_what_is_no_handshake(services: Port, kind: str, version: str) -> None:
    path = path_of(kind, "/echo")
    cases: list[list[str]] = [
        [],
        ["Upgrade: WebSocket", "Connection: close"],
        ["Upgrade: WebSocket"],
        ["Connection: Upgrade"],
        ["Upgrade: h2c", "Connection: Upgrade"],
    ]
    for headers in cases:
        response = await services.get(path, *headers, version=version)
        assert response.status == 400
        assert b"Not a valid websocket request" in response.body


@BOTH
@pytest_twisted.ensureDeferred
async def test_there_is_no_websocket_in_http_1_0(services: Port, kind: str) -> None:
    headers = [
        *UPGRADE,
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: 0123456789ABCDEFGHIJKQ==",
    ]
    response = await services.get(path_of(kind, "/echo"), *headers, version=HTTP10)
    assert response.status == 400


@BOTH
@pytest_twisted.ensureDeferred
async def test_only_get_upgrades(services: Port, kind: str) -> None:
    full = handshake("/").decode().split("\r\n")[2:-2]
    for headers in ([], UPGRADE, full):
        for method in ("POST", "PUT", "OPTIONS", "HEAD"):
            is_not_allowed(await services.ask(method, path_of(kind, "/echo"), *headers, body=b""))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Sec-WebSocket-Origin: http://asd"],
        ["Origin: null"],
        ["Origin: http://elsewhere.example"],
        ["Sec-WebSocket-Protocol: chat, superchat"],
        ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"],
        ["Cookie: JSESSIONID=x"],
    ],
)
@BOTH
@pytest_twisted.ensureDeferred
async def test_the_handshakes_answer(services: Port, kind: str, headers: list[str]) -> None:
    websocket = await services.websocket(path_of(kind, "/echo"), *headers)
    response = websocket.response
    assert response.status == 101
    assert response["Sec-WebSocket-Accept"] == ACCEPT
    assert (response["Connection"] or "").lower() == "upgrade"
    assert (response["Upgrade"] or "").lower() == "websocket"
    for name in ("Content-Length", "Transfer-Encoding", "Content-Type"):
        assert response[name] is None
    assert response["Sec-WebSocket-Extensions"] is None
    assert response["Sec-WebSocket-Protocol"] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("Upgrade", "WebSocket"), ("Upgrade", "WEBSOCKET"), ("Upgrade", "h2c, websocket")]
    + [("Connection", "keep-alive, Upgrade"), ("Connection", "UPGRADE")],
)
@BOTH
@pytest_twisted.ensureDeferred
async def test_other_handshakes(services: Port, kind: str, name: str, value: str) -> None:
    connection = await services.connect()
    connection.write(handshake(path_of(kind, "/echo"), f"{name}: {value}", without=[name]))
    assert (await Response(connection, "GET", HTTP11).head()).status == 101


@BOTH
@pytest_twisted.ensureDeferred
async def test_a_service_without_websockets(services: Port, kind: str) -> None:
    path = path_of(kind, "/disabled_websocket_echo")
    connection = await services.connect()
    connection.write(handshake(path))
    assert (await Response(connection, "GET", HTTP11).whole()).status == 404
    assert (await services.get(path)).status == 404
    assert await services.poll("/disabled_websocket_echo" + new_session()) == b"o\n"


@pytest_twisted.ensureDeferred
async def test_a_draft_of_2010_is_refused(services: Port) -> None:
    headers = [*UPGRADE, "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5"]
    headers.append("Sec-WebSocket-Key2: 12998 5 Y3 1  .P00")
    connection = await services.connect()
    response = connection.send("GET", path_of("session", "/echo"), *headers)
    connection.write(b"aaaaaaaa")
    assert (await response.whole()).status == 400


# -- frames


@pytest_twisted.ensureDeferred
async def test_frames(start_app: StartApp) -> None:
    app = start_app()
    websocket = await app.websocket(path_of("session"))
    await websocket.hears("o")
    app.session.transport.write(b"one")
    app.session.transport.write('tw\u00f6 "\n'.encode())
    await websocket.hears('a["one"]', 'a["tw\\u00f6 \\"\\n"]')
    websocket.nothing_more()


@pytest_twisted.ensureDeferred
async def test_messages(start_app: StartApp) -> None:
    app = start_app()
    websocket = await app.websocket(path_of("session"))
    for text in (
        '["a"]',
        "",
        "[]",
        '["b","c"]',
        '"alone"',
        ' [ "d" ] ',
        '""',
        '["\\u20ac\u20ac"]',
    ):
        websocket.say(text)
    expected = ["a", "b", "c", "alone", "d", "", "\u20ac\u20ac"]
    await until(lambda: len(app.session.heard) >= len(expected), what="messages")
    assert app.session.heard == [text.encode() for text in expected]
    await websocket.hears("o")
    websocket.nothing_more()


@pytest.mark.parametrize(
    "text", ['["a', "x", "{}", "1", "null", "[1]", '[["a"]]', '["a",null]', '["a"]["b"]', "["]
)
@pytest_twisted.ensureDeferred
async def test_broken_messages_end_it_without_a_frame(start_app: StartApp, text: str) -> None:
    app = start_app()
    websocket = await app.websocket(path_of("session"))
    await websocket.hears("o")
    websocket.say(text)
    websocket.say('["late"]')
    opcode, _ = await websocket.take()
    assert opcode == CLOSE
    websocket.write(client_frame(CLOSE, b"\x03\xe8"))
    await websocket.over()
    assert websocket.kinds(TEXT) == [b"o"]
    await until(lambda: app.session.lost, what="connectionLost")
    assert app.session.heard == []


@pytest_twisted.ensureDeferred
async def test_closed_as_it_opens(services: Port) -> None:
    websocket = await services.websocket(path_of("session", "/close"))
    await websocket.hears("o", 'c[3000,"Go away!"]')
    await websocket.closes(3000, "Go away!")
    raw = await services.websocket(path_of("raw", "/close"))
    await raw.closes(3000, "Go away!")


@pytest_twisted.ensureDeferred
async def test_closed_by_the_application(start_app: StartApp) -> None:
    app = start_app()
    websocket = await app.websocket(path_of("session"))
    app.session.transport.write(b"last")
    app.session.transport.close(4001, 'caf\u00e9 "x"')
    app.session.transport.write(b"too late")
    await websocket.hears("o", 'a["last"]', 'c[4001,"caf\\u00e9 \\"x\\""]')
    await websocket.closes(4001, 'caf\u00e9 "x"')
    await lost(app, ConnectionDone)
    raw = await app.websocket(path_of("raw"))
    app.session.transport.write(b"last")
    app.session.transport.close(4002, "x" * 200)
    await raw.hears("last")
    await raw.closes(4002, "x" * 123)
    await lost(app, ConnectionDone)


@BOTH
@pytest_twisted.ensureDeferred
async def test_closed_by_the_client(start_app: StartApp, kind: str) -> None:
    app = start_app()
    websocket = await app.websocket(path_of(kind))
    websocket.write(client_frame(CLOSE, (4321).to_bytes(2, "big")))
    await websocket.over()
    assert websocket.frames[-1][0] == CLOSE
    await lost(app, ClosedByClient)


@BOTH
@pytest_twisted.ensureDeferred
async def test_who_answers_our_close_did_not_leave(start_app: StartApp, kind: str) -> None:
    """Be it with 1000, as some clients do, which is a good-bye when they say it first."""
    app = start_app()
    websocket = await app.websocket(path_of(kind))
    websocket.write(client_frame(TEXT, b'["\xff"]'))
    await until(lambda: CLOSE in [opcode for opcode, _ in websocket.frames], what="a close")
    websocket.write(client_frame(CLOSE, (1000).to_bytes(2, "big")))
    await websocket.over()
    await lost(app, ConnectionLost)


@BOTH
@pytest_twisted.ensureDeferred
async def test_a_websocket_that_breaks(start_app: StartApp, kind: str) -> None:
    app = start_app()
    websocket = await app.websocket(path_of(kind))
    websocket.vanish()
    await lost(app, ConnectionLost)


# -- the session is the connection


@pytest_twisted.ensureDeferred
async def test_a_name_means_nothing(services: Port) -> None:
    path = path_of("session", "/echo")
    first, second = [await services.websocket(path) for _ in range(2)]
    await first.hears("o")
    await second.hears("o")
    first.say('["a"]')
    await first.hears('a["a"]')
    second.say('["b"]')
    await second.hears('a["b"]')
    first.nothing_more()
    first.write(client_frame(CLOSE))
    await first.over()
    second.say('["c"]')
    await second.hears('a["c"]')
    second.vanish()
    again = await services.websocket(path)
    await again.hears("o")
    again.say('["d"]')
    await again.hears('a["d"]')


@pytest_twisted.ensureDeferred
async def test_polling_has_other_sessions(services: Port) -> None:
    path = path_of("session", "/echo")
    url = path.removesuffix("/websocket")
    websocket = await services.websocket(path)
    assert (await services.post(url + "/xhr_send", b'["x"]')).status == 404
    assert await services.poll(url) == b"o\n"
    await services.send(url, b'["x"]')
    assert await services.poll(url) == b'a["x"]\n'
    await websocket.hears("o")
    websocket.nothing_more()
    websocket.vanish()
    again = await services.websocket(path)
    await again.hears("o")
    await services.send(url, b'["y"]')
    assert await services.poll(url) == b'a["y"]\n'


# -- time


@pytest.mark.parametrize("delay", [None, 4.0])
@pytest_twisted.ensureDeferred
async def test_heartbeat(start_app: StartApp, delay: float | None) -> None:
    options = {} if delay is None else {"heartbeat_delay": delay}
    app = start_app(StandingClock(), **options)
    websocket = await app.websocket(path_of("session"))
    await websocket.hears("o")
    app.pass_time(0.05)
    for _ in range(3):
        app.pass_time((delay or 25.0) - 0.1)
        await app.get("/nothing")
        websocket.nothing_more()
        app.pass_time(0.1)
        await websocket.hears("h")
        websocket.write(client_frame(PONG))
        await app.get("/nothing")
    assert app.session.lost is None


@pytest_twisted.ensureDeferred
async def test_heartbeats_only_when_idle(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    websocket = await app.websocket(path_of("session"))
    await websocket.hears("o")
    for _ in range(4):
        app.pass_time(18)
        app.session.transport.write(b"x")
        await websocket.hears('a["x"]')
        websocket.write(client_frame(PONG))
        await app.get("/nothing")
    websocket.nothing_more()


@pytest_twisted.ensureDeferred
async def test_no_heartbeats_on_a_raw_one(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    websocket = await app.websocket(path_of("raw"))
    for _ in range(3):
        app.pass_time(25)
        assert await websocket.frame(PING) == b""
        websocket.write(client_frame(PONG))
        await app.get("/nothing")
    websocket.nothing_more()
    app.session.transport.write(b"x")
    await websocket.hears("x")


@BOTH
@pytest_twisted.ensureDeferred
async def test_who_answers_no_ping_is_closed(start_app: StartApp, kind: str) -> None:
    app = start_app(StandingClock())
    websocket = await app.websocket(path_of(kind))
    app.pass_time(51)
    if kind == "session":
        await websocket.hears("o", "h")
        opcode, frame = await websocket.take()
        assert frame.startswith(b"c[30")
    assert (await websocket.take())[0] == CLOSE
    websocket.vanish()
    await lost(app, ConnectionLost)
