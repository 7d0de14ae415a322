"""What was said before, over `/ws`: `recover`, `history`, and pages of them (docs/protocol.md)."""

from __future__ import annotations

import json

import pytest
import pytest_twisted

from support.clients import texts
from support.nodes import StartNode


@pytest_twisted.ensureDeferred
async def test_recover_gives_what_followed(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    seen = await ann.says("lobby", "seen")
    await ann.close()
    for number in (1, 2):
        await bob.says("lobby", f"missed {number}")
    back = await chat.connected("ann", session=ann.me["session"])
    place = {"epoch": ann.me["epoch"], "seq": seen["seq"]}
    joined = await back.command("join", room="lobby", recover=place, history=0)
    assert (joined["recovered"], joined["more"]) == (True, False)
    assert texts(joined) == ["missed 1", "missed 2"]
    assert joined["seq"] == joined["entries"][-1]["seq"] == seen["seq"] + 2
    await bob.says("lobby", "new")
    assert (await back.push("message"))["seq"] == joined["seq"] + 1


@pytest_twisted.ensureDeferred
async def test_recover_when_nothing_was_missed(node: StartNode) -> None:
    ann = await (await node()).connected("ann", "lobby")
    seq = (await ann.says("lobby", "seen"))["seq"]
    for _ in range(2):
        joined = await ann.command(
            "join", room="lobby", recover={"epoch": ann.me["epoch"], "seq": seq}
        )
        assert (joined["recovered"], joined["entries"], joined["seq"]) == (True, [], seq)


@pytest_twisted.ensureDeferred
async def test_no_recovery_from_another_epoch_or_from_beyond_the_newest(
    node: StartNode,
) -> None:
    ann = await (await node()).connected("ann", "lobby")
    for number in range(3):
        await ann.says("lobby", f"{number}")
    for place in (
        {"epoch": "another", "seq": 1},
        {"epoch": ann.me["epoch"], "seq": 4},
        {"epoch": ann.me["epoch"], "seq": 2**53},
    ):
        joined = await ann.command("join", room="lobby", recover=place)
        assert joined["recovered"] is False
        assert texts(joined) == ["0", "1", "2"]


@pytest_twisted.ensureDeferred
async def test_no_recovery_of_what_was_pruned(node: StartNode) -> None:
    ann = await (await node(keep=3)).connected("ann", "lobby")
    for number in range(1, 6):
        await ann.says("lobby", f"{number}")
    recovered = []
    for seq in (0, 1, 2, 3):  # 1 and 2 were pruned: from 2 on nothing is missing
        place = {"epoch": ann.me["epoch"], "seq": seq}
        joined = await ann.command("join", room="lobby", recover=place)
        recovered.append((joined["recovered"], texts(joined)))
    newest = ["3", "4", "5"]
    assert recovered == [(False, newest), (False, newest), (True, newest), (True, ["4", "5"])]


@pytest_twisted.ensureDeferred
async def test_join_gives_so_many_of_the_newest(node: StartNode) -> None:
    ann = await (await node()).connected("ann", "lobby")
    await ann.says_many("lobby", 60)
    assert texts(await ann.command("join", room="lobby")) == [f"{n}" for n in range(11, 61)]
    few = await ann.command("join", room="lobby", history=2)
    assert (texts(few), few["more"], few["seq"]) == (["59", "60"], False, 60)
    none = await ann.command("join", room="lobby", history=0)
    assert (none["entries"], none["seq"]) == ([], 60)


@pytest.mark.parametrize(("count", "length"), [(700, 1), (40, 4000)])
@pytest_twisted.ensureDeferred
async def test_about_64_kib_of_entries_at_once_and_then_more(
    node: StartNode, count: int, length: int
) -> None:
    ann = await (await node()).connected("ann", "lobby")
    await ann.says_many("lobby", count, "x" * length)
    place = {"epoch": ann.me["epoch"], "seq": 0}
    page = await ann.command("join", room="lobby", recover=place)
    assert page["recovered"] is True
    seen = [entry["seq"] for entry in page["entries"]]
    while page["more"]:
        assert len(page["entries"]) <= 1000
        assert 50_000 < len(json.dumps(page["entries"])) < 80_000
        assert page.get("seq", seen[-1]) == seen[-1]
        page = await ann.command("history", room="lobby", after=seen[-1], limit=5000)
        seen += [entry["seq"] for entry in page["entries"]]
    assert seen == list(range(1, count + 1))


@pytest_twisted.ensureDeferred
async def test_an_entry_of_more_than_64_kib_comes_alone(node: StartNode) -> None:
    ann = await (await node(max_text=0, max_line=1 << 20)).connected("ann", "lobby")
    await ann.says_many("lobby", 3, "{}" + "x" * 70_000)
    for seq in (0, 1, 2):
        page = await ann.command("history", room="lobby", after=seq)
        assert [entry["seq"] for entry in page["entries"]] == [seq + 1]
        assert page["more"] is (seq < 2)


@pytest_twisted.ensureDeferred
async def test_what_came_after_a_page_comes_by_itself(node: StartNode) -> None:
    """A joined with `more` covers less than the room has: no push falls in between."""
    chat = await node()
    ann = await chat.connected("ann", "lobby")
    await ann.says_many("lobby", 40, "{:02}" + "x" * 3998)
    bob = await chat.connected("bob")
    place = {"epoch": ann.me["epoch"], "seq": 0}
    joined = await bob.command("join", room="lobby", recover=place)
    await ann.says("lobby", "new")
    new = await bob.push("message", text="new")
    seen = [entry["seq"] for entry in joined["entries"]]
    while seen[-1] < new["seq"]:
        page = await bob.command("history", room="lobby", after=seen[-1], limit=1000)
        seen += [entry["seq"] for entry in page["entries"]]
    assert seen == list(range(1, 42))


@pytest_twisted.ensureDeferred
async def test_history_before_and_after(node: StartNode) -> None:
    ann = await (await node()).connected("ann", "lobby")
    await ann.says_many("lobby", 60)

    async def read(**fields: int) -> tuple[list[int], bool]:
        reply = await ann.command("history", room="lobby", **fields)
        assert (reply["type"], reply["room"]) == ("history", "lobby")
        assert reply["epoch"] == ann.me["epoch"]
        return [entry["seq"] for entry in reply["entries"]], reply["more"]

    assert await read() == (list(range(11, 61)), True)
    assert await read(before=4) == ([1, 2, 3], False)
    assert await read(before=4, limit=2) == ([2, 3], True)
    assert await read(after=57) == ([58, 59, 60], False)
    assert await read(after=57, limit=1) == ([58], True)
    assert await read(after=60) == ([], False)
    assert await read(before=1) == ([], False)
    assert await read(limit=0) == ([], True)
    assert await ann.refusal("history", room="lobby", before=3, after=1) == "bad_command"
