"""SockJS: requests that bring messages, xhr_send and jsonp_send."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
import pytest_twisted

from support.sockjs_checks import PLAIN, is_not_cached, may_be_read_by, type_of
from support.sockjs_raw import HTTP10, HTTP11, Response
from support.sockjs_services import App, Port, StartApp, new_session

VERSIONS = pytest.mark.parametrize("version", [HTTP10, HTTP11])
FORM = "Content-Type: application/x-www-form-urlencoded"

# -- xhr_send


@VERSIONS
@pytest.mark.parametrize("origin", ["https://chat.example", None])
@pytest_twisted.ensureDeferred
async def test_xhr_send(services: Port, version: str, origin: str | None) -> None:
    headers = [f"Origin: {origin}"] if origin else []
    url = "/echo" + new_session()
    await services.poll(url)
    response = await services.post(url + "/xhr_send", b'["x"]', *headers, version=version)
    assert (response.status, response.body) == (204, b"")
    assert type_of(response) == PLAIN
    is_not_cached(response)
    may_be_read_by(response, origin)
    assert await services.poll(url) == b'a["x"]\n'


@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
@pytest_twisted.ensureDeferred
async def test_each_string_is_a_message_in_order(start_app: StartApp, transport: str) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    assert (await app.post(f"{url}/{transport}", b'["one","","two","two"]')).status < 300
    assert (await app.post(f"{url}/{transport}", b' [ "three" ] \n')).status < 300
    assert app.session.heard == [b"one", b"", b"two", b"two", b"three"]


@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
@pytest_twisted.ensureDeferred
async def test_an_array_of_nothing_delivers_nothing(start_app: StartApp, transport: str) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    response = await app.post(f"{url}/{transport}", b"[]")
    assert response.status == (204 if transport == "xhr_send" else 200)
    await app.send(url, b'["a"]')
    assert app.session.heard == [b"a"]


NOT_JSON = [
    b'["x',
    b"x",
    b"[x]",
    b'["x",]',
    b"['x']",
    b'["x"]["y"]',
    b'["a\nb"]',
    b'["\xff"]',
    b'\xef\xbb\xbf["x"]',
    b"[" * 10_000,
    b"\x00",
]
NOT_STRINGS = [b'"x"', b"{}", b"1", b"null", b"[1]", b'["x",null]', b'[["x"]]', b"[{}]", b"[true]"]


async def is_refused(app: App, url: str, response: Response, why: str) -> None:
    """It was refused, and the session goes on as if nothing had come."""
    assert response.status == 500
    assert why.encode() in response.body, response.body
    assert b"Traceback" not in response.body
    await app.send(url, b'["after"]')
    assert app.session.heard == [b"after"]
    app.session.heard.clear()


@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
@pytest_twisted.ensureDeferred
async def test_what_is_no_array_of_strings(start_app: StartApp, transport: str) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    for payload in NOT_JSON:
        response = await app.post(f"{url}/{transport}", payload)
        await is_refused(app, url, response, "Broken JSON encoding.")
    for payload in NOT_STRINGS:
        response = await app.post(f"{url}/{transport}", payload)
        await is_refused(app, url, response, "Payload expected.")


@VERSIONS
@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
@pytest.mark.parametrize("length", ["Content-Length: 0", "X-None: 1"])
@pytest_twisted.ensureDeferred
async def test_an_empty_body(
    start_app: StartApp, transport: str, length: str, version: str
) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    response = await app.ask("POST", f"{url}/{transport}", length, version=version)
    await is_refused(app, url, response, "Payload expected.")


@pytest.mark.parametrize("payload", [b"", b"[", b'["x"]'])
@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
@pytest_twisted.ensureDeferred
async def test_the_payload_is_looked_at_before_the_session(
    services: Port, transport: str, payload: bytes
) -> None:
    response = await services.post(f"/echo{new_session()}/{transport}", payload)
    assert response.status == (404 if payload == b'["x"]' else 500)


TYPES = ["", "T", "text/plain", "text/xml", "application/xml", "application/json", "image/png"]
CHARSETS = ["", "; charset=utf-8", ";charset=UTF-8", "; charset=ISO-8859-1", "; charset=nonsense"]


@VERSIONS
@pytest_twisted.ensureDeferred
async def test_any_content_type_does(services: Port, version: str) -> None:
    url = "/echo" + new_session()
    await services.poll(url)
    kinds = [f"Content-Type: {kind}{charset}" for kind in TYPES for charset in CHARSETS]
    payload = '["\u20ac"]'.encode()
    for kind in [*kinds, FORM, "X-No-Type: 1"]:
        response = await services.post(url + "/xhr_send", payload, kind, version=version)
        assert (response.status, response.body) == (204, b"")
    count = len(kinds) + 2
    assert await services.poll(url) == b"a[" + b",".join([rb'"\u20ac"'] * count) + b"]\n"


@pytest_twisted.ensureDeferred
async def test_a_body_in_chunks(services: Port) -> None:
    url = "/echo" + new_session()
    await services.poll(url)
    connection = await services.connect()
    response = connection.send("POST", url + "/xhr_send", "Transfer-Encoding: chunked")
    for part in (b"2\r\n[", b'"\r', b"\n3\r\nabc\r\n2", b'\r\n"]\r\n0\r\n\r', b"\n"):
        connection.write(part)
    assert (await response.whole()).status == 204
    assert await services.poll(url) == b'a["abc"]\n'


# -- jsonp_send


FORMS = [
    (FORM, b"d=%5B%22x%22%5D"),
    (FORM + "; charset=UTF-8", b"d=%5B%22x%22%5D"),
    (FORM.upper().replace("CONTENT-TYPE", "content-type"), b"d=%5b%22%78%22%5d"),
    (FORM, b'd=["x"]'),
    (FORM, b"a=b&d=%5B%22x%22%5D&c"),
    ("Content-Type: text/plain", b'["x"]'),
    ("Content-Type:", b'["x"]'),
    ("X-No-Type: 1", b'["x"]'),
    ("Content-Type: application/x-www-form-urlencoded-not", b'["x"]'),
]


@VERSIONS
@pytest_twisted.ensureDeferred
async def test_jsonp_send(services: Port, version: str) -> None:
    url = "/echo" + new_session()
    await services.poll(url)
    for kind, payload in FORMS:
        response = await services.post(url + "/jsonp_send", payload, kind, version=version)
        assert (response.status, response.body) == (200, b"ok"), kind
        assert type_of(response) == PLAIN
        is_not_cached(response)
        assert await services.poll(url) == b'a["x"]\n'


@pytest_twisted.ensureDeferred
async def test_only_forms_are_decoded(start_app: StartApp) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    for kind in ("Content-Type: text/plain", "X-No-Type: 1"):
        assert (await app.post(url + "/jsonp_send", b'["%61bc+"]', kind)).status == 200
    assert (await app.post(url + "/jsonp_send", b'd=["%61bc+%2B"]', FORM)).status == 200
    assert app.session.heard == [b"%61bc+", b"%61bc+", b"abc +"]


TEXTS = ["caf\u00e9", "\u20ac\U0001f430", "a&b=c;d%20+", "\x7f\u0080\u00ff\uffff", "%C3%A9"]


def escape_little(payload: str) -> str:
    """Only what would be taken for a form's own."""
    return payload.replace("%", "%25").replace("&", "%26").replace("+", "%2B")


