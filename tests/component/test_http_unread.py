"""Clients that read no answer: what waits for them is bounded, and does not wait for ever."""

from __future__ import annotations

from typing import Any

import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request
from twisted.web.static import Data

from rabbitchat.sockjs.http_limits import BoundedSite
from support.sockjs_hostile import read_nothing, waiting
from support.sockjs_raw import HTTP10, request
from support.sockjs_services import Listen, Port, StandingClock
from support.waiting import pause, until

reactor: Any = _reactor

PAGE = b"x" * 100_000


class Endless(Resource):
    """Answers with more than anybody reads, and never ends."""

    isLeaf = True

    def render(self, request: Request) -> Any:
        """Begin."""
        request.write(PAGE * 5)
        return NOT_DONE_YET


def site(listen: Listen, clock: Any = reactor) -> Port:
    """A site with a page and a stream."""
    root = Resource()
    root.putChild(b"page", Data(PAGE, "text/plain"))
    root.putChild(b"endless", Endless())
    port = listen(BoundedSite(root, clock))
    port.hold_little()
    return port


@pytest_twisted.ensureDeferred
async def test_answers_do_not_pile_up(listen: Listen) -> None:
    port = site(listen)
    for together in (1, 5):
        raw = await port.connect()
        read_nothing(raw)
        held = []
        for _ in range(20):
            raw.write(request("GET", "/page") * together)
            await pause(0)
            held.append(waiting(raw))
        assert 0 < max(held) < 2 * len(PAGE)


@pytest_twisted.ensureDeferred
async def test_who_reads_late_gets_everything(listen: Listen) -> None:
    port = site(listen)
    raw = await port.connect()
    raw.transport.pauseProducing()
    responses = [raw.send("GET", "/page") for _ in range(10)]
    await until(lambda: waiting(raw), what="that it is full")
    raw.transport.resumeProducing()
    for response in responses:
        assert (await response.whole()).body == PAGE


@pytest_twisted.ensureDeferred
async def test_what_stands_behind_a_stream_is_not_taken(listen: Listen) -> None:
    port = site(listen)
    raw = await port.connect()
    read_nothing(raw)
    raw.send("GET", "/endless")
    sent = 24_000_000
    raw.write(b"x" * sent)
    for _ in range(1000):  # in each the server could take 64 KiB
        await pause(0)
    untaken = len(raw.transport.dataBuffer) - raw.transport.offset
    assert untaken > sent / 2  # some is in the kernel


@pytest_twisted.ensureDeferred
async def test_who_never_reads_is_cut(listen: Listen) -> None:
    clock = StandingClock()
    port = site(listen, clock)
    connections = [await port.connect() for _ in range(3)]
    for raw in connections:
        read_nothing(raw)
    connections[0].send("GET", "/page")
    connections[1].send("GET", "/page", "Connection: close")
    connections[2].send("GET", "/page", version=HTTP10)
    await until(lambda: all(map(waiting, connections)), what="that all are full")
    clock.advance(59)
    await port.get("/nothing")
    assert all(map(waiting, connections))
    clock.advance(1.1)
    await until(lambda: not any(map(waiting, connections)), what="the ends")


@pytest_twisted.ensureDeferred
async def test_who_goes_away_without_reading(listen: Listen) -> None:
    """No call is left behind: the fixture of all tests looks."""
    port = site(listen)
    for header in ("Connection: close", "X: y"):
        raw = await port.connect()
        read_nothing(raw)
        raw.send("GET", "/page", header)
        await until(lambda raw=raw: waiting(raw), what="that it is full")  # type: ignore[misc]
        raw.vanish()
