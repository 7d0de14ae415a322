"""The chat contract: the same stories over every transport.

A transport that is new needs a row in support.talkers.TRANSPORTS and nothing here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import pytest_twisted

from support.nodes import Node, StartNode
from support.talkers import TRANSPORTS, JSONTalker, Talker
from support.waiting import until

pytestmark = pytest.mark.functional


@pytest.fixture(params=sorted(TRANSPORTS))
def transport(request: pytest.FixtureRequest) -> str:
    """How people reach the chat."""
    name: str = request.param
    return name


class Chat:
    """A daemon, and people who come to it over one transport."""

    def __init__(self, node: Node, transport: str) -> None:
        self.node = node
        self._transport = TRANSPORTS[transport]

    async def somebody(self) -> Talker:
        """Somebody who has said no name yet."""
        return await self._transport(self.node)

    async def person(self, nick: str) -> Talker:
        """Somebody in the lobby."""
        talker = await self.somebody()
        await talker.enters(nick)
        return talker


StartChat = Callable[..., Awaitable[Chat]]


@pytest.fixture
def chat(node: StartNode, transport: str) -> StartChat:
    """Starts a daemon with these limits, reached over the transport."""

    async def start(**limits: float) -> Chat:
        return Chat(await node(**limits), transport)

    return start


@pytest_twisted.ensureDeferred
async def test_two_people_meet_in_the_lobby_and_talk(chat: StartChat) -> None:
    place = await chat()
    ann, bob = await place.somebody(), await place.somebody()
    assert await ann.enters("ann") == set()
    assert await bob.enters("bob") == {"ann"}
    await ann.sees_come("bob")
    await ann.says("hello bob")
    await bob.hears("ann", "hello bob")
    await bob.says("hello ann")
    await ann.hears("bob", "hello ann")
    await ann.sees_own("hello bob")


@pytest.mark.parametrize("nick", ["-ann", "a b", "x" * 33, "annа"])
@pytest_twisted.ensureDeferred
async def test_a_bad_nick_is_refused_and_another_one_taken(chat: StartChat, nick: str) -> None:
    ann = await (await chat()).somebody()
    await ann.cannot_enter(nick, "nick")
    assert await ann.enters("ann") == set()


@pytest_twisted.ensureDeferred
async def test_a_nick_that_somebody_has_is_refused_however_it_is_written(
    chat: StartChat,
) -> None:
    place = await chat()
    await place.person("ann")
    other = await place.somebody()
    await other.cannot_enter("Ann", "nick_in_use" if isinstance(other, JSONTalker) else "ann")
    assert await other.enters("bob") == {"ann"}


@pytest_twisted.ensureDeferred
async def test_a_room_of_ones_own(chat: StartChat) -> None:
    place = await chat()
    ann, bob, cy = [await place.person(nick) for nick in ("ann", "bob", "cy")]
    assert await ann.goes_into("den") == set()
    assert await bob.goes_into("den") == {"ann"}
    await ann.sees_come("bob", room="den")
    await bob.says("only here")
    await ann.hears("bob", "only here", room="den")
    await bob.goes_out_of("den")
    await ann.sees_go("bob", room="den")
    await cy.heard_nothing_of("only here")
    await bob.says("back in the lobby")
    await ann.hears("bob", "back in the lobby")


@pytest_twisted.ensureDeferred
async def test_what_is_said_in_private_nobody_else_hears(chat: StartChat) -> None:
    place = await chat()
    ann, bob, cy = [await place.person(nick) for nick in ("ann", "bob", "cy")]
    await ann.tells("bob", "psst bob")
    await bob.hears_in_private("ann", "psst bob")
    await bob.tells("ann", "psst ann")
    await ann.hears_in_private("bob", "psst ann")
    await cy.heard_nothing_of("psst")


@pytest_twisted.ensureDeferred
async def test_nobody_can_be_told_anything_who_is_not_there(chat: StartChat) -> None:
    ann = await (await chat()).person("ann")
    await ann.cannot_tell("bob", "not here")


@pytest_twisted.ensureDeferred
async def test_another_name(chat: StartChat) -> None:
    place = await chat()
    ann, bob = await place.person("ann"), await place.person("bob")
    await ann.renames("annie")
    await bob.sees_renamed("ann", "annie")
    await ann.says("still me")
    await bob.hears("annie", "still me")
    await bob.tells("annie", "psst")
    await ann.hears_in_private("bob", "psst")
    assert await bob.who() == {"annie", "bob"}
    await bob.cannot_rename("Annie", "nick_in_use" if isinstance(bob, JSONTalker) else "annie")
    await bob.cannot_rename("-", "nick")


@pytest_twisted.ensureDeferred
async def test_the_topic_is_seen_by_all_and_by_who_comes_later(chat: StartChat) -> None:
    place = await chat()
    ann, bob = await place.person("ann"), await place.person("bob")
    await ann.sets_topic("tea at four")
    await bob.sees_topic("ann", "tea at four")
    await ann.sees_topic("ann", "tea at four")
    cy = await place.person("cy")
    assert await cy.rooms() == {"lobby": (3, "tea at four")}


@pytest_twisted.ensureDeferred
async def test_who_is_where(chat: StartChat) -> None:
    place = await chat()
    ann, bob = await place.person("ann"), await place.person("bob")
    assert await ann.who() == {"ann", "bob"}
    await bob.goes_into("den")
    assert await bob.who() == {"bob"}
    assert await ann.rooms() == {"lobby": (2, ""), "den": (1, "")}


@pytest_twisted.ensureDeferred
async def test_what_was_said_can_be_read(chat: StartChat) -> None:
    place = await chat()
    ann, bob = await place.person("ann"), await place.person("bob")
    for nick, talker, other in (("ann", ann, bob), ("bob", bob, ann)):
        await talker.says(f"I am {nick}")
        await other.hears(nick, f"I am {nick}")
    cy = await place.person("cy")
    assert await cy.history() == [("ann", "I am ann"), ("bob", "I am bob")]


@pytest_twisted.ensureDeferred
async def test_many_things_come_in_order_and_once(chat: StartChat) -> None:
    place = await chat()
    ann, bob = await place.person("ann"), await place.person("bob")
    for number in range(50):
        await ann.says(f"number {number:02}")
    for number in range(50):
        await bob.hears("ann", f"number {number:02}")
    await bob.says("all there")
    await ann.hears("bob", "all there")
    history = [text for nick, text in await ann.history() if nick == "ann"]
    assert history == [f"number {number:02}" for number in range(50)][-len(history) :]


@pytest_twisted.ensureDeferred
async def test_a_text_may_begin_with_a_slash_and_hold_any_letters(chat: StartChat) -> None:
    place = await chat()
    ann, bob = await place.person("ann"), await place.person("bob")
    for text in ("/join is a command", "grüße 你好 👩‍🚀 שלום", '{"type":"join"}', "* no notice"):
        await ann.says(text)
        await bob.hears("ann", text)


@pytest_twisted.ensureDeferred
async def test_who_quits_is_seen_to_go_at_once(chat: StartChat) -> None:
    place = await chat(grace=3600)
    ann, bob = await place.person("ann"), await place.person("bob")
    await bob.quits()
    await ann.sees_go("bob")
    assert await ann.who() == {"ann"}


@pytest_twisted.ensureDeferred
async def test_who_closes_without_a_word_is_seen_to_go_at_once(chat: StartChat) -> None:
    place = await chat(grace=3600)
    ann, bob = await place.person("ann"), await place.person("bob")
    bob.closes()
    await ann.sees_go("bob")


@pytest_twisted.ensureDeferred
async def test_who_is_lost_is_seen_to_go_after_the_grace_time(chat: StartChat) -> None:
    place = await chat(grace=1.0)
    ann, bob = await place.person("ann"), await place.person("bob")
    await ann.sees_come("bob")
    bob.vanishes()
    await until(lambda: place.node.daemon.presence.users_here() == 1, what="loss of bob")
    assert await ann.who() == {"ann", "bob"}
    await ann.sees_go("bob")
    assert await ann.who() == {"ann"}


@pytest_twisted.ensureDeferred
async def test_the_nick_of_who_is_lost_is_held_for_the_grace_time(chat: StartChat) -> None:
    place = await chat(grace=1.0)
    ann, bob = await place.person("ann"), await place.person("bob")
    bob.vanishes()
    await until(lambda: place.node.daemon.presence.users_here() == 1, what="loss of bob")
    other = await place.somebody()
    await other.cannot_enter("bob", "nick_in_use" if isinstance(other, JSONTalker) else "bob")
    await ann.sees_go("bob")
    await until(lambda: place.node.daemon.presence.user_of("bob") is None, what="bob is free")
    assert await other.enters("cy") == {"ann"}


@pytest_twisted.ensureDeferred
async def test_typing_is_shown_and_not_stored(chat: StartChat) -> None:
    """Whoever has lines sees nothing of it; it disturbs nobody."""
    place = await chat()
    ann, bob = await place.person("ann"), await place.person("bob")
    typist = await place.node.connected("tip", "lobby")
    await typist.command("typing", room="lobby", active=True)
    for talker in (ann, bob):
        if isinstance(talker, JSONTalker):
            await talker.client.push("typing", room="lobby", from_="tip", active=True)
        else:
            await talker.heard_nothing_of("typing")
    assert await ann.history() == []


@pytest_twisted.ensureDeferred
async def test_all_transports_talk_in_one_room(node: StartNode) -> None:
    place = await node()
    talkers = {name: await TRANSPORTS[name](place) for name in sorted(TRANSPORTS)}
    for name, talker in talkers.items():
        await talker.enters(name)
    everybody = set(talkers)
    for name, talker in talkers.items():
        assert await talker.who() == everybody
        await talker.says(f"{name} speaks")
        for other in talkers.values():
            if other is not talker:
                await other.hears(name, f"{name} speaks")
        await talker.sees_own(f"{name} speaks")
    for name, talker in talkers.items():
        for other_name in everybody - {name}:
            await talker.tells(other_name, f"psst from {name}")
            await talkers[other_name].hears_in_private(name, f"psst from {name}")
    gone = talkers.pop("line")
    await gone.quits()
    for talker in talkers.values():
        await talker.sees_go("line")


@pytest_twisted.ensureDeferred
async def test_all_transports_talk_across_nodes(node: StartNode) -> None:
    here, there = await node(), await node()
    ann, bob = await TRANSPORTS["websocket"](here), await TRANSPORTS["line"](there)
    await ann.enters("ann")
    await until(lambda: there.daemon.presence.count("lobby") == 1, what="ann, seen there")
    assert await bob.enters("bob") == {"ann"}
    await ann.sees_come("bob")
    await ann.says("hello")
    await bob.hears("ann", "hello")
    await bob.tells("ann", "psst")
    await ann.hears_in_private("bob", "psst")
    await bob.quits()
    await ann.sees_go("bob")
