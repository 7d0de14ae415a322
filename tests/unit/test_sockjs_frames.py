"""Frames and messages of the SockJS protocol: literal bytes, any text, hostile JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rabbitchat.sockjs.frames import (
    HEARTBEAT,
    OPEN,
    BrokenPayload,
    Frame,
    LatestMessage,
    Message,
    closing,
    decode,
    decode_frame,
    messages,
)

# Any sequence of code points, surrogates alone and in the wrong order as well.
TEXT = st.text(st.characters(codec=None) | st.characters(categories=["Cs"]), max_size=30)

ESCAPED = [
    *range(0x20),
    *range(0x200C, 0x2010),
    *range(0x2028, 0x2030),
    *range(0x2060, 0x2070),
    *range(0xD800, 0xE000),
    *range(0xFFF0, 0x10000),
]
SHORT = {"\b": b"\\b", "\t": b"\\t", "\n": b"\\n", "\f": b"\\f", "\r": b"\\r"}


def encoded(text: str) -> bytes:
    """As Message and decode have text."""
    return text.encode("utf-8", "surrogatepass")


def javascript(text: str) -> str:
    """The text as a JavaScript string has it: two surrogates in a row are one character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


# -- to the client


def test_the_frames_that_are_always_the_same() -> None:
    assert (OPEN, HEARTBEAT) == (b"o", b"h")
    assert closing(3000, "Go away!") == b'c[3000,"Go away!"]'
    assert closing(2010, "Another connection still open") == (
        b'c[2010,"Another connection still open"]'
    )


def test_a_reason_may_hold_anything() -> None:
    assert closing(3001, 'a "b"\n\u2028\ud800\U0001f600') == (
        b'c[3001,"a \\"b\\"\\n\\u2028\\ud800\\ud83d\\ude00"]'
    )


def test_messages_are_one_array_without_spaces() -> None:
    assert messages([Message(b"x")]) == b'a["x"]'
    assert messages([Message(b"x"), Message(b"y")]) == b'a["x","y"]'
    assert messages([Message(b""), Message(b"")]) == b'a["",""]'
    assert Message(b'{"a": [1]}').frame == b'a["{\\"a\\": [1]}"]'


def test_what_must_be_escaped_is() -> None:
    for code in ESCAPED:
        literal = SHORT.get(chr(code), b"\\u%04x" % code)
        assert Message(encoded(chr(code))).frame == b'a["' + literal + b'"]'


def test_an_astral_character_is_two_escapes() -> None:
    assert Message("\U0001f600".encode()).quoted == b'"\\ud83d\\ude00"'
    assert Message("\U0010ffff".encode()).quoted == b'"\\udbff\\udfff"'


@given(st.lists(TEXT, min_size=1, max_size=5))
@example(["\ud83d", "\ude00"])
@example(["\ude00\ud83d", "\ud83d\ude00"])
@example(["\x00\x7f\x80\uffff\U00010000"])
def test_any_text_reaches_the_client(several: list[str]) -> None:
    frame = messages([Message(encoded(one)) for one in several])
    assert frame.isascii()
    assert frame[:1] == b"a"
    assert json.loads(frame[1:]) == [javascript(one) for one in several]
    assert json.loads(json.loads(frame.literal)[1:]) == json.loads(frame[1:])
    compact = json.dumps(several, separators=(",", ":"))
    assert frame == b"a" + compact.encode()


@given(TEXT)
@example("</script><script>alert(1)</script>")
@example("<!--<script>")
def test_no_literal_can_end_the_script_that_holds_it(text: str) -> None:
    literal = Message(encoded(text)).frame.literal
    assert not set(b"<\n\r\0") & set(literal)
    assert literal.isascii()


@given(st.binary(max_size=20))
@example(b"\xed\xa0\x80")  # half a surrogate pair, which is let through
@example(b"\xff")
@example(b"\xc0\x80")
@example(b"\xf4\x90\x80\x80")
def test_bytes_that_are_no_text_are_a_value_error(data: bytes) -> None:
    message = Message(data)
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        for what in ("quoted", "frame"):
            with pytest.raises(ValueError, match="codec can't decode"):
                getattr(message, what)
        assert not message.is_text
    else:
        assert json.loads(message.quoted) == javascript(text)
        assert message.is_text == (not set(text) & set(map(chr, range(0xD800, 0xE000))))


# -- once for all


def test_what_was_made_of_a_message_is_kept() -> None:
    message = Message(b"hello")
    frame = message.frame
    assert message.frame is frame
    assert messages([message]) is frame
    assert message.quoted is message.quoted
    assert frame.literal is frame.literal
    assert frame.framed is frame.framed
    assert message.framed is message.framed


def test_the_same_object_written_again_is_the_same_message() -> None:
    latest, data = LatestMessage(), bytes(bytearray(b"to all"))
    message = latest.of(data)
    assert message == b"to all"
    assert latest.of(data) is message
    assert latest.of(bytes(bytearray(data))) is not message
    ready = Message(b"ready")
    assert latest.of(ready) is ready


