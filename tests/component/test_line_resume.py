"""Coming back with `/session`: the same user, who is shown what was missed, once, in order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional

import pytest
import pytest_twisted

from rabbitchat.transports import line_marks
from support.clients import JSONClient, LineClient
from support.nodes import Node, StartNode
from support.waiting import until

_WORD = re.compile(r"\* to come back as the same user, type: /session (\S+\.\S+) (\S+)")
_SAID = re.compile(r"(?:\d\d:\d\d )?(?:#\S+ )?[<\[]\S+[>\]] .*|\* you missed .*")


async def come(chat: Node, first_line: str, on_websocket: bool = False) -> LineClient:
    """Somebody at a line client who answers the question for a name with this line."""
    person = await (chat.line_on_websocket() if on_websocket else chat.line())
    await person.sees("What is your name?")
    person.types(first_line)
    await person.sees_one(lambda seen: ", in lobby" in seen, "where one is")
    return person


async def word_of(person: LineClient) -> str:
    """What `/session` shows to be typed."""
    person.types("/session")
    shown = await person.sees_one(lambda seen: "/session" in seen, "the word")
    found = _WORD.fullmatch(shown)
    assert found is not None, shown
    return found[1]


async def gone(chat: Node, nick: str) -> None:
    """Wait until nobody has this nick any more."""
    await until(lambda: chat.daemon.presence.user_of(nick) is None, what=f"{nick} is gone")


async def shows(person: LineClient, *texts: str) -> list[str]:
    """What the person was shown of messages and of what they missed, when all these are there."""
    for text in texts:
        await person.sees_one(lambda seen, text=text: seen.endswith(text), text)  # type: ignore[misc]
    return [line for line in person.lines.seen if _SAID.fullmatch(line)]


def untimed(lines: list[str]) -> list[str]:
    """Lines without their times, each of which must have one unless it is a notice."""
    for line in lines:
        assert re.match(r"\* |\d\d:\d\d ", line), line
    return [re.sub(r"^\d\d:\d\d ", "", line) for line in lines]


async def missed_one(chat: Node, other: Optional[Node] = None, on_websocket: bool = False) -> None:
    """Somebody talks and goes; others talk on; they come back, and get that."""
    ann = await chat.connected("ann", "lobby")
    tel = await come(chat, "tel", on_websocket)
    word = await word_of(tel)
    await ann.says("lobby", "seen")
    await tel.sees("<ann> seen")
    tel.types("heard you")
    await ann.push("message", text="heard you")
    await tel.close()
    await gone(chat, "tel")
    for text in ("one", "two\nlines", "/me waves"):
        await ann.says("lobby", text)

    tel = await come(other or chat, f"/session {word} tel", on_websocket)
    await ann.says("lobby", "live")
    shown = await shows(tel, "<ann> live")
    assert untimed(shown[:-1]) == [
        "* you missed 3 messages in lobby",
        "<ann> one",
        "<ann> two",
        "<ann> lines",
        # `/me waves` is not among `_SAID`
    ]
    assert any(re.fullmatch(r"\d\d:\d\d <\* ann waves>", line) for line in tel.lines.seen)
    await tel.close()
    again = await come(other or chat, f"/session {word} tel", on_websocket)
    await ann.says("lobby", "nothing missed")
    assert await shows(again, "<ann> nothing missed") == ["<ann> nothing missed"]


@pytest.mark.parametrize("on_websocket", [False, True])
@pytest_twisted.ensureDeferred
async def test_what_was_missed_is_shown_once(node: StartNode, on_websocket: bool) -> None:
    await missed_one(await node(), on_websocket=on_websocket)


@pytest_twisted.ensureDeferred
async def test_coming_back_on_another_node(node: StartNode, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/chat.sqlite"
    await missed_one(await node(database=url), await node(database=url))
