"""SockJS: which pages may use a service, when only its own may, or some others."""

from __future__ import annotations

import pytest
import pytest_twisted

from support.sockjs_checks import may_be_read_by
from support.sockjs_raw import HTTP11, Response, handshake
from support.sockjs_services import App, StartApp, new_session

EVIL = "https://evil.example"

OWN = ["http://127.0.0.1", "https://127.0.0.1", "http://127.0.0.1:80", "HTTPS://127.0.0.1:443"]
FRIENDS = ["https://chat.example", "https://CHAT.example:443", "http://other.example:8080"]
FOREIGN = [
    EVIL,
    "null",
    "",
    "*",
    "file://",
    "http://127.0.0.1:1",
    "http://127.0.0.1.evil.example",
    "http://evil.example/http://127.0.0.1",
    "http://127.0.0.1@evil.example",
    "http://evil.example#127.0.0.1",
    "http://chat.example",
    "https://chat.example:8443",
    "https://chat.example.evil.example",
    "https://evil-chat.example",
    "http://other.example",
    "//127.0.0.1",
    "http://[::1",
    "http://127.0.0.1:99999",
    "http://\xff",
]
ALLOWED = ["https://chat.example", "http://other.example:8080"]

SENT = [("POST", "xhr_send"), ("POST", "jsonp_send")]
RECEIVED = [
    ("POST", "xhr"),
    ("POST", "xhr_streaming"),
    ("GET", "eventsource"),
    ("GET", "htmlfile?c=x"),
    ("GET", "jsonp?c=x"),
]
SCRIPTS = ["htmlfile?c=x", "jsonp?c=x"]
"""What a page of another site can include, and so read, without asking."""


async def ask(app: App, method: str, path: str, *headers: str) -> int:
    """The status of what is answered, and that a refusal tells nothing and makes nothing."""
    before = app.sessions
    response = await app.open(method, path, *headers, body=b'["x"]' if method == "POST" else None)
    if response.status == 403:
        await response.whole()
        assert response["Access-Control-Allow-Origin"] is None
        assert response["Access-Control-Allow-Credentials"] is None
        assert app.sessions == before
        assert b"evil" not in response.body
    response.vanish()
    return response.status


async def upgrade(app: App, path: str, *headers: str) -> int:
    """The status of a WebSocket handshake's answer."""
    connection = await app.connect()
    connection.write(handshake("/app" + path, *headers))
    response = await Response(connection, "GET", HTTP11).head()
    connection.vanish()
    return response.status


@pytest.mark.parametrize("origin", [*OWN, *FRIENDS])
@pytest_twisted.ensureDeferred
async def test_those_may(start_app: StartApp, origin: str) -> None:
    app = start_app(allowed_origins=ALLOWED)
    header = f"Origin: {origin}"
    for method, transport in RECEIVED:
        assert await ask(app, method, f"/app{new_session()}/{transport}", header) == 200
    url = "/app" + new_session()
    await app.poll(url)
    assert await ask(app, "POST", url + "/xhr_send", header) == 204
    assert await ask(app, "POST", url + "/jsonp_send", header) == 200
    assert app.session.heard == [b"x", b"x"]
    for path in ("/websocket", new_session() + "/websocket"):
        assert await upgrade(app, path, header) == 101
    for path in ("/info", "/a/b/xhr", "/a/b/xhr_send", "/a/b/xhr_streaming"):
        response = await app.ask("OPTIONS", "/app" + path, header)
        assert response.status in (200, 204)
        may_be_read_by(response, origin)


@pytest.mark.parametrize("origin", FOREIGN)
@pytest_twisted.ensureDeferred
async def test_those_may_not(start_app: StartApp, origin: str) -> None:
    app = start_app(allowed_origins=ALLOWED)
    url = "/app" + new_session()
    await app.poll(url)
    header = f"Origin: {origin}"
    for method, transport in [*RECEIVED, *SENT]:
        assert await ask(app, method, f"{url}/{transport}", header) == 403
    for path in ("/websocket", new_session() + "/websocket"):
        assert await upgrade(app, path, header) == 403
    for path in ("/info", "/a/b/xhr", "/a/b/xhr_send", "/a/b/xhr_streaming"):
        assert await ask(app, "OPTIONS", "/app" + path, header) == 403
    assert await ask(app, "GET", "/app/info", header) == 403
    assert app.session.heard == []
    assert app.sessions == 1


@pytest_twisted.ensureDeferred
async def test_two_origins_are_none(start_app: StartApp) -> None:
    app = start_app()
    both = ["Origin: http://127.0.0.1", f"Origin: {EVIL}"]
    for headers in (both, both[::-1], both[:1] * 2):
        assert await ask(app, "POST", f"/app{new_session()}/xhr", *headers) == 403
        assert await upgrade(app, "/websocket", *headers) == 403


