"""Attacks on the HTTP port, each end to end: on the daemon as its operator runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import repeat

import pytest

from support.attackers import Attacker, request
from support.daemons import wait_for
from support.hostile import Besieged, besieged
from support.raw import upgrade

MANY = 200  # attackers at once

UNREAD = 20_000_000
"""Bytes that the system's own buffers may take of what nobody reads."""
POST = "POST /chat/000/slow/xhr_send HTTP/1.1\r\nHost: chat\r\n"


@pytest.fixture(scope="module")
def chat() -> Iterator[Besieged]:
    """A daemon with the limits that it has by default."""
    with besieged() as made:
        yield made


def test_slow_requests(chat: Besieged) -> None:
    """Headers or a body byte by byte, or nothing at all, on two hundred connections: each is cut
    10 s after it was made, however busily it drips."""
    begins = [
        b"GET / HTTP/1.1\r\nX: ",
        upgrade(chat.port)[:-2] + b"X: ",
        b"GET /chat/000/slow/websocket HTTP/1.1\r\nX: ",
        POST.encode() + b"Content-Length: 1000\r\n\r\n",
        POST.encode() + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n",
        b"",
    ]
    with chat.attacked(mebibytes=16) as people, ExitStack() as stack:
        slow = [stack.enter_context(Attacker(chat.port)) for _ in range(MANY)]
        for number, one in enumerate(slow):
            one.send(begins[number % len(begins)])

        def all_are_cut() -> bool:
            for number, one in enumerate(slow):
                one.look()
                if begins[number % len(begins)]:
                    one.send(b"x")
            return all(one.ended for one in slow)

        wait_for(all_are_cut, "all who are slow are cut", 30)
        people.talk_more(1)
        assert not any(one.data for one in slow)


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(b"GET /ws HTTP/1.1\r\nX: ", id="to /ws"),
        pytest.param(b"GET /chat/000/endless/websocket HTTP/1.1\r\nX: ", id="to /chat"),
        pytest.param(b"GET /ws?", id="a path"),
        pytest.param(b"", id="a method"),
    ],
)
def test_a_header_without_an_end(chat: Besieged, begin: bytes) -> None:
    """A header, or a request line, of 50 MB: refused and cut after 16 KiB, WebSockets' paths too,
    where the library behind them would search all of it again with every read."""
    with chat.attacked(mebibytes=8), Attacker(chat.port) as attacker:
        attacker.send_while([begin, *repeat(b"x" * 65536, 800)])
        assert attacker.ended
        assert attacker.statuses() in ([400], [431], [])  # [] where the cut came first
        assert attacker.sent < UNREAD


def test_headers_too_large_and_too_many(chat: Besieged) -> None:
    """More than 16 KiB of headers, or hundreds of them, are refused with 400 or 431."""
    large = request("GET", "/", *(f"X-{n}: {'x' * 1000}" for n in range(20)))
    longest = request("GET", "/", f"X: {'x' * 20_000}")
    many = request("GET", "/", *(f"X-{n}: x" for n in range(600)))
    cookies = request("GET", "/", f"Cookie: {'a=b;' * 2000}")
    with chat.attacked(mebibytes=8):
        for sent in (large, longest, many, cookies):
            with Attacker(chat.port) as attacker:
                attacker.send(sent)
                attacker.over()
                assert attacker.statuses() in ([400], [431])


@pytest.mark.parametrize("path", ["/", "/chat/000/large/xhr_send", "/chat/000/large/xhr"])
def test_a_body_of_200_megabytes(chat: Besieged, path: str) -> None:
    """A body of 200 MB that is announced, and one that isn't (chunks without an end): 413 and
    cut, at once and after 64 KiB."""
    with chat.attacked(mebibytes=8):
        with Attacker(chat.port) as announced:
            announced.send(request("POST", path, "Content-Length: 200000000"))
            announced.send_while(repeat(b"x" * 65536, 3000))
            assert announced.ended
            assert announced.statuses() in ([413], [])
            assert announced.sent < UNREAD
        with Attacker(chat.port) as endless:
            endless.send(request("POST", path, "Transfer-Encoding: chunked"))
            endless.send_while(repeat(b"10000\r\n" + b"x" * 65536 + b"\r\n", 3000))
            assert endless.ended
            assert endless.statuses() in ([413], [])
            assert endless.sent < UNREAD


def test_requests_by_the_thousand_in_one_go(chat: Besieged) -> None:
    """Requests that don't wait for answers: four are answered, in order, and the fourth answer
    says that the connection closes."""
    asked = request("GET", "/health") + request("GET", "/nothing")
    with chat.attacked(mebibytes=8), Attacker(chat.port) as attacker:
        attacker.send(asked * 600)
        attacker.over()
        assert attacker.statuses() == [200, 404, 200, 404]
        last = attacker.data.rpartition(b"HTTP/1.1 ")[2]
        assert b"connection: close" in last.lower()


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 50"),
        ("Content-Length: +5",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: x",),
    ],
)
def test_a_request_hidden_in_another(chat: Besieged, headers: tuple[str, ...]) -> None:
    """A body that two servers would end at different places, to have what stands in it taken for
    a request: refused, and the connection is closed before the hidden one is looked at."""
    with chat.attacked(mebibytes=8), Attacker(chat.port) as attacker:
        attacker.send(request("POST", "/", *headers) + b"0\r\n\r\n" + request("GET", "/metrics"))
        attacker.over()
        [status] = attacker.statuses()
        assert status in (400, 413, 501)
