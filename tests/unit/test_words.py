"""The words that search goes by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabbitchat.log.words import LONGEST_TEXT, LONGEST_WORD, folded_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Hello, World", ["hello", "world"]),
        ("a_b\x00c", ["a", "b", "c"]),
        ("naïve e\u0301t\u00e9", ["naive", "ete"]),
        ("日本語 かな漢字", ["日", "本", "語", "か", "な", "漢", "字"]),
        ("ﾊﾞｽ停ABC", ["ハ", "ス", "停", "abc"]),
        ("〇々", ["〇", "々"]),
        ("・゛", []),
        ("v1.2β", ["v1", "2β"]),
        ("\ud800x", ["x"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert folded_words(text) == words


@given(st.text())
def test_folded_words_are_letters_and_digits_and_stay_as_they_are(text: str) -> None:
    words = folded_words(text)
    assert all(word.isalnum() and 0 < len(word) <= LONGEST_WORD for word in words)
    assert folded_words(" ".join(words)) == words


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_folded_as_all_else(text: str) -> None:
    assert [*folded_words(text), "日"] == folded_words(text + " 日")


def test_only_so_much_of_a_text_counts() -> None:
    assert folded_words("a" * 100) == ["a" * LONGEST_WORD]
    assert len(folded_words("a " * LONGEST_TEXT)) == LONGEST_TEXT // 2
    assert len("".join(folded_words("\ufdfa" * LONGEST_TEXT))) <= LONGEST_TEXT
