"""What nobody well-behaved sends to a SockJS service over HTTP: it costs the sender, and nobody
else. The service has its default options but for what a test is about."""

from __future__ import annotations

from functools import partial

import pytest
import pytest_twisted

from rabbitchat.sockjs import http_limits
from support.raw import TEXT
from support.raw import frame as client_frame
from support.sockjs_hostile import bystander
from support.sockjs_raw import HTTP11, Connection, Response, handshake, request
from support.sockjs_services import StandingClock, StartApp, new_session
from support.sockjs_transports import HTMLFILE, OF_OUR_OWN
from support.waiting import pause, until

MAX_BODY = 65536


async def status_of(connection: Connection) -> int:
    """The status of the answer, after which the connection ends."""
    data = await connection.over()
    assert data.startswith(b"HTTP/1.1 "), data
    return int(data.split()[1])


# -- requests that never end


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"GET /app/info HTTP/1.1\r\nX: ",
        b"GET /app/a/b/websocket HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nX: ",
        b"POST /app/a/b/xhr_send HTTP/1.1\r\nContent-Length: 9999\r\n\r\n",
        b"POST /app/a/b/xhr HTTP/1.1\r\nContent-Length: 9999\r\n\r\n",
        b"POST /app/a/b/xhr HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9999\r\n",
        b"POST /app/a/b/xhr HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nGET /",
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_request_byte_by_byte(start_app: StartApp, begin: bytes) -> None:
    app = start_app(StandingClock())
    slow = await app.connect()
    slow.write(begin)
    for _ in range(9):
        slow.write(b"x")
        await app.get("/nothing")
        app.pass_time(1)
    await app.get("/nothing")
    assert not slow.ended
    app.pass_time(1.1)
    await slow.over()


BAD_HEADERS = [b"X: " + b"x" * 20_000, b"X: y\r\n" * 600, b"no colon", b"x" * 70_000, b": x"]


@pytest.mark.parametrize("path", ["/websocket", "/a/b/websocket", "/a/b/xhr_streaming"])
@pytest_twisted.ensureDeferred
async def test_headers_too_long_or_too_many_or_broken(start_app: StartApp, path: str) -> None:
    app = start_app()
    others = await bystander(app)
    for headers in BAD_HEADERS:
        raw = await app.connect()
        raw.write(handshake("/app" + path)[:-2] + headers + b"\r\n\r\n")
        assert await status_of(raw) in (400, 431)
    assert app.sessions == others.count
    await others.is_well()


@pytest_twisted.ensureDeferred
async def test_a_handshake_without_an_end(start_app: StartApp) -> None:
    app = start_app()
    others = await bystander(app)
    raw = await app.connect()
    raw.write(handshake("/app/websocket")[:-2])
    sent = 0
    while not raw.ended:
        raw.write(b"X: " + b"x" * 1000 + b"\r\n")
        sent += 1000
        assert sent < 10_000_000
        await pause(0)
    assert await status_of(raw) in (400, 431)
    await others.is_well()


# -- bodies


def of_length(size: int, path: str) -> bytes:
    """A request with so long a body."""
    return request("POST", path, body=b'["%s"]' % (b"x" * (size - 4)))


def in_chunks(size: int, path: str) -> bytes:
    """One that doesn't say before how long it is."""
    body = b'["%s"]' % (b"x" * (size - 4))
    parts = [body[place : place + 1000] for place in range(0, size, 1000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return request("POST", path, "Transfer-Encoding: chunked") + chunks + b"0\r\n\r\n"


@pytest.mark.parametrize("sent", [of_length, in_chunks])
@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
@pytest_twisted.ensureDeferred
async def test_a_body_is_64_kib_at_most(start_app: StartApp, transport: str, sent: type) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    fits, large = await app.connect(), await app.connect()
    fits.write(sent(MAX_BODY, f"{url}/{transport}"))
    assert (await Response(fits, "POST", HTTP11).whole()).status in (200, 204)
    large.write(sent(MAX_BODY + 1, f"{url}/{transport}"))
    assert await status_of(large) == 413
    assert app.session.heard == [b"x" * (MAX_BODY - 4)]


@pytest.mark.parametrize("path", ["/a/b/xhr_send", "/a/b/xhr", "/a/b/jsonp_send", "/info", "/x"])
@pytest_twisted.ensureDeferred
async def test_a_body_that_is_announced_only(start_app: StartApp, path: str) -> None:
    app = start_app()
    for size in (b"200000000", b"1" * 19, b"9" * 5000, b"-1", b"1e3", b"0x10"):
        raw = await app.connect()
        raw.write(b"POST /app%s HTTP/1.1\r\nContent-Length: %s\r\n\r\n" % (path.encode(), size))
        assert await status_of(raw) in (400, 413)
    assert app.sessions == 0


@pytest_twisted.ensureDeferred
async def test_a_body_without_an_end(start_app: StartApp) -> None:
    app = start_app()
    others = await bystander(app)
    raw = await app.connect()
    raw.write(request("POST", "/app/a/b/xhr_send", "Transfer-Encoding: chunked"))
    sent = 0
    while not raw.ended:
        raw.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        sent += 0x1000
        assert sent < 50_000_000
        await pause(0)
    assert await status_of(raw) == 413
    await others.is_well()


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked",
        b"Content-Length: 4\r\nContent-Length: 5",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Content-Length: +4",
    ],
)
@pytest_twisted.ensureDeferred
async def test_bodies_that_two_servers_would_read_differently(
    start_app: StartApp, headers: bytes
) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    raw = await app.connect()
    raw.write(b"POST %s/xhr_send HTTP/1.1\r\n%s\r\n\r\n" % (url.encode(), headers))
    raw.write(b'["x"]' + request("POST", url + "/xhr_send", body=b'["smuggled"]'))
    assert await status_of(raw) in (400, 501)
    assert app.session.heard == []


