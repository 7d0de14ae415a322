"""SockJS: responses that bring frames, byte for byte."""

from __future__ import annotations

import pytest
import pytest_twisted

from support.sockjs_checks import JAVASCRIPT, may_be_read_by, type_of
from support.sockjs_raw import HTTP10, HTTP11
from support.sockjs_services import Port, StandingClock, StartApp, new_session
from support.sockjs_transports import (
    HTMLFILE_HEAD,
    OF_OUR_OWN,
    POLLING,
    RECEIVING,
    STREAMING,
    XHR_STREAMING,
    Transport,
)

VERSIONS = pytest.mark.parametrize("version", [HTTP10, HTTP11])
ANY = pytest.mark.parametrize("transport", RECEIVING, ids=str)
STREAMS = pytest.mark.parametrize("transport", STREAMING, ids=str)

LIMIT = 4096  # bytes of a response of the test services


# -- literally, without the help of a table

LITERAL = {
    "xhr": [b"o\n", rb'a["x\r\n\u0000\"</p>%"]' + b"\n"],
    "jsonp": [
        b'/**/callback("o");\r\n',
        rb'/**/callback("a[\"x\\r\\n\\u0000\\\"\u003c/p>%\"]");' + b"\r\n",
    ],
    "xhr_streaming": [b"h" * 2048 + b"\n", b"o\n", rb'a["x\r\n\u0000\"</p>%"]' + b"\n"],
    "eventsource": [
        b"\r\n",
        b"data: o\r\n\r\n",
        rb'data: a["x\r\n\u0000\"</p>%25"]' + b"\r\n\r\n",
    ],
    "htmlfile": [
        HTMLFILE_HEAD % b"callback",
        b'<script>\np("o");\n</script>\r\n',
        rb"<script>" + b"\np(" + rb'"a[\"x\\r\\n\\u0000\\\"\u003c/p>%\"]"' + b");\n</script>\r\n",
    ],
}
MESSAGE = b'["x\\r\\n\\u0000\\"</p>%"]'


@pytest.mark.parametrize("name", ["xhr", "jsonp"])
@pytest_twisted.ensureDeferred
async def test_polls_literally(services: Port, name: str) -> None:
    url = "/echo" + new_session()
    method = "POST" if name == "xhr" else "GET"
    for expected in LITERAL[name]:
        response = await services.ask(method, f"{url}/{name}?c=%63allback")
        assert response.status == 200
        assert type_of(response) == JAVASCRIPT
        assert response.body == expected
        await services.send(url, MESSAGE)


@pytest.mark.parametrize("name", ["xhr_streaming", "eventsource", "htmlfile"])
@pytest_twisted.ensureDeferred
async def test_streams_literally(services: Port, name: str) -> None:
    url = "/echo" + new_session()
    method = "POST" if name == "xhr_streaming" else "GET"
    response = await services.open(method, f"{url}/{name}?c=%63allback")
    assert response["Transfer-Encoding"] == "chunked"
    assert response["Content-Length"] is None
    prelude, *frames = LITERAL[name]
    came = await response.chunk()
    if name == "htmlfile":
        assert came.startswith(prelude)
        assert came.strip() == prelude
        assert len(came) > 1024
    else:
        assert came == prelude
    assert await response.chunk() == frames[0]
    response.nothing_more()
    await services.send(url, MESSAGE)
    assert await response.chunk() == frames[1]
    response.nothing_more()
    response.vanish()


@pytest.mark.parametrize("keep", [["Connection: Keep-Alive"], []])
@pytest_twisted.ensureDeferred
async def test_a_stream_in_http_1_0_literally(services: Port, keep: list[str]) -> None:
    url = "/close" + new_session()
    response = await services.open("POST", url + "/xhr_streaming", *keep, version=HTTP10)
    assert response.status == 200
    assert response["Transfer-Encoding"] is None
    assert response["Content-Length"] is None
    expected = b"h" * 2048 + b'\no\nc[3000,"Go away!"]\n'
    await response.piece(expected)
    await response.end()


