"""How frames look in each transport's response, byte for byte, and which callbacks are names."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rabbitchat.sockjs import framings
from rabbitchat.sockjs.frames import HEARTBEAT, OPEN, Message, closing, messages
from rabbitchat.sockjs.framings import (
    EVENTSOURCE,
    XHR,
    XHR_STREAMING,
    BadCallback,
    Framing,
    check_callback,
    htmlfile,
    jsonp,
)

SHARED = (XHR, XHR_STREAMING, EVENTSOURCE)
SEVERAL = messages([Message(b"x"), Message(b'"y" \n'), Message(b"100%")])

HTMLFILE = rb"""<!doctype html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.callback;
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>"""


@pytest.mark.parametrize(
    ("framing", "content_type", "streams"),
    [
        (XHR, b"application/javascript; charset=UTF-8", False),
        (XHR_STREAMING, b"application/javascript; charset=UTF-8", True),
        (EVENTSOURCE, b"text/event-stream", True),
        (htmlfile(b"cb"), b"text/html; charset=UTF-8", True),
        (jsonp(b"cb"), b"application/javascript; charset=UTF-8", False),
    ],
)
def test_types_and_whether_a_response_goes_on(
    framing: Framing, content_type: bytes, streams: bool
) -> None:
    assert (framing.content_type, framing.streams) == (content_type, streams)


def test_what_comes_before_the_first_frame() -> None:
    assert XHR.prelude == b""
    assert XHR_STREAMING.prelude == b"h" * 2048 + b"\n"
    assert EVENTSOURCE.prelude == b"\r\n"
    assert jsonp(b"cb").prelude == b""
    prelude = htmlfile(b"callback").prelude
    assert prelude.startswith(HTMLFILE)
    assert prelude[len(HTMLFILE) :].strip() == b""
    assert len(prelude) > 1024
    assert prelude.endswith(b" \r\n\r\n")


def test_xhr_is_a_frame_a_line() -> None:
    for framing in (XHR, XHR_STREAMING):
        assert framing.wrap(OPEN) == b"o\n"
        assert framing.wrap(HEARTBEAT) == b"h\n"
        assert framing.wrap(SEVERAL) == b'a["x","\\"y\\" \\n","100%"]\n'
        assert framing.wrap(closing(3000, "Go away!")) == b'c[3000,"Go away!"]\n'


def test_eventsource_is_an_event_a_frame_that_decode_uri_gives_back() -> None:
    assert EVENTSOURCE.wrap(OPEN) == b"data: o\r\n\r\n"
    assert EVENTSOURCE.wrap(SEVERAL) == b'data: a["x","\\"y\\" \\n","100%25"]\r\n\r\n'
    assert EVENTSOURCE.wrap(closing(3000, "50%")) == b'data: c[3000,"50%25"]\r\n\r\n'


def test_htmlfile_is_a_script_a_frame() -> None:
    framing = htmlfile(b"cb")
    assert framing.wrap(OPEN) == b'<script>\np("o");\n</script>\r\n'
    assert framing.wrap(Message(b"x").frame) == b'<script>\np("a[\\"x\\"]");\n</script>\r\n'


def test_jsonp_is_a_call_behind_a_comment() -> None:
    assert jsonp(b"cb").wrap(OPEN) == b'/**/cb("o");\r\n'
    assert jsonp(b"a.b-c_1").wrap(Message(b"x").frame) == b'/**/a.b-c_1("a[\\"x\\"]");\r\n'


TEXT = st.text(st.characters(codec=None) | st.characters(categories=["Cs"]), max_size=20)


@given(several=st.lists(TEXT, min_size=1, max_size=3), reason=TEXT)
@example(["</script>", "<!--", "%", "\r\n\r\ndata: o"], "</script>")
def test_whatever_the_text_each_frame_comes_back_whole(several: list[str], reason: str) -> None:
    said = [Message(one.encode("utf-8", "surrogatepass")) for one in several]
    for frame in (messages(said), closing(3000, reason)):
        for framing in (*SHARED, htmlfile(b"cb"), jsonp(b"cb")):
            data = framing.wrap(frame)
            assert data.isascii()
            inner = data[len(framing.before) : -len(framing.after)]
            assert framing.before + inner + framing.after == data
            assert not re.search(rb"[\r\n\0]", inner)
            if framing.quotes:
                assert b"<" not in inner
                inner = json.loads(inner).encode()
            if framing is EVENTSOURCE:
                assert not re.search(rb"%(?!25)", inner)
                inner = inner.replace(b"%25", b"%")
            assert inner == frame


def test_the_same_for_all_is_made_once() -> None:
    frame = Message(b"to all").frame
    for framing in SHARED:
        assert framing.wrap(frame) is framing.wrap(frame)
    assert len({framing.wrap(frame) for framing in SHARED}) == 2  # both of xhr look alike


def test_what_is_one_clients_own_is_not_kept() -> None:
    """Callbacks are the clients': frames that stay would hold any number of them."""
    for number in range(50):
        for make in (htmlfile, jsonp):
            make(b"cb%d" % number).wrap(OPEN)
    assert all(framing in SHARED for framing in OPEN.framed if isinstance(framing, Framing))


# -- callbacks


@pytest.mark.parametrize("callback", [b"a", b"_sockjs_jsonp.abc123", b"A-Z.0_", b"-", b"x" * 128])
def test_these_are_names(callback: bytes) -> None:
    assert check_callback(callback) == callback


def test_without_a_callback_one_is_required() -> None:
    with pytest.raises(BadCallback) as caught:
        check_callback(b"")
    assert str(caught.value) == '"callback" parameter required'


BAD = [
    b" ",
    b"a b",
    b"a\n",
    b"\na",
    b"a\0",
    b"*",
    b"abc(",
    b"abc()",
    b"alert(1)//",
    b"a;b",
    b"a[0]",
    b"a=1",
    b"<script>",
    b"a'b",
    b'a"b',
    b"a\\u0028",
    b"%28",
    b"a/**/",
    b"\xc3\xa9",
    b"\xff",
    "\u212a".encode(),
    b"x" * 129,
    b"x" * 100_000,
]


@pytest.mark.parametrize("callback", BAD, ids=lambda callback: repr(callback[:12]))
def test_these_are_none(callback: bytes) -> None:
    with pytest.raises(BadCallback) as caught:
        check_callback(callback)
    assert str(caught.value) == 'invalid "callback" parameter'


@given(st.binary(max_size=12) | st.text("ab.-_(;\n <é", max_size=12).map(str.encode))
def test_nothing_else_gets_through(callback: bytes) -> None:
    allowed = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
    try:
        assert check_callback(callback) == callback
    except BadCallback:
        assert not callback or set(callback) - set(allowed)  # noqa: PT017
    else:
        assert callback
        assert not set(callback) - set(allowed)


def test_the_padding_does_not_depend_on_the_callback() -> None:
    short, long = htmlfile(b"x").prelude, htmlfile(b"x" * 128).prelude
    assert len(long) - len(short) == 127
    assert short.count(b" ") == long.count(b" ")
    assert framings.HTMLFILE_PADDING >= 1024