@pytest_twisted.ensureDeferred
async def test_broken_chunks(start_app: StartApp) -> None:
    app = start_app()
    for chunk in (b"zz\r\n", b"-1\r\n", b"1\r\nxx\r\n", b"x" * 5000, b"\xff\r\n"):
        raw = await app.connect()
        raw.write(request("POST", "/app/a/b/xhr_send", "Transfer-Encoding: chunked") + chunk)
        assert await status_of(raw) == 400


TYPES = [
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "multipart/form-data; b\xff",
    "text/plain\x0b",
    "a\x85b",
    "(" * 5000,
    "multipart/form-data]?=,boundary;utf-8utf-8*",
    "=?utf-8?q?a/b?=",
]


@pytest_twisted.ensureDeferred
async def test_a_type_that_is_none(start_app: StartApp) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    others = await bystander(app)
    for kind in TYPES:
        for transport in ("xhr_send", "jsonp_send"):
            response = await app.post(f"{url}/{transport}", b'["x"]', f"Content-Type: {kind}")
            assert response.status in (200, 204), kind
    assert app.application.sessions[0].heard == [b"x"] * 2 * len(TYPES)
    await others.is_well()


# -- pipelining


@pytest_twisted.ensureDeferred
async def test_requests_in_one_go_are_answered_in_order(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    url = "/app" + new_session()
    raw = await app.connect()
    poll = partial(raw.send, "POST", url + "/xhr", body=b"")
    first, second = poll(), poll()
    third = raw.send("POST", url + "/xhr_send", body=b'["later"]')
    fourth = poll()
    assert (await first.whole()).body == b"o\n"
    await app.get("/nothing")
    assert app.session.heard == []  # it stands behind the poll that waits
    app.session.transport.write(b"x")
    assert (await second.whole()).body == b'a["x"]\n'
    assert (await third.whole()).status == 204
    assert app.session.heard == [b"later"]
    app.session.transport.write(b"y")
    assert (await fourth.whole()).body == b'a["y"]\n'


@pytest.mark.parametrize("path", ["/info", "/a/b/xhr_send", "/iframe.html"])
@pytest_twisted.ensureDeferred
async def test_a_read_full_of_requests_holds_nobody_up(start_app: StartApp, path: str) -> None:
    app = start_app()
    others = await bystander(app)
    raw = await app.connect()
    raw.write(request("POST" if "send" in path else "GET", f"/app{path}", body=b"") * 500)
    data = await raw.over()
    assert 1 < data.count(b"HTTP/1.1 ") <= http_limits.MOST_AT_ONCE
    assert data.count(b"onnection: close") == 1
    await others.is_well()


@pytest_twisted.ensureDeferred
async def test_a_read_full_of_polls_takes_many_turns(start_app: StartApp) -> None:
    app = start_app()
    others = await bystander(app)
    raw = await app.connect()
    urls = [f"/app{new_session()}/xhr" for _ in range(400)]
    raw.write(b"".join(request("POST", url, body=b"") for url in urls))
    await raw.until(lambda data: b"HTTP/1.1 200" in data, "the first answer")
    assert raw.data.count(b"HTTP/1.1 200") < 100
    await others.is_well()
    await raw.until(lambda data: data.count(b"\r\n\r\no\n") == 400, "all answers")


@pytest_twisted.ensureDeferred
async def test_a_thousand_messages_behind_a_poll(start_app: StartApp) -> None:
    """What stands behind a request that waits is not read, and the end is seen all the same."""
    app = start_app(StandingClock())
    url = "/app" + new_session()
    await app.poll(url)
    raw = await app.connect()
    raw.send("POST", url + "/xhr", body=b"")
    for _ in range(2000):
        raw.send("POST", url + "/xhr_send", body=b'["x"]')
    await app.get("/nothing")
    raw.vanish()
    app.pass_time(25)  # the heartbeat meets nobody, if the end was not seen before
    app.pass_time(5.1)
    await until(lambda: app.session.lost, what="connectionLost")
    assert len(app.session.heard) < 2000


# -- what is said


BOMBS = {
    "arrays": b"[" * 60_000,
    "objects": b'{"a":' * 12_000,
    "in a string's place": b'["a",' + b"[" * 60_000,
    "digits": b"[" + b"9" * 60_000 + b"]",
    "exponents": b"[1e999999999]",
    "not a number": b"[NaN,Infinity,-Infinity]",
    "same keys": b"{" + b'"a":1,' * 9_000 + b'"a":1}',
    "backslashes": b'["' + b"\\" * 60_001 + b'"]',
    "half an escape": b'["\\u12',
}


@pytest_twisted.ensureDeferred
async def test_json_bombs(start_app: StartApp) -> None:
    app = start_app()
    others = await bystander(app)
    url = "/app" + new_session()
    await app.poll(url)
    for name, payload in BOMBS.items():
        for transport in ("xhr_send", "jsonp_send"):
            response = await app.post(f"{url}/{transport}", payload)
            assert (name, response.status) == (name, 500)
            assert len(response.body) < 100
        websocket = await app.websocket(f"/app{new_session()}/websocket")
        websocket.write(client_frame(TEXT, payload))
        await websocket.hears("o")
        await websocket.closes(1007)
    await others.is_well()


@pytest_twisted.ensureDeferred
async def test_very_many_tiny_messages(start_app: StartApp) -> None:
    app = start_app()
    others = await bystander(app)
    url = "/app" + new_session()
    await app.poll(url)
    session = app.session
    await app.send(url, b"[" + b'"",' * 20_000 + b'""]')
    assert len(session.heard) == 20_001
    await others.is_well()


@pytest.mark.parametrize(
    "text",
    ["</script><script>alert(1)</script>", "<!--<script>", "\u2028alert(1)", '"+alert(1)+"'],
)
@pytest_twisted.ensureDeferred
async def test_a_message_is_no_script(start_app: StartApp, text: str) -> None:
    """Somebody else chose it."""
    app = start_app()
    stream = await HTMLFILE.receive(app, "/app" + new_session())
    await stream.frames("o")
    app.session.transport.write(text.encode())
    script = await stream.response.chunk()
    begin, end = b"<script>\np(", b");\n</script>\r\n"
    assert script.startswith(begin)
    assert script.endswith(end)
    literal = script[len(begin) : -len(end)]
    assert b"<" not in literal
    assert literal.isascii()
    assert literal.replace(b'\\"', b"").count(b'"') == 2


CALLBACKS = [
    "<script>",
    "alert(1)//",
    "a;b",
    "a\u2028",
    "\x00",
    "%0d%0aSet-Cookie:x=y",
    "x" * 5000,
]


@pytest.mark.parametrize("name", ["jsonp", "htmlfile"])
@pytest_twisted.ensureDeferred
async def test_a_callback_is_no_script(start_app: StartApp, name: str) -> None:
    app = start_app()
    for callback in CALLBACKS:
        escaped = "".join(f"%{byte:02x}" for byte in callback.encode())
        response = await app.get(f"/app/a/b/{name}?c={escaped}", *OF_OUR_OWN)
        assert response.status == 500
        assert response["Content-Type"] == "text/plain; charset=UTF-8"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Set-Cookie"] is None
        assert b"<" not in response.body
    assert app.sessions == 0


@pytest_twisted.ensureDeferred
async def test_what_a_client_chose_is_never_first(start_app: StartApp) -> None:
    """An answer that begins with a callback could be taken for a program (CVE-2014-4671)."""
    response = await start_app().get(f"/app{new_session()}/jsonp?c=CWSMIKI0hCD0Up0", *OF_OUR_OWN)
    assert response.body == b'/**/CWSMIKI0hCD0Up0("o");\r\n'
    assert response["X-Content-Type-Options"] == "nosniff"