@pytest.mark.parametrize("keep", [["Connection: Keep-Alive"], []])
@pytest_twisted.ensureDeferred
async def test_a_stream_in_http_1_1_literally(services: Port, keep: list[str]) -> None:
    url = "/close" + new_session()
    response = await services.open("POST", url + "/xhr_streaming", *keep)
    chunks = [await response.chunk() for _ in range(4)]
    assert chunks == [b"h" * 2048 + b"\n", b"o\n", b'c[3000,"Go away!"]\n', b""]
    assert (response["Connection"] or "keep-alive").lower() == "keep-alive"
    again = await response.connection.send("GET", "/echo").whole()
    assert again.body == b"Welcome to SockJS!\n"


# -- headers


@VERSIONS
@ANY
@pytest_twisted.ensureDeferred
async def test_who_may_read_it(services: Port, transport: Transport, version: str) -> None:
    for origin in ("https://chat.example", "null", None):
        headers = [f"Origin: {origin}"] if origin else []
        url = "/echo" + new_session()
        receiver = await transport.receive(services, url, *headers, version=version)
        await receiver.frames("o")
        response = receiver.response
        if transport.name in ("xhr", "xhr_streaming", "eventsource"):
            may_be_read_by(response, origin)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Set-Cookie"] is None


@VERSIONS
@pytest.mark.parametrize("length", ["Content-Length: 0", "X-None: 1"])
@pytest.mark.parametrize("name", ["xhr", "xhr_streaming"])
@pytest_twisted.ensureDeferred
async def test_a_post_without_a_body(services: Port, name: str, length: str, version: str) -> None:
    url = "/echo" + new_session()
    response = await services.open("POST", f"{url}/{name}", length, version=version)
    assert response.status == 200
    if name == "xhr":
        assert (await response.whole()).body == b"o\n"
    else:
        await response.piece(b"h" * 2048 + b"\n")
        await response.piece(b"o\n")


@pytest.mark.parametrize("name", ["xhr", "xhr_streaming"])
@pytest_twisted.ensureDeferred
async def test_a_body_that_nobody_asked_for(services: Port, name: str) -> None:
    url = "/echo" + new_session()
    form = "Content-Type: application/x-www-form-urlencoded"
    response = await services.open("POST", f"{url}/{name}", form, body=b"d=[]&c=x&%zz")
    if name == "xhr":
        assert (await response.whole()).body == b"o\n"
    else:
        assert [await response.chunk() for _ in range(2)] == [b"h" * 2048 + b"\n", b"o\n"]


# -- how much a response carries


@pytest.mark.parametrize("transport", POLLING, ids=str)
@VERSIONS
@pytest_twisted.ensureDeferred
async def test_a_poll_carries_one_frame_of_any_size(
    services: Port, transport: Transport, version: str
) -> None:
    url = "/echo" + new_session()
    await (await transport.receive(services, url, version=version)).ends_with("o")
    text = "x" * 3 * LIMIT
    await services.send(url, f'["{text}"]'.encode())
    receiver = await transport.receive(services, url, version=version)
    await receiver.ends_with(f'a["{text}"]')


@VERSIONS
@pytest_twisted.ensureDeferred
async def test_thirty_messages_fit_and_one_more_is_the_last(services: Port, version: str) -> None:
    url = "/echo" + new_session()
    receiver = await XHR_STREAMING.receive(services, url, version=version)
    await receiver.frames("o")
    frame = 'a["%s"]' % ("x" * 128)
    for _ in range(30):
        await services.send(url, b'["%s"]' % (b"x" * 128))
        await receiver.frames(frame)
    receiver.nothing_more()
    await services.send(url, b'["%s"]' % (b"x" * 128))
    await receiver.ends_with(frame)


@VERSIONS
@STREAMS
@pytest_twisted.ensureDeferred
async def test_a_frame_over_the_limit_is_sent_whole(
    services: Port, transport: Transport, version: str
) -> None:
    url = "/echo" + new_session()
    receiver = await transport.receive(services, url, version=version)
    text = "x" * LIMIT
    await services.send(url, f'["{text}"]'.encode())
    await receiver.ends_with("o", f'a["{text}"]')
    await services.send(url, b'["goes on"]')
    again = await transport.receive(services, url, version=version)
    await again.frames('a["goes on"]')


