"""What a search goes by: the words of a text, folded so that their spelling matters little."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST_WORD = 64
"""Characters of a folded word that count."""

LONGEST_TEXT = 20_000
"""Characters of a text that count, taken apart or not: an index takes no more of one."""

# Written without spaces: kana, and the ideographs that Chinese, Japanese and Korean share.
_ALONE = (
    "\u3005-\u3007\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_ALONE}]|(?:(?![{_ALONE}])[^\W_])+")
_ASCII_WORD = re.compile("[a-z0-9]+")


def folded_words(text: str) -> list[str]:
    """The words of a text, in its order: runs of letters and digits, without case and accents.

    An ideograph or a kana is a word of its own.

    >>> folded_words("Café No. 5: 日本!")
    ['cafe', 'no', '5', '日', '本']
    """
    text = text[:LONGEST_TEXT]
    if text.isascii():
        words = _ASCII_WORD.findall(text.lower())
    else:
        words = [word for word in _WORD.findall(_folded(text)) if word.isalnum()]
    return [word[:LONGEST_WORD] for word in words]


def _folded(text: str) -> str:
    # There are ligatures that stand for 18 letters.
    decomposed = unicodedata.normalize("NFKD", text)[:LONGEST_TEXT]
    # Again after the case is folded: that may bring accents of its own.
    decomposed = unicodedata.normalize("NFKD", decomposed.casefold())
    return "".join(character for character in decomposed if not _is_mark(character))


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")
