"""Server-sent events as sockjs-client reads them: each frame goes through decodeURI."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabbitchat.sockjs.frames import Frame
from rabbitchat.sockjs.framings import EVENTSOURCE


@pytest.mark.parametrize(
    ("frame", "data"),
    [(b'a["100%"]', b'a["100%25"]'), (b'a["%2F%25"]', b'a["%252F%2525"]'), (b"h", b"h")],
)
def test_percent_signs_are_escaped(frame: bytes, data: bytes) -> None:
    assert EVENTSOURCE.wrap(Frame(frame)) == b"data: " + data + b"\r\n\r\n"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_decoding_gives_the_frame_back(text: str) -> None:
    wrapped = EVENTSOURCE.wrap(Frame(text.encode()))
    assert unquote(wrapped.decode()) == f"data: {text}\r\n\r\n"
