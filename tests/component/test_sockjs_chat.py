"""The chat at `/chat`: what SockJS does to a connection, and what becomes of it in the chat."""

from __future__ import annotations

import json
from typing import Any

import pytest
import pytest_twisted

from rabbitchat.settings import Limits
from rabbitchat.transports.sockjs import chat_options
from support.clients import JSONClient
from support.http import Answer, parse
from support.nodes import Node, StartNode
from support.sockjs_carriers import POLLING, STREAMING
from support.waiting import until

ALL = ["websocket", POLLING, STREAMING]


async def post(chat: Node, path: str, body: str = "", *headers: str) -> Answer:
    """A request to a URL below `/chat`, and the whole answer."""
    raw = await chat.raw()
    lines = [f"POST /chat{path} HTTP/1.0", "Host: test", f"Content-Length: {len(body)}", *headers]
    raw.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    return parse(await raw.over())


async def poll(chat: Node, session: str) -> Any:
    """What one poll brings: the frame's letter, and what is in it."""
    text = (await post(chat, f"/000/{session}/xhr")).body.decode().strip()
    return text[:1], json.loads(text[1:] or "null")


async def person(chat: Node, transport: str, nick: str) -> JSONClient:
    """Somebody in the lobby."""
    client = await chat.sockjs(transport)
    client.me = await client.command("connect", nick=nick)
    await client.command("join", room="lobby")
    return client


# -- how one goes


@pytest_twisted.ensureDeferred
async def test_a_websocket_closed_with_1000_is_a_goodbye(node: StartNode) -> None:
    chat = await node(grace=3600)
    ann, bob = await chat.connected("ann", "lobby"), await person(chat, "websocket", "bob")
    await bob.close()
    await ann.push("leave", nick="bob")


@pytest.mark.parametrize("code", [None, 4000])
@pytest_twisted.ensureDeferred
async def test_another_close_may_be_a_reload(node: StartNode, code: int | None) -> None:
    """sockjs-client closes its WebSocket without a code, whatever the reason."""
    chat = await node(grace=3600)
    ann, bob = await chat.connected("ann", "lobby"), await person(chat, "websocket", "bob")
    carrier: Any = bob.carrier
    carrier._websocket.close_code = code
    await bob.close()
    await until(lambda: chat.figure("connections", transport="sockjs") == 0, what="the end")
    reply = await ann.command("presence", room="lobby")
    assert {member["nick"] for member in reply["members"]} == {"ann", "bob"}
    assert ann.got("leave") == []


@pytest.mark.parametrize(("code", "is_goodbye"), [(1000, True), (4000, False)])
@pytest_twisted.ensureDeferred
async def test_a_raw_websocket_says_as_much_as_ws(
    node: StartNode, code: int, is_goodbye: bool
) -> None:
    chat = await node(grace=3600)
    ann = await chat.connected("ann", "lobby")
    bob = await chat.websocket("/chat/websocket")
    await bob.command("connect", nick="bob")
    await bob.command("join", room="lobby")
    carrier: Any = bob.carrier
    carrier.close_code = code
    await bob.close()
    if is_goodbye:
        await ann.push("leave", nick="bob")
    else:
        await until(lambda: chat.figure("connections", transport="sockjs") == 0, what="the end")
        assert ann.got("leave") == []


@pytest_twisted.ensureDeferred
async def test_who_asks_no_more_is_lost_and_comes_back_as_the_same(node: StartNode) -> None:
    chat = await node(grace=3600)
    ann, bob = await chat.connected("ann", "lobby"), await person(chat, POLLING, "bob")
    bob.vanish()
    await until(lambda: chat.figure("connections", transport="sockjs") == 0, what="the loss")
    again = await chat.sockjs(STREAMING)
    me = await again.command("connect", nick="bob", session=bob.me["session"])
    assert me["user"] == bob.me["user"]
    assert ann.got("leave") == []
    assert len(ann.got("join")) == 1


# -- what is wrong


@pytest.mark.parametrize("transport", ALL)
@pytest_twisted.ensureDeferred
async def test_a_bad_command_is_answered_and_the_session_stays(
    node: StartNode, transport: str
) -> None:
    bob = await (await node()).sockjs(transport)
    bob.carrier.send_text("{")
    assert (await bob.push("error"))["code"] == "bad_json"
    assert await bob.refusal("join", room="lobby") == "not_connected"
    await bob.command("connect", nick="bob")


@pytest_twisted.ensureDeferred
async def test_a_binary_message_is_refused_and_the_session_stays(node: StartNode) -> None:
    bob = await (await node()).websocket("/chat/websocket")
    carrier: Any = bob.carrier
    carrier.sendMessage(b'{"type":"ping"}', isBinary=True)
    assert "text frames" in (await bob.push("error"))["message"]
    await bob.command("ping")


@pytest_twisted.ensureDeferred
async def test_a_broken_frame_ends_the_session(node: StartNode) -> None:
    chat = await node()
    ann, bob = await chat.connected("ann", "lobby"), await person(chat, "websocket", "bob")
    carrier: Any = bob.carrier
    carrier._websocket.send_text("no array")
    assert (await bob.ended()).code == 1007
    await ann.says("lobby", "all is well")


@pytest_twisted.ensureDeferred
async def test_a_broken_body_is_refused_and_the_session_stays(node: StartNode) -> None:
    chat = await node()
    assert await poll(chat, "bob") == ("o", None)
    refused = await post(chat, "/000/bob/xhr_send", "no array")
    assert (refused.status, refused.body) == (500, b"Broken JSON encoding.\n")
    ping = json.dumps([json.dumps({"type": "ping", "id": 1})])
    assert (await post(chat, "/000/bob/xhr_send", ping)).status == 204
    assert await poll(chat, "bob") == ("a", ['{"type":"pong","id":1}'])


