"""Other people's text made harmless for a terminal, and its line breaks made lines. Pure.

What a terminal obeys, what reorders or hides what is read and what can't be seen is dropped;
what a script or an emoji needs is kept. The character data is unicodedataplus', newer and the
same on every Python.
"""

from __future__ import annotations

import enum
import re
from functools import lru_cache

import unicodedataplus

MAX_MARKS = 8
"""Combining marks upon one character; no language needs more."""

_BREAK = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")

# ECMA-48: a control sequence, a control string with its end (without one only the controls go
# and the rest is text), and ESC with its final character.
_ESCAPE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[PX\\]^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)"
    "|\x1bO[@-~]"
    "|\x1b[ -/]*[0-~]"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # without tab and line feed

# The visible ones among the format characters (Prepended_Concatenation_Mark).
_VISIBLE_FORMAT = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# Letters and marks that show nothing (Default_Ignorable_Code_Point).
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_SELECTOR = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_PIECE = re.compile(  # the flag of a region (Unicode TR 51, ED-14a), or one character
    "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,8}\U000e007f|.", re.DOTALL
)

# Scripts in which a joiner between two letters changes how they look (Unicode, 23.2).
_JOINING = frozenset(
    "Arabic Syriac Mandaic Mongolian Nko Phags_Pa Manichaean Psalter_Pahlavi Hanifi_Rohingya"
    " Sogdian Old_Uyghur Chorasmian Adlam Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu"
    " Kannada Malayalam Sinhala Tibetan Myanmar Khmer Balinese Javanese Sundanese Newa Tirhuta"
    " Grantha Kaithi Chakma Sharada Khojki Modi Siddham Inherited".split()
)


class _Kind(enum.Enum):
    BASE = enum.auto()
    MARK = enum.auto()
    JOINER = enum.auto()
    SELECTOR = enum.auto()
    DROPPED = enum.auto()


def safe(text: str) -> str:
    """One line of text that does nothing but show itself. What is safe already stays as it is.

    Tab becomes a space. Dropped are controls and escape sequences, bidi controls, zero-width and
    other invisible characters, line separators, surrogates, tags, unassigned code points, and
    marks beyond MAX_MARKS on one character. Kept are joiners inside a word of a script that has
    them or an emoji, one variation selector after a character, the tags of a flag.
    """
    if text.isascii() and text.isprintable():
        return text
    if all(_kind(character) is _Kind.BASE for character in set(text)):
        return text
    return _joined(_kept(_ESCAPE.sub("", text).replace("\t", " ")))


def lines(text: str) -> list[str]:
    """A text of several lines as safe lines, at least one."""
    return [safe(line) for line in _BREAK.split(text)]


def typed(text: str) -> str:
    """What a person meant to type: without the sequences that arrow keys and the like send,
    without controls but tab and line feed, without a byte order mark."""
    return _CONTROL.sub("", _ESCAPE.sub("", text)).lstrip("\ufeff")


def _kept(text: str) -> str:
    """Without what is dropped wherever it stands, and without marks that are too many."""
    kept: list[str] = []
    marks = 0
    for piece in _PIECE.findall(text):
        kind = _kind(piece)
        if kind is _Kind.BASE:
            marks = 0
        elif kind is _Kind.MARK:
            marks += 1
        wanted = kind is not _Kind.DROPPED and marks <= MAX_MARKS
        if kind is _Kind.SELECTOR:
            wanted = bool(kept) and _kind(kept[-1]) in (_Kind.BASE, _Kind.MARK)
        if wanted:
            kept.append(piece)
    return "".join(kept)


def _joined(text: str) -> str:
    """Without joiners that join nothing."""
    if "\u200c" not in text and "\u200d" not in text:
        return text
    kept: list[str] = []
    for position, character in enumerate(text):
        if _kind(character) is _Kind.JOINER:
            before = "".join(kept[-2:])
            if not _joins(before, character, text[position + 1 : position + 2]):
                continue
        kept.append(character)
    return "".join(kept)


def _joins(before: str, joiner: str, after: str) -> bool:
    if not before or not after:
        return False
    if _is_letter(before[-1]) and _is_letter(after):
        return True
    return joiner == "\u200d" and _is_emoji(after) and _ends_emoji(before)


@lru_cache(maxsize=4096)
def _kind(character: str) -> _Kind:
    if len(character) > 1:
        return _Kind.BASE  # a flag
    if character in "\u200c\u200d":
        return _Kind.JOINER
    if _SELECTOR.match(character):
        return _Kind.SELECTOR
    category = unicodedataplus.category(character)
    if character in _INVISIBLE or category in ("Cc", "Cs", "Zl", "Zp"):
        return _Kind.DROPPED
    if category == "Cf" and character not in _VISIBLE_FORMAT:
        return _Kind.DROPPED
    if category == "Cn" and not _reserved_for_emoji(character):
        return _Kind.DROPPED
    return _Kind.MARK if category.startswith("M") else _Kind.BASE


def _is_letter(character: str) -> bool:
    """A letter or mark of a joining script."""
    category: str = unicodedataplus.category(character)
    return category[0] in "LM" and unicodedataplus.script(character) in _JOINING


def _is_emoji(character: str) -> bool:
    return unicodedataplus.is_extended_pictographic(character) or _reserved_for_emoji(character)


def _ends_emoji(text: str) -> bool:
    """Whether an emoji ends here, with a skin colour or a variation selector perhaps."""
    last = text[-1]
    if len(text) > 1 and (last == "\ufe0f" or unicodedataplus.is_emoji_modifier(last)):
        last = text[-2]
    return _is_emoji(last)


def _reserved_for_emoji(character: str) -> bool:
    """A code point that a later Unicode may make an emoji, so that new ones are shown."""
    return (
        "\U0001f000" <= character <= "\U0001faff" and unicodedataplus.category(character) == "Cn"
    )