@pytest_twisted.ensureDeferred
async def test_friends_are_nobodys_by_default(start_app: StartApp) -> None:
    app = start_app()
    for origin in FRIENDS:
        assert await ask(app, "POST", f"/app{new_session()}/xhr", f"Origin: {origin}") == 403
    assert await ask(app, "POST", f"/app{new_session()}/xhr", "Origin: http://127.0.0.1") == 200


@pytest_twisted.ensureDeferred
async def test_programs_without_an_origin_may(start_app: StartApp) -> None:
    app = start_app()
    for method, transport in RECEIVED[:3]:
        assert await ask(app, method, f"/app{new_session()}/{transport}") == 200
    for path in ("/websocket", new_session() + "/websocket"):
        assert await upgrade(app, path) == 101


FOREIGN_FETCHES = [
    ["Sec-Fetch-Site: cross-site"],
    ["Sec-Fetch-Site: same-site"],
    ["Sec-Fetch-Site: cross-site", f"Referer: {EVIL}/page"],
    ["Sec-Fetch-Site: "],
    ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"],
]
OWN_FETCHES = [
    ["Sec-Fetch-Site: same-origin"],
    ["Sec-Fetch-Site: none"],
    ["Sec-Fetch-Site: cross-site", "Referer: https://chat.example/page"],
]


@pytest.mark.parametrize("headers", OWN_FETCHES)
@pytest_twisted.ensureDeferred
async def test_what_a_browser_says_of_its_own_pages(
    start_app: StartApp, headers: list[str]
) -> None:
    app = start_app(allowed_origins=ALLOWED)
    for method, transport in RECEIVED:
        assert await ask(app, method, f"/app{new_session()}/{transport}", *headers) == 200


@pytest.mark.parametrize("headers", FOREIGN_FETCHES)
@pytest_twisted.ensureDeferred
async def test_what_a_browser_says_of_foreign_pages(
    start_app: StartApp, headers: list[str]
) -> None:
    """An EventSource, a script and a frame of another site come without an Origin."""
    app = start_app(allowed_origins=ALLOWED)
    for transport in ("eventsource", *SCRIPTS):
        assert await ask(app, "GET", f"/app{new_session()}/{transport}", *headers) == 403


REFERERS = [
    (None, 403),
    ("", 403),
    ("http://127.0.0.1/page?x=1", 200),
    ("https://chat.example/", 200),
    (f"{EVIL}/", 403),
    (f"{EVIL}/?http://127.0.0.1/", 403),
    ("http://127.0.0.1@evil.example/", 403),
    ("http://127.0.0.1.evil.example/", 403),
    ("about:blank", 403),
    ("http://[", 403),
    ("\xff", 403),
]


@pytest.mark.parametrize("transport", SCRIPTS)
@pytest_twisted.ensureDeferred
async def test_old_browsers_must_send_a_referer(start_app: StartApp, transport: str) -> None:
    app = start_app(allowed_origins=ALLOWED)
    for referer, status in REFERERS:
        headers = [] if referer is None else [f"Referer: {referer}"]
        answered = await ask(app, "GET", f"/app{new_session()}/{transport}", *headers)
        assert (referer, answered) == (referer, status)


@pytest.mark.parametrize(
    ("allowed", "policy"),
    [
        ([], "frame-ancestors 'self'"),
        (ALLOWED, "frame-ancestors 'self' https://chat.example http://other.example:8080"),
        (["*"], None),
    ],
)
@pytest_twisted.ensureDeferred
async def test_who_may_frame_the_iframe_page(
    start_app: StartApp, allowed: list[str], policy: str | None
) -> None:
    app = start_app(allowed_origins=allowed)
    for headers in ([], [f"Origin: {EVIL}"]):
        response = await app.get("/app/iframe.html", *headers)
        assert response.status == 200
        assert response["Content-Security-Policy"] == policy
        known = await app.get("/app/iframe.html", f"If-None-Match: {response['ETag']}")
        assert known.status == 304
        assert known["Content-Security-Policy"] == policy


@pytest_twisted.ensureDeferred
async def test_everybody_may_where_all_are_allowed(start_app: StartApp) -> None:
    app = start_app(allowed_origins=["*"])
    for headers in ([f"Origin: {EVIL}"], ["Origin: null"], ["Sec-Fetch-Site: cross-site"], []):
        for method, transport in RECEIVED:
            assert await ask(app, method, f"/app{new_session()}/{transport}", *headers) == 200
        for path in ("/websocket", new_session() + "/websocket"):
            assert await upgrade(app, path, *headers) == 101
