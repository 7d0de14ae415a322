"""What is done to messages over `/ws`: edits, deletions, reactions (docs/protocol.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest
import pytest_twisted

from rabbitchat.chat.entries import Draft
from rabbitchat.log.interface import Appended, NoSuchMessage
from support.clients import Event, JSONClient, texts
from support.nodes import Node, StartNode

THUMB = "\N{THUMBS UP SIGN}"


async def two(chat: Node) -> tuple[JSONClient, JSONClient]:
    """Ann and bob in the lobby, where ann said `hello` under the msgid m."""
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    await ann.says("lobby", "hello", msgid="m")
    await bob.push("message", msgid="m")
    return ann, bob


async def entries(client: JSONClient, room: str = "lobby") -> list[Event]:
    """All that is kept of a room."""
    return list((await client.command("history", room=room))["entries"])


@pytest_twisted.ensureDeferred
async def test_an_edit_is_seen_and_stays(node: StartNode) -> None:
    ann, bob = await two(await node())
    published = await ann.command("publish", room="lobby", edit="m", text="hi", msgid="e")
    assert (published["type"], published["seq"], published["msgid"]) == ("published", 2, "e")
    edit = await bob.push("message", edit="m")
    assert edit == await ann.push("message", edit="m")
    assert edit == {
        "type": "message",
        "room": "lobby",
        "epoch": bob.me["epoch"],
        "seq": 2,
        "msgid": "e",
        "from": "ann",
        "user": ann.me["user"],
        "text": "hi",
        "time": published["time"],
        "edit": "m",
        "of": ann.me["user"],
        "ref": 1,
    }
    message, again = await entries(bob)
    assert again == edit
    assert (message["text"], message["edited"]) == ("hi", published["time"])
    await ann.command("publish", room="lobby", edit="m", text="hi all")
    assert texts(await bob.command("join", room="lobby")) == ["hi all"] * 3


@pytest_twisted.ensureDeferred
async def test_a_deleted_message_is_erased_with_its_edits(node: StartNode) -> None:
    ann, bob = await two(await node())
    await ann.command("publish", room="lobby", edit="m", text="hello you")
    await ann.command("publish", room="lobby", delete="m", msgid="d")
    gone = await bob.push("message", delete="m")
    assert (gone["seq"], gone["text"], gone["of"], gone["ref"]) == (3, "", ann.me["user"], 1)
    assert "deleted" not in gone
    message, edit, deletion = await entries(bob)
    for erased in (message, edit):
        assert (erased["text"], erased["deleted"]) == ("", True)
    assert deletion == gone
    for deed in ({"edit": "m", "text": "x"}, {"delete": "m"}, {"react": "m", "text": THUMB}):
        assert await ann.refusal("publish", room="lobby", **deed) == "no_such_message"


@pytest_twisted.ensureDeferred
async def test_reactions_come_and_go(node: StartNode) -> None:
    ann, bob = await two(await node())
    await bob.command("publish", room="lobby", react="m", text=THUMB)
    reaction = await ann.push("message", react="m")
    assert (reaction["from"], reaction["of"], reaction["ref"]) == ("bob", ann.me["user"], 1)
    assert reaction["text"] == THUMB
    assert "active" not in reaction
    await bob.command("publish", room="lobby", react="m", text=THUMB, active=False)
    assert (await ann.push("message", react="m"))["active"] is False
    message, *reactions = await entries(ann)
    assert message["text"] == "hello"
    assert [one.get("active") for one in reactions] == [None, False]


@pytest_twisted.ensureDeferred
async def test_a_msgid_is_the_users_own(node: StartNode) -> None:
    """Both said something under the msgid m: one's own is edited, anybody's is reacted to."""
    ann, bob = await two(await node())
    await bob.says("lobby", "hello ann", msgid="m")
    await ann.command("publish", room="lobby", edit="m", text="hello bob")
    assert (await bob.push("message", edit="m"))["ref"] == 1
    await bob.command("publish", room="lobby", react="m", text=THUMB)
    newest = await ann.push("message", react="m")
    assert (newest["ref"], newest["of"]) == (2, bob.me["user"])
    await bob.command("publish", room="lobby", react="m", of=ann.me["user"], text=THUMB)
    chosen = await ann.push("message", react="m")
    assert (chosen["ref"], chosen["of"]) == (1, ann.me["user"])
    assert texts({"entries": (await entries(bob))[:2]}) == ["hello bob", "hello ann"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"edit": "m", "text": "I said that"}, "not_allowed"),
        ({"delete": "m"}, "not_allowed"),
        ({"edit": "m", "of": "of ann", "text": "I said that"}, "not_allowed"),
        ({"delete": "m", "of": "of ann"}, "not_allowed"),
        ({"delete": "m", "of": "of bob"}, "no_such_message"),
        ({"react": "m", "of": "of bob", "text": THUMB}, "no_such_message"),
        ({"react": "m", "of": "", "text": THUMB}, "no_such_message"),
        ({"react": "e", "text": THUMB}, "no_such_message"),  # an edit is no message
        ({"react": "nothing", "text": THUMB}, "no_such_message"),
        ({"delete": "nothing"}, "no_such_message"),
        ({"edit": "nothing", "text": "x"}, "no_such_message"),
        ({"react": "m", "text": "two words"}, "bad_command"),
        ({"edit": "m", "text": " "}, "bad_command"),
        ({"edit": "m", "text": "x" * 4001}, "text_too_long"),
        ({"edit": "m", "delete": "m", "text": "x"}, "bad_command"),
        ({"edit": "", "text": "x"}, "bad_command"),
        ({"delete": "x" * 65}, "bad_command"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_is_refused_changes_nothing(
    node: StartNode, fields: dict[str, Any], code: str
) -> None:
    ann, bob = await two(await node())
    await ann.command("publish", room="lobby", edit="m", text="hello", msgid="e")
    before = await entries(ann)
    ids = {"of ann": ann.me["user"], "of bob": bob.me["user"]}
    if "of" in fields:
        fields = {**fields, "of": ids.get(fields["of"], fields["of"])}
    assert await bob.refusal("publish", room="lobby", **fields) == code
    assert await entries(ann) == before


@pytest_twisted.ensureDeferred
async def test_nothing_is_done_in_a_room_that_one_is_not_in(node: StartNode) -> None:
    chat = await node()
    ann, _ = await two(chat)
    await ann.command("leave", room="lobby")
    assert await ann.refusal("publish", room="lobby", delete="m") == "not_in_room"
    assert await ann.refusal("publish", room="lobby", delete="m", msgid="d") == "not_in_room"
    await ann.command("join", room="den")
    assert await ann.refusal("publish", room="den", delete="m") == "no_such_message"


@pytest_twisted.ensureDeferred
async def test_an_edit_must_come_in_time_but_its_repeat_need_not(node: StartNode) -> None:
    chat = await node(edit_within=100.0)
    ann, bob = await two(chat)
    first = await ann.command("publish", room="lobby", edit="m", text="hi", msgid="e")
    await bob.command("publish", room="lobby", text="between")
    chat.daemon.limits = replace(chat.daemon.limits, edit_within=1e-9)
    assert await ann.refusal("publish", room="lobby", edit="m", text="ho") == "not_allowed"
    again = await ann.command("publish", room="lobby", edit="m", text="hi", msgid="e")
    assert {**again, "id": 0} == {**first, "id": 0}
    await bob.command("publish", room="lobby", react="m", text=THUMB)
    await ann.command("publish", room="lobby", delete="m")
    assert texts({"entries": await entries(bob)}) == ["", "", "between", THUMB, ""]


@pytest_twisted.ensureDeferred
async def test_zero_lifts_the_limit_of_the_time(node: StartNode) -> None:
    ann, bob = await two(await node(edit_within=0.0))
    await ann.command("publish", room="lobby", edit="m", text="hi")
    await bob.push("message", edit="m")


@pytest_twisted.ensureDeferred
async def test_a_message_that_goes_while_it_is_edited(
    node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has the last word."""
    chat = await node()
    ann, _ = await two(chat)

    async def too_late(draft: Draft) -> Appended:
        raise NoSuchMessage

    with monkeypatch.context() as patched:
        patched.setattr(chat.daemon.log, "append", too_late)
        assert await ann.refusal("publish", room="lobby", edit="m", text="x") == "no_such_message"


