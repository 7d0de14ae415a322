"""Framings that put what somebody wrote into a script."""

from __future__ import annotations

import json

import pytest

from rabbitchat.sockjs.frames import Message
from rabbitchat.sockjs.framings import Framing, htmlfile, jsonp

TEXTS = ["</script><script>stolen()</script>", "<!-- <script>", "</SCRIPT", "<", 'a\u2028b"c\\d']


@pytest.mark.parametrize(
    "framing", [htmlfile(b"_jp.a"), jsonp(b"_jp.a")], ids=["htmlfile", "jsonp"]
)
@pytest.mark.parametrize("text", TEXTS)
def test_a_message_ends_no_script(framing: Framing, text: str) -> None:
    wrapped = framing.wrap(Message(text.encode()).frame)
    assert wrapped.startswith(framing.before)
    assert wrapped.endswith(framing.after)
    literal = wrapped[len(framing.before) : -len(framing.after)]
    assert b"<" not in literal
    frame = json.loads(literal)
    assert frame[0] == "a"
    assert json.loads(frame[1:]) == [text]
