"""What one client may do, and that nobody else notices when it does more (docs/protocol.md)."""

from __future__ import annotations

from datetime import datetime

import pytest
import pytest_twisted

from rabbitchat.transports import websocket
from support.carriers import open_websocket
from support.clients import JSONClient
from support.nodes import StartNode
from support.raw import CLOSE, PING, PONG, TEXT, frame
from support.waiting import until

STRICT = {"rate": 0.3, "burst": 1}
"""The second publish would have to wait longer than anybody is made to."""


async def is_well(client: JSONClient) -> None:
    """Make sure that somebody can still talk."""
    await client.says("lobby", "all is well")


# -- too fast


@pytest_twisted.ensureDeferred
async def test_who_is_a_little_too_fast_is_slowed_and_loses_nothing(node: StartNode) -> None:
    ann = await (await node(rate=20.0, burst=2)).connected("ann", "lobby")
    for number in range(6):
        ann.send(type="publish", id=number, room="lobby", text=f"{number}")
    ann.send(type="ping", id=6)
    replies = [await ann.replies.next() for _ in range(7)]
    assert [reply["id"] for reply in replies] == list(range(7)), "in the order of the commands"
    times = [datetime.fromisoformat(reply["time"].rstrip("Z")) for reply in replies[:6]]
    for number in range(2, 6):
        waited = (times[number] - times[0]).total_seconds()
        assert waited >= (number - 1) / 20 - 0.01


@pytest_twisted.ensureDeferred
async def test_who_is_much_too_fast_is_refused(node: StartNode) -> None:
    chat = await node(**STRICT)
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    await ann.says("lobby", "first")
    refused = await ann.answer("publish", room="lobby", text="second")
    assert (refused["code"], refused["temporary"]) == ("rate_limited", True)
    assert await ann.refusal("topic", room="lobby", text="tea") == "rate_limited"
    assert (await ann.command("ping"))["type"] == "pong"
    assert (await bob.says("lobby", "bob may"))["seq"] == 2
    assert [push["text"] for push in bob.got("message")] == ["first", "bob may"]


@pytest_twisted.ensureDeferred
async def test_the_rate_is_of_the_user_not_of_the_connection(node: StartNode) -> None:
    chat = await node(**STRICT)
    ann = await chat.connected("ann", "lobby")
    other = await chat.connected("ann", "lobby", session=ann.me["session"])
    await ann.says("lobby", "first")
    assert await other.refusal("publish", room="lobby", text="second") == "rate_limited"
    await ann.close()
    back = await chat.connected("ann", "lobby", session=ann.me["session"])
    assert await back.refusal("publish", room="lobby", text="third") == "rate_limited"


@pytest_twisted.ensureDeferred
async def test_a_flood_of_publishes_is_cut_off_and_what_waits_is_dropped(
    node: StartNode,
) -> None:
    chat = await node(rate=1.0, burst=1)
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    for number in range(30):
        ann.send(type="publish", room="lobby", text=f"{number}")
    assert await ann.closed() == (3500, False)
    await bob.push("leave", nick="ann")
    await is_well(bob)
    assert len(bob.got("message", from_="ann")) == 1


@pytest.mark.parametrize("sent", ['{"type":"ping"}', "nonsense", '{"type":"nonsense"}'])
@pytest.mark.parametrize("connected", [True, False])
@pytest_twisted.ensureDeferred
async def test_a_flood_of_anything_is_cut_off(node: StartNode, sent: str, connected: bool) -> None:
    chat = await node()
    bob = await chat.connected("bob", "lobby")
    ann = await chat.connected("ann", "lobby") if connected else await chat.websocket()
    for _ in range(700):
        ann.carrier.send_text(sent)
    assert await ann.closed() == (3500, False)
    await is_well(bob)


@pytest_twisted.ensureDeferred
async def test_coming_back_into_twenty_rooms_is_not_refused(node: StartNode) -> None:
    ann = await (await node(**STRICT)).connected("ann")
    for number in range(20):
        ann.send(type="join", id=number, room=f"room-{number}")
        ann.send(type="history", id=100 + number, room=f"room-{number}")
    replies = [await ann.replies.next() for _ in range(40)]
    assert {reply["type"] for reply in replies} == {"joined", "history"}


@pytest_twisted.ensureDeferred
async def test_0_lifts_the_rate(node: StartNode) -> None:
    ann = await (await node(rate=0.0)).connected("ann", "lobby")
    replies = await ann.says_many("lobby", 300)
    assert [reply["seq"] for reply in replies] == list(range(1, 301))


# -- connections


@pytest_twisted.ensureDeferred
async def test_connect_must_come_in_time(node: StartNode) -> None:
    chat = await node(connect_timeout=0.5)
    ann = await chat.connected("ann", "lobby")
    silent = await chat.websocket()
    silent.send(type="ping")
    silent.send(type="connect", nick="a b")
    assert await silent.closed() == (3501, False)
    await is_well(ann)