@pytest.mark.parametrize("path", ["/info", "/000/eve/xhr", "/000/eve/xhr_send"])
@pytest_twisted.ensureDeferred
async def test_pages_from_elsewhere_may_not_come(node: StartNode, path: str) -> None:
    chat = await node()
    method = "GET" if path == "/info" else "POST"
    raw = await chat.raw()
    head = f"{method} /chat{path} HTTP/1.0\r\nHost: test\r\nOrigin: http://evil.example\r\n"
    raw.write(f"{head}Content-Length: 0\r\n\r\n".encode())
    answer = parse(await raw.over())
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest_twisted.ensureDeferred
async def test_pages_that_were_allowed_may_come(node: StartNode) -> None:
    chat = await node(allow_origins=("https://chat.example",))
    answer = await post(chat, "/000/bob/xhr", "", "Origin: https://chat.example")
    assert answer.body == b"o\n"
    assert answer.headers["access-control-allow-origin"] == "https://chat.example"


# -- who is sent away


@pytest.mark.parametrize("transport", ALL)
@pytest_twisted.ensureDeferred
async def test_connect_must_come_in_time(node: StartNode, transport: str) -> None:
    silent = await (await node(connect_timeout=0.3)).sockjs(transport)
    assert await silent.closed() == (3501, False)


@pytest.mark.parametrize("transport", ALL)
@pytest_twisted.ensureDeferred
async def test_one_connection_too_many_is_told_so(node: StartNode, transport: str) -> None:
    chat = await node(max_connections_per_ip=3)
    for number in range(3):
        await chat.connected(f"ann{number}")
    assert await (await chat.sockjs(transport)).closed() == (3502, False)


@pytest_twisted.ensureDeferred
async def test_a_server_that_shuts_down_says_so(node: StartNode) -> None:
    chat = await node()
    people = [await person(chat, "websocket", "ann"), await person(chat, STREAMING, "bob")]
    await chat.stop()
    for one in people:
        assert await one.closed() == (3000, True)


@pytest_twisted.ensureDeferred
async def test_who_asks_too_seldom_is_sent_away_to_come_back(node: StartNode) -> None:
    """Nothing is dropped in silence: first comes all that waited, or else the reason."""
    chat = await node(max_text=0, max_buffer=50_000, rate=0.0)
    ann = await chat.connected("ann", "lobby")
    assert await poll(chat, "bob") == ("o", None)
    for command in ({"type": "connect", "nick": "bob"}, {"type": "join", "room": "lobby"}):
        body = json.dumps([json.dumps(command)])
        assert (await post(chat, "/000/bob/xhr_send", body)).status == 204
    await ann.push("join", nick="bob")
    for _ in range(3):
        await ann.says("lobby", "x" * 20_000)
    kind, [farewell] = await poll(chat, "bob")
    assert (kind, json.loads(farewell)["code"]) == ("a", 3001)
    kind, (code, reason) = await poll(chat, "bob")
    assert (kind, code) == ("c", 3001)
    assert reason == "you read too slowly: come back"
    await ann.push("leave", nick="bob")


@pytest_twisted.ensureDeferred
async def test_who_does_not_read_a_stream_is_sent_away(node: StartNode) -> None:
    chat = await node(max_text=0, max_line=1 << 20, max_buffer=100_000, rate=0.0)
    ann, bob = await chat.connected("ann", "lobby"), await person(chat, STREAMING, "bob")
    bob.carrier.stop_reading()
    said = 0
    while chat.figure("connections", transport="sockjs"):
        await ann.says("lobby", "x" * 60_000)
        said += 1
        assert said < 500, "bob is not sent away"
    bob.carrier.read_again()
    await bob.ended()
    seqs = [push["seq"] for push in bob.got("message")]
    assert seqs == list(range(1, len(seqs) + 1)), "no hole before the close"
    assert len(seqs) < said


# -- who sends too fast


@pytest.mark.parametrize("transport", ALL)
@pytest_twisted.ensureDeferred
async def test_who_is_a_little_too_fast_is_slowed_and_loses_nothing(
    node: StartNode, transport: str
) -> None:
    bob = await person(await node(rate=20.0, burst=1), transport, "bob")
    for number in range(10):
        bob.send(type="publish", id=number, room="lobby", text=str(number))
    replies = [await bob.replies.next() for _ in range(10)]
    assert [reply["type"] for reply in replies] == ["published"] * 10
    assert [reply["seq"] for reply in replies] == list(range(1, 11))


# -- what clients and proxies need


@pytest.mark.parametrize(("ping", "heartbeat"), [(25.0, 25.0), (0.0, 0.0), (7200.0, 30.0)])
def test_a_heartbeat_comes_before_a_client_gives_up(ping: float, heartbeat: float) -> None:
    assert chat_options(Limits(ping=ping), (), ()).heartbeat_delay == heartbeat


@pytest_twisted.ensureDeferred
async def test_a_stream_is_not_for_a_proxy_to_keep(node: StartNode) -> None:
    raw = await (await node()).raw()
    raw.write(b"POST /chat/000/bob/xhr_streaming HTTP/1.1\r\nHost: test\r\n\r\n")
    await raw.until(lambda data: b"\r\no\n" in data, "the open frame")
    assert b"\r\nx-accel-buffering: no\r\n" in raw.data.lower()
    raw.vanish()
