"""Inputs that are good but for some bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

LONGEST = 65536  # bytes of an input, as much as a frame may have

ODD = [
    *(b"\x00", b"\xff", b"\xff\xff", b"\xff\xfa", b"\xff\xf0", b"\x80", b"\xc3", b"\xed\xa0\x80"),
    *(b"\r", b"\n", b"\r\n", b"\r\x00", b"\t", b" ", b"\x1b[", b"\x7f", b"\x15", b"\x03", b"\x04"),
    *(b'"', b"\\", b"\\u0000", b"\\ud800", b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN"),
    *(b"-1", b"1e999", b"0.5", b"9007199254740993", b"9" * 400, b"true", b'"type":', b'"id":'),
    *(b"/", b"//", b"/../", b"%2e", b"%00", b"%", b"?c=", b"&", b"=", b"#", b"@", b"@+", b"*"),
    *("\u202e".encode(), "\u200d".encode(), "\ufeff".encode(), "\u0301".encode() * 40),
    *("\U0001f469\u200d\U0001f680".encode(), "\u0130".encode(), "\ufb03".encode(), "ﷺ".encode()),
]

Change = Callable[[Random, bytes], bytes]


def _flip(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]


def _insert(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(ODD) + data[at:]


def _replace(random: Random, data: bytes) -> bytes:
    begin, end = _span(random, data)
    return data[:begin] + random.choice(ODD) + data[end:]


def _cut(random: Random, data: bytes) -> bytes:
    begin, end = _span(random, data)
    return data[:begin] + data[end:]


def _repeat(random: Random, data: bytes) -> bytes:
    begin, end = _span(random, data)
    times = random.choice((1, 1, 2, 2, 3, 3, 10, 10, 50, 1000))
    return data[:end] + data[begin:end] * times + data[end:]


def _shorten(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _span(random: Random, data: bytes) -> tuple[int, int]:
    begin = random.randrange(len(data) + 1)
    return begin, min(len(data), begin + random.choice((1, 2, 4, 8, 32)))


_CHANGES: Sequence[Change] = (_flip, _flip, _insert, _insert, _replace, _cut, _repeat, _shorten)


def mutated(random: Random, corpus: Sequence[bytes]) -> bytes:
    """One of the corpus, or the begin of one and the end of another, with some changes."""
    data = random.choice(corpus)
    if random.random() < 0.2:
        other = random.choice(corpus)
        at, to = random.randrange(len(data) + 1), random.randrange(len(other) + 1)
        data = data[:at] + other[to:]
    for _ in range(random.choice((1, 1, 2, 3, 5, 9))):
        data = random.choice(_CHANGES)(random, data)[:LONGEST]
    return data
