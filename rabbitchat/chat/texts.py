"""Which texts may be said: the length and the content of messages, reactions, topics, searches."""

from __future__ import annotations

import unicodedata

from rabbitchat.chat.errors import ChatError, Code

MAX_TOPIC = 400  # characters; IRC servers keep about as many
MAX_REACTION = 32  # characters: an emoji of a family has up to 25 code points, `:word:` a few
MAX_SEARCH = 400  # characters


def message(text: str, most: int) -> str:
    """What is said, `most` characters at the most (0: no limit). Raises ChatError."""
    if not text.strip():
        raise ChatError(Code.BAD_COMMAND, "text: there is nothing in it to say")
    if most:
        _bounded("text", text, most)
    return text


def reaction(text: str) -> str:
    """A reaction: an emoji or a short word such as `:yes:`. Raises ChatError."""
    if not is_reaction(text):
        raise ChatError(
            Code.BAD_COMMAND,
            f"text: a reaction is 1 to {MAX_REACTION} characters that can be seen, without white"
            " space, such as an emoji or :yes:",
        )
    return text


def is_reaction(text: str) -> bool:
    """Whether a text can be a reaction."""
    if not 0 < len(text) <= MAX_REACTION:
        return False
    categories = [unicodedata.category(character) for character in text]
    if any(one[0] == "Z" or one in ("Cc", "Cs") for one in categories):
        return False
    # Joiners and variation selectors belong to emojis, but show nothing alone. `Cn` may be an
    # emoji that is younger than this Python.
    return any(one[0] != "M" and one != "Cf" for one in categories)


def topic(text: str) -> str:
    """A room's topic, which may be empty. Raises ChatError."""
    return _bounded("topic", text, MAX_TOPIC)


def search(words: str) -> str:
    """Words to search for. Raises ChatError."""
    if not words.strip():
        raise no_words()
    return _bounded("words", words, MAX_SEARCH)


def no_words() -> ChatError:
    """Why a search is refused that names nothing to be found."""
    return ChatError(Code.BAD_COMMAND, "words: give at least one word, of letters or digits")


def _bounded(field: str, text: str, most: int) -> str:
    if len(text) > most:
        raise ChatError(
            Code.TEXT_TOO_LONG, f"{field}: {len(text)} characters, at most {most} are allowed"
        )
    return text
