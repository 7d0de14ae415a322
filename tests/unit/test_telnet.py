"""Telnet bytes to lines, whole and at every split."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabbitchat.codecs import telnet
from rabbitchat.codecs.telnet import Answer, EndOfInput, Item, Line, TelnetDecoder, TooLong


def decoded(*pieces: bytes, max_line: int = 100) -> list[Item]:
    decoder = TelnetDecoder(max_line)
    return [item for piece in pieces for item in decoder.feed(piece)]


def typed(data: bytes) -> list[str]:
    return [item.text for item in decoded(data) if isinstance(item, Line)]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a\nb\n", ["a", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\r\0b\r\0", ["a", "b"]),
        (b"a\rb\r", ["a", "b"]),
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"a\r\n\r\nb\r\n", ["a", "", "b"]),
        (b"a\r\xff\xf1\nb\n", ["a", "b"]),
        (b"a\0b\n", ["ab"]),
        ("héllo ☃\n".encode(), ["héllo ☃"]),
        (b"\x80bad\n", ["\ufffdbad"]),
        (b"unfinished", []),
    ],
)
def test_line_ends(data: bytes, lines: list[str]) -> None:
    assert typed(data) == lines


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"hellp\x08o", "hello"),
        (b"hellp\x7fo", "hello"),
        (b"\x08\x7fhello", "hello"),
        ("é\x08e".encode(), "e"),
        ("a🐇\x08b".encode(), "ab"),
        ("xe\u0301\u0323\x08y".encode(), "xy"),
        ("क्षि\x08\x08a".encode(), "a"),
        (b"\xf0\x9f\x90\x08\x08\x08a", "a"),
        (b"a\xc3\x80\x80\x08\x08b", "ab"),
        (b"rubbish\x15hello", "hello"),
        (b"say hallo  \x17hello", "say hello"),
        (b"one\x17two", "two"),
        (b"hellp\xff\xf7o", "hello"),
        (b"rubbish\xff\xf8hello", "hello"),
        (b"rubbish\x03hello", "hello"),
        (b"rubbish\xff\xf4hello", "hello"),
        (b"hel\x04lo", "hello"),
    ],
)
def test_what_is_erased_while_typing(data: bytes, line: str) -> None:
    assert decoded(data + b"\n") == [Line(line)]


@pytest.mark.parametrize(
    "data", [b"\x03", b"\x04", b"\xff\xf4", b"\xff\xf3", b"\xff\xee", b"\xff\xec", b"x\n\x04"]
)
def test_end_of_input_on_an_empty_line(data: bytes) -> None:
    assert decoded(data)[-1] == EndOfInput()


def test_every_option_is_refused_once() -> None:
    asked = b"\xff\xfd\x01\xff\xfb\x1f\xff\xfd\x01\xff\xfb\x1f\xff\xfb\x01"
    assert decoded(asked) == [
        Answer(b"\xff\xfc\x01"),
        Answer(b"\xff\xfe\x1f"),
        Answer(b"\xff\xfe\x01"),
    ]


def test_refusals_are_taken_as_they_are() -> None:
    assert decoded(b"\xff\xfc\x01\xff\xfe\x01") == []


def test_a_timing_mark_is_answered_each_time() -> None:
    """After ^C telnet shows nothing until it has this answer."""
    assert decoded(b"a\xff\xf4\xff\xfd\x06" * 2) == [Answer(b"\xff\xfc\x06")] * 2


def test_are_you_there() -> None:
    (answer,) = decoded(b"\xff\xf6")
    assert isinstance(answer, Answer)
    assert answer.data.endswith(b"\r\n")


def test_commands_leave_the_line_alone() -> None:
    every_command = bytes(range(0xF1, 0xF3)) + bytes((0xF5, 0xF9))
    assert typed(b"he" + b"".join(bytes((0xFF, c)) for c in every_command) + b"llo\n") == ["hello"]


def test_a_doubled_iac_is_a_byte() -> None:
    assert typed(b"a\xff\xffb\n") == ["a\ufffdb"]


def test_a_subnegotiation_is_swallowed() -> None:
    assert typed(b"he\xff\xfa\x18\0xterm\nx\xff\xff\xff\xf0llo\n") == ["hello"]


def test_a_line_of_the_limit_passes() -> None:
    assert decoded(b"x" * 10 + b"\n", max_line=10) == [Line("x" * 10)]


def test_a_longer_line_is_dropped_to_its_end_and_told_of_once() -> None:
    data = b"x" * 11 + b"\x08" * 11 + b"y" * 30 + b"\r\nhello\n"
    assert decoded(data, max_line=10) == [TooLong(10), Line("hello")]


def test_a_line_that_never_ends_is_told_of_at_once() -> None:
    assert decoded(b"x" * 11, max_line=10) == [TooLong(10)]


def test_an_interrupt_ends_a_line_that_is_too_long() -> None:
    assert decoded(b"x" * 11 + b"\x03hello\n", max_line=10) == [TooLong(10), Line("hello")]


def test_no_limit_is_still_a_limit() -> None:
    assert decoded(b"x" * 200_000 + b"\n", max_line=0) == [Line("x" * 200_000)]
    assert TooLong(telnet.HARD_LIMIT) in decoded(b"x" * (telnet.HARD_LIMIT + 1), max_line=0)


@pytest.mark.parametrize(
    "endless", [b"x", b"\xff\xfa\x18x", b"\x08", b"\xff\xfd\x01", b"\xff\xff"]
)
def test_memory_is_bounded(endless: bytes) -> None:
    decoder = TelnetDecoder(1000)
    piece = endless * 1000
    decoder.feed(piece)
    tracemalloc.start()
    for _ in range(30):
        decoder.feed(piece)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 10_000


INTERESTING = st.sampled_from(
    [bytes((byte,)) for byte in b"\x00\x03\x04\x08\r\n\x15\x17\x7f a\x80\xc3\xa9\xf0"]
    + [bytes((byte,)) for byte in range(236, 256)]
    + [
        "é".encode(),
        "e\u0301".encode(),
        b"\r\n",
        b"\xff\xf4\xff\xfd\x06",
        b"\xff\xff",
        b"abcdefgh",
    ]
)
STREAMS = st.one_of(
    st.binary(max_size=200), st.lists(INTERESTING, max_size=60).map(lambda parts: b"".join(parts))
)


@given(STREAMS, st.lists(st.integers(0, 200), max_size=10), st.integers(0, 12))
def test_the_split_makes_no_difference(data: bytes, cuts: list[int], max_line: int) -> None:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    assert decoded(*pieces, max_line=max_line) == decoded(data, max_line=max_line)


@given(STREAMS, st.integers(1, 12))
def test_byte_by_byte_makes_no_difference(data: bytes, max_line: int) -> None:
    pieces = [data[i : i + 1] for i in range(len(data))]
    assert decoded(*pieces, max_line=max_line) == decoded(data, max_line=max_line)


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)))
def test_plain_lines_arrive_as_they_are(lines: list[str]) -> None:
    data = "".join(line + "\r\n" for line in lines).encode()
    assert typed(data) == lines


@given(STREAMS)
def test_nothing_is_ever_begun_by_us(data: bytes) -> None:
    """Each negotiation that is sent answers one that came."""
    answers = [i.data for i in decoded(data) if isinstance(i, Answer) and i.data[0] == 0xFF]
    for answer in answers:
        asked = bytes((0xFF, 0xFD if answer[1] == 0xFC else 0xFB, answer[2]))
        assert asked in data
        assert answer[1] in (0xFC, 0xFE)
