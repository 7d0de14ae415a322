"""Searching over `/ws`: what is found, and that it is only what one may read."""

from __future__ import annotations

import pytest
import pytest_twisted

from rabbitchat.log.interface import Found, Search, Unavailable
from support.clients import texts
from support.nodes import StartNode


@pytest_twisted.ensureDeferred
async def test_messages_are_found_by_their_words(node: StartNode) -> None:
    ann = await (await node()).connected("ann", "lobby")
    for text in ("Tea at four", "coffee at five", "no TÉA at all"):
        await ann.says("lobby", text)
    found = await ann.command("search", words="tea")
    assert (found["type"], texts(found)) == ("found", ["no TÉA at all", "Tea at four"])
    assert "next" not in found
    assert found["entries"][1] == ann.got("message")[0]
    assert texts(await ann.command("search", words="at, TEA.")) == ["no TÉA at all", "Tea at four"]
    assert texts(await ann.command("search", words="cof")) == ["coffee at five"]
    assert texts(await ann.command("search", words="tea five")) == []


@pytest_twisted.ensureDeferred
async def test_only_what_one_may_read_is_found(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby", "den"), await chat.connected("bob", "lobby")
    cy = await chat.connected("cy")
    await ann.says("den", "tea in the den")
    await ann.says("lobby", "tea in the lobby")
    await ann.says("@bob", "tea for bob")
    found = await ann.command("search", words="tea")
    assert [one["room"] for one in found["entries"]] == ["@bob", "lobby", "den"]
    found = await bob.command("search", words="tea")
    assert [one["room"] for one in found["entries"]] == ["@ann", "lobby"]
    assert texts(await cy.command("search", words="tea")) == []
    await ann.command("leave", room="den")
    found = await ann.command("search", words="tea")
    assert [one["room"] for one in found["entries"]] == ["@bob", "lobby"]


@pytest_twisted.ensureDeferred
async def test_one_room_may_be_searched(node: StartNode) -> None:
    chat = await node(grace=0.0)
    ann, bob = await chat.connected("ann", "lobby", "den"), await chat.connected("bob")
    await ann.says("den", "tea in the den")
    await ann.says("@bob", "tea for bob")
    await bob.close()
    for room, text in (("#Den", "tea in the den"), ("@bob", "tea for bob")):
        assert texts(await ann.command("search", words="tea", room=room)) == [text]
    assert texts(await ann.command("search", words="tea", room="lobby")) == []
    assert await ann.refusal("search", words="tea", room="other") == "not_in_room"
    assert await ann.refusal("search", words="tea", room="@cy") == "no_such_user"
    assert await ann.refusal("search", words="tea", room="no room") == "bad_room"


@pytest_twisted.ensureDeferred
async def test_the_latest_text_is_found_and_nothing_that_was_deleted(node: StartNode) -> None:
    ann = await (await node()).connected("ann", "lobby")
    await ann.says("lobby", "tea", msgid="m")
    await ann.command("publish", room="lobby", edit="m", text="coffee")
    assert texts(await ann.command("search", words="tea")) == []
    [found] = (await ann.command("search", words="coffee"))["entries"]
    assert (found["seq"], found["msgid"], "edited" in found) == (1, "m", True)
    await ann.command("publish", room="lobby", react="m", text="coffee")
    await ann.command("publish", room="lobby", delete="m")
    assert texts(await ann.command("search", words="coffee")) == []


@pytest_twisted.ensureDeferred
async def test_a_search_goes_on(node: StartNode) -> None:
    ann = await (await node()).connected("ann", "lobby", "den")
    for number in range(5):
        await ann.says("lobby" if number % 2 else "den", f"tea {number}")
    first = await ann.command("search", words="tea", limit=2)
    assert texts(first) == ["tea 4", "tea 3"]
    await ann.says("lobby", "tea meanwhile")
    second = await ann.command("search", words="tea", limit=2, before=first["next"])
    assert texts(second) == ["tea 2", "tea 1"]
    third = await ann.command("search", words="tea", limit=2, before=second["next"])
    assert texts(third) == ["tea 0"]
    assert "next" not in third


@pytest_twisted.ensureDeferred
async def test_an_answer_is_bounded(node: StartNode) -> None:
    ann = await (await node(max_text=0, max_line=0)).connected("ann", "lobby")
    await ann.says_many("lobby", 120, "tea {}")
    found = await ann.command("search", words="tea", limit=2**31)
    assert len(found["entries"]) == 100
    assert texts(await ann.command("search", words="tea", before=found["next"]))[0] == "tea 20"
    for _ in range(3):
        await ann.says("lobby", "long " + "x" * 30_000)
    found = await ann.command("search", words="long")
    assert len(found["entries"]) == 2
    assert len(texts(await ann.command("search", words="long", before=found["next"]))) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"words": ""}, "bad_command"),
        ({"words": " "}, "bad_command"),
        ({"words": "?!"}, "bad_command"),
        ({}, "bad_command"),
        ({"words": 7}, "bad_command"),
        ({"words": "x", "limit": 0}, "bad_command"),
        ({"words": "x", "limit": -1}, "bad_command"),
        ({"words": "x", "before": "nonsense"}, "bad_command"),
        ({"words": "x", "before": ""}, "bad_command"),
        ({"words": "x", "before": "1" * 65}, "bad_command"),
        ({"words": " ".join(map(str, range(100)))}, "bad_command"),
        ({"words": "x" * 401}, "text_too_long"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_cannot_be_searched_for(
    node: StartNode, fields: dict[str, object], code: str
) -> None:
    ann = await (await node()).connected("ann", "lobby")
    assert await ann.refusal("search", **fields) == code
    await ann.says("lobby", "x")
    assert texts(await ann.command("search", words="x")) == ["x"]


@pytest_twisted.ensureDeferred
async def test_a_search_that_takes_too_long_is_given_up(
    node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await node()
    ann = await chat.connected("ann", "lobby")

    async def too_long(query: Search) -> Found:
        raise Unavailable

    monkeypatch.setattr(chat.daemon.log, "search", too_long)
    assert await ann.refusal("search", words="x") == "unavailable"
