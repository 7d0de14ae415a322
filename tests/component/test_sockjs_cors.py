"""SockJS: what the pages of other origins may ask for, and are told (CORS)."""

from __future__ import annotations

import pytest
import pytest_twisted

from support.sockjs_checks import is_cached, may_be_read_by
from support.sockjs_raw import HTTP10, HTTP11
from support.sockjs_services import Port, StartApp, new_session

VERSIONS = pytest.mark.parametrize("version", [HTTP10, HTTP11])

CORS = ["/info", "/abc/abc/xhr", "/abc/abc/xhr_send", "/abc/abc/xhr_streaming"]


@VERSIONS
@pytest.mark.parametrize("path", CORS)
@pytest_twisted.ensureDeferred
async def test_preflight(services: Port, path: str, version: str) -> None:
    for origin in ("test", "null", "http://[::1]:80", None):
        await preflight(services, path, origin, version)


async def preflight(services: Port, path: str, origin: str | None, version: str) -> None:
    """Ask for it, and look at the answer."""
    headers = [f"Origin: {origin}"] if origin else []
    wanted = "Access-Control-Request-Method: POST"
    url = "/echo" + path
    response = await services.ask("OPTIONS", url, wanted, *headers, version=version)
    assert response.status in (200, 204)
    assert response.body == b""
    assert response["Content-Length"] in (None, "0")
    is_cached(response)
    assert int(response["Access-Control-Max-Age"] or 0) > 1_000_000
    allowed = (response["Access-Control-Allow-Methods"] or "").split(", ")
    assert allowed == ["OPTIONS", "GET" if path == "/info" else "POST"]
    assert response["Access-Control-Allow-Headers"] is None
    assert response["Set-Cookie"] is None
    may_be_read_by(response, origin)


@pytest.mark.parametrize("path", CORS)
@pytest_twisted.ensureDeferred
async def test_headers_that_a_page_wants(services: Port, path: str) -> None:
    for wanted in ("a, b, c", "A,b ,;C=1", "x-" + "y" * 500, "a,a", "", None):
        headers = [] if wanted is None else [f"Access-Control-Request-Headers: {wanted}"]
        response = await services.ask("OPTIONS", "/echo" + path, "Origin: test", *headers)
        assert response["Access-Control-Allow-Headers"] == (wanted or None)
        may_be_read_by(response, "test")


@pytest_twisted.ensureDeferred
async def test_a_preflight_makes_no_session(start_app: StartApp) -> None:
    app = start_app()
    for path in CORS:
        assert (await app.ask("OPTIONS", "/app" + path)).status in (200, 204)
    assert app.sessions == 0
    assert (await app.post("/app/abc/abc/xhr_send", b"[]")).status == 404
    assert await app.poll("/app/abc/abc") == b"o\n"


@VERSIONS
@pytest.mark.parametrize("origin", ["test", "null", "https://chat.example", None])
@pytest_twisted.ensureDeferred
async def test_requests_of_pages(services: Port, origin: str | None, version: str) -> None:
    headers = [f"Origin: {origin}"] if origin else []
    url = "/echo" + new_session()
    answers = [
        await services.post(url + "/xhr", b"", *headers, version=version),
        await services.post(url + "/xhr_send", b'["x"]', *headers, version=version),
        await services.post(url + "/xhr_send", b"", *headers, version=version),
        await services.post(url + "/unknown/xhr_send", b"[]", *headers, version=version),
    ]
    assert [answer.status for answer in answers] == [200, 204, 500, 404]
    for answer in answers[:3]:
        may_be_read_by(answer, origin)
    stream = await services.open("POST", url + "/xhr_streaming", *headers, version=version)
    may_be_read_by(stream, origin)