@pytest.mark.parametrize("deed", [{"delete": "m"}, {"edit": "m", "text": "late"}])
@pytest_twisted.ensureDeferred
async def test_a_repeat_that_overtakes_its_first_try_is_answered_as_that(
    node: StartNode, monkeypatch: pytest.MonkeyPatch, deed: dict[str, str]
) -> None:
    """The first try is stored between the look for the msgid and that for the message."""
    chat = await node()
    ann, _ = await two(chat)
    first = await ann.command("publish", room="lobby", msgid="d", **deed)
    chat.daemon.limits = replace(chat.daemon.limits, edit_within=1e-9)
    find, asked = chat.daemon.log.find, []

    async def too_early(user: str, msgid: str) -> Optional[Appended]:
        asked.append(msgid)
        return None if len(asked) == 1 else await find(user, msgid)

    monkeypatch.setattr(chat.daemon.log, "find", too_early)
    again = await ann.command("publish", room="lobby", msgid="d", **deed)
    assert {**again, "id": 0} == {**first, "id": 0}
    assert len(await entries(ann)) == 2


@pytest_twisted.ensureDeferred
async def test_in_private_also_when_the_other_is_away(node: StartNode) -> None:
    chat = await node(grace=0.0)
    ann, bob = await chat.connected("ann"), await chat.connected("bob")
    for number in range(3):
        await ann.says("@bob", f"{number}", msgid=f"m{number}")
    await ann.command("publish", room="@bob", edit="m0", text="zero")
    edit = await bob.push("message", edit="m0")
    assert (edit["room"], edit["text"]) == ("@ann", "zero")
    await bob.close()
    published = await ann.command("publish", room="@bob", edit="m1", text="one")
    assert published["room"] == "@bob"
    assert (await ann.push("message", edit="m1"))["room"] == "@bob"
    by_id = f"@+{bob.me['user']}"
    assert (await ann.command("publish", room=by_id, delete="m2"))["room"] == "@bob"
    assert await ann.refusal("publish", room="@bob", text="hello?") == "no_such_user"
    assert await ann.refusal("publish", room="@cy", delete="m0") == "no_such_user"
    back = await chat.connected("bob", session=bob.me["session"])
    assert [one["seq"] for one in back.me["conversations"]] == [6]
    assert texts({"entries": await entries(back, "@ann")})[:3] == ["zero", "one", ""]
    await back.command("publish", room="@ann", react="m0", text=THUMB)
    assert (await ann.push("message", react="m0"))["room"] == "@bob"


