"""Which requests ask for a WebSocket, whatever their headers hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.web.http_headers import Headers
from twisted.web.server import Request
from twisted.web.test.requesthelper import DummyChannel

from rabbitchat.sockjs.upgrades import is_upgrade

Several = list[tuple[bytes, bytes]]

USUAL: Several = [(b"Upgrade", b"websocket"), (b"Connection", b"Upgrade")]


def request(headers: Several, method: bytes = b"GET", version: bytes = b"HTTP/1.1") -> Request:
    """A request with these headers."""
    made = Request(DummyChannel(), False)
    made.method, made.clientproto = method, version
    made.requestHeaders = Headers()
    for name, value in headers:
        made.requestHeaders.addRawHeader(name, value)
    return made


@pytest.mark.parametrize(
    "headers",
    [
        USUAL,
        [(b"upgrade", b"WebSocket"), (b"connection", b"keep-alive, Upgrade")],
        [(b"Upgrade", b"h2c, \twebsocket "), (b"Connection", b"UPGRADE")],
        [(b"Upgrade", b"h2c"), (b"Upgrade", b"WEBSOCKET"), (b"Connection", b" upgrade ")],
        [*USUAL, (b"Origin", b"\xff"), (b"Sec-WebSocket-Key", b"\x00")],
    ],
)
def test_these_do(headers: Several) -> None:
    assert is_upgrade(request(headers))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        USUAL[:1],
        USUAL[1:],
        [(b"Upgrade", b"websockets"), USUAL[1]],
        [(b"Upgrade", b"web socket"), USUAL[1]],
        [(b"Upgrade", b"\xffwebsocket"), USUAL[1]],
        [(b"Upgrade", b""), USUAL[1]],
        [USUAL[0], (b"Connection", b"close")],
        [USUAL[0], (b"Connection", b"keep-alive upgrade")],
    ],
)
def test_these_do_not(headers: Several) -> None:
    assert not is_upgrade(request(headers))


@pytest.mark.parametrize(
    ("method", "version"),
    [
        (b"POST", b"HTTP/1.1"),
        (b"HEAD", b"HTTP/1.1"),
        (b"get", b"HTTP/1.1"),
        (b"GET", b"HTTP/1.0"),
        (b"\xff", b"\xff"),
    ],
)
def test_only_a_get_of_http_1_1_does(method: bytes, version: bytes) -> None:
    assert not is_upgrade(request(USUAL, method, version))


@given(
    values=st.lists(
        st.tuples(
            st.sampled_from([b"Upgrade", b"Connection", b"Origin"]),
            st.one_of(st.binary(), st.sampled_from([b"websocket", b"upgrade", b","])),
        )
    )
)
def test_any_headers_are_judged(values: Several) -> None:
    assert is_upgrade(request(values)) in (True, False)
