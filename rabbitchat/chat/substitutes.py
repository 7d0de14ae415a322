"""The nick of a user that lost its own to an earlier claim."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator

from rabbitchat.chat.errors import ChatError
from rabbitchat.chat.names import MAX_NICK

Fold = Callable[[str], str]


def substitute(nick: str, user: str, fold: Fold, taken: Callable[[str], bool]) -> tuple[str, str]:
    """A free nick for a user, like the lost one, and what it is compared by.

    `taken` is asked with the folded nick. The same everywhere as long as the same nicks are free.
    """
    for candidate in _candidates(nick, user):
        try:
            folded = fold(candidate)
        except ChatError:
            continue
        if not taken(folded):
            return candidate, folded
    raise AssertionError("the candidates have no end")


def _candidates(nick: str, user: str) -> Iterator[str]:
    digits = str(zlib.crc32(user.encode("utf-8")))  # for nicks that Latin letters can't follow
    for suffix in (user[:4], user[:8], user[:16], digits[:4], digits):
        yield f"{nick[: MAX_NICK - 1 - len(suffix)]}-{suffix}"
    for number in itertools.count(1):
        yield f"guest-{digits}-{number}"