@pytest_twisted.ensureDeferred
async def test_so_many_connections_from_one_address(node: StartNode) -> None:
    chat = await node(max_connections_per_ip=2)
    ann = await chat.connected("ann", "lobby")
    person = await chat.line()
    await person.sees("What is your name?")
    third = await chat.websocket()
    assert await third.closed() == (3502, False)
    fourth = await chat.line()
    await fourth.sees_one(lambda line: "(3502)" in line, "refusal")
    await fourth.ended()
    await person.close()
    await until(lambda: chat.figure("connections", transport="line") == 0, what="a free place")
    bob = await chat.connected("bob", "lobby")
    await is_well(ann)
    await is_well(bob)


# -- slow and silent ones


SLOW = {"max_text": 0, "max_line": 1 << 20, "max_buffer": 100_000}


@pytest_twisted.ensureDeferred
async def test_who_does_not_read_is_sent_away(node: StartNode) -> None:
    chat = await node(**SLOW)
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    ann.carrier.stop_reading()
    said = await chat.fill_up(bob)
    ann.carrier.read_again()
    assert await ann.closed() == (3001, True)
    assert len(ann.got("message")) < said
    seqs = [push["seq"] for push in ann.got("message")]
    assert seqs == list(range(1, len(seqs) + 1)), "no hole before the close"
    assert len(bob.got("message")) == said
    await is_well(bob)


@pytest_twisted.ensureDeferred
async def test_who_never_reads_again_is_cut(
    node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "ANSWER_CLOSE", 1.0)
    chat = await node(**SLOW)
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "lobby")
    ann.carrier.stop_reading()
    await chat.fill_up(bob)
    await bob.push("leave", nick="ann")
    await is_well(bob)


@pytest_twisted.ensureDeferred
async def test_who_answers_no_ping_is_sent_away(node: StartNode) -> None:
    chat = await node(ping=0.3)
    carrier = await open_websocket(chat.port)
    carrier.answers_pings = False
    mute = JSONClient(carrier)
    await mute.command("connect", nick="mute")
    await mute.command("join", room="lobby")
    ann = await chat.connected("ann", "lobby")
    assert await mute.closed() == (3002, True)
    await ann.push("leave", nick="mute")
    await is_well(ann)


@pytest_twisted.ensureDeferred
async def test_who_answers_pings_stays(node: StartNode) -> None:
    raw = await (await node(ping=0.2, connect_timeout=0.0)).raw_websocket()
    for _ in range(4):
        await raw.next(PING)
        raw.write(frame(PONG, raw.kinds(PING)[-1]))
    assert raw.kinds(CLOSE) == []


@pytest_twisted.ensureDeferred
async def test_who_says_something_is_not_pinged(node: StartNode) -> None:
    chat = await node(ping=0.4)
    raw = await chat.raw_websocket()
    end = chat.now() + 0.8
    while chat.now() < end:
        raw.write(frame(TEXT, b'{"type":"ping","id":1}'))
        await raw.next(TEXT)
    assert raw.kinds(PING) == []


# -- the server goes


@pytest_twisted.ensureDeferred
async def test_a_server_that_shuts_down_says_so(node: StartNode) -> None:
    chat = await node()
    ann, lines = await chat.connected("ann", "lobby"), await chat.json_lines()
    person, framed = await chat.line(), await chat.line_on_websocket()
    await chat.stop()
    assert await ann.closed() == (3000, True)
    assert await lines.closed() == (3000, True)
    for one in (person, framed):
        await one.sees_one(lambda line: "(3000)" in line, "good-bye")
        assert (await one.ended()).code in (None, 3000)


@pytest_twisted.ensureDeferred
async def test_a_server_does_not_wait_long_for_who_does_not_answer(node: StartNode) -> None:
    chat = await node()
    raw = await chat.raw_websocket()
    begin = chat.now()
    await chat.stop()
    assert chat.now() - begin < 5
    assert await raw.close_code() == 3000


@pytest_twisted.ensureDeferred
async def test_who_saw_more_than_the_log_has_is_sent_away_to_come_back(node: StartNode) -> None:
    """As when a database was restored from a backup."""
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby"), await chat.connected("bob", "den")
    await ann.says_many("lobby", 3)
    chat.daemon.log._rooms.clear()  # type: ignore[attr-defined]
    await chat.daemon.delivery.compare()
    assert await ann.closed() == (3003, True)
    await bob.says("den", "not in that room")
    back = await chat.connected("ann", "lobby", session=ann.me["session"])
    assert (await back.says("lobby", "again"))["seq"] == 1
