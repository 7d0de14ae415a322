"""What nobody well-behaved sends over a WebSocket: it costs the sender, and nobody else."""

from __future__ import annotations

from typing import Optional

import pytest
import pytest_twisted
from autobahn.websocket.compress import PerMessageDeflateOffer

from rabbitchat.sockjs.websockets import SLICE
from rabbitchat.transports.websocket import WebSocketConnection
from support.carriers import open_websocket
from support.clients import JSONClient
from support.nodes import Node, StartNode
from support.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawWebSocket, frame, upgrade
from support.waiting import until

PLING = b'{"type":"ping","id":1}'


async def with_bystander(node: StartNode, **options: object) -> tuple[Node, JSONClient]:
    """A daemon and somebody who is not to notice anything."""
    chat = await node(**options)
    return chat, await chat.connected("ann", "lobby")


# -- frames


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(frame(TEXT, declared=1 << 40), 1009, id="a terabyte"),
        pytest.param(frame(TEXT, b"x" * 2000), 1009, id="a frame over --max-line"),
        pytest.param(
            frame(TEXT, b"x" * 900, fin=False) + frame(CONTINUATION, b"x" * 900),
            1009,
            id="a message over --max-line",
        ),
        pytest.param(
            frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 100,
            1009,
            id="a message of very many frames",
        ),
        pytest.param(frame(TEXT, b"\xff\xfe"), 1007, id="no UTF-8"),
        pytest.param(frame(TEXT, b"\xed\xa0\x80"), 1007, id="a surrogate"),
        pytest.param(frame(TEXT, b"\xc3"), 1007, id="half a character"),
        pytest.param(frame(TEXT, PLING, masked=False), 1002, id="not masked"),
        pytest.param(frame(TEXT, PLING, reserved=4), 1002, id="a reserved bit"),
        pytest.param(frame(3, b"x"), 1002, id="a reserved kind"),
        pytest.param(frame(11, b"x"), 1002, id="a reserved control kind"),
        pytest.param(frame(PING, b"x", fin=False), 1002, id="a ping in parts"),
        pytest.param(frame(PING, b"x" * 126), 1002, id="a long ping"),
        pytest.param(frame(CONTINUATION, b"x"), 1002, id="nothing to continue"),
        pytest.param(frame(TEXT, b"x", fin=False) + frame(TEXT, b"x"), 1002, id="no continuation"),
        pytest.param(frame(CLOSE, b"\x03"), 1002, id="half a close code"),
        pytest.param(frame(CLOSE, (1005).to_bytes(2, "big")), 1002, id="a reserved close code"),
        pytest.param(frame(CLOSE, (1000).to_bytes(2, "big") + b"\xff"), 1007, id="bad reason"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_broken_frame_closes_with_its_code(
    node: StartNode, sent: bytes, code: int
) -> None:
    chat, ann = await with_bystander(node, max_line=1000)
    raw = await chat.raw_websocket()
    raw.write(frame(TEXT, b'{"type":"connect","nick":"bob","id":1}'))
    raw.write(frame(TEXT, b'{"type":"join","room":"lobby","id":2}'))
    await ann.push("join", nick="bob")
    raw.write(sent)
    assert await raw.close_code() == code
    raw.write(frame(CLOSE, code.to_bytes(2, "big")))
    await raw.over()
    await ann.push("leave", nick="bob")
    await ann.says("lobby", "all is well")


@pytest_twisted.ensureDeferred
async def test_frames_up_to_the_limits_are_taken(node: StartNode) -> None:
    chat, _ = await with_bystander(node, max_line=1000)
    raw = await chat.raw_websocket()
    raw.write(frame(TEXT, PLING.ljust(1000)))
    await raw.next(TEXT)
    raw.write(frame(TEXT, PLING[:1], fin=False))
    raw.write(b"".join(frame(CONTINUATION, fin=False) for _ in range(62)))
    raw.write(frame(PING, b"between"))
    raw.write(frame(CONTINUATION, PLING[1:]))
    await raw.next(TEXT)
    assert await raw.frame(PONG) == b"between"
    assert raw.kinds(CLOSE) == []


@pytest_twisted.ensureDeferred
async def test_a_frame_byte_by_byte_is_a_frame(node: StartNode) -> None:
    chat, _ = await with_bystander(node)
    raw = await chat.raw_websocket()
    for byte in frame(TEXT, PLING):
        raw.write(bytes([byte]))
        await until(lambda: True)
    assert await raw.frame(TEXT) == b'{"type":"pong","id":1}'


@pytest_twisted.ensureDeferred
async def test_a_binary_frame_gets_an_error(node: StartNode) -> None:
    chat, _ = await with_bystander(node)
    raw = await chat.raw_websocket()
    raw.write(frame(BINARY, b"\x00\xff"))
    assert b'"bad_json"' in await raw.frame(TEXT)
    raw.write(frame(TEXT, PLING))
    assert b'"pong"' in await raw.next(TEXT)


@pytest_twisted.ensureDeferred
async def test_a_flood_of_pings_is_cut_and_a_few_are_answered(node: StartNode) -> None:
    chat, ann = await with_bystander(node)
    few, many = await chat.raw_websocket(), await chat.raw_websocket()
    few.write(b"".join(frame(PING, b"%d" % number) for number in range(10)))
    many.write(frame(PING) * 10_000)
    await many.over()
    assert len(many.kinds(PONG)) <= 21
    await until(lambda: len(few.kinds(PONG)) == 10, what="ten pongs")
    assert few.kinds(PONG) == [b"%d" % number for number in range(10)]
    await ann.says("lobby", "all is well")


@pytest_twisted.ensureDeferred
async def test_a_flood_of_pongs_is_cut_too(node: StartNode) -> None:
    chat, ann = await with_bystander(node)
    few, many = await chat.raw_websocket(), await chat.raw_websocket()
    few.write(frame(PONG) * 10 + frame(TEXT, PLING))
    many.write(frame(PONG) * 100)
    await many.over()
    assert b"pong" in await few.frame(TEXT)
    await ann.says("lobby", "all is well")


@pytest_twisted.ensureDeferred
async def test_what_comes_at_once_is_taken_in_slices(
    node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, _ = await with_bystander(node)
    raw = await chat.raw_websocket()
    slices: list[int] = []
    take = WebSocketConnection._dataReceived

    def recorded(connection: WebSocketConnection, data: bytes) -> None:
        slices.append(len(data))
        take(connection, data)

    monkeypatch.setattr(WebSocketConnection, "_dataReceived", recorded)
    big = b'{"type":"ping","id":0,"unknown":"' + b"x" * 60_000 + b'"}'
    pings = [b'{"type":"ping","id":%d}' % number for number in range(1, 50)]
    raw.write(b"".join(frame(TEXT, ping) for ping in [big, *pings]))
    await until(lambda: len(raw.kinds(TEXT)) == 50, what="fifty pongs")
    assert raw.kinds(TEXT) == [b'{"type":"pong","id":%d}' % number for number in range(50)]
    assert max(slices) <= SLICE < sum(slices)


@pytest_twisted.ensureDeferred
async def test_a_frame_of_very_many_lines_is_dropped(node: StartNode) -> None:
    chat, _ = await with_bystander(node)
    person = await chat.line_on_websocket()
    await person.sees("What is your name?")
    person.types("bob\n" * 101)
    await person.sees_one(lambda line: "100 lines" in line, "an error")
    assert chat.daemon.presence.user_of("bob") is None
    person.types("bob\n" + "\n" * 98 + "hello\n")
    await person.sees_one(lambda line: line.startswith("* you are bob"), "the welcome")


@pytest_twisted.ensureDeferred
async def test_a_flood_after_the_close_began_costs_little(node: StartNode) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw_websocket()
    raw.write(frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 100_000)
    assert await raw.close_code() == 1009
    raw.write(frame(TEXT, b'{"type":"connect","nick":"late"}'))
    await ann.says("lobby", "all is well")
    assert chat.daemon.presence.user_of("late") is None


@pytest_twisted.ensureDeferred
async def test_no_compression_is_agreed_on(node: StartNode) -> None:
    chat, _ = await with_bystander(node)
    carrier = await open_websocket(
        chat.port,
        configure=lambda factory: factory.setProtocolOptions(
            perMessageCompressionOffers=[PerMessageDeflateOffer()]
        ),
    )
    client = JSONClient(carrier)
    assert carrier.extensions == []
    await client.command("ping")
    await client.close()


# -- who may come


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 101),
        ("http://127.0.0.1:{port}", 101),
        ("https://127.0.0.1:{port}", 101),  # a proxy takes TLS off
        ("http://127.0.0.1:1", 403),
        ("http://localhost:{port}", 403),
        ("http://evil.example", 403),
        ("http://127.0.0.1:{port}.evil.example", 403),
        ("http://evil.example/http://127.0.0.1:{port}", 403),
        ("null", 403),
        ("", 403),
        ("*", 403),
        ("file://", 403),
        ("https://chat.example", 101),
        ("HTTPS://Chat.Example:443", 101),
        ("http://chat.example", 403),
        ("https://chat.example:8443", 403),
        ("https://chat.example.evil.example", 403),
    ],
)
@pytest_twisted.ensureDeferred
async def test_which_pages_may_connect(
    node: StartNode, origin: Optional[str], status: int
) -> None:
    chat, ann = await with_bystander(node, allow_origins=("https://chat.example",))
    headers = [] if origin is None else [f"Origin: {origin.format(port=chat.port)}"]
    raw = await chat.raw()
    answer = await raw.http(upgrade(chat.port, *headers))
    assert answer.split()[1] == b"%d" % status
    await ann.says("lobby", "all is well")


