"""What nobody well-behaved sends to the HTTP port: it costs the sender, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

import pytest
import pytest_twisted
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher

from rabbitchat.sockjs import http_limits
from support.clients import JSONClient
from support.nodes import Node, StartNode
from support.raw import upgrade
from support.waiting import pause


@pytest.fixture
def log_events() -> Iterator[list[LogEvent]]:
    """What is logged."""
    events: list[LogEvent] = []
    observer = cast(ILogObserver, events.append)
    globalLogPublisher.addObserver(observer)
    yield events
    globalLogPublisher.removeObserver(observer)


async def with_bystander(node: StartNode, **options: object) -> tuple[Node, JSONClient]:
    """A daemon and somebody who is not to notice anything."""
    chat = await node(**options)
    return chat, await chat.connected("ann", "lobby")


def has_answers(count: int, data: bytes) -> bool:
    """Whether so many requests were answered with 200."""
    return data.count(b"HTTP/1.1 200") == count


@pytest.mark.parametrize(
    "headers", [b"X: " + b"x" * 20_000, b"X: y\r\n" * 600, b"no colon", b"x" * 70_000]
)
@pytest_twisted.ensureDeferred
async def test_headers_too_long_or_too_many_or_broken(node: StartNode, headers: bytes) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw()
    raw.write(b"GET / HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\n")
    assert (await raw.over())[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431")
    await ann.says("lobby", "all is well")


@pytest_twisted.ensureDeferred
async def test_a_length_of_thousands_of_digits(node: StartNode) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw()
    length = b"Content-Length: " + b"1" * 5000
    raw.write(b"POST /health HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n")
    assert (await raw.over()).startswith(b"HTTP/1.1 413")
    await ann.says("lobby", "all is well")


@pytest.mark.parametrize("request_line", [b"nonsense", b"GET", b"\x00\xff\xfe", b"GET / HTTP/9.9"])
@pytest_twisted.ensureDeferred
async def test_what_is_no_request(node: StartNode, request_line: bytes) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw()
    raw.write(request_line + b"\r\n\r\n")
    assert (await raw.over())[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 505")
    await ann.says("lobby", "all is well")


@pytest.mark.parametrize("path", [b"/", b"/health", b"/ws", b"/nothing"])
@pytest_twisted.ensureDeferred
async def test_a_body_that_is_too_large_is_not_read(node: StartNode, path: bytes) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw()
    raw.write(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 200000000\r\n\r\n")
    assert (await raw.over()).startswith(b"HTTP/1.1 413")
    await ann.says("lobby", "all is well")


@pytest_twisted.ensureDeferred
async def test_a_body_without_an_end_is_cut(node: StartNode) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw()
    raw.write(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent = 0
    while not raw.ended:
        raw.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        sent += 0x1000
        assert sent < 50_000_000
        await pause(0)
    assert raw.data.startswith(b"HTTP/1.1 413")
    await ann.says("lobby", "all is well")


@pytest_twisted.ensureDeferred
async def test_requests_in_one_go_are_answered_in_order(node: StartNode) -> None:
    chat, _ = await with_bystander(node)
    raw = await chat.raw()
    raw.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
    raw.write(b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    data = await raw.over()
    places = [data.index(b"HTTP/1.1 " + status) for status in (b"404", b"200", b"426")]
    assert places == sorted(places)


@pytest_twisted.ensureDeferred
async def test_a_read_full_of_requests_holds_nobody_up(node: StartNode) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw()
    raw.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
    data = await raw.over()
    assert 1 < data.count(b"HTTP/1.1 200") <= http_limits.MOST_AT_ONCE
    assert data.count(b"onnection: close") == 1
    await ann.says("lobby", "all is well")


@pytest_twisted.ensureDeferred
async def test_requests_one_by_one_go_on_for_ever(node: StartNode) -> None:
    raw = await (await node()).raw()
    for number in range(1, 3 * http_limits.MOST_AT_ONCE):
        raw.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        await raw.until(partial(has_answers, number), "answer")
    raw.vanish()


@pytest_twisted.ensureDeferred
async def test_nobody_gets_a_page_a_thousand_times_in_one_answer(node: StartNode) -> None:
    chat = await node()
    raw = await chat.raw()
    ranges = b"Range: bytes=" + b",".join([b"0-"] * 1000)
    raw.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + ranges + b"\r\n\r\n")
    assert len(await raw.over()) < 50_000


@pytest.mark.parametrize("path", [b"/", b"/health", b"/metrics", b"/ws", b"/nothing"])
@pytest_twisted.ensureDeferred
async def test_asking_for_headers_alone_leaves_no_line_in_the_log(
    node: StartNode, path: bytes, log_events: list[LogEvent]
) -> None:
    raw = await (await node()).raw()
    raw.write(b"HEAD " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await raw.over()
    assert not [event for event in log_events if "HEAD" in formatEvent(event)]


@pytest.mark.parametrize("path", [b"/%ff", b"/index.html/%ff", b"/index.html/%00", b"/a/b/%c3"])
@pytest_twisted.ensureDeferred
async def test_a_path_that_no_file_can_have_leaves_no_line_in_the_log(
    node: StartNode, path: bytes, log_events: list[LogEvent]
) -> None:
    raw = await (await node()).raw()
    raw.write(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await raw.over()).startswith(b"HTTP/1.1 404")
    assert not [event for event in log_events if event["log_level"] > LogLevel.info]


@pytest.mark.parametrize("name", ["Upgrade", "Host", "Origin"])
@pytest_twisted.ensureDeferred
async def test_an_upgrade_whose_headers_are_not_utf_8(node: StartNode, name: str) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw()
    lines = [line for line in upgrade(1).split(b"\r\n") if not line.startswith(name.encode())]
    lines.insert(1, name.encode() + b": websocket\xff")
    status = await raw.http(b"\r\n".join(lines))
    assert status.split()[1] in (b"101", b"400", b"403", b"426"), raw.data
    raw.vanish()
    await ann.says("lobby", "all is well")


@pytest.mark.parametrize(
    "request_",
    [
        upgrade(1).replace(b"Sec-WebSocket-Key: ", b"Sec-WebSocket-Key: x"),
        upgrade(1).replace(b"Version: 13", b"Version: 99"),
        upgrade(1).replace(b"Version: 13", b"Version: x"),
        upgrade(1).replace(b"Connection: Upgrade", b"Connection: close"),
        upgrade(1, "Sec-WebSocket-Key: twice"),
        upgrade(1).replace(b"Upgrade: websocket\r\n", b"Upgrade: h2c\r\n"),
        upgrade(1).replace(b"GET", b"POST"),
        upgrade(1).replace(b"GET", b"HEAD"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_broken_upgrade_is_refused(node: StartNode, request_: bytes) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw()
    status = await raw.http(request_)
    assert status.split()[1] in (b"400", b"405", b"426"), raw.data
    await ann.says("lobby", "all is well")


@pytest.mark.parametrize(
    "header",
    ["Sec-WebSocket-Protocol: \xff,,;", "Sec-WebSocket-Extensions: ;;;permessage-deflate;;=,"],
)
@pytest_twisted.ensureDeferred
async def test_nonsense_that_is_offered_is_not_taken(node: StartNode, header: str) -> None:
    chat, ann = await with_bystander(node)
    raw = await chat.raw()
    assert (await raw.http(upgrade(1, header))).startswith(b"HTTP/1.1 101")
    assert b"protocol" not in raw.data.lower().replace(b"switching protocols", b"")
    assert b"deflate" not in raw.data
    await ann.says("lobby", "all is well")
