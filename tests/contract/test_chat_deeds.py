"""The chat contract, what is done to what was said: the same stories over every transport."""

from __future__ import annotations

import pytest
import pytest_twisted

from support.clients import JSONClient
from support.doers import doer
from support.nodes import Node, StartNode
from support.talkers import TRANSPORTS, JSONTalker, Talker

pytestmark = pytest.mark.functional

THUMB = "\N{THUMBS UP SIGN}"


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
