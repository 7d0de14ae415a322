"""Attacks that only SockJS has, end to end: by its URLs, its scripts, and pages of other sites."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.attackers import Attacker, request
from support.hostile import Besieged, besieged

EVIL = "https://evil.example"
SCRIPT = "x);alert(1);//"


@pytest.fixture(scope="module")
def chat() -> Iterator[Besieged]:
    """A daemon with the limits that it has by default."""
    with besieged() as made:
        yield made


def asked(
    chat: Besieged, method: str, path: str, *headers: str, body: bytes | None = None
) -> Attacker:
    """A request that was answered, as far as the answer came at once."""
    attacker = Attacker(chat.port)
    attacker.send(request(method, path, *headers, body=body))
    attacker.until(b"\r\n\r\n")
    attacker.look(0.1)
    attacker.close()
    return attacker


def test_a_script_for_a_callback(chat: Besieged) -> None:
    """The name of the function to call is no name but a script, or a plugin's program: 500, and
    nothing of it in the answer. A right one is never the answer's first bytes, and no browser may
    take the answer for anything but what it is said to be."""
    bad = [SCRIPT, "<script>alert(1)</script>", "a[0]", "a b", "CWS\x07", "x" * 129, "\u00e4", ""]
    with chat.attacked(mebibytes=8):
        for transport in ("jsonp", "htmlfile"):
            for callback in bad:
                quoted = "".join(f"%{byte:02x}" for byte in callback.encode())
                answer = asked(
                    chat,
                    "GET",
                    f"/chat/000/x/{transport}?c={quoted}",
                    "Sec-Fetch-Site: same-origin",
                )
                assert answer.status() == 500, callback
                body = answer.data.partition(b"\r\n\r\n")[2]
                assert b"alert" not in body
                assert b"<script" not in body
        good = asked(chat, "GET", "/chat/000/y/jsonp?c=_jp.a-1", "Sec-Fetch-Site: same-origin")
        head, _, body = good.data.partition(b"\r\n\r\n")
        assert good.status() == 200
        assert b"x-content-type-options: nosniff" in head.lower()
        assert b'/**/_jp.a-1("o");' in body


def test_odd_upgrades(chat: Besieged) -> None:
    """An upgrade to something else, or half of one, once crashed a SockJS server: 400, on both
    kinds of WebSocket, and a broken or repeated key too."""
    whole = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
        "Sec-WebSocket-Version": "13",
    }
    changes: list[dict[str, str | None]] = [
        {"Upgrade": "asdf"},
        {"Upgrade": ""},
        {"Upgrade": None},
        {"Upgrade": "h2c"},
        {"Upgrade": "\xff\xfe"},
        {"Connection": "close"},
        {"Connection": None},
        {"Sec-WebSocket-Key": None},
        {"Sec-WebSocket-Key": "x"},
        {"Sec-WebSocket-Key": "\xff" * 24},
        {"Sec-WebSocket-Version": "99999999999"},
        {"Sec-WebSocket-Version": "x"},
        dict.fromkeys(whole),
    ]
    with chat.attacked(mebibytes=8):
        for path in ("/chat/websocket", "/chat/000/odd/websocket"):
            for change in changes:
                headers = {**whole, **change}
                lines = [
                    f"{name}: {value}" for name, value in headers.items() if value is not None
                ]
                assert asked(chat, "GET", path, *lines).status() == 400, change


def test_names_of_sessions_that_lead_elsewhere(chat: Besieged) -> None:
    """Dots, slashes, nothing, or very long: 404, and no session. What is quoted is not unquoted
    to another path."""
    with chat.attacked(mebibytes=8):
        for name in ("..", ".", "a.b", "x" * 300, ""):
            for path in (f"/chat/000/{name}/xhr", f"/chat/{name}/x/xhr"):
                assert asked(chat, "POST", path, body=b"").status() == 404, path
        for path in ("/chat/../metrics", "/chat/%2e%2e/metrics", "/chat/a/b/c/d", "/chat//x/xhr"):
            assert asked(chat, "GET", path).status() == 404, path
        quoted = asked(chat, "POST", "/chat/000/%2e%2e/xhr", body=b"")
        assert quoted.data.endswith(b"\r\n\r\no\n")


def test_requests_of_another_site_s_page(chat: Besieged) -> None:
    """A hostile page has a browser open sessions, send, or include what could be read: 403 for
    each transport, and no header that would let the page read an answer."""
    own = "Origin: http://chat"
    ways = [
        ("POST", "xhr", b""),
        ("POST", "xhr_streaming", b""),
        ("POST", "xhr_send", b'["x"]'),
        ("POST", "jsonp_send", b'["x"]'),
        ("GET", "eventsource", None),
        ("GET", "jsonp?c=x", None),
        ("GET", "htmlfile?c=x", None),
    ]
    disguises = [
        (f"Origin: {EVIL}",),
        ("Origin: null",),
        (f"Origin: {EVIL}", own),
        ("Sec-Fetch-Site: cross-site",),
        ("Sec-Fetch-Site: cross-site", f"Referer: {EVIL}/chat"),
    ]
    with chat.attacked(mebibytes=8):
        for number, headers in enumerate(disguises):
            for method, way, body in ways:
                answer = asked(chat, method, f"/chat/000/csrf{number}/{way}", *headers, body=body)
                assert answer.status() == 403, (way, headers)
                assert b"access-control-allow" not in answer.data.lower()
        for way in ("jsonp?c=x", "htmlfile?c=x"):  # an old browser tells nothing at all
            assert asked(chat, "GET", f"/chat/000/old/{way}").status() == 403
        assert asked(chat, "POST", "/chat/000/own/xhr", own, body=b"").status() == 200