@pytest_twisted.ensureDeferred
async def test_nobody_reaches_into_the_conversation_of_others(node: StartNode) -> None:
    chat = await node()
    ann, bob, cy = [await chat.connected(nick) for nick in ("ann", "bob", "cy")]
    await ann.says("@bob", "psst", msgid="m")
    for room in ("@ann", "@bob"):
        assert await cy.refusal("publish", room=room, react="m", text=THUMB) == "no_such_message"
    assert len(await entries(bob, "@ann")) == 1


@pytest_twisted.ensureDeferred
async def test_who_comes_back_gets_what_was_done(node: StartNode) -> None:
    ann, bob = await two(await node())
    await bob.command("leave", room="lobby")
    await ann.command("publish", room="lobby", edit="m", text="hi")
    await ann.command("publish", room="lobby", react="m", text=THUMB)
    await ann.command("publish", room="lobby", delete="m")
    place = {"epoch": bob.me["epoch"], "seq": 1}
    joined = await bob.command("join", room="lobby", recover=place)
    assert joined["recovered"]
    deeds = [{"edit", "react", "delete"} & one.keys() for one in joined["entries"]]
    assert deeds == [{"edit"}, {"react"}, {"delete"}]
    assert texts(joined) == ["", THUMB, ""]


@pytest_twisted.ensureDeferred
async def test_deeds_have_the_same_rate_as_messages(node: StartNode) -> None:
    chat = await node(rate=0.01, burst=2)
    ann, _ = await two(chat)
    await ann.command("publish", room="lobby", edit="m", text="hi")
    assert await ann.refusal("publish", room="lobby", delete="m") == "rate_limited"
