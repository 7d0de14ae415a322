"""SockJS: the raw WebSocket, which passes messages as they are."""

from __future__ import annotations

import pytest_twisted

from support.raw import BINARY, CONTINUATION, PING, PONG, TEXT
from support.raw import frame as client_frame
from support.sockjs_services import Port, StartApp, new_session
from support.waiting import until


def masked(opcode: int, payload: bytes) -> bytes:
    """A frame with a mask that changes it (RFC 6455, section 5.3)."""
    key = b"\x37\xfa\x21\x3d"
    plain = client_frame(opcode, payload)
    head = plain[: len(plain) - len(payload) - 4]
    return head + key + bytes(byte ^ key[place % 4] for place, byte in enumerate(payload))


@pytest_twisted.ensureDeferred
async def test_raw_messages_are_passed_as_they_are(services: Port) -> None:
    websocket = await services.websocket("/echo/websocket")
    texts = ["Hello world!\uffff", "", '["a"]', "[", "o", "\x00\u0080\U0001f430", "x" * 125]
    for text in [*texts, "x" * 126, "x" * 65535, "x" * 65536, "\u20ac" * 200_000]:
        websocket.say(text)
        await websocket.hears(text)
    websocket.nothing_more()


@pytest_twisted.ensureDeferred
async def test_raw_binary_messages_stay_binary(services: Port) -> None:
    websocket = await services.websocket("/echo/websocket")
    for payload in (b"", b"text", bytes(range(256)), b"\xed\xa0\x80", b"\xff" * 70_000):
        websocket.write(client_frame(BINARY, payload))
        assert await websocket.take() == (BINARY, payload)
        websocket.say("and text")
        await websocket.hears("and text")


@pytest_twisted.ensureDeferred
async def test_raw_messages_one_by_one(start_app: StartApp) -> None:
    app = start_app()
    websocket = await app.websocket("/app/websocket")
    for text in ("one", '["two","three"]', ""):
        websocket.say(text)
    await until(lambda: len(app.session.heard) == 3, what="messages")
    assert app.session.heard == [b"one", b'["two","three"]', b""]
    app.session.transport.write(b"x")
    app.session.transport.write(b"y")
    await websocket.hears("x", "y")
    websocket.nothing_more()


@pytest_twisted.ensureDeferred
async def test_masks_fragments_and_pings_between_them(services: Port) -> None:
    raw = await services.websocket("/echo/websocket")
    session = await services.websocket(f"/echo{new_session()}/websocket")
    for websocket, text in ((raw, "caf\u00e9"), (session, '["caf\u00e9"]')):
        data = text.encode()
        websocket.write(masked(TEXT, data))
        first = bytearray(masked(TEXT, data[:4]))
        first[0] &= 0x7F
        websocket.write(bytes(first) + masked(PING, b"between"))
        websocket.write(masked(CONTINUATION, data[4:]))
    assert await raw.take() == (TEXT, "caf\u00e9".encode())
    assert await raw.take() == (PONG, b"between")
    assert await raw.take() == (TEXT, "caf\u00e9".encode())
    await session.hears("o", 'a["caf\\u00e9"]')
    assert await session.take() == (PONG, b"between")
    await session.hears('a["caf\\u00e9"]')