@STREAMS
@pytest.mark.parametrize("spare", [0, 1])
@pytest_twisted.ensureDeferred
async def test_frames_count_as_they_are_sent_and_preludes_do_not(
    start_app: StartApp, transport: Transport, spare: int
) -> None:
    frames = ["o", 'a["%\\n\\"<"]', 'a["\\u20ac"]']
    limit = sum(len(transport.framed(frame)) for frame in frames) + spare
    app = start_app(StandingClock(), response_limit=limit)
    url = "/app" + new_session()
    receiver = await transport.receive(app, url)
    await receiver.frames("o")
    app.session.transport.write(b'%\n"<')
    await receiver.frames(frames[1])
    app.session.transport.write("\u20ac".encode())
    await receiver.frames(frames[2])
    if spare:
        await app.get("/nothing")
        receiver.nothing_more()
        app.session.transport.write(b"x")
        await receiver.frames('a["x"]')
    await receiver.ends_with()


@STREAMS
@pytest_twisted.ensureDeferred
async def test_heartbeats_count_too(start_app: StartApp, transport: Transport) -> None:
    limit = len(transport.framed("o")) + 2 * len(transport.framed("h"))
    app = start_app(StandingClock(), response_limit=limit)
    receiver = await transport.receive(app, "/app" + new_session())
    await receiver.frames("o")
    app.pass_time(25)
    await receiver.frames("h")
    app.pass_time(25)
    await receiver.ends_with("h")


@pytest_twisted.ensureDeferred
async def test_the_limit_is_128_kib(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    receiver = await XHR_STREAMING.receive(app, "/app" + new_session())
    await receiver.frames("o")
    spent = len("o\n")
    while spent < 131_072 - 1024:
        app.session.transport.write(b"x" * 1018)  # and six bytes around it
        await receiver.frames('a["%s"]' % ("x" * 1018))
        spent += 1024
    app.session.transport.write(b"x" * (131_071 - spent - 6))
    await receiver.frames('a["%s"]' % ("x" * (131_071 - spent - 6)))
    await app.get("/nothing")
    receiver.nothing_more()
    app.session.transport.write(b"")
    await receiver.ends_with('a[""]')


# -- callbacks


CALLBACKS = [
    ("c=callback", b"callback"),
    ("c=%63allb%61ck", b"callback"),
    ("callback=_jp.a1-B2", b"_jp.a1-B2"),
    ("x=1&c=%5Fjp%2Eabc&y", b"_jp.abc"),
    ("c=x&t=123", b"x"),
    ("c=a&callback=b", b"a"),
    ("c=" + "x" * 32, b"x" * 32),
]


@VERSIONS
@pytest.mark.parametrize("name", ["jsonp", "htmlfile"])
@pytest_twisted.ensureDeferred
async def test_callback(services: Port, name: str, version: str) -> None:
    for query, callback in CALLBACKS:
        url = f"/echo{new_session()}/{name}?{query}"
        response = await services.open("GET", url, version=version)
        if name == "jsonp":
            assert (await response.whole()).body == b'/**/%s("o");\r\n' % callback
        else:
            await response.connection.until(lambda data: b'p("o")' in data, "the first frame")
            assert HTMLFILE_HEAD % callback in response.connection.data


NO_CALLBACK = ["", "?", "?c", "?c=", "?x=y", "?callback=", "?C=x", "?c=&c="]
BAD_CALLBACKS = ["%20", "*", "abc(", "abc%28", "a%0Ab", "%00", "caf%C3%A9", "a+b", "%22", "a/b"]


@VERSIONS
@pytest.mark.parametrize("name", ["jsonp", "htmlfile"])
@pytest_twisted.ensureDeferred
async def test_no_good_callback(start_app: StartApp, name: str, version: str) -> None:
    app = start_app()
    url = "/app" + new_session()
    cases = [(query, b'"callback" parameter required') for query in NO_CALLBACK]
    bad = [f"?{key}={value}" for value in BAD_CALLBACKS for key in ("c", "callback")]
    cases += [(query, b'invalid "callback" parameter') for query in bad]
    for query, why in cases:
        response = await app.get(f"{url}/{name}{query}", *OF_OUR_OWN, version=version)
        assert (query, response.status) == (query, 500)
        assert why in response.body
    assert app.sessions == 0
    assert await app.poll(url) == b"o\n"
