"""SockJS: whatever bytes come, the answer is one of ours, nothing is raised, nothing is left."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock

from rabbitchat.sockjs import SockJSFactory
from rabbitchat.sockjs.conformance import Echo
from support.raw import CLOSE, CONTINUATION, PING, TEXT, frame
from support.sockjs_raw import handshake, request
from support.sockjs_wire import Wired

PATHS = st.sampled_from(["/websocket", "/000/abc/websocket"])

POLL = request("POST", "/000/abc/xhr", body=b"")


def _site(clock: Clock) -> SockJSFactory:
    return SockJSFactory(Factory.forProtocol(Echo), None, clock)


@pytest.fixture(scope="module")
def wired() -> Iterator[Wired]:
    """An echo with the default options, without sockets."""
    made = Wired(_site)
    yield made
    made.stop()


def statuses(answered: bytes) -> list[int]:
    """The statuses of all answers."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answered)]


# -- handshakes (sockjs-node was killed by one: CVE-2020-7693)

VALUES = st.one_of(
    st.binary(max_size=40).map(lambda value: value.translate(None, b"\r\n")),
    st.sampled_from(
        [b"websocket", b"WebSocket", b"upgrade", b"Upgrade, keep-alive", b"close", b"", b"13"]
        + [b"x3JJHMbDL1EzLkh9GBhXDw==", b"chat", b"h2c", b"asdf", b",", b"permessage-deflate"]
    ),
)
NAMES = st.sampled_from(
    [b"Upgrade", b"Connection", b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Origin"]
    + [b"Sec-WebSocket-Protocol", b"Sec-WebSocket-Extensions", b"Host", b"Content-Length"]
    + [b"Transfer-Encoding", b"Expect", b"Sec-WebSocket-Key1", b"Sec-WebSocket-Origin"]
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6)


@given(path=PATHS, headers=HEADERS, whole=st.booleans())
@example("/000/abc/websocket", [(b"Upgrade", b"asdf")], False)
@example("/websocket", [(b"Upgrade", b"websocket"), (b"Connection", b"asdf")], False)
@example("/websocket", [(b"Transfer-Encoding", b"chunked")], True)
def test_any_handshake(
    wired: Wired, path: str, headers: list[tuple[bytes, bytes]], whole: bool
) -> None:
    begin = handshake(path) if whole else request("GET", path)
    added = b"".join(b"%s: %s\r\n" % header for header in headers)
    came = statuses(wired.answers([begin[:-2] + added + b"\r\n"]))
    assert set(came) <= {100, 101, 400, 403, 413, 431, 501}
    assert statuses(wired.answers([POLL])) == [200]


# -- requests


@given(path=st.one_of(st.binary(max_size=60), st.text("/.%ax\x00", max_size=20).map(str.encode)))
def test_any_path(wired: Wired, path: bytes) -> None:
    for method in (b"GET", b"POST", b"OPTIONS"):
        data = method + b" /" + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        answered = wired.answers([data])
        assert set(statuses(answered)) <= {200, 204, 400, 403, 404, 405, 431, 500}
        assert b"Traceback" not in answered


@given(
    payload=st.one_of(
        st.binary(max_size=200), st.text('[]",{}\\u12 x', max_size=30).map(str.encode)
    )
)
@example(b'["\\ud800"]')
@example(b"\xef\xbb\xbf[]")
def test_any_payload(wired: Wired, payload: bytes) -> None:
    sent = [POLL, request("POST", "/000/abc/xhr_send", body=payload)]
    sent.append(request("POST", "/000/abc/jsonp_send", body=payload))
    came = statuses(wired.answers(sent))
    assert came in ([200, 204, 200], [200, 500, 500])
    assert (came[1] == 204) == _is_array_of_strings(payload)


def _is_array_of_strings(payload: bytes) -> bool:
    try:
        value = json.loads(payload.decode("utf-8"))
    except ValueError:
        return False
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


@given(
    callback=st.one_of(
        st.binary(max_size=40), st.text("ab.-_A9(<\n", max_size=140).map(str.encode)
    )
)
def test_any_callback(wired: Wired, callback: bytes) -> None:
    good = re.fullmatch(rb"[a-zA-Z0-9\-_.]{1,128}", callback) is not None
    for transport in ("jsonp", "htmlfile"):
        url = f"/000/abc/{transport}?c={quote_from_bytes(callback)}"
        answered = wired.answers([request("GET", url, "Sec-Fetch-Site: same-origin")])
        assert statuses(answered) == [200 if good else 500]


# -- what was right before some bytes were changed

FRAMES = b"".join(
    [
        frame(TEXT, b'["a","b"]'),
        frame(PING, b"x"),
        frame(TEXT, b'["', fin=False),
        frame(CONTINUATION, b'c"]'),
        frame(CLOSE, b"\x03\xe8"),
    ]
)
EXCHANGES = st.sampled_from(
    [
        handshake("/000/abc/websocket") + FRAMES,
        handshake("/websocket") + FRAMES,
        POLL
        + request("POST", "/000/abc/xhr_send", "Transfer-Encoding: chunked")
        + b'3\r\n["a\r\n2\r\n"]\r\n0\r\n\r\n'
        + POLL,
        request("GET", "/000/abc/eventsource") + POLL,
        request(
            "POST",
            "/000/abc/jsonp_send",
            "Content-Type: application/x-www-form-urlencoded",
            body=b"d=%5B%22%C3%A9%22%5D",
        ),
    ]
)
CHANGES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(min_size=1, max_size=5)),
    min_size=1,
    max_size=6,
)


@given(data=EXCHANGES, changes=CHANGES)
def test_changed_bytes(wired: Wired, data: bytes, changes: list[tuple[float, int, bytes]]) -> None:
    for place, removed, added in changes:
        at = int(place * len(data))
        data = data[:at] + added + data[at + removed :]
    answered = wired.answers([data])
    assert b"Traceback" not in answered
    assert statuses(wired.answers([POLL])) == [200]


@given(kind=st.text('()<>@,;:\\"/[]?=*%\t a0\x0b\x85\xff', max_size=30))
def test_any_content_type(wired: Wired, kind: str) -> None:
    sent = [
        request("POST", f"/000/abc/{transport}", f"Content-Type: {kind}", body=b'["x"]')
        for transport in ("xhr", "xhr_send", "jsonp_send")
    ]
    assert statuses(wired.answers(sent)) == [200, 204, 200]


@given(path=PATHS, data=st.lists(st.binary(max_size=100), max_size=5))
def test_any_frames(wired: Wired, path: str, data: list[bytes]) -> None:
    answered = wired.answers([handshake(path), *data])
    assert statuses(answered)[0] == 101
    assert statuses(wired.answers([POLL])) == [200]


@given(data=st.binary(max_size=300))
def test_any_bytes(wired: Wired, data: bytes) -> None:
    wired.answers([data])
    assert statuses(wired.answers([POLL])) == [200]