@pytest_twisted.ensureDeferred
async def test_two_origins_are_none(node: StartNode) -> None:
    chat, _ = await with_bystander(node)
    own = f"Origin: http://127.0.0.1:{chat.port}"
    for headers in ([own, "Origin: http://evil.example"], ["Origin: http://evil.example", own]):
        raw = await chat.raw()
        assert (await raw.http(upgrade(chat.port, *headers))).split()[1] in (b"400", b"403")


async def may_come(chat: Node, forwarded_for: str) -> bool:
    """Whether one more connection with this X-Forwarded-For is taken."""
    client = await chat.websocket(headers={"X-Forwarded-For": forwarded_for})
    client.send(type="ping", id=1)
    await until(lambda: client.everything, what="pong or refusal")
    return bool(client.everything[0]["type"] == "pong")


@pytest_twisted.ensureDeferred
async def test_x_forwarded_for_is_not_believed(node: StartNode) -> None:
    chat = await node(max_connections_per_ip=1)
    assert await may_come(chat, "192.0.2.1")
    assert not await may_come(chat, "192.0.2.2")


@pytest_twisted.ensureDeferred
async def test_x_forwarded_for_of_a_trusted_proxy_is_believed_as_far_as_it_goes(
    node: StartNode,
) -> None:
    chat = await node(max_connections_per_ip=1, trust_proxies=("127.0.0.1", "10.0.0.0/8"))
    assert await may_come(chat, "192.0.2.1")
    assert not await may_come(chat, "192.0.2.1")
    assert await may_come(chat, "192.0.2.2")
    assert not await may_come(chat, "192.0.2.99, 192.0.2.2"), "the first hop is the client's word"
    assert not await may_come(chat, "192.0.2.2, 10.1.2.3"), "a trusted hop is passed"
    assert await may_come(chat, "2001:db8::1")
    assert not await may_come(chat, "2001:0db8:0:0::1")