@pytest.mark.parametrize("encode", [quote, quote_plus, escape_little])
@pytest_twisted.ensureDeferred
async def test_any_text_in_a_form(start_app: StartApp, encode: Callable[[str], str]) -> None:
    """sockjs-client sends most characters as they are, percent-encoded."""
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    for text in TEXTS:
        payload = encode(json.dumps([text], ensure_ascii=False))
        response = await app.post(url + "/jsonp_send", f"d={payload}".encode(), FORM)
        assert response.body == b"ok"
    assert app.session.heard == [text.encode() for text in TEXTS]


BAD_FORMS = [
    (b"", "Payload expected."),
    (b"d=", "Payload expected."),
    (b"d", "Payload expected."),
    (b"p=p", "Payload expected."),
    (b'D=["x"]', "Payload expected."),
    (b"&&&&", "Payload expected."),
    (b"d=1&" * 10_000, "Payload expected."),
    (b"d=1", "Payload expected."),
    (b"d=%5B%22x", "Broken JSON encoding."),
    (b"d=%", "Broken JSON encoding."),
    (b"d=%ff", "Broken JSON encoding."),
    (b"d=\xff", "Broken JSON encoding."),
    (b"d=%00", "Broken JSON encoding."),
]


@pytest_twisted.ensureDeferred
async def test_forms_without_messages(start_app: StartApp) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    for payload, why in BAD_FORMS:
        response = await app.post(url + "/jsonp_send", payload, FORM)
        await is_refused(app, url, response, why)
