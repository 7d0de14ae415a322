"""Attacks by WebSocket frames and handshakes, each end to end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import pytest

from support.attackers import Attacker, HostileWebSocket
from support.hostile import Besieged, besieged
from support.raw import CLOSE, CONTINUATION, PING, PONG, TEXT, frame, upgrade

PATHS = ["/ws", "/chat/websocket", "/chat/000/abcdefgh/websocket"]
"""The chat's own, and SockJS's, raw and framed: one implementation, to be reached by each."""


@pytest.fixture(scope="module")
def chat() -> Iterator[Besieged]:
    """A daemon with the limits that it has by default."""
    with besieged() as made:
        yield made


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_a_flood_of_pings(chat: Besieged, opcode: int) -> None:
    """Eight million pings, or pongs, whose answers are not read: cut after the twenty that one may
    send a second."""
    with chat.attacked(mebibytes=8), HostileWebSocket(chat.port, deaf=True) as attacker:
        attacker.send_while(repeat(frame(opcode) * 10_000, 800))
        assert attacker.ended
        assert attacker.sent < 20_000_000  # of 48, what the system's own buffers take
        attacker.hear()
        attacker.over()
        assert len([1 for kind, _ in attacker.frames() if kind == PONG]) <= 21


@pytest.mark.parametrize("path", PATHS)
def test_a_message_of_empty_frames(chat: Besieged, path: str) -> None:
    """A message in two million empty parts, which no limit of bytes counts: 1009 after 64."""
    with chat.attacked(mebibytes=8), HostileWebSocket(chat.port, path=path) as attacker:
        attacker.send(frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 100)
        assert attacker.close_code() == 1009
        parts = frame(CONTINUATION, fin=False) * 10_000
        attacker.send_while(repeat(parts, 200))
        assert attacker.ended


@pytest.mark.parametrize("path", PATHS)
def test_a_compressed_bomb(chat: Besieged, path: str) -> None:
    """Compression is offered, to send what grows a thousandfold: it is not agreed on, and a
    compressed frame gets 1002."""
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    with chat.attacked(mebibytes=8):
        with HostileWebSocket(chat.port, headers=[offer], path=path) as attacker:
            head = attacker.data.partition(b"\r\n\r\n")[0]
            assert b"sec-websocket-extensions" not in head.lower()
            attacker.send(frame(TEXT, b"\xaa" * 60_000, reserved=4))
            assert attacker.close_code() == 1002


BROKEN: list[tuple[bytes, int, str]] = [
    (frame(TEXT, b"x", declared=10**12), 1009, "a terabyte announced"),
    (frame(TEXT, b"x" * 65537), 1009, "longer than a line may be"),
    (
        frame(TEXT, b"x" * 40_000, fin=False) + frame(CONTINUATION, b"x" * 40_000),
        1009,
        "too long in two parts",
    ),
    (frame(TEXT, b"\xff\xfe"), 1007, "no UTF-8"),
    (frame(TEXT, b"\xed\xa0\x80"), 1007, "a surrogate"),
    (frame(TEXT, b"{}", masked=False), 1002, "not masked"),
    (frame(TEXT, b"{}", reserved=2), 1002, "a reserved bit"),
    (frame(3, b"x"), 1002, "a reserved kind"),
    (frame(PING, b"x", fin=False), 1002, "a ping in parts"),
    (frame(PING, b"x" * 126), 1002, "a long ping"),
    (frame(CONTINUATION, b"x"), 1002, "nothing to continue"),
    (frame(CLOSE, b"\x03"), 1002, "half a close code"),
]


@pytest.mark.parametrize("path", PATHS)
def test_broken_frames(chat: Besieged, path: str) -> None:
    """Frames that RFC 6455 forbids, or that are too large, end the connection with the code that
    says why; what a frame only announces is not waited for."""
    with chat.attacked(mebibytes=8):
        for sent, code, what in BROKEN:
            with HostileWebSocket(chat.port, path=path) as attacker:
                attacker.send(sent)
                assert attacker.close_code() == code, what


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_another_site(chat: Besieged, path: str) -> None:
    """Somebody's browser is on a hostile page, which opens a WebSocket to the chat: 403, whatever
    the origin is made to look like. The chat's own page may, and a program without an origin."""
    own = f"http://127.0.0.1:{chat.port}"
    foreign = [
        "https://evil.example",
        "null",
        "",
        "file://",
        f"{own}.evil.example",
        f"{own}@evil.example",
        f"http://evil.example/{own}",
        "http://127.0.0.1:1",
        f"http://localhost:{chat.port}",
    ]
    with chat.attacked(mebibytes=8):
        for origin in foreign:
            with Attacker(chat.port) as page:
                hands = upgrade(chat.port, f"Origin: {origin}")
                page.send(hands.replace(b"/ws", path.encode(), 1))
                assert page.status() == 403, origin
        with Attacker(chat.port) as page:
            hands = upgrade(chat.port, "Origin: https://evil.example", f"Origin: {own}")
            page.send(hands.replace(b"/ws", path.encode(), 1))
            assert page.status() == 403
        for headers in ([f"Origin: {own}"], []):
            HostileWebSocket(chat.port, headers=headers, path=path).close()