# -- JSON


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"[" * 60_000, id="deep lists"),
        pytest.param(b'{"type":' * 8_000, id="deep objects"),
        pytest.param(b'{"type":"ping","x":' + b"[" * 30_000, id="deep in an unknown field"),
        pytest.param(
            b'{"type":"ping","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}", id="deep and closed"
        ),
        pytest.param(b'{"type":"ping","id":' + b"9" * 60_000 + b"}", id="a huge integer"),
        pytest.param(b'{"type":"ping","id":1e999}', id="a huge float"),
        pytest.param(b'{"type":"ping","id":NaN}', id="not a number"),
        pytest.param(b'{"type":"ping","id":-Infinity}', id="infinity"),
        pytest.param(b'{"type":"connect","nick":"\\ud800"}', id="a lone surrogate"),
        pytest.param(b'{"type":"connect","nick":"\\u0000"}', id="a nul"),
        pytest.param(b'{"type":"ping","\\ud800":1}', id="a lone surrogate as a name"),
        pytest.param(b"\x00" * 60_000, id="nothing but nul"),
        pytest.param(b'"' + b"\\" * 59_999, id="nothing but backslashes"),
        pytest.param(b'{"type":"ping"' + b',"type":"ping"' * 4_000, id="names again and again"),
        pytest.param(b'{"type":"join","room":"' + b"x" * 60_000 + b'"}', id="a huge room"),
        pytest.param(b'{"type":"connect","nick":"' + b"x" * 60_000 + b'"}', id="a huge nick"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_json_bomb_gets_an_error(node: StartNode, sent: bytes) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw_websocket()
    raw.write(frame(TEXT, sent))
    answer = await raw.frame(TEXT)
    assert b'"type":"error"' in answer
    assert len(answer) < 2000
    raw.write(frame(TEXT, PLING))
    assert b'"pong"' in await raw.next(TEXT)
    await ann.says("lobby", "all is well")


# -- who doesn't read


async def stop_reading(chat: Node, ann: JSONClient) -> RawWebSocket:
    """Somebody in the lobby for whom more waits than a socket holds, but not too much."""
    raw = await chat.raw_websocket()
    raw.write(frame(TEXT, b'{"type":"connect","nick":"bob"}'))
    raw.write(frame(TEXT, b'{"type":"join","room":"lobby"}'))
    await ann.push("join", nick="bob")
    raw.stop_reading()
    while chat.waiting_for("bob") < 100_000:
        await ann.says("lobby", "x" * 500_000)
    return raw


HOLDS = {"max_text": 0, "max_line": 1 << 20, "max_buffer": 1 << 24, "grace": 3600}


@pytest_twisted.ensureDeferred
async def test_who_closes_and_does_not_read_is_cut(
    node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rabbitchat.transports.websocket.ANSWER_CLOSE", 0.2)
    chat, ann = await with_bystander(node, **HOLDS)
    raw = await stop_reading(chat, ann)
    raw.write(frame(CLOSE, (1000).to_bytes(2, "big")))
    await ann.push("leave", nick="bob")
    assert chat.figure("connections", transport="websocket") == 1


@pytest_twisted.ensureDeferred
async def test_pongs_do_not_pile_up_for_who_does_not_read(node: StartNode) -> None:
    chat, ann = await with_bystander(node, **HOLDS)
    raw = await stop_reading(chat, ann)
    waiting = chat.waiting_for("bob")
    raw.write(b"".join(frame(PING, b"x" * 125) for _ in range(15)))
    raw.write(frame(TEXT, b'{"type":"topic","room":"lobby","text":"read until here"}'))
    await ann.push("topic", text="read until here")
    assert chat.waiting_for("bob") - waiting < 15 * 125
