"""Nicks and rooms: what is allowed, and when two are the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import precis_i18n
import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st

from rabbitchat.chat import names
from rabbitchat.chat.errors import ChatError, Code

LETTERS = st.characters(categories=["L", "Nd", "Mn", "Mc"], include_characters="-_.#@")
ANYTHING = st.one_of(
    st.text(max_size=5),
    st.text(LETTERS, max_size=5),
    st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True),
    st.from_regex(r"[a-zß-ÿА-яά-ώ]{1,5}", fullmatch=True),
    st.from_regex(r"[!-~]{1,66}", fullmatch=True),
)


def allowed(check: Callable[[str], str], text: str) -> str:
    """What a check makes of a text; the example ends here if the text is refused."""
    try:
        return check(text)
    except ChatError:
        reject()


@pytest.mark.parametrize(
    "text",
    [
        "ann",
        "Ann-Marie_2.0",
        "7of9",
        "a" * 32,
        "Ёлка",
        "Ελλάς",
        "日本カナひら",  # three scripts that are written together
        "한국漢字",
        "שלום",
        "हिन्दी",
        "e\u0301mile",
        "ａｎｎ",
    ],
)
def test_a_good_nick_is_shown_as_given(text: str) -> None:
    assert names.nick(text) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("a" * 33, "too long"),
        ("e\u0301" * 33, "too long"),
        (" ann", "U+0020 (SPACE)"),
        ("ann ", "U+0020 (SPACE)"),
        ("a\nb", "U+000A"),
        ("a\u200bb", "U+200B (ZERO WIDTH SPACE)"),
        ("a\u202eb", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("a\u200db", "U+200D"),
        ("-ann", "can't begin with '-'"),
        (".ann", "can't begin with '.'"),
        ("@ann", "'@'"),
        ("#ann", "'#'"),
        ("+ann", "'+'"),
        ("ann!", "'!'"),
        ("ann😀", "U+1F600"),
        ("\u0301ann", "combining marks"),
        ("a1\u0301", "combining marks"),
        ("q\u0301\u0302\u0303", "combining marks"),
        ("еvan", "several scripts"),  # a Cyrillic e
        ("pаypal", "several scripts"),  # a Cyrillic a
        ("ann日本", "several scripts"),
        ("ひら한국", "several scripts"),
        ("a\u0967", "several scripts"),  # a Devanagari one
        ("שלוםann", "right-to-left"),
        ("\ud800", "U+D800"),
        ("ﬁne", "U+FB01"),
    ],
)
def test_a_bad_nick_hears_what_is_wrong_and_what_is_right(text: str, problem: str) -> None:
    with pytest.raises(ChatError) as refused:
        names.nick(text)
    assert refused.value.code is Code.BAD_NICK
    assert problem in refused.value.message
    assert "1 to 32 letters" in refused.value.message


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann", "aNN"), ("ａｎｎ", "ANN"), ("É", "e\u0301"), ("Я", "я"), ("ｶﾞ", "ガ")],
)
def test_nicks_that_are_the_same(one: str, other: str) -> None:
    assert names.fold(one) == names.fold(other)


@pytest.mark.parametrize(("one", "other"), [("a_b", "a-b"), ("ß", "ss")])
def test_nicks_that_are_not(one: str, other: str) -> None:
    assert names.fold(one) != names.fold(other)


@given(ANYTHING)
@example("ANN")
@example("Z.z-_9")
def test_fold_is_username_case_mapped_on_every_path(text: str) -> None:
    folded = allowed(names.fold, text)
    assert folded == precis_i18n.get_profile("UsernameCaseMapped").enforce(text)


@given(ANYTHING)
def test_a_folded_nick_is_a_good_nick_and_folds_to_itself(text: str) -> None:
    folded = allowed(names.fold, text)
    assert names.fold(folded) == folded
    assert 1 <= len(folded) <= 32
    assert folded[0] not in "-_."


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lobby", "lobby"),
        ("#lobby", "lobby"),
        ("LOBBY", "lobby"),
        ("Straße", "strasse"),
        ("CAFE\u0301", "café"),
        ("über-uns_2", "über-uns_2"),
        ("日本語", "日本語"),
        ("हिन्दी", "हिन्दी"),
        ("a" * 64, "a" * 64),
        ("語" * 64, "語" * 64),
    ],
)
def test_the_canonical_name_of_a_room(text: str, name: str) -> None:
    assert names.room(text) == name


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("#", "empty"),
        ("##lobby", "'#'"),
        ("a" * 65, "too long"),
        ("ß" * 64, "too long"),  # 128 characters once folded
        ("\U00020000" * 51, "too long"),  # 204 bytes
        ("x" * 100_000, "too long"),
        ("a.b", "'.'"),
        ("*", "'*'"),
        ("a b", "U+0020 (SPACE)"),
        ("a\u00a0b", "NO-BREAK SPACE"),
        ("a\u0000", "U+0000"),
        ("a\u200b", "ZERO WIDTH SPACE"),
        ("a\ufe0f", "VARIATION SELECTOR-16"),
        ("a\u3164", "HANGUL FILLER"),
        ("\u0301", "combining marks"),
        ("q\u0301\u0302\u0303", "combining marks"),
        ("@ann", "'@'"),
        ("\ud800", "U+D800"),
    ],
)
def test_a_bad_room_hears_what_is_wrong_and_what_is_right(text: str, problem: str) -> None:
    with pytest.raises(ChatError) as refused:
        names.room(text)
    assert refused.value.code is Code.BAD_ROOM
    assert problem in refused.value.message
    assert "1 to 64 letters" in refused.value.message


@given(ANYTHING)
@example("\u0345\u0301a")
@example("ᾳ\u0301")
@example("ΐ")
@example("İ")
def test_a_room_is_a_word_of_a_routing_key_and_canonical(text: str) -> None:
    name = allowed(names.room, text)
    assert names.room(name) == name
    assert names.room("#" + name) == name
    assert names.room(unicodedata.normalize("NFD", name)) == name
    assert len(name) <= 64
    assert len(f"room.{name}".encode()) <= 255
    assert not set(".*#@+") & set(name)
    assert name.isprintable()
    assert not any(character.isspace() for character in name)


@given(ANYTHING)
@example("\u03b1\u0345\u0301")  # marks that are in another order once decomposed
def test_rooms_that_differ_in_case_or_composition_only_are_one(text: str) -> None:
    name = allowed(names.room, text)
    assert names.room(unicodedata.normalize("NFD", text)) == name
    assert names.room(unicodedata.normalize("NFD", text).casefold()) == name


def test_where_to_speak() -> None:
    assert names.target("#Lobby") == names.Room("lobby")
    assert names.target("@Ann") == names.Peer("Ann")
    assert names.target("@+00112233445566ff") == names.PeerId("00112233445566ff")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", Code.BAD_ROOM),
        ("@", Code.BAD_NICK),
        ("@a b", Code.BAD_NICK),
        ("@+", Code.BAD_ROOM),
        ("@+00112233445566FF", Code.BAD_ROOM),
        ("@+00112233445566ff0", Code.BAD_ROOM),
        ("@#lobby", Code.BAD_NICK),
    ],
)
def test_where_nobody_can_speak(text: str, code: Code) -> None:
    with pytest.raises(ChatError) as refused:
        names.target(text)
    assert refused.value.code is code
