"""Coming back with `/session`: the same user, who is shown what was missed, once, in order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional

import pytest
import pytest_twisted

from support.clients import LineClient
from support.nodes import Node, StartNode
from support.waiting import pause, until

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


async def has_read(chat: Node, user: str, seq: int) -> None:
    """Wait until it is stored that a user has read the lobby so far."""
    for _ in range(500):
        if (await chat.daemon.log.read_marks(user)).get("lobby") == seq:
            return
        await pause(0.01)
    pytest.fail(f"the lobby is not marked as read up to {seq}")


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
    user = user_called(chat, "tel")
    await tel.close()
    await has_read(other or chat, user, 6)
    again = await come(other or chat, f"/session {word} tel", on_websocket)
    await ann.says("lobby", "nothing missed")
    assert await shows(again, "<ann> nothing missed") == ["<ann> nothing missed"]


@pytest.mark.parametrize("on_websocket", [False, True])
@pytest_twisted.ensureDeferred
async def test_what_was_missed_is_shown_once(node: StartNode, on_websocket: bool) -> None:
    await missed_one(await node(), on_websocket=on_websocket)


@pytest.mark.parametrize("on_websocket", [False, True])
@pytest_twisted.ensureDeferred
async def test_cut_off_as_soon_as_one_is_there(node: StartNode, on_websocket: bool) -> None:
    chat = await node(grace=0.1)
    ann = await chat.connected("ann", "tea")
    await ann.says("tea", "before")
    tel = await come(chat, "tel", on_websocket)
    word = await word_of(tel)
    tel.types("/join tea")
    await tel.sees_one(lambda seen: "tea" in seen, "the room")
    tel.vanish()  # without a word that would tell what has arrived
    await gone(chat, "tel")
    await ann.says("tea", "missed")
    tel = await come(chat, f"/session {word} tel", on_websocket)
    tel.types("/join tea")
    shown = await shows(tel, "<ann> missed")
    assert untimed(shown) == ["* you missed 1 message in tea", "<ann> missed"]


@pytest.mark.parametrize("on_websocket", [False, True])
@pytest_twisted.ensureDeferred
async def test_what_had_arrived_when_one_typed_is_not_missed(
    node: StartNode, on_websocket: bool
) -> None:
    chat = await node(grace=0.1)
    ann = await chat.connected("ann", "lobby")
    await ann.says("lobby", "before")
    tel = await come(chat, "tel", on_websocket)
    word = await word_of(tel)
    await ann.says("lobby", "seen")
    await tel.sees("<ann> seen")
    tel.types("/topic")
    await tel.sees_one(lambda seen: "topic" in seen, "an answer")
    tel.vanish()
    await gone(chat, "tel")
    await ann.says("lobby", "missed")
    tel = await come(chat, f"/session {word} tel", on_websocket)
    await ann.says("lobby", "live")
    shown = await shows(tel, "<ann> live")
    assert untimed(shown[:-1]) == ["* you missed 1 message in lobby", "<ann> missed"]


@pytest_twisted.ensureDeferred
async def test_coming_back_on_another_node(node: StartNode, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/chat.sqlite"
    await missed_one(await node(database=url), await node(database=url))


@pytest_twisted.ensureDeferred
async def test_private_messages_that_were_missed(node: StartNode) -> None:
    chat = await node(grace=5.0)
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    tel = await come(chat, "tel")
    word = await word_of(tel)
    tel.vanish()
    await until(lambda: len(chat.daemon.local.connections(user_called(chat, "tel"))) == 0)
    await bob.command("publish", room="@tel", text="first")
    await ann.command("publish", room="@tel", text="second")
    await bob.command("publish", room="@tel", text="third")
    tel = await come(chat, f"/session {word}")
    await bob.command("publish", room="@tel", text="live")
    assert await shows(tel, "[ann] second", "[bob] live") == [
        "* you missed 2 messages from bob",
        *(line for line in tel.lines.seen if line.endswith(("[bob] first", "[bob] third"))),
        "* you missed 1 message from ann",
        *(line for line in tel.lines.seen if line.endswith("[ann] second")),
        "[bob] live",
    ]


def user_called(chat: Node, nick: str) -> str:
    """The id of somebody who is here."""
    user = chat.daemon.presence.user_of(nick)
    assert user is not None
    return user


@pytest_twisted.ensureDeferred
async def test_who_still_has_a_nick_keeps_it_and_may_take_another(node: StartNode) -> None:
    chat = await node(grace=5.0)
    tel = await come(chat, "Tel")
    word = await word_of(tel)
    user = user_called(chat, "tel")
    tel.vanish()
    tel = await come(chat, f"/session {word}")
    assert "* you are Tel, in lobby, alone" in tel.lines.seen
    again = await come(chat, f"/session {word} telly")
    await again.sees("* you are now called telly")
    assert user_called(chat, "telly") == user


@pytest_twisted.ensureDeferred
async def test_who_has_no_nick_any_more_is_asked_for_one(node: StartNode) -> None:
    chat = await node()
    ann = await chat.connected("ann", "lobby")
    tel = await come(chat, "tel")
    word = await word_of(tel)
    user = user_called(chat, "tel")
    tel.types("/quit")
    await tel.ended()
    await gone(chat, "tel")
    back = await chat.line()
    await back.sees("What is your name?")
    back.types(f"/session {word}")
    await back.sees("* welcome back; you have no name any more")
    back.types("ann")
    await back.sees_one(lambda seen: seen.startswith("* error: "), "why not")
    back.types("telly")
    await back.sees("* you are telly, in lobby with ann")
    assert user_called(chat, "telly") == user != ann.me["user"]


@pytest.mark.parametrize("word", ["nonsense", "0123456789abcdef.nonsense tel", "x" * 300])
@pytest_twisted.ensureDeferred
async def test_a_word_that_nobody_has(node: StartNode, word: str) -> None:
    chat = await node()
    tel = await chat.line()
    await tel.sees("What is your name?")
    tel.types(f"/session {word}")
    await tel.sees_one(
        lambda seen: seen.startswith(
            ("* error: nobody has that word", "* error: that is no word")
        ),
        "what is wrong with the word",
    )
    assert chat.daemon.presence.users_here() == 0
    tel.types("tel")
    await tel.sees("* you are tel, in lobby, alone")


@pytest_twisted.ensureDeferred
async def test_another_room_is_caught_up_with_when_it_is_joined(node: StartNode) -> None:
    chat = await node()
    ann = await chat.connected("ann", "dev")
    await ann.says("dev", "before tel")
    tel = await come(chat, "tel")
    tel.types("/join Dev")
    await tel.sees("* you are tel, in dev with ann")
    await ann.says("dev", "seen")
    await tel.sees("<ann> seen")
    tel.types("/leave #Dev")
    await tel.sees("* you left dev")
    await ann.says("dev", "unseen")
    tel.types("/join dev")
    shown = await shows(tel, "<ann> unseen")
    assert untimed(shown[1:]) == ["* you missed 1 message in dev", "<ann> unseen"]


@pytest_twisted.ensureDeferred
async def test_what_was_read_elsewhere_was_not_missed(node: StartNode) -> None:
    chat = await node(grace=5.0)
    ann = await chat.connected("ann", "lobby")
    await ann.says("lobby", "hello")
    tel = await come(chat, "tel")
    word = await word_of(tel)
    tel.vanish()
    read = await ann.says("lobby", "read at the page")
    page = await chat.connected("tel", "lobby", session=word)
    await page.command("read", room="lobby", seq=read["seq"])
    await ann.says("lobby", "not read")
    tel = await come(chat, f"/session {word}")
    shown = await shows(tel, "not read")
    assert untimed(shown) == ["* you missed 1 message in lobby", "<ann> not read"]


@pytest_twisted.ensureDeferred
async def test_what_is_said_can_be_found_read_again_and_changed(node: StartNode) -> None:
    chat = await node()
    ann = await chat.connected("ann", "lobby")
    tel = await come(chat, "tel")
    first = await ann.says("lobby", "tea at four")
    tel.types("tea at vive")
    said = await ann.push("message", text="tea at vive")
    tel.types("/edit tea at five")
    await ann.push("message", edit=said["msgid"], text="tea at five")
    await tel.sees("* tel edited: tea at five")
    tel.types("/react :yes:")
    reaction = await ann.push("message", react=first["msgid"], text=":yes:")
    assert reaction["of"] == ann.me["user"]

    tel.types("/search tea")
    found = [await tel.sees_one(lambda seen: "#lobby" in seen, "what was found") for _ in "ab"]
    assert [line[17:] for line in found] == [
        "#lobby <ann> tea at four",
        "#lobby <tel> tea at five",
    ]
    tel.types(f"/since #{said['seq']}")
    await tel.sees_one(lambda seen: seen.endswith(" <tel> tea at five"), "what was said")
    tel.types("/since 10m")
    await tel.sees_one(lambda seen: seen.endswith(" <ann> tea at four"), "what was said")
    tel.types("/delete")
    await ann.push("message", delete=said["msgid"])
    tel.types("/history")
    await tel.sees("* tel deleted a message")
    await tel.sees_one(lambda seen: seen.endswith(":yes:"), "the reaction")
    tel.types("/delete")
    await tel.sees("* error: you have said nothing here, since you came, that you could delete")
