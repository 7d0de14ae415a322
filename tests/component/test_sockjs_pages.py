"""SockJS: which URLs there are, and the pages that belong to no session."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.protocol import Factory

from rabbitchat.sockjs import SockJSFactory, SockJSMultiFactory
from rabbitchat.sockjs.conformance import Echo
from support.sockjs_checks import (
    HTML,
    PLAIN,
    is_cached,
    is_not_allowed,
    is_not_cached,
    may_be_read_by,
    type_of,
)
from support.sockjs_raw import HTTP10, HTTP11
from support.sockjs_services import Listen, Port, StandingClock, StartApp, new_session

reactor: Any = _reactor

VERSIONS = pytest.mark.parametrize("version", [HTTP10, HTTP11])
SERVICES = ["echo", "disabled_websocket_echo", "cookie_needed_echo", "close", "broadcast"]

GREETING = b"Welcome to SockJS!\n"

IFRAME = b"""<!DOCTYPE html>
<html>
<head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
  <script src="%s"></script>
  <script>
    document.domain = document.domain;
    SockJS.bootstrap_iframe();
  </script>
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>"""


# -- which URLs there are

METHODS = {
    "": {"GET"},
    "/": {"GET"},
    "/info": {"GET", "OPTIONS"},
    "/iframe.html": {"GET"},
    "/iframe-1.6.1.html": {"GET"},
    "/websocket": {"GET"},
    "/a/b/websocket": {"GET"},
    "/a/b/xhr": {"POST", "OPTIONS"},
    "/a/b/xhr_send": {"POST", "OPTIONS"},
    "/a/b/xhr_streaming": {"POST", "OPTIONS"},
    "/a/b/eventsource": {"GET"},
    "/a/b/htmlfile": {"GET"},
    "/a/b/jsonp": {"GET"},
    "/a/b/jsonp_send": {"POST"},
}


@pytest.mark.parametrize("path", METHODS)
@pytest_twisted.ensureDeferred
async def test_no_other_methods(services: Port, path: str) -> None:
    for method in {"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"} - METHODS[path]:
        for version in (HTTP10, HTTP11):
            response = await services.ask(method, "/echo" + path, body=b"", version=version)
            is_not_allowed(response)
            assert set((response["Allow"] or "").split(", ")) == METHODS[path]


@pytest.mark.parametrize("path", ["//xhr", "///xhr", "////xhr", "/a./a/xhr", "/a/a./xhr"])
@pytest_twisted.ensureDeferred
async def test_sessions_have_names_without_dots(services: Port, path: str) -> None:
    for url in (path, path.replace("a.", "."), path.replace("a.", "..")):
        assert (await services.get("/echo" + url)).status == 404
        assert (await services.post("/echo" + url)).status == 404


@pytest_twisted.ensureDeferred
async def test_dots_and_empty_segments_are_not_resolved(services: Port) -> None:
    for url in ("/././xhr", "/../echo/a/a/xhr", "//a/a/xhr", "/./a/a/xhr", "/a/../a/a/xhr"):
        assert (await services.post("/echo" + url)).status == 404
        assert (await services.get("/echo" + url)).status == 404


NOTHING = [
    "/a",
    "/a.html",
    "//",
    "///",
    "/a/a",
    "/a/a/",
    "/a/",
    "/a/a/xhr/",
    "/a/a/XHR",
    "/a/a/a/xhr",
] + ["/a/a/nothing", "/info/", "/Info", "/iframe.html/", "/websocket/", "/a/a/websocket/"]


@pytest_twisted.ensureDeferred
async def test_there_is_nothing_else(services: Port) -> None:
    for path in NOTHING:
        assert (await services.get("/echo" + path)).status == 404, path


NO_IFRAMES = [
    "iframe",
    "iframe.htm",
    "iframe.HTML",
    "IFRAME",
    "IFRAME.HTML",
    "iframe.xml",
    "iframe-/.html",
] + ["iframe-A.html", "iframe.html.", "iframehtml", "iframe+.html", "xiframe.html"]


@pytest_twisted.ensureDeferred
async def test_no_iframe(services: Port) -> None:
    for name in NO_IFRAMES:
        assert (await services.get("/echo/" + name)).status == 404, name
        assert (await services.get(f"/echo/{name}?iframe.html")).status == 404, name


@pytest.mark.parametrize(
    "names",
    ["/a/", "/_/_", "/1/", "/abcdefgh_i-j%20/abcdefg_i-j%20", "/000/~!$&'()*+,;=:@"]
    + [
        "/a%2Fb/c%2Fd",
        "/%2E/%2E",
        "/%/%zz",
        "/%00/%ff",
        "/caf%C3%A9/%F0%9F%90%B0",
        "/-/" + "s" * 100,
    ],
)
@pytest_twisted.ensureDeferred
async def test_any_name_is_a_sessions(services: Port, names: str) -> None:
    url = f"/echo{names}{new_session().rpartition('/')[2]}"
    assert await services.poll(url) == b"o\n"
    await services.send(url, b'["a"]')
    assert await services.poll(url) == b'a["a"]\n'


@pytest_twisted.ensureDeferred
async def test_names_are_compared_as_they_are(services: Port) -> None:
    names = ["abc", "ABC", "ab%63", "ab%43", "abc%20", "abc+"]
    assert [await services.poll("/echo/a/" + name) for name in names] == [b"o\n"] * len(names)


@pytest_twisted.ensureDeferred
async def test_the_query_does_not_matter(services: Port) -> None:
    url = "/echo" + new_session()
    assert (await services.get("/echo?/a/a")).body == GREETING
    assert (await services.get("/echo/info?x=/")).status == 200
    assert (await services.post(url + "/xhr?t=1234")).body == b"o\n"
    assert (await services.post(url + "/xhr_send?t=/xhr", b'["x"]')).status == 204
    assert (await services.post(url + "/xhr?")).body == b'a["x"]\n'


@VERSIONS
@pytest_twisted.ensureDeferred
async def test_the_server_in_a_url_is_ignored(services: Port, version: str) -> None:
    session = new_session("")[1:]
    first = await services.post(f"/echo/000{session}/xhr", version=version)
    assert first.body == b"o\n"
    sent = await services.post(f"/echo/111{session}/xhr_send", b'["a"]', version=version)
    assert sent.status == 204
    second = await services.post(f"/echo/999{session}/xhr", version=version)
    assert second.body == b'a["a"]\n'


@pytest_twisted.ensureDeferred
async def test_each_service_has_its_own_sessions(services: Port) -> None:
    session = new_session()
    assert await services.poll("/echo" + session) == b"o\n"
    assert (await services.post(f"/close{session}/xhr_send", b"[]")).status == 404
    assert await services.poll("/close" + session) == b"o\n"


# -- greeting


@VERSIONS
@pytest_twisted.ensureDeferred
async def test_greeting(services: Port, version: str) -> None:
    for path in [f"/{service}{slash}" for service in SERVICES for slash in ("", "/")]:
        response = await services.get(path, version=version)
        assert (response.status, type_of(response), response.body) == (200, PLAIN, GREETING)
        assert response["Set-Cookie"] is None


@pytest_twisted.ensureDeferred
async def test_greeted_twice_on_one_connection(services: Port) -> None:
    connection = await services.connect()
    for _ in range(2):
        response = await connection.send("GET", "/echo", "Connection: Keep-Alive").whole()
        assert response.body == GREETING
        assert (response["Connection"] or "keep-alive").lower() == "keep-alive"
        assert (response["Content-Length"] == "19") != response.is_chunked


@pytest.mark.parametrize("header", [[], ["Connection: Keep-Alive"], ["Connection: close"]])
@pytest_twisted.ensureDeferred
async def test_greeted_in_http_1_0(services: Port, header: list[str]) -> None:
    connection = await services.connect()
    response = await connection.send("GET", "/echo", *header, version=HTTP10).whole()
    assert response.body == GREETING
    assert response["Content-Length"] in ("19", None)
    assert (response["Connection"] or "close").lower() == "close"
    assert connection.ended  # without a word from us


@pytest_twisted.ensureDeferred
async def test_who_asks_for_the_end_of_the_connection_gets_it(services: Port) -> None:
    connection = await services.connect()
    response = await connection.send("GET", "/echo", "Connection: close").whole()
    assert response.body == GREETING
    await connection.over()


# -- info


@VERSIONS
@pytest.mark.parametrize("origin", ["test", "null", "https://chat.example:8443", None])
@pytest_twisted.ensureDeferred
async def test_info(services: Port, origin: str | None, version: str) -> None:
    headers = [f"Origin: {origin}"] if origin else []
    for service in SERVICES:
        response = await services.get(f"/{service}/info", *headers, version=version)
        assert response.status == 200
        assert type_of(response) == "application/json;charset=UTF-8"
        assert response["Set-Cookie"] is None
        is_not_cached(response)
        may_be_read_by(response, origin)
        info = json.loads(response.body)
        assert info["websocket"] is (service != "disabled_websocket_echo")
        assert info["cookie_needed"] is (service == "cookie_needed_echo")
        assert info["origins"] == ["*:*"]
        assert type(info["entropy"]) is int
        assert 0 <= info["entropy"] < 1 << 32


@pytest_twisted.ensureDeferred
async def test_entropy_is_not_to_be_guessed(services: Port) -> None:
    seen = []
    for _ in range(20):
        random.seed(1)
        seen.append(json.loads((await services.get("/echo/info")).body)["entropy"])
    assert len(set(seen)) == 20
    assert max(seen) > 1 << 28  # it fails once in 2 ** 80 times


@pytest_twisted.ensureDeferred
async def test_info_waits_for_nothing(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    assert (await app.get("/app/info")).status == 200


# -- iframe


IFRAMES = (
    ["iframe.html", "iframe-a.html", "iframe-.html", "iframe-0.1.2.html", "iframe_.html"]
    + ["iframe-0.1.2abc-dirty.2144.html", "iframe-a.html?t=1234", "iframe-0.1.2.html?t=123414"]
    + ["iframe-0.1.2abc-dirty.2144.html?t=qweqweq123", "iframe.html?/a.xml"]
)


@VERSIONS
@pytest_twisted.ensureDeferred
async def test_iframe(services: Port, version: str) -> None:
    for name in IFRAMES:
        response = await services.get("/echo/" + name, version=version)
        assert (response.status, type_of(response)) == (200, HTML), name
        is_cached(response)
        assert response["ETag"]
        assert response["Set-Cookie"] is None
        assert response.body == IFRAME % b"/sockjs.js"


@pytest.mark.parametrize("url", ["/a/sockjs.min.js?v=1", "https://cdn.example/sockjs.js"])
@pytest_twisted.ensureDeferred
async def test_iframe_with_a_client_of_ones_own(start_app: StartApp, url: str) -> None:
    response = await start_app(sockjs_url=url).get("/app/iframe.html")
    assert response.body == IFRAME % url.encode()


@VERSIONS
@pytest_twisted.ensureDeferred
async def test_iframe_that_is_known_already(services: Port, version: str) -> None:
    first, second = [await services.get("/echo/iframe.html") for _ in range(2)]
    assert first["ETag"] == second["ETag"]
    known = f"If-None-Match: {first['ETag']}"
    response = await services.get("/echo/iframe-1.html", known, version=version)
    assert (response.status, response["Content-Type"], response.body) == (304, None, b"")
    assert response["ETag"] == first["ETag"]
    other = await services.get("/echo/iframe.html", 'If-None-Match: "other"')
    assert other.status == 200


@pytest_twisted.ensureDeferred
async def test_etag_goes_with_the_page(start_app: StartApp) -> None:
    pages = [start_app(sockjs_url=url) for url in ("/a.js", "/b.js")]
    etags = {(await page.get("/app/iframe.html"))["ETag"] for page in pages}
    assert len(etags) == 2


# -- a service under a longer URL


@pytest_twisted.ensureDeferred
async def test_a_base_url_of_many_segments(listen: Listen) -> None:
    site = SockJSMultiFactory(reactor)
    site.addFactory(Factory.forProtocol(Echo), "a/b c/echo")
    port = listen(site)
    assert (await port.get("/a/b%20c/echo")).body == GREETING
    assert (await port.get("/a/b%20c/echo/")).body == GREETING
    for path in ("/a/b%20c/echo//", "/a/b%20c/echo/echo", "/a/echo", "/b%20c/echo"):
        assert (await port.get(path)).status == 404
    url = "/a/b%20c/echo" + new_session()
    assert await port.poll(url) == b"o\n"
    await port.send(url, b'["a"]')
    assert await port.poll(url) == b'a["a"]\n'
    assert (await port.post("/a/b%20c/echo/a./a/xhr")).status == 404


@pytest_twisted.ensureDeferred
async def test_a_base_url_without_a_segment(listen: Listen) -> None:
    port = listen(SockJSFactory(Factory.forProtocol(Echo), None, reactor))
    assert (await port.get("/")).body == GREETING
    assert (await port.get("/info")).status == 200
    assert (await port.get("//")).status == 404
    assert await port.poll(new_session()) == b"o\n"
