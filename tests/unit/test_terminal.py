"""What other people's text may do to a terminal: nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabbitchat.codecs import terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hello", "hello"),
        ("a\tb", "a b"),
        ("a\rb\nc\x00\x07\x08\x7f", "abc"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[H\x1b[?1049hx", "x"),
        ("\x9b31mred", "red"),
        ("\x1b]0;a title\x07x", "x"),
        ("\x1b]8;;http://bad\x1b\\x", "x"),
        ("\x1bP1;2q#0\x1b\\x", "x"),
        ("\x9d0;a title\x9cx", "x"),
        ("\x1b]0;no end", "0;no end"),
        ("\x1b]52;c;\x1b[31mx", "52;c;x"),
        ("\x1bcx", "x"),
        ("\x1b(0x", "x"),
        ("\x1b\x1b[m[31mx", "[31mx"),
        ("x\x1b", "x"),
        ("a\x85b\u2028c\u2029d", "abcd"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("\u2066a\u2067b\u2068c\u2069\u200e\u200f\u061c", "abc"),
        ("a\u200bb\u2060c\ufeffd\u180ee\u00adf", "abcdef"),
        ("\ufff9a\ufffab\ufffb", "ab"),
        ("a\ud800b", "ab"),
        ("a\uffffb\ufdd0c\u0378d", "abcd"),
        ("\u3164\u115f\u1160\uffa0\u034f", ""),
        ("\ue000", "\ue000"),
        ("naïve Ünïcödé 漢字 한국어 עברית", "naïve Ünïcödé 漢字 한국어 עברית"),
        ("\u0600\u0661", "\u0600\u0661"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert terminal.safe(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian, a non-joiner inside the word
        "क्\u200dष",  # Devanagari, half forms
        "ශ්\u200dරී",  # Sinhala
        "👩\u200d👩\u200d👧",
        "👩🏽\u200d🚀",
        "🏳\ufe0f\u200d🌈",
        "❤\ufe0f\u200d🔥",
        "1\ufe0f\u20e3",
        "🇨🇭",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "葛\U000e0100",
        "\U0001faff",  # may be an emoji one day
        "e" + "\u0301" * terminal.MAX_MARKS,
    ],
)
def test_what_languages_and_emoji_need_is_kept(text: str) -> None:
    assert terminal.safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ad\u200dmin", "admin"),
        ("ad\u200cmin", "admin"),
        ("\u200d\u200c", ""),
        ("می\u200c خ", "می خ"),
        ("می\u200c\u200c\u200cخ", "می\u200cخ"),
        ("👩\u200d\u200d👧", "👩\u200d👧"),
        ("👩\u200c👧", "👩👧"),
        ("👩\u200dx", "👩x"),
        ("\ufe0fa\ufe0f\ufe0f\ufe0f", "a\ufe0f"),
        ("\U000e0001\U000e0041x\U000e0062", "x"),
        ("🏴\U000e0067x", "🏴x"),
        ("e" + "\u0301" * 50 + "f\u0301", "e" + "\u0301" * 8 + "f\u0301"),
    ],
)
def test_what_is_there_to_deceive_is_dropped(text: str, shown: str) -> None:
    assert terminal.safe(text) == shown


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_every_line_break_makes_a_line(end: str) -> None:
    assert terminal.lines(f"a{end}\x1b[1mb{end}") == ["a", "b", ""]


def test_one_line_is_one_line() -> None:
    assert terminal.lines("") == [""]
    assert terminal.lines("a") == ["a"]


def test_what_was_typed() -> None:
    assert terminal.typed("\ufeffhe\x1b[D\x1bOA\x01\x85llo\t\n\u202e") == "hello\t\n\u202e"


TRICKS = st.text(
    st.one_of(
        st.sampled_from(
            "\x1b[]m0;\x07\x9b\x9c\\\t\n\r\u200b\u200c\u200d\u202e\u2066\ufe0f\u0301ab क्षم👩🏽🌈🏴"
            "\U000e0067\U000e007f\ud800\U000e0100"
        ),
        st.characters(exclude_categories=[]),
    )
)


@given(TRICKS)
def test_nothing_harmful_is_left_and_a_second_time_changes_nothing(text: str) -> None:
    shown = terminal.safe(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert not set(shown) & set(
        "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
    )
    assert not any("\u2066" <= character <= "\u2069" for character in shown)
    assert terminal.safe(shown) == shown


@given(st.text(st.characters(categories=["L", "N", "P", "Sm", "Zs"], max_codepoint=0x2000)))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    text = text.replace("\u115f", "").replace("\u1160", "")
    assert terminal.safe(text) == text


@given(TRICKS)
def test_typed_text_has_no_control_but_tab_and_line_feed(text: str) -> None:
    kept = terminal.typed(text)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\t\n" for c in kept)
