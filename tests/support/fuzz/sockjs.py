"""SockJS: URLs, bodies, callbacks and frames, on a whole site without sockets."""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock

from rabbitchat.sockjs import SockJSFactory
from rabbitchat.sockjs import frames as codec
from rabbitchat.sockjs.conformance import Echo
from rabbitchat.sockjs.framings import BadCallback, check_callback, htmlfile, jsonp
from rabbitchat.sockjs.routing import find
from support.fuzz.target import Take, Target
from support.raw import CLOSE, CONTINUATION, PING, TEXT, frame
from support.sockjs_raw import handshake, request
from support.sockjs_wire import Wired

REFUSALS = {400, 403, 404, 405, 408, 411, 413, 414, 417, 431, 500, 501, 503, 505}
STATUSES = {100, 101, 200, 204, 304} | REFUSALS
POLL = request("POST", "/000/alive/xhr", body=b"")
LIVE_EVERY = 50  # inputs: then somebody else's request must be answered

FORM = "Content-Type: application/x-www-form-urlencoded"


def _site(clock: Clock) -> SockJSFactory:
    return SockJSFactory(Factory.forProtocol(Echo), None, clock)


class _Site:
    """An echo with the default options."""

    def __init__(self) -> None:
        self._wired = Wired(_site)
        self._asked = 0

    def ask(self, data: bytes) -> str:
        """Send bytes on a connection of their own; the first answer's status."""
        answered = self._wired.answers([data])
        assert b"Traceback" not in answered
        came = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answered)]
        self._asked += 1
        if self._asked % LIVE_EVERY == 0:
            assert self._wired.answers([POLL]).endswith(b"\r\n\r\no\n"), "nobody else is served"
        return str(came[0]) if came else "cut"


def _check_status(outcome: str) -> str:
    assert outcome == "cut" or int(outcome) in STATUSES, outcome
    return outcome


# -- URLs


def _make_urls() -> Take:
    site = _Site()
    methods = [b"GET", b"POST", b"OPTIONS", b"HEAD", b"PUT"]

    def take(data: bytes) -> str:
        route = find(data.lstrip(b"/").partition(b"?")[0].split(b"/"))
        assert route is None or route.methods
        method = methods[sum(data[:3]) % len(methods)]
        head = b" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nSec-Fetch-Site: same-origin\r\n\r\n"
        return _check_status(site.ask(method + b" " + data + head))

    return take


_TRANSPORTS = ["xhr", "xhr_send", "xhr_streaming", "eventsource", "htmlfile", "jsonp"]
_TRANSPORTS += ["jsonp_send", "websocket"]
PATHS = [f"/000/abc/{name}".encode() for name in _TRANSPORTS]
PATHS += [b"/", b"/info", b"/websocket", b"/iframe.html", b"/iframe-1.2.html?t=x"]
PATHS += [b"/000/abc/jsonp?c=callback", b"/000/abc/htmlfile?c=parent.x", b"/000/a%2eb/xhr"]
_drawn_paths = st.one_of(
    st.lists(
        st.one_of(
            st.sampled_from([b"", b"..", b".", b"000", b"abc", b"%2e", b"x" * 200, b"info"]),
            st.sampled_from([name.encode() for name in _TRANSPORTS]),
            st.binary(max_size=10),
        ),
        max_size=5,
    ).map(lambda parts: b"/" + b"/".join(parts)),
    st.builds(
        lambda name, callback: f"/000/abc/{name}?c={quote_from_bytes(callback)}".encode(),
        st.sampled_from(["jsonp", "htmlfile"]),
        st.binary(max_size=20),
    ),
)
URLS = Target("sockjs urls", PATHS, _drawn_paths, _make_urls)

# -- bodies, callbacks and frames


def _messages(payload: bytes) -> str:
    """What the codec makes of a payload, by itself."""
    for decode in (codec.decode, codec.decode_frame):
        try:
            messages = decode(payload)
        except codec.BrokenPayload:
            continue
        several = [codec.Message(message) for message in messages]
        if several:
            assert codec.decode(codec.messages(several)[1:]) == messages
    try:
        callback = check_callback(payload)
    except BadCallback:
        return "no callback"
    for framing in (jsonp(callback), htmlfile(callback)):
        framing.wrap(codec.OPEN)
    return "callback"


def _make_frames() -> Take:
    site = _Site()

    def take(data: bytes) -> str:
        payload = data[1:]
        _messages(payload)
        kind = data[0] % 6 if data else 0
        if kind == 0:
            sent = request("POST", "/000/abc/xhr_send", body=payload)
        elif kind == 1:
            sent = request("POST", "/000/abc/jsonp_send", FORM, body=b"d=" + payload)
        elif kind == 2:
            sent = handshake("/000/abc/websocket") + frame(TEXT, payload)
        elif kind == 3:
            sent = handshake("/000/abc/websocket") + payload
        elif kind == 4:
            sent = handshake("/websocket") + payload
        else:
            sent = payload
            return _check_status(site.ask(sent))
        opened = request("POST", "/000/abc/xhr", body=b"") if kind < 2 else b""
        return _check_status(site.ask(opened + sent))

    return take


_EXCHANGE = b"".join(
    [
        frame(TEXT, b'["a","b"]'),
        frame(PING, b"x"),
        frame(TEXT, b'["', fin=False),
        frame(CONTINUATION, b'c"]'),
        frame(CLOSE, b"\x03\xe8"),
    ]
)
CORPUS = [bytes([kind]) + b'["a","b\\u00e9","\\ud83d"]' for kind in (0, 1, 2)]
CORPUS += [bytes([kind]) + _EXCHANGE for kind in (3, 4)]
CORPUS += [
    b"\x05" + handshake("/000/abc/websocket") + _EXCHANGE,
    b"\x05"
    + request("POST", "/000/abc/xhr_send", "Transfer-Encoding: chunked")
    + b"3\r\n[]\n\r\n",
    b"\x05" + request("POST", "/000/abc/jsonp_send", FORM, body=b"d=%5B%22%C3%A9%22%5D"),
    b"\x01%5B%22a%22%5D",
]
_kinds = st.integers(0, 5).map(lambda kind: bytes([kind]))
_payloads = st.one_of(
    st.text('[]",{}\\u12 x\ud800', max_size=30).map(lambda t: t.encode("utf-8", "surrogatepass")),
    st.binary(max_size=100),
    st.lists(
        st.builds(
            frame,
            st.sampled_from([0, 1, 2, 3, 8, 9, 10, 11]),
            st.binary(max_size=130),
            fin=st.booleans(),
            masked=st.sampled_from([True, True, False]),
            reserved=st.sampled_from([0, 0, 0, 1, 4]),
        ),
        max_size=6,
    ).map(b"".join),
)
FRAMES = Target(
    "sockjs frames",
    CORPUS,
    st.builds(lambda kind, rest: kind + rest, _kinds, _payloads),
    _make_frames,
)
