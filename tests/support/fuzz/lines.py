"""The line parser: telnet's bytes to lines, lines to commands, and what others are shown."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from rabbitchat.chat import commands, events
from rabbitchat.chat.errors import ChatError
from rabbitchat.chat.session import Session
from rabbitchat.codecs import line, line_text
from rabbitchat.codecs.line_own import Help
from rabbitchat.codecs.line_text import View
from rabbitchat.codecs.telnet import Item, Line, TelnetDecoder
from support.fuzz.target import Take, Target

MAX_LINE = 4096

TYPED = [
    *(
        "hello",
        "/nick anna",
        "/join #dev",
        "/leave",
        "/leave dev",
        "/msg bob hi there",
        "/me waves",
    ),
    *("/who", "/who dev", "/rooms", "/topic tea at five", "/topic", "/history 20", "/help join"),
    *("/echo on", "/mode json", "/quit", "//slash", "grüße ☕", "/edit better", "/search tea"),
    *("/session", "/since 5", "/undo", "/react +1"),
]
CORPUS = [f"{typed}\r\n".encode() for typed in TYPED] + [
    "\n".join(TYPED).encode() + b"\n",
    b"\xff\xfd\x01\xff\xfb\x18ra\xff\xf1w\r\n\xff\xfa\x18\x00xterm\xff\xf0x\r\0",
    b"helo\x7flo wrong\x17good\x15all\x03\xff\xf6\xff\xf4\xff\xf2\r\0\x04",
    "👩‍🚀 می‌خواهم क्‍ष\r\n".encode(),
]

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
PREFIX = re.compile(r"(#lobby )?(<ann> |<\* ann .*>$)")


def _feed(pieces: list[bytes]) -> list[Item]:
    decoder = TelnetDecoder(MAX_LINE)
    return [item for piece in pieces for item in decoder.feed(piece)]


def _check_shown(text: str) -> None:
    """What somebody says can't pass for anything else (the server's line, another's, a command
    to a terminal)."""
    said = events.Message(
        room="lobby",
        nick="ann",
        text=text,
        epoch="e",
        seq=1,
        msgid="m",
        user="u",
        time="2026-11-21T10:48:09.123Z",
    )
    for view in (View.HERE, View.ELSEWHERE):
        for shown in line_text.push(said, view):
            assert not CONTROL.search(shown), f"a control character in {shown!r}"
            assert PREFIX.match(shown), f"no sender before {shown!r}"
    assert not CONTROL.search(line_text.notice(text))


def _parse(text: str) -> str:
    session = Session(4000)
    session.connected("u", "ann")
    session.rooms.add("lobby")
    outcome = "nothing"
    for reading in (line.name, lambda typed: line.parse(typed, "lobby")):
        try:
            asked = reading(text)
            if isinstance(asked, commands.Command):
                session.request(asked)
                outcome = "a command"
            elif isinstance(asked, Help):
                line.explain(asked.command)
        except (line.LineError, ChatError):
            outcome = "refused"
    return outcome


def _take(data: bytes) -> str:
    items = _feed([data])
    third = len(data) // 3
    assert items == _feed([data[:third], data[third : 2 * third + 1], data[2 * third + 1 :]])
    outcomes = set()
    for item in items:
        if isinstance(item, Line):
            assert len(item.text.encode()) <= 3 * MAX_LINE
            _check_shown(item.text)
            outcomes.add(_parse(item.text))
        else:
            outcomes.add(type(item).__name__)
    return next(iter(sorted(outcomes)), "nothing")


def _make() -> Take:
    return _take


_pieces = st.one_of(
    st.sampled_from([typed.encode() for typed in TYPED]),
    st.text(max_size=40).map(str.encode),
    st.binary(max_size=20),
    st.sampled_from([b"\n", b"\r\n", b"\r\0", b"\xff\xfd", b"\xff\xfa", b"\xff\xf0", b"x" * 5000]),
)
LINES = Target("lines", CORPUS, st.lists(_pieces, max_size=8).map(b"".join), _make)
