"""Which nicks and rooms are allowed, and when two of them are the same (docs/protocol.md).

A nick is shown as it was given and compared by `fold`; a room has one canonical name, `room`.
Both are letters (Unicode categories L*, with their marks), decimal digits and a little
punctuation: no white space, no control or invisible characters, and no `.`, `*` or `#` in a
room, so that `room.<room>` is always a routing key of two words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Union

import precis_i18n
import unicodedataplus

from rabbitchat.chat.errors import ChatError, Code

MAX_NICK = 32  # characters
MAX_ROOM = 64  # characters
MAX_ROOM_BYTES = 200  # of UTF-8: with its prefix a routing key fits AMQP's 255
MAX_MARKS = 2  # combining marks on one letter

_PLAIN_NICK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_PLAIN_ROOM = re.compile(r"[a-z0-9_-]{1,64}")
_USER = re.compile(r"[0-9a-f]{16}")
_USERNAME = precis_i18n.get_profile("UsernameCaseMapped")

# Letters and marks that show nothing (Default_Ignorable_Code_Point in categories L and M): two
# rooms would look the same. PRECIS refuses them in nicks by itself.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

# Unicode TR 39, 5.1: the scripts that are written together count as one more script.
_WRITTEN_TOGETHER = {
    "Hani": frozenset({"Hanb", "Jpan", "Kore"}),
    "Hira": frozenset({"Jpan"}),
    "Kana": frozenset({"Jpan"}),
    "Hang": frozenset({"Kore"}),
    "Bopo": frozenset({"Hanb"}),
}
_ANY_SCRIPT = frozenset({"Zyyy", "Zinh"})  # Common, Inherited


@dataclass(frozen=True)
class Room:
    """A room, by its canonical name."""

    name: str


@dataclass(frozen=True)
class Peer:
    """The private conversation with whoever holds this nick (as it was given)."""

    nick: str


@dataclass(frozen=True)
class PeerId:
    """The private conversation with the user of this id, whatever nick it has now."""

    user: str


Target = Union[Room, Peer, PeerId]


def nick(text: str) -> str:
    """Check a nick and return it, as it was given.

    Nothing is stripped or replaced: a nick with white space around it is refused. Raises
    ChatError(BAD_NICK).
    """
    fold(text)
    return text


def fold(text: str) -> str:
    """What two nicks are compared by: UsernameCaseMapped (RFC 8265, section 3.3).

    Raises ChatError(BAD_NICK) for what is no nick. Cheap to call again and again.
    """
    if _PLAIN_NICK.fullmatch(text):
        return text.lower()  # all that the profile does to ASCII
    return _fold_unicode(text)


def room(text: str) -> str:
    """The canonical name of a room: without a leading `#`, case-folded, in NFC.

    Raises ChatError(BAD_ROOM).
    """
    name = text[1:] if text.startswith("#") else text
    if _PLAIN_ROOM.fullmatch(name):
        return name
    return _room_unicode(name)


def target(text: str) -> Target:
    """Where a client wants to speak: `lobby` or `#lobby`, `@nick`, or `@+<user id>`.

    The last one names a conversation whose other side's nick is someone else's now. `+` begins
    no nick, so the two can't be confused. Raises ChatError(BAD_ROOM or BAD_NICK).
    """
    if not text.startswith("@"):
        return Room(room(text))
    if not text.startswith("@+"):
        return Peer(nick(text[1:]))
    if not _USER.fullmatch(text, 2):
        raise _bad_room("After '@+' comes a user id: 16 hex digits in lower case.")
    return PeerId(text[2:])


@lru_cache(maxsize=4096)
def _fold_unicode(text: str) -> str:
    if not text:
        raise _bad_nick("A nick must not be empty")
    if len(text) > 8 * MAX_NICK or len(unicodedata.normalize("NFC", text)) > MAX_NICK:
        raise _bad_nick("This nick is too long")
    try:
        folded = _USERNAME.enforce(text)
    except UnicodeEncodeError as refused:
        raise _bad_nick(_why_refused(refused)) from None
    _check_nick(folded)
    return folded


def _check_nick(folded: str) -> None:
    """Apply the rules that come on top of UsernameCaseMapped."""
    if len(folded) > MAX_NICK:
        raise _bad_nick("This nick is too long")
    stray = _stray_character(folded, "-_.")
    if stray is not None:
        raise _bad_nick(f"A nick can't hold {_shown(stray)}")
    if folded[0] in "-_.":
        raise _bad_nick(f"A nick can't begin with {_shown(folded[0])}")
    if not _marks_are_right(folded):
        raise _bad_nick("This nick has too many combining marks, or one without a letter")
    if not _one_script(folded):
        raise _bad_nick("This nick mixes letters of several scripts")


def _why_refused(refused: UnicodeEncodeError) -> str:
    if refused.reason.endswith("/bidi_rule"):
        return "This nick mixes right-to-left with left-to-right characters"
    if 0 <= refused.start < len(refused.object):
        return f"A nick can't hold {_shown(refused.object[refused.start])}"
    return "This nick holds a character that is not allowed"


def _bad_nick(problem: str) -> ChatError:
    return ChatError(
        Code.BAD_NICK,
        f"{problem}; it takes 1 to {MAX_NICK} letters, digits, '-', '_' or '.' of one script, "
        "beginning with a letter or digit.",
    )


@lru_cache(maxsize=4096)
def _room_unicode(name: str) -> str:
    if not name:
        raise _bad_room("A room's name must not be empty")
    if len(name) > 8 * MAX_ROOM:
        raise _bad_room("This room's name is too long")
    # Canonical caseless matching (Unicode, D145): decomposed first, or a second pass would differ.
    decomposed = unicodedata.normalize("NFD", name)
    folded = unicodedata.normalize("NFC", decomposed.casefold())
    stray = _stray_character(folded, "-_") or _first(_INVISIBLE, folded)
    if stray is not None:
        raise _bad_room(f"A room's name can't hold {_shown(stray)}")
    if len(folded) > MAX_ROOM or len(folded.encode("utf-8")) > MAX_ROOM_BYTES:
        raise _bad_room("This room's name is too long")
    if not _marks_are_right(folded):
        raise _bad_room("This room's name has too many combining marks, or one without a letter")
    return folded


def _bad_room(problem: str) -> ChatError:
    return ChatError(
        Code.BAD_ROOM,
        f"{problem}; it takes 1 to {MAX_ROOM} letters, digits, '-' or '_' "
        f"(at most {MAX_ROOM_BYTES} bytes), or '@' and a nick for a private conversation.",
    )


def _first(pattern: re.Pattern[str], text: str) -> Union[str, None]:
    found = pattern.search(text)
    return found.group() if found else None


def _stray_character(text: str, punctuation: str) -> Union[str, None]:
    """The first character that is no letter, mark, decimal digit or of `punctuation`."""
    for character in text:
        category = unicodedata.category(character)
        letter = category[0] == "L" or category in ("Mn", "Mc", "Nd")
        if not letter and character not in punctuation:
            return character
    return None


def _marks_are_right(text: str) -> bool:
    """Whether every combining mark stands on a letter, and at most MAX_MARKS on each."""
    room_left = 0
    for character in text:
        kind = unicodedata.category(character)[0]
        if kind == "L":
            room_left = MAX_MARKS
        elif kind != "M":
            room_left = 0
        elif room_left == 0:
            return False
        else:
            room_left -= 1
    return True


def _one_script(text: str) -> bool:
    """Whether one script covers the text (Unicode TR 39, 5.1: the resolved script set)."""
    common: Union[frozenset[str], None] = None
    for character in text:
        scripts = frozenset(unicodedataplus.script_extensions(character))
        if scripts & _ANY_SCRIPT:
            continue
        scripts = scripts.union(*(_WRITTEN_TOGETHER.get(script, ()) for script in scripts))
        common = scripts if common is None else common & scripts
        if not common:
            return False
    return True


def _shown(character: str) -> str:
    """A character as a person can recognise it; what can't be shown is named."""
    name = unicodedata.name(character, "an unnamed character")
    seen = f"'{character}' " if character.isprintable() and not character.isspace() else ""
    return f"{seen}U+{ord(character):04X} ({name})"
