"""The chat contract, what is done to what was said: the same stories over every transport."""

from __future__ import annotations

import pytest
import pytest_twisted

from support.clients import JSONClient
from support.doers import DEEDS, doer
from support.nodes import Node, StartNode
from support.talkers import TRANSPORTS, JSONTalker, Talker

pytestmark = pytest.mark.functional

THUMB = "\N{THUMBS UP SIGN}"
JSON = sorted(name for name in TRANSPORTS if not name.startswith("line"))


@pytest.fixture(params=sorted(TRANSPORTS))
def transport(request: pytest.FixtureRequest) -> str:
    """How people reach the chat."""
    name: str = request.param
    return name


async def person(chat: Node, transport: str, nick: str) -> Talker:
    """Somebody in the lobby."""
    talker = await TRANSPORTS[transport](chat)
    await talker.enters(nick)
    return talker


async def said_by_a_program(chat: Node) -> JSONClient:
    """Bot, who said `hello` in the lobby under the msgid m."""
    bot = await chat.connected("bot", "lobby")
    await bot.says("lobby", "hello", msgid="m")
    return bot


@pytest_twisted.ensureDeferred
async def test_what_others_do_is_seen(node: StartNode, transport: str) -> None:
    chat = await node()
    talker = await person(chat, transport, "ann")
    ann, bot = doer(talker), await said_by_a_program(chat)
    await talker.hears("bot", "hello")
    await bot.command("publish", room="lobby", edit="m", text="hello everybody")
    await ann.sees_edited("bot", "hello everybody")
    await bot.command("publish", room="lobby", react="m", text=THUMB)
    await ann.sees_reaction("bot", THUMB)
    await bot.command("publish", room="lobby", react="m", text=THUMB, active=False)
    await bot.command("publish", room="lobby", delete="m")
    await ann.sees_deleted("bot")
    await bot.says("@ann", "psst", msgid="p")
    await bot.command("publish", room="@ann", edit="p", text="psst ann")
    await ann.sees_edited_in_private("bot", "psst ann")
    if not isinstance(talker, JSONTalker):
        seen = [line for line in talker.client.lines.seen if "reacted" in line]  # type: ignore[attr-defined]
        assert len(seen) == 1, "a reaction that is taken back is not shown"


@pytest_twisted.ensureDeferred
async def test_history_has_the_latest_text_and_nothing_of_what_was_deleted(
    node: StartNode, transport: str
) -> None:
    chat = await node()
    bot = await said_by_a_program(chat)
    await bot.says("lobby", "a slip", msgid="n")
    await bot.command("publish", room="lobby", edit="m", text="hello everybody")
    await bot.command("publish", room="lobby", delete="n")
    talker = await person(chat, transport, "ann")
    said = [entry for entry in await talker.history() if entry[1]]
    assert ("bot", "hello everybody") in said
    assert not [text for _, text in said if text in ("hello", "a slip")]


@pytest_twisted.ensureDeferred
async def test_one_does_things_to_what_was_said(node: StartNode, transport: str) -> None:
    chat = await node()
    talkers = [await person(chat, transport, nick) for nick in ("ann", "bob")]
    ann, bob = [doer(talker) for talker in talkers]
    await talkers[0].says("helo")
    await talkers[1].hears("ann", "helo")
    await talkers[0].sees_own("helo")
    await ann.edits("hello")
    await bob.sees_edited("ann", "hello")
    await bob.reacts(THUMB)
    await ann.sees_reaction("bob", THUMB)
    assert await bob.finds("hel") == ["hello"]
    await ann.deletes()
    await bob.sees_deleted("ann")
    assert await bob.finds("hel") == []


@pytest_twisted.ensureDeferred
async def test_search_finds_what_one_may_read(node: StartNode, transport: str) -> None:
    chat = await node()
    bot = await chat.connected("bot", "lobby", "den")
    talker = await person(chat, transport, "ann")
    await bot.says("lobby", "tea in the lobby")
    await bot.says("den", "tea in the den")
    await bot.says("@ann", "tea for ann")
    ann = doer(talker)
    assert await ann.finds("tea") == ["tea for ann", "tea in the lobby"]
    assert await ann.finds("tea lob") == ["tea in the lobby"]
    assert await ann.finds("coffee") == []


# -- what only the JSON protocol has words for


async def client_over(chat: Node, transport: str, nick: str, **fields: str) -> JSONClient:
    """A program that is connected over a transport."""
    talker = await TRANSPORTS[transport](chat)
    assert isinstance(talker, JSONTalker)
    talker.client.me = await talker.client.command("connect", nick=nick, **fields)
    return talker.client


@pytest.mark.parametrize("over", JSON)
@pytest_twisted.ensureDeferred
async def test_what_was_read_here_was_read_there(node: StartNode, over: str) -> None:
    chat = await node()
    bot = await said_by_a_program(chat)
    phone = await client_over(chat, over, "ann")
    laptop = await client_over(chat, over, "ann", session=phone.me["session"])
    await bot.says("@ann", "psst")
    for client in (phone, laptop):
        assert (await client.command("join", room="lobby"))["read"] == 0
    await phone.command("read", room="lobby", seq=1)
    await phone.command("read", room="@bot", seq=1)
    assert (await laptop.push("read"))["room"] == "lobby"
    assert (await laptop.push("read"))["room"] == "@bot"
    assert (await laptop.command("join", room="lobby"))["read"] == 1


@pytest.mark.parametrize("over", JSON)
@pytest_twisted.ensureDeferred
async def test_who_comes_back_gets_what_was_done_meanwhile(node: StartNode, over: str) -> None:
    chat = await node()
    bot = await said_by_a_program(chat)
    ann = await client_over(chat, over, "ann")
    joined = await ann.command("join", room="lobby")
    ann.vanish()
    await bot.command("publish", room="lobby", edit="m", text="hello everybody")
    await bot.command("publish", room="lobby", react="m", text=THUMB)
    await bot.command("publish", room="lobby", delete="m")
    back = await client_over(chat, over, "ann", session=ann.me["session"])
    place = {"epoch": joined["epoch"], "seq": joined["seq"]}
    joined = await back.command("join", room="lobby", recover=place)
    assert joined["recovered"]
    assert [DEEDS & entry.keys() for entry in joined["entries"]] == [
        {"edit"},
        {"react"},
        {"delete"},
    ]
