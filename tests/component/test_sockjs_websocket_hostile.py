"""What nobody well-behaved sends over a WebSocket of a SockJS service, with frames or raw: it
costs the sender, and nobody else."""

from __future__ import annotations

import pytest
import pytest_twisted
from twisted.internet.error import ConnectionLost

from rabbitchat.sockjs.websockets import SLICE, WebSocket
from support.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame
from support.sockjs_hostile import HELD, bystander, read_nothing, waiting
from support.sockjs_raw import HTTP11, Response, handshake
from support.sockjs_services import StandingClock, StartApp, new_session
from support.waiting import pause, until

BOTH = pytest.mark.parametrize("kind", ["session", "raw"])


def path_of(kind: str) -> str:
    """A WebSocket of this kind."""
    return "/app/websocket" if kind == "raw" else f"/app{new_session()}/websocket"


# -- broken frames

BROKEN = {
    "a terabyte": (frame(TEXT, declared=1 << 40), 1009),
    "the longest there is": (frame(TEXT, declared=(1 << 63) - 1), 1009),
    "longer than there is": (frame(TEXT, declared=1 << 63), 1002),
    "a length that could be shorter": (b"\x81\xfe\x00\x05\0\0\0\0hello", 1002),
    "a frame over the limit": (frame(TEXT, b"x" * 65537), 1009),
    "a message over the limit": (
        frame(TEXT, b"x" * 40_000, fin=False) + frame(CONTINUATION, b"x" * 40_000),
        1009,
    ),
    "very many frames": (frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 100, 1009),
    "very many empty frames": (
        frame(BINARY, fin=False) + frame(CONTINUATION, fin=False) * 50_000,
        1009,
    ),
    "no UTF-8": (frame(TEXT, b'["\xff\xfe"]'), 1007),
    "a surrogate": (frame(TEXT, b'["\xed\xa0\x80"]'), 1007),
    "half a character": (frame(TEXT, b'["\xc3'), 1007),
    "beyond Unicode": (frame(TEXT, b"\xf4\x90\x80\x80"), 1007),
    "not masked": (frame(TEXT, b'["x"]', masked=False), 1002),
    "a reserved bit": (frame(TEXT, b'["x"]', reserved=4), 1002),
    "a reserved kind": (frame(3, b"x"), 1002),
    "a reserved control kind": (frame(11, b"x"), 1002),
    "a ping in parts": (frame(PING, b"x", fin=False), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "nothing to continue": (frame(CONTINUATION, b"x"), 1002),
    "no continuation": (frame(TEXT, b"x", fin=False) + frame(TEXT, b"x"), 1002),
    "half a close code": (frame(CLOSE, b"\x03"), 1002),
    "a reserved close code": (frame(CLOSE, (1005).to_bytes(2, "big")), 1002),
    "a bad reason": (frame(CLOSE, (1000).to_bytes(2, "big") + b"\xff"), 1007),
}


@BOTH
@pytest_twisted.ensureDeferred
async def test_a_broken_frame_closes_with_its_code(start_app: StartApp, kind: str) -> None:
    app = start_app()
    others = await bystander(app)
    for name, (sent, code) in BROKEN.items():
        websocket = await app.websocket(path_of(kind))
        session = app.session
        websocket.write(sent)
        assert int.from_bytes((await websocket.frame(CLOSE))[:2], "big") == code, name
        websocket.write(frame(CLOSE, code.to_bytes(2, "big")))
        await websocket.over()
        await app.get("/nothing")
        assert session.lost is not None
        assert session.heard == []
    assert app.sessions == others.count
    await others.is_well()


@BOTH
@pytest_twisted.ensureDeferred
async def test_up_to_the_limits_all_is_taken(start_app: StartApp, kind: str) -> None:
    app = start_app()
    websocket = await app.websocket(path_of(kind))
    text = b'"%s"' % (b"x" * 65534)
    websocket.write(frame(TEXT, text))
    websocket.write(frame(TEXT, text[:1], fin=False))
    websocket.write(frame(CONTINUATION, fin=False) * 62 + frame(PING, b"x" * 125))
    websocket.write(frame(CONTINUATION, text[1:]))
    await until(lambda: len(app.session.heard) == 2, what="both")
    assert app.session.heard == [text if kind == "raw" else text[1:-1]] * 2
    assert websocket.kinds(PONG) == [b"x" * 125]
    assert websocket.kinds(CLOSE) == []


@pytest_twisted.ensureDeferred
async def test_binary_messages_to_a_session(start_app: StartApp) -> None:
    """SockJS has none: they are JSON, or broken."""
    app = start_app()
    good, bad = [await app.websocket(path_of("session")) for _ in range(2)]
    good.write(frame(BINARY, b'["x"]'))
    await until(lambda: app.application.sessions[0].heard == [b"x"], what="a message")
    for websocket, payload in ((good, b"\x00\xff"), (bad, b"\x80" * 5000)):
        websocket.write(frame(BINARY, payload))
        await websocket.hears("o")
        await websocket.closes(1007)


@BOTH
@pytest_twisted.ensureDeferred
async def test_no_compression_is_agreed_on(start_app: StartApp, kind: str) -> None:
    app = start_app()
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit; a=b"
    websocket = await app.websocket(path_of(kind), offer)
    assert websocket.response["Sec-WebSocket-Extensions"] is None
    websocket.write(frame(TEXT, b"x", reserved=4))  # the bit that says that it is compressed
    assert (await websocket.frame(CLOSE))[:2] == (1002).to_bytes(2, "big")


# -- floods


@pytest.mark.parametrize("opcode", [PING, PONG])
@BOTH
@pytest_twisted.ensureDeferred
async def test_a_flood_is_cut_and_a_few_are_answered(
    start_app: StartApp, kind: str, opcode: int
) -> None:
    app = start_app()
    others = await bystander(app)
    few, many = [await app.websocket(path_of(kind)) for _ in range(2)]
    flooded = app.session
    few.write(b"".join(frame(opcode, b"%d" % number) for number in range(10)))
    many.write(frame(opcode, b"x" * 100) * 10_000 + frame(TEXT, b'["late"]'))
    await many.over()
    assert len(many.kinds(PONG)) <= 20
    await until(lambda: flooded.lost, what="connectionLost")
    assert flooded.heard == []
    few.say('["x"]')
    await until(lambda: app.application.sessions[-2].heard, what="a message")
    answered = [b"%d" % number for number in range(10)] if opcode == PING else []
    assert few.kinds(PONG) == answered
    await others.is_well()


@BOTH
@pytest_twisted.ensureDeferred
async def test_nothing_that_came_with_a_flood_is_heard(start_app: StartApp, kind: str) -> None:
    app = start_app()
    websocket = await app.websocket(path_of(kind))
    session = app.session
    websocket.write(frame(PING) * 21 + frame(TEXT, b'["late"]'))
    await websocket.over()
    await until(lambda: session.lost, what="connectionLost")
    assert session.heard == []


@pytest_twisted.ensureDeferred
async def test_a_second_later_pings_are_answered_again(start_app: StartApp) -> None:
    app = start_app(StandingClock())
    websocket = await app.websocket("/app/websocket")
    for number in range(1, 4):
        websocket.write(frame(PING) * 20)
        await websocket.connection.until(
            lambda data, number=number: len(websocket.kinds(PONG)) == 20 * number,  # type: ignore[misc]
            "pongs",
        )
        app.pass_time(1)


@BOTH
@pytest_twisted.ensureDeferred
async def test_a_flood_of_messages_is_taken_in_slices(
    start_app: StartApp, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start_app()
    others = await bystander(app)
    websocket = await app.websocket(path_of(kind))
    session = app.session
    slices: list[int] = []
    take = WebSocket._dataReceived

    def recorded(connection: WebSocket, data: bytes) -> None:
        slices.append(len(data))
        take(connection, data)

    monkeypatch.setattr(WebSocket, "_dataReceived", recorded, raising=False)
    websocket.write(frame(TEXT, b'"x"') * 20_000)
    await others.is_well()
    await until(lambda: len(session.heard) == 20_000, what="all messages")
    assert max(slices) <= SLICE


@BOTH
@pytest_twisted.ensureDeferred
async def test_a_flood_after_the_close_began_costs_little(start_app: StartApp, kind: str) -> None:
    app = start_app()
    others = await bystander(app)
    websocket = await app.websocket(path_of(kind))
    session = app.session
    websocket.write(frame(TEXT, b"\xff") + frame(TEXT, b'["late"]') * 50_000)
    assert (await websocket.frame(CLOSE))[:2] == (1007).to_bytes(2, "big")
    await others.is_well()
    assert session.heard == []


@BOTH
@pytest_twisted.ensureDeferred
async def test_an_application_that_does_not_read(start_app: StartApp, kind: str) -> None:
    """The client is not read either: what it sends stays with it."""
    app = start_app()
    others = await bystander(app)
    websocket = await app.websocket(path_of(kind))
    session = app.session
    session.transport.pauseProducing()
    sent = frame(TEXT, b'"%s"' % (b"x" * 60_000)) * 400
    websocket.write(sent)
    for _ in range(1000):  # in each the server could take 64 KiB
        await pause(0)
    client = websocket.connection.transport
    assert len(client.dataBuffer) - client.offset > len(sent) / 2  # some is in the kernel
    assert len(session.heard) <= 2
    await others.is_well()
    session.transport.resumeProducing()
    await until(lambda: len(session.heard) == 400, what="all messages")


# -- who never reads


@BOTH
@pytest_twisted.ensureDeferred
async def test_who_never_reads_is_sent_away(start_app: StartApp, kind: str) -> None:
    app = start_app(StandingClock())
    app.hold_little()
    others = await bystander(app)
    websocket = await app.websocket(path_of(kind))
    slow = app.session
    read_nothing(websocket.connection)
    held = []
    for _ in range(100):
        slow.transport.write(b"x" * 20_000)
        held.append(waiting(websocket.connection))
    await pause(0)
    assert 0 < max(held) < HELD
    await others.is_well()
    app.pass_time(4.1)
    await until(lambda: slow.lost, what="connectionLost")
    assert slow.lost is ConnectionLost
    assert waiting(websocket.connection) == 0
    assert app.sessions == others.count


@BOTH
@pytest_twisted.ensureDeferred
async def test_who_is_slow_is_told(start_app: StartApp, kind: str) -> None:
    app = start_app(StandingClock())
    app.hold_little()
    websocket = await app.websocket(path_of(kind))
    slow = app.session
    websocket.connection.transport.pauseProducing()
    for _ in range(100):
        slow.transport.write(b"x" * 20_000)
    websocket.connection.transport.resumeProducing()
    reason = (await websocket.frame(CLOSE))[2:]
    assert reason == b"You read too slowly"
    if kind == "session":
        assert websocket.kinds(TEXT)[-1] == b'c[3001,"You read too slowly"]'
    websocket.vanish()
    await until(lambda: slow.lost, what="connectionLost")


@BOTH
@pytest_twisted.ensureDeferred
async def test_pongs_do_not_pile_up(start_app: StartApp, kind: str) -> None:
    app = start_app(StandingClock(), pings_a_second=0)
    app.hold_little()
    others = await bystander(app)
    websocket = await app.websocket(path_of(kind))
    session = app.session
    read_nothing(websocket.connection)
    for _ in range(50):
        websocket.write(frame(PING, b"x" * 125) * 1000)
        await pause(0)
    websocket.say('["read until here"]')
    await until(lambda: session.heard, what="a message")
    assert waiting(websocket.connection) < 100_000
    await others.is_well()


@BOTH
@pytest_twisted.ensureDeferred
async def test_who_is_closed_and_does_not_read_is_cut(start_app: StartApp, kind: str) -> None:
    app = start_app(StandingClock())
    app.hold_little()
    websocket = await app.websocket(path_of(kind))
    session = app.session
    read_nothing(websocket.connection)
    session.transport.write(b"x" * 200_000)
    await until(lambda: waiting(websocket.connection), what="that it is full")
    websocket.write(frame(CLOSE, (1000).to_bytes(2, "big")))
    await app.get("/nothing")
    app.pass_time(4.1)
    await until(lambda: session.lost, what="connectionLost")
    assert app.sessions == 0


# -- handshakes

HANDSHAKES = [
    (["Sec-WebSocket-Key"], []),
    (["Sec-WebSocket-Version"], []),
    (["Sec-WebSocket-Key"], ["Sec-WebSocket-Key: short"]),
    (["Sec-WebSocket-Key"], ["Sec-WebSocket-Key: \xff" + "A" * 23]),
    ([], ["Sec-WebSocket-Key: twice"]),
    (["Sec-WebSocket-Version"], ["Sec-WebSocket-Version: 7"]),
    (["Sec-WebSocket-Version"], ["Sec-WebSocket-Version: 99"]),
    (["Sec-WebSocket-Version"], ["Sec-WebSocket-Version: x"]),
    (["Sec-WebSocket-Version"], ["Sec-WebSocket-Version: \xb2"]),
    (["Upgrade"], ["Upgrade: \xffwebsocket"]),
    (["Upgrade"], ["Upgrade: "]),
    (["Upgrade"], ["Upgrade: h2c"]),
    (["Connection"], ["Connection: close"]),
    (["Connection"], ["Connection: \x00"]),
]


@BOTH
@pytest_twisted.ensureDeferred
async def test_a_broken_handshake_is_refused(start_app: StartApp, kind: str) -> None:
    app = start_app()
    others = await bystander(app)
    for without, headers in HANDSHAKES:
        connection = await app.connect()
        connection.write(handshake(path_of(kind), *headers, without=without))
        response = await Response(connection, "GET", HTTP11).whole()
        assert (headers, response.status) == (headers, 400)
    assert app.sessions == others.count
    await others.is_well()


NONSENSE = [
    "Sec-WebSocket-Protocol: \xff,,;",
    "Sec-WebSocket-Extensions: ;;;permessage-deflate;;=,",
    "Cookie: \xff=;;=\x01",
    "Content-Length: 5",
    "Expect: 100-continue",
]


@BOTH
@pytest_twisted.ensureDeferred
async def test_nonsense_in_a_handshake(start_app: StartApp, kind: str) -> None:
    app = start_app()
    others = await bystander(app)
    for header in NONSENSE:
        connection = await app.connect()
        connection.write(handshake(path_of(kind), header) + b"hello")
        await connection.until(lambda data: b"\r\n\r\n" in data, "an answer")
        assert connection.data.split()[1] in (b"100", b"101", b"400")
        connection.vanish()
    await until(lambda: app.sessions == others.count, what="its end")
    await others.is_well()


@BOTH
@pytest_twisted.ensureDeferred
async def test_the_handshake_has_no_time_to_waste(start_app: StartApp, kind: str) -> None:
    app = start_app(StandingClock())
    connection = await app.connect()
    connection.write(handshake(path_of(kind))[:-4])
    await app.get("/nothing")
    app.pass_time(10.1)
    await connection.over()
    assert connection.data == b""
