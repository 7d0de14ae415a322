"""SockJS: it makes no difference in which pieces the bytes of a client arrive."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st

from support.raw import BINARY, CLOSE, CONTINUATION, PING, TEXT, frame
from support.sockjs_raw import ACCEPT, HTTP11, Response, handshake, request
from support.sockjs_services import Port, new_session
from support.sockjs_wire import Wired, split
from support.waiting import pause

URL = "/echo/000/abc"
FORM = "Content-Type: application/x-www-form-urlencoded"

POLLS = b"".join(
    [
        request("POST", URL + "/xhr", "Origin: null"),
        request("POST", URL + "/xhr_send", "Transfer-Encoding: chunked"),
        b'3\r\n["a\r\n8\r\n\\u20ac"]\r\n0\r\n\r\n',
        request("POST", URL + "/xhr", body=b""),
        request("POST", URL + "/jsonp_send", FORM, body=b"d=%5B%22%C3%A9%22%5D"),
        request("GET", URL + "/jsonp?c=%63allback"),
        request("POST", URL + "/xhr_send", body='["caf\u00e9","b"]'.encode()),
        request("POST", URL + "/xhr", "Connection: close"),
    ]
)
POLLED = rb'.*\r\no\n.*a\["a\\u20ac"\]\n.*\r\nok.*callback\("a\[\\"\\\\u00e9\\"\]"\);\r\n.*'
POLLED += rb'a\["caf\\u00e9","b"\]\n'

STREAM = request("POST", "/close/000/abc/xhr_streaming", "Connection: close")
STREAMED = rb'.*h{2048}\n\r\n2\r\no\n\r\n13\r\nc\[3000,"Go away!"\]\n\r\n0\r\n\r\n'

WEBSOCKET = b"".join(
    [
        handshake(URL + "/websocket", "Origin: http://elsewhere.example"),
        frame(TEXT, '["caf\u00e9"]'.encode()),
        frame(TEXT, '["\u20ac'.encode()[:4], fin=False),
        frame(PING, b"ping"),
        frame(CONTINUATION, '["\u20ac'.encode()[4:] + b'","b"]'),
        frame(TEXT, b"[]"),
        frame(TEXT, b'"' + b"x" * 130 + b'"'),
        frame(CLOSE, b"\x03\xe8"),
    ]
)
OPENED = rb"HTTP/1.1 101 .*" + re.escape(ACCEPT.encode()) + rb"\r\n\r\n"
SPOKEN = OPENED + rb'\x81\x01o\x81\x0ea\["caf\\u00e9"\]\x8a\x04ping'
SPOKEN += rb'\x81\x0ba\["\\u20ac"\]\x81\x06a\["b"\]\x81\x7e..a\["x{130}"\]\x88\x02\x03\xe8'

RAW = b"".join(
    [
        handshake("/echo/websocket"),
        frame(BINARY, b"\x00\xff" * 70),
        frame(TEXT, b"", fin=False),
        frame(CONTINUATION, "\U0001f430".encode()),
        frame(TEXT, b"\xff"),
    ]
)
ECHOED = OPENED + rb"\x82\x7e\x00\x8c(\x00\xff){70}\x81\x04\xf0\x9f\x90\xb0\x88.\x03\xef.*"

EXCHANGES = [(POLLS, POLLED), (STREAM, STREAMED), (WEBSOCKET, SPOKEN), (RAW, ECHOED)]
NAMES = ["polls", "stream", "websocket", "raw"]


@pytest.fixture(scope="module")
def wired() -> Iterator[Wired]:
    """The test services without sockets."""
    made = Wired()
    yield made
    made.stop()


@pytest.mark.parametrize(("data", "expected"), EXCHANGES, ids=NAMES)
def test_in_one_piece(wired: Wired, data: bytes, expected: bytes) -> None:
    answered = wired.answers([data])
    assert re.fullmatch(expected, answered, re.DOTALL), answered


@pytest.mark.parametrize("data", [data for data, _ in EXCHANGES], ids=NAMES)
def test_split_anywhere(wired: Wired, data: bytes) -> None:
    whole = wired.answers([data])
    for place in range(1, len(data)):
        assert wired.answers(split(data, [place])) == whole, place


@pytest.mark.parametrize("data", [data for data, _ in EXCHANGES], ids=NAMES)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_in_small_pieces(wired: Wired, data: bytes, size: int) -> None:
    whole = wired.answers([data])
    assert wired.answers(split(data, range(size, len(data), size))) == whole


@given(exchange=st.sampled_from(EXCHANGES), places=st.sets(st.integers(1, 200), max_size=20))
def test_split_in_many_places(
    wired: Wired, exchange: tuple[bytes, bytes], places: set[int]
) -> None:
    data = exchange[0]
    cuts = {place * len(data) // 200 for place in places}
    assert wired.answers(split(data, cuts)) == wired.answers([data])


@pytest_twisted.ensureDeferred
async def test_byte_by_byte_over_a_socket(services: Port) -> None:
    connection = await services.connect()
    url = "/echo" + new_session()
    for sent in (
        request("POST", url + "/xhr_send", body=b"[]"),
        request("POST", url + "/xhr", body=b""),
        handshake(url + "/websocket"),
    ):
        for byte in sent:
            connection.write(bytes([byte]))
            await pause(0)
    statuses = [(await Response(connection, "POST", HTTP11).whole()).status for _ in range(3)]
    assert statuses == [404, 200, 101]
    for byte in frame(TEXT, b'["a"]'):
        connection.write(bytes([byte]))
        await pause(0)
    await connection.until(lambda data: data.endswith(b'\x81\x01o\x81\x06a["a"]'), "an echo")


@pytest_twisted.ensureDeferred
async def test_frames_that_come_with_the_handshake(services: Port) -> None:
    """A client should wait for the answer; what it says too early is heard all the same."""
    connection = await services.connect()
    many = b"".join(frame(TEXT, b'["%d"]' % number) for number in range(5000))
    connection.write(handshake("/echo/000/abc/websocket") + many)
    await connection.until(lambda data: b'a["4999"]' in data, "the last echo")
    _, _, frames = connection.data.partition(b"\r\n\r\n")
    assert re.findall(rb'a\["(\d+)"\]', frames) == [b"%d" % number for number in range(5000)]
