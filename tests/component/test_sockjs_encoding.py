"""SockJS: every string comes through, whatever it is made of."""

from __future__ import annotations

import json

import pytest
import pytest_twisted

from support.raw import BINARY, TEXT
from support.sockjs_services import Port, StartApp, new_session
from support.sockjs_transports import RECEIVING, XHR_STREAMING, Transport

ANY = pytest.mark.parametrize("transport", RECEIVING, ids=str)


def span(first: int, last: int) -> str:
    """All characters from one to another."""
    return "".join(map(chr, range(first, last + 1)))


ESCAPED = span(0x200C, 0x200F) + span(0x2028, 0x202F) + span(0x2060, 0x206F) + span(0xFFF0, 0xFFFF)
"""What the server has to escape, beside the control characters."""

CONTROLS = span(0x00, 0x1F)

BMP = span(0x00, 0xD7FF) + span(0xE000, 0xFFFF)
ASTRAL = "\U00010000\U0001f430\U0010ffff"


def escaped(text: str) -> str:
    """Each character as an escape, in lower case, as a client may send it."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


@ANY
@pytest_twisted.ensureDeferred
async def test_what_the_server_escapes(start_app: StartApp, transport: Transport) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    app.session.transport.write(ESCAPED.encode())
    receiver = await transport.receive(app, url)
    await receiver.frames(f'a["{escaped(ESCAPED)}"]')


@pytest_twisted.ensureDeferred
async def test_control_characters_are_escaped(services: Port) -> None:
    url = "/echo" + new_session()
    await services.poll(url)
    await services.send(url, f'["{escaped(CONTROLS)}"]'.encode())
    body = await services.poll(url)
    assert not [byte for byte in body[:-1] if byte < 0x20]
    assert json.loads(body[1:]) == [CONTROLS]


@pytest_twisted.ensureDeferred
async def test_what_the_server_escapes_on_a_websocket(services: Port) -> None:
    websocket = await services.websocket(f"/echo{new_session()}/websocket")
    websocket.say(json.dumps([ESCAPED], ensure_ascii=False))
    await websocket.hears("o", f'a["{escaped(ESCAPED)}"]')


@pytest_twisted.ensureDeferred
async def test_frames_have_no_spare_spaces(services: Port) -> None:
    url = "/echo" + new_session()
    await services.poll(url)
    await services.send(url, b'[ "x" , "y z" ]')
    assert await services.poll(url) == b'a["x","y z"]\n'


@pytest.mark.parametrize("send", ["xhr_send", "jsonp_send"])
@pytest.mark.parametrize("escape", [True, False])
@pytest_twisted.ensureDeferred
async def test_every_character_of_the_bmp_and_some_beyond(
    start_app: StartApp, send: str, escape: bool
) -> None:
    app = start_app(max_message=1 << 20, max_buffer=1 << 20)
    url = "/app" + new_session()
    await app.poll(url)
    app.application.on_message = lambda session, data: session.transport.write(data)
    text = BMP + ASTRAL
    payload = f'["{escaped(text)}"]' if escape else json.dumps([text], ensure_ascii=False)
    assert (await app.post(f"{url}/{send}", payload.encode())).status in (200, 204)
    assert app.session.heard == [text.encode()]
    body = await app.poll(url)
    assert body.isascii()
    assert body.startswith(b"a[")
    assert json.loads(body[1:]) == [text]


@pytest_twisted.ensureDeferred
async def test_the_same_on_both_websockets(services: Port) -> None:
    text = BMP + ASTRAL
    websocket = await services.websocket(f"/echo{new_session()}/websocket")
    await websocket.hears("o")
    for payload in (f'["{escaped(text)}"]', json.dumps([text], ensure_ascii=False)):
        websocket.say(payload)
        opcode, frame = await websocket.take()
        assert opcode == TEXT
        assert json.loads(frame[1:]) == [text]
    raw = await services.websocket("/echo/websocket")
    raw.say(text)
    await raw.hears(text)


LONE = ["\ud800", "a\udfffb", "\udc00\ud800", "\ud83d"]


@pytest.mark.parametrize("text", LONE)
@pytest_twisted.ensureDeferred
async def test_half_surrogate_pairs_pass(services: Port, text: str) -> None:
    url = "/echo" + new_session()
    await services.poll(url)
    payload = f'["{escaped(text)}"]'
    await services.send(url, payload.encode())
    body = await services.poll(url)
    assert json.loads(body[1:]) == [text]
    websocket = await services.websocket(url + "/websocket")
    websocket.say(payload)
    await websocket.hears("o", f"a{json.dumps([text])}")


@pytest.mark.parametrize("text", LONE)
@pytest_twisted.ensureDeferred
async def test_half_a_surrogate_pair_to_all_kinds_of_clients(services: Port, text: str) -> None:
    """A raw WebSocket can't have it as text: it gets the bytes, and stays."""
    url = "/broadcast" + new_session()
    stream = await XHR_STREAMING.receive(services, url)
    await stream.frames("o")
    raw = await services.websocket("/broadcast/websocket")
    await services.send(url, f'["{escaped(text)}","after"]'.encode())
    await stream.frames(f"a{json.dumps([text])}", 'a["after"]')
    assert await raw.take() == (BINARY, text.encode("utf-8", "surrogatepass"))
    await raw.hears("after")


@pytest_twisted.ensureDeferred
async def test_one_message_to_all_transports_at_once(services: Port) -> None:
    """It is encoded once, and looks right on each of them."""
    text = 'a"\\\n%\u2028</script>\U0001f430'
    paths = [f"/broadcast{new_session()}/websocket", "/broadcast/websocket"] * 2
    websockets = [await services.websocket(path) for path in paths]
    receivers = [await one.wait(services, "/broadcast" + new_session()) for one in RECEIVING * 2]
    websockets[1].say(text)
    frame = f"a{json.dumps([text])}"
    for receiver in receivers:
        await receiver.frames(frame)
    for session, raw in zip(websockets[::2], websockets[1::2], strict=True):
        await session.hears("o", frame)
        await raw.hears(text)