def test_what_may_change_is_looked_at_each_time() -> None:
    latest, data = LatestMessage(), bytearray(b"one")
    assert latest.of(data) == b"one"
    data[:] = b"two"
    assert latest.of(data) == b"two"
    assert latest.of(memoryview(data)[1:]) == b"wo"


@pytest.mark.parametrize("before", [None, b"x", bytearray(b"secret"), memoryview(b"secret")])
def test_an_empty_message_is_empty_whatever_was_written_before(before: bytes | None) -> None:
    latest = LatestMessage()
    if before is not None:
        latest.of(before)
    assert latest.of(b"") == b""
    assert latest.of(b"").frame == b'a[""]'


class Own(bytes):
    """Bytes of a kind of one's own."""


def test_bytes_of_other_kinds_are_bytes() -> None:
    assert type(LatestMessage().of(Own(b"x"))) is Message


@pytest.mark.parametrize("wrong", ["text", None, 5, ["x"], (1, 2)])
def test_what_is_no_bytes_is_a_type_error(wrong: bytes) -> None:
    latest = LatestMessage()
    with pytest.raises(TypeError, match=f"write bytes, not {type(wrong).__name__}"):
        latest.of(wrong)
    assert latest.of(b"") == b""


# -- from the client

Decoder = Callable[[bytes], list[bytes]]
both = pytest.mark.parametrize("decoder", [decode, decode_frame])


@given(several=st.lists(TEXT, max_size=5), ascii_only=st.booleans())
def test_any_text_comes_from_the_client(several: list[str], ascii_only: bool) -> None:
    said = [javascript(one) for one in several]
    payload = json.dumps(said).encode()
    if not ascii_only:
        try:
            payload = json.dumps(said, ensure_ascii=False).encode()
        except UnicodeEncodeError:  # a page escapes those: well-formed JSON.stringify
            pass
    assert decode(payload) == decode_frame(payload) == [encoded(one) for one in said]


@both
def test_every_escape_of_the_plane_is_that_character(decoder: Decoder) -> None:
    codes = [code for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    payload = b'["' + b"".join(b"\\u%04X" % code for code in codes) + b'"]'
    assert decoder(payload) == ["".join(map(chr, codes)).encode()]


@both
def test_spaces_and_order_are_as_they_may_be(decoder: Decoder) -> None:
    assert decoder(b' [ "b" ,\t"a"\r\n] ') == [b"b", b"a"]
    assert decoder(b"[]") == []
    assert decoder(b'["",""]') == [b"", b""]


BROKEN = [
    b"[",
    b'["x"',
    b'["x",]',
    b'["x"]]',
    b'["x"]["y"]',
    b"['x']",
    b"[x]",
    b'["\n"]',
    b'["\\u12"]',
    b'["\\x41"]',
    b'["\xff"]',
    b'["\xc0\x80"]',
    b'["\xed\xa0\x80"]',  # a surrogate may only come escaped
    b'\xef\xbb\xbf["x"]',
    '["x"]'.encode("utf-16"),
    '["x"]'.encode("utf-32"),
    b'["x"]\0',
    b"\0",
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 50_000,
    b'["x",' * 50_000,
    b"9" * 60_000,
    b"[" + b"9" * 60_000 + b"]",
    b"x",
]

OTHER = [
    b"null",
    b"true",
    b"1",
    b"NaN",
    b"-Infinity",
    b"1e999999",
    b"{}",
    b'{"0":"x","0":"y"}',
    b"[1]",
    b"[null]",
    b"[NaN]",
    b'["x",null]',
    b'["x",["y"]]',
    b'[{"a":1,"a":2}]',
    b'["x",1.5]',
    b'["x",true]',
]


@both
@pytest.mark.parametrize("payload", BROKEN, ids=lambda payload: repr(payload[:20]))
def test_what_is_no_json_is_broken(decoder: Decoder, payload: bytes) -> None:
    with pytest.raises(BrokenPayload, match=r"Broken JSON encoding\.") as caught:
        decoder(payload)
    assert caught.value.__suppress_context__  # it may hold all of the payload


@both
@pytest.mark.parametrize("payload", OTHER)
def test_what_is_no_array_of_strings_is_no_payload(decoder: Decoder, payload: bytes) -> None:
    with pytest.raises(BrokenPayload, match=r"Payload expected\."):
        decoder(payload)


def test_a_websocket_may_bring_one_string_or_nothing() -> None:
    assert decode_frame(b'"x\\ud800"') == [encoded("x\ud800")]
    assert decode_frame(b"") == []
    for payload in (b'"x"', b""):
        with pytest.raises(BrokenPayload):
            decode(payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(value=JSON, cut=st.integers(0, 200), noise=st.binary(max_size=3))
def test_whatever_comes_is_messages_or_broken(value: object, cut: int, noise: bytes) -> None:
    whole = json.dumps(value).encode()
    for payload in (whole, whole[:cut] + noise + whole[cut:], noise):
        for decoder in (decode, decode_frame):
            try:
                several = decoder(payload)
            except BrokenPayload:
                continue
            assert all(type(one) is bytes for one in several)


def test_frames_are_bytes() -> None:
    assert {OPEN: 1}[Frame(b"o")] == 1
    assert isinstance(closing(1, ""), Frame)
