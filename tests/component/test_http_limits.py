"""A site of any resource, with its limits and with them lifted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.interfaces import IListeningPort
from twisted.web.resource import Resource
from twisted.web.server import Request

from rabbitchat.sockjs.http_limits import MOST_CHUNKS, MOST_FIELDS, BoundedSite, HTTPLimits
from rabbitchat.sockjs.origins import Proxies
from support.raw import Raw, open_raw
from support.waiting import pause, until

reactor: object = _reactor


class Size(Resource):
    """Answers with how many bytes it was sent."""

    isLeaf = True

    def render_POST(self, request: Request) -> bytes:
        """That many."""
        assert request.content is not None
        return b"%d bytes" % len(request.content.read())


class Served:
    """A site on a free port, and connections to it."""

    def __init__(self, limits: HTTPLimits, proxies: Proxies) -> None:
        site = BoundedSite(Size(), reactor, limits, proxies)
        self.listening: IListeningPort = reactor.listenTCP(  # type: ignore[attr-defined]
            0, site, interface="127.0.0.1"
        )
        self.opened: list[Raw] = []

    async def raw(self) -> Raw:
        """A connection."""
        raw = await open_raw(self.listening.getHost().port)  # type: ignore[attr-defined]
        self.opened.append(raw)
        return raw


Serve = Callable[..., Served]


@pytest.fixture
def serve(twisted_greenlet: object) -> Iterator[Serve]:
    """Serves with limits and proxies."""
    served: list[Served] = []

    def start(proxies: tuple[str, ...] = (), **limits: float) -> Served:
        served.append(Served(HTTPLimits(**limits), Proxies(proxies)))  # type: ignore[arg-type]
        return served[-1]

    yield start
    for one in served:
        for raw in one.opened:
            raw.vanish()
        pytest_twisted.blockon(one.listening.stopListening())


def post(size: int) -> bytes:
    """A request with a body of so many bytes."""
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size


def chunked(size: int) -> bytes:
    """One whose length is not known before."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"


async def drip(raw: Raw, data: bytes) -> None:
    """Send byte after byte until the connection is cut."""
    for byte in data:
        if raw.ended:
            return
        raw.write(bytes([byte]))
        await pause(0.02)
    raise AssertionError(f"{len(data)} bytes came through")


@pytest.mark.parametrize("start", [b"", b"POST /health HTTP/1.1\r\nContent-Length: 9999\r\n\r\n"])
@pytest_twisted.ensureDeferred
async def test_a_request_that_comes_byte_by_byte_is_cut(serve: Serve, start: bytes) -> None:
    raw = await serve(request_within=0.3).raw()
    raw.write(start)
    await drip(raw, b"GET / HTTP/1.1\r\nX: " + b"x" * 300)


@pytest_twisted.ensureDeferred
async def test_who_says_nothing_at_all_is_cut(serve: Serve) -> None:
    assert await (await serve(request_within=0.3).raw()).over() == b""


@pytest_twisted.ensureDeferred
async def test_who_asks_for_nothing_more_is_cut(serve: Serve) -> None:
    raw = await serve(idle=0.2).raw()
    raw.write(post(1))
    assert (await raw.over()).endswith(b"1 bytes")


@pytest_twisted.ensureDeferred
async def test_without_limits_of_time_there_are_none(serve: Serve) -> None:
    raw = await serve(request_within=0, idle=0).raw()
    before = len(reactor.getDelayedCalls())  # type: ignore[attr-defined]
    raw.write(post(2)[:-1])
    await pause(0.02)
    assert len(reactor.getDelayedCalls()) <= before  # type: ignore[attr-defined]
    raw.write(b"x")
    await raw.until(lambda data: data.endswith(b"2 bytes"), "answer")


@pytest.mark.parametrize("request_", [post, chunked])
@pytest_twisted.ensureDeferred
async def test_a_body_is_as_large_as_the_limit(
    serve: Serve, request_: Callable[[int], bytes]
) -> None:
    served = serve(max_body=1000)
    fits, too_large = await served.raw(), await served.raw()
    fits.write(request_(1000))
    await fits.until(lambda data: data.endswith(b"1000 bytes"), "answer")
    too_large.write(request_(1001))
    assert (await too_large.over()).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("request_", [post, chunked])
@pytest_twisted.ensureDeferred
async def test_a_body_without_a_limit(serve: Serve, request_: Callable[[int], bytes]) -> None:
    raw = await serve(max_body=0).raw()
    raw.write(request_(200_000))
    await raw.until(lambda data: data.endswith(b"200000 bytes"), "answer")


@pytest_twisted.ensureDeferred
async def test_an_address_has_so_many_connections(serve: Serve) -> None:
    served = serve(connections_per_address=2)
    first, _, third = await served.raw(), await served.raw(), await served.raw()
    assert await third.over() == b""
    first.vanish()
    while True:  # until the server has seen that one went
        again = await served.raw()
        again.write(post(1))
        await until(lambda raw=again: raw.ended or raw.data, what="an answer, or none")  # type: ignore[misc]
        if again.data:
            break


@pytest.mark.parametrize(
    "lifted", [{"connections_per_address": 0}, {"connections_per_address": 1}]
)
@pytest_twisted.ensureDeferred
async def test_proxies_and_sites_without_that_limit_have_any_number(
    serve: Serve, lifted: dict[str, int]
) -> None:
    proxies = ("127.0.0.1",) if lifted["connections_per_address"] else ()
    served = serve(proxies, **lifted)
    for raw in [await served.raw() for _ in range(5)]:
        raw.write(post(1))
        await raw.until(lambda data: data.endswith(b"1 bytes"), "answer")


@pytest.mark.parametrize(
    ("fields", "answer"),
    [(MOST_FIELDS, b" 200 "), (MOST_FIELDS + 1, b" 414 "), (16000, b" 414 ")],
)
@pytest.mark.parametrize("separator", [b"&", b";"])
@pytest_twisted.ensureDeferred
async def test_a_query_has_so_many_fields(
    serve: Serve, separator: bytes, fields: int, answer: bytes
) -> None:
    raw = await serve().raw()
    raw.write(post(1).replace(b"POST /", b"POST /?" + separator * fields))
    await raw.until(lambda data: answer in data, "the answer")
    if answer != b" 200 ":
        assert (await raw.over()).count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("fields", "answer"),
    [(MOST_FIELDS, b" 200 "), (MOST_FIELDS + 1, b" 431 "), (16000, b" 431 ")],
)
@pytest_twisted.ensureDeferred
async def test_so_many_cookies_come(serve: Serve, fields: int, answer: bytes) -> None:
    raw = await serve().raw()
    half = b"\r\nCookie: a=b" + b";" * (fields // 2)
    cookies = half + half + b";" * (fields % 2)
    raw.write(post(1).replace(b"\r\nContent-Length", cookies + b"\r\nContent-Length"))
    await raw.until(lambda data: answer in data, "the answer")
    if answer != b" 200 ":
        assert (await raw.over()).count(b"HTTP/1.1") == 1


@pytest_twisted.ensureDeferred
async def test_a_body_in_thousands_of_chunks_at_once_is_refused(serve: Serve) -> None:
    start = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    served = serve()
    few, many = await served.raw(), await served.raw()
    few.write(start + b"1\r\nx\r\n" * MOST_CHUNKS + b"0\r\n\r\n")
    await few.until(lambda data: b"%d bytes" % MOST_CHUNKS in data, "the answer")
    many.write(start + b"1\r\nx\r\n" * 5000 + b"0\r\n\r\n")
    await many.until(lambda data: b" 400 " in data, "the answer")
    assert b" 200 " not in await many.over()
