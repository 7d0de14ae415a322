"""SockJS: clients that fetch nothing, and applications that take nothing."""

from __future__ import annotations

import pytest
import pytest_twisted
from twisted.internet.error import ConnectionLost

from support.sockjs_hostile import HELD, bystander, read_nothing, waiting
from support.sockjs_services import StandingClock, StartApp, new_session
from support.sockjs_transports import (
    STREAMING,
    XHR_STREAMING,
    Transport,
)
from support.waiting import pause, until

STREAMS = pytest.mark.parametrize("transport", STREAMING, ids=str)

SLOW = b'c[3001,"You read too slowly"]\n'


# -- who never reads


@STREAMS
@pytest_twisted.ensureDeferred
async def test_a_stream_that_is_not_read(start_app: StartApp, transport: Transport) -> None:
    app = start_app(StandingClock(), response_limit=1 << 30)
    app.hold_little()
    others = await bystander(app)
    receiver = await transport.receive(app, "/app" + new_session())
    await receiver.frames("o")
    slow = app.session
    read_nothing(receiver.connection)
    held = []
    for _ in range(200):
        slow.transport.write(b"x" * 10_000)
        await pause(0)
        held.append(waiting(receiver.connection))
        if slow.lost:
            break
    assert slow.lost is ConnectionLost
    assert max(held) < HELD
    await others.is_well()
    for _ in range(4):
        app.pass_time(30)
    await until(lambda: not waiting(receiver.connection), what="the end of what waits")


@STREAMS
@pytest_twisted.ensureDeferred
async def test_who_never_asks_for_more(start_app: StartApp, transport: Transport) -> None:
    """A stream is full after 128 KiB, and the next one never comes."""
    app = start_app()
    others = await bystander(app)
    url = "/app" + new_session()
    receiver = await transport.receive(app, url)
    await receiver.frames("o")
    slow = app.session
    read_nothing(receiver.connection)
    written = 0
    while not slow.transport.disconnected:
        slow.transport.write(b"x" * 10_000)
        written += 10_000
        assert written < 131_072 + HELD + 100_000
    assert await app.poll(url) == SLOW
    await until(lambda: slow.lost, what="connectionLost")
    await others.is_well()


@pytest_twisted.ensureDeferred
async def test_who_never_polls(start_app: StartApp) -> None:
    app = start_app()
    others = await bystander(app)
    url = "/app" + new_session()
    await app.poll(url)
    slow = app.session
    ends = []
    for _ in range(30):
        slow.transport.write(b"x" * 10_000)
        ends.append(slow.transport.disconnected)
    assert ends.index(True) == 26  # 270 kB are too much
    assert await app.poll(url) == SLOW
    assert await app.poll(url) == SLOW
    await until(lambda: slow.lost, what="connectionLost")
    assert slow.lost is ConnectionLost
    await others.is_well()


@pytest_twisted.ensureDeferred
async def test_tiny_messages_that_nobody_fetches(start_app: StartApp) -> None:
    """A message costs more than its bytes."""
    app = start_app()
    await app.poll("/app" + new_session())
    slow = app.session
    for _ in range(262_144):
        slow.transport.write(b"")
    assert slow.transport.disconnected


@pytest_twisted.ensureDeferred
async def test_polls_whose_answers_are_not_read(start_app: StartApp) -> None:
    app = start_app()
    app.hold_little()
    others = await bystander(app)
    url = "/app" + new_session()
    await app.poll(url)
    slow = app.session
    raw = await app.connect()
    read_nothing(raw)
    held = []
    for _ in range(100):
        raw.send("POST", url + "/xhr", body=b"")
        await pause(0)
        if not slow.transport.disconnected:
            slow.transport.write(b"x" * 60_000)
        await pause(0)
        held.append(waiting(raw))
    assert max(held) < HELD
    assert slow.transport.disconnected
    await others.is_well()


# -- sending more than is taken


@pytest_twisted.ensureDeferred
async def test_messages_that_the_application_does_not_take(start_app: StartApp) -> None:
    app = start_app()
    others = await bystander(app)
    url = "/app" + new_session()
    await app.poll(url)
    session = app.session
    session.transport.pauseProducing()
    payloads = [b'["%02d%s"]' % (number, b"x" * 10_000) for number in range(60)]
    sent = []
    for payload in payloads:
        connection = await app.connect()
        sent.append(connection.send("POST", url + "/xhr_send", body=payload))
    await app.get("/nothing")
    refused = [one for one in sent if one.connection.data]
    assert 30 < len(refused) < 40
    for one in refused:
        assert (await one.whole()).status == 503
    assert session.heard == []
    await others.is_well()
    session.transport.resumeProducing()
    taken = [one for one in sent if one not in refused]
    for one in taken:
        assert (await one.whole()).status == 204
    expected = [payload for payload, one in zip(payloads, sent, strict=True) if one in taken]
    assert [b'["%s"]' % data for data in session.heard] == expected


@pytest_twisted.ensureDeferred
async def test_who_sends_and_is_gone_before_it_is_taken(start_app: StartApp) -> None:
    app = start_app()
    url = "/app" + new_session()
    await app.poll(url)
    session = app.session
    session.transport.pauseProducing()
    connections = [await app.connect() for _ in range(3)]
    for number, connection in enumerate(connections):
        connection.send("POST", url + "/xhr_send", body=b'["%d"]' % number)
    await app.get("/nothing")
    connections[0].vanish()
    connections[1].transport.loseConnection()
    await app.get("/nothing")
    session.transport.resumeProducing()
    assert session.heard == [b"0", b"1", b"2"]


@pytest.mark.parametrize("why", ["closed by the application", "client lost"])
@pytest_twisted.ensureDeferred
async def test_who_waits_for_what_is_over(start_app: StartApp, why: str) -> None:
    app = start_app(StandingClock())
    url = "/app" + new_session()
    stream = await XHR_STREAMING.receive(app, url)
    session = app.session
    session.transport.pauseProducing()
    held = (await app.connect()).send("POST", url + "/xhr_send", body=b'["x"]')
    await app.get("/nothing")
    if why == "client lost":
        stream.vanish()
    else:
        session.transport.loseConnection()
    assert (await held.whole()).status in (204, 404)
    assert session.heard == []
