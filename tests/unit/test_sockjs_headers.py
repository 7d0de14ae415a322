"""The response headers of the SockJS protocol, and the codes that sessions end with."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

import pytest

from rabbitchat.sockjs import closing, headers


def test_what_must_not_be_cached_says_so_in_exactly_these_words() -> None:
    assert headers.NOT_CACHED == {
        b"Cache-Control": b"no-store, no-cache, no-transform, must-revalidate, max-age=0"
    }


def test_what_may_be_cached_may_be_for_a_year_at_least() -> None:
    control = headers.CACHED[b"Cache-Control"]
    assert control.startswith(b"public")
    [age] = re.findall(rb"max-age=(\d+)", control)
    assert int(age) >= 31_536_000
    expires = parsedate_to_datetime(headers.CACHED[b"Expires"].decode())
    assert expires.year > 2090
    assert set(headers.CACHED) == {b"Cache-Control", b"Expires"}


@pytest.mark.parametrize("origin", [b"null", b"https://chat.example", b"\xff"])
def test_an_origin_is_repeated_verbatim(origin: bytes) -> None:
    assert headers.cors(origin) == {
        b"Access-Control-Allow-Origin": origin,
        b"Access-Control-Allow-Credentials": b"true",
        b"Vary": b"Origin",
    }


def test_without_an_origin_all_may_read_and_nobody_with_credentials() -> None:
    assert headers.cors(b"") == {b"Access-Control-Allow-Origin": b"*", b"Vary": b"Origin"}


def test_a_preflight_repeats_the_headers_that_are_asked_for() -> None:
    asked = b"a, b; c\xff"
    answer = headers.preflight((b"OPTIONS", b"POST"), asked)
    assert answer[b"Access-Control-Allow-Headers"] == asked
    assert answer[b"Access-Control-Allow-Methods"] == b"OPTIONS, POST"
    assert int(answer[b"Access-Control-Max-Age"]) > 1_000_000
    assert headers.CACHED.items() <= answer.items()
    assert b"Access-Control-Allow-Headers" not in headers.preflight((b"GET",), b"")
    assert b"Access-Control-Allow-Headers" not in headers.CACHED


def test_the_cookie_has_its_path_second() -> None:
    assert headers.session_cookie(b"") == b"JSESSIONID=dummy; path=/"
    assert headers.session_cookie(b"abc") == b"JSESSIONID=abc; path=/"


def test_the_codes_are_the_protocols_or_ones_own() -> None:
    assert closing.GO_AWAY == (3000, "Go away!")
    assert closing.INTERRUPTED == (1002, "Connection interrupted")
    assert closing.ANOTHER_CONNECTION == (2010, "Another connection still open")
    several = [closing.SLOW, closing.SILENT, closing.FAILED]
    codes = [code for code, _ in several]
    assert len(set(codes)) == 3
    assert all(code == 1011 or 3001 <= code < 5000 for code in codes)
