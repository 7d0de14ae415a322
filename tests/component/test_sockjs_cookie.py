"""SockJS: the cookie JSESSIONID, for load balancers that go by it."""

from __future__ import annotations

import pytest
import pytest_twisted

from support.sockjs_raw import HTTP10, HTTP11, Response
from support.sockjs_services import Port, new_session
from support.sockjs_transports import RECEIVING, Transport

VERSIONS = pytest.mark.parametrize("version", [HTTP10, HTTP11])
ANY = pytest.mark.parametrize("transport", RECEIVING, ids=str)

COOKIES = [
    ([], "dummy"),
    (["Cookie: JSESSIONID=abcdef"], "abcdef"),
    (["Cookie: a=b; JSESSIONID=abc.def-17; c=d"], "abc.def-17"),
    (["Cookie: jsessionid=x; XJSESSIONID=y"], "dummy"),
    (["Cookie: JSESSIONID="], "dummy"),
]


def gives(response: Response, value: str) -> None:
    """The cookie has this value: name and value first, the path second."""
    name, path, *_ = (response["Set-Cookie"] or "").split(";")
    assert name == f"JSESSIONID={value}", response["Set-Cookie"]
    assert path.strip().lower() == "path=/"


@VERSIONS
@ANY
@pytest_twisted.ensureDeferred
async def test_receiving(services: Port, transport: Transport, version: str) -> None:
    for headers, value in COOKIES:
        url = "/cookie_needed_echo" + new_session()
        receiver = await transport.receive(services, url, *headers, version=version)
        await receiver.frames("o")
        gives(receiver.response, value)


@VERSIONS
@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
@pytest_twisted.ensureDeferred
async def test_sending(services: Port, transport: str, version: str) -> None:
    url = "/cookie_needed_echo" + new_session()
    await services.poll(url)
    for headers, value in COOKIES:
        response = await services.post(f"{url}/{transport}", b'["x"]', *headers, version=version)
        assert response.status in (200, 204)
        gives(response, value)


@pytest.mark.parametrize("path", ["", "/", "/info", "/iframe.html"])
@pytest_twisted.ensureDeferred
async def test_pages_have_none(services: Port, path: str) -> None:
    for headers in ([], ["Cookie: JSESSIONID=abcdef"]):
        response = await services.get("/cookie_needed_echo" + path, *headers)
        assert response.status == 200
        assert response["Set-Cookie"] is None


@ANY
@pytest_twisted.ensureDeferred
async def test_who_does_not_need_it_gives_none(services: Port, transport: Transport) -> None:
    url, cookie = "/echo" + new_session(), "Cookie: JSESSIONID=abcdef"
    receiver = await transport.receive(services, url, cookie)
    await receiver.frames("o")
    assert receiver.response["Set-Cookie"] is None
    for send in ("xhr_send", "jsonp_send"):
        response = await services.post(f"{url}/{send}", b'["x"]', cookie)
        assert response["Set-Cookie"] is None


@pytest_twisted.ensureDeferred
async def test_websockets_do_without(services: Port) -> None:
    for path in (new_session() + "/websocket", "/websocket"):
        websocket = await services.websocket("/cookie_needed_echo" + path)
        assert websocket.response.status == 101


@pytest_twisted.ensureDeferred
async def test_a_whole_session_with_the_cookie(services: Port) -> None:
    url, cookie = "/cookie_needed_echo" + new_session(), "Cookie: JSESSIONID=abcdef"
    assert (await services.post(url + "/xhr", b"", cookie)).body == b"o\n"
    assert (await services.post(url + "/xhr_send", b'["x"]', "Cookie: a=b")).status == 204
    response = await services.post(url + "/xhr", b"", cookie)
    assert response.body == b'a["x"]\n'
    gives(response, "abcdef")
