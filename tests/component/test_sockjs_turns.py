"""Messages on a WebSocket: how many are heard at a time, and when none are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from rabbitchat.sockjs import SockJSFactory
from rabbitchat.sockjs.session import MESSAGES_A_TURN
from rabbitchat.sockjs.transport import SockJSTransport
from support import sockjs_raw as raw
from support.raw import CLOSE, PING, PONG, frame
from support.waiting import until

reactor: Any = _reactor

SOCKJS, RAW = "/0/bob/websocket", "/websocket"


class Hearing(Protocol):
    """Notes what it hears; stops reading at `stop`."""

    transport: Any

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.is_over = False

    def dataReceived(self, data: bytes) -> None:
        text = data.decode()
        self.heard.append(text)
        if text == "stop":
            self.transport.pauseProducing()
        elif text == "stop and go":
            self.transport.pauseProducing()
            self.transport.resumeProducing()
        elif text == "close":
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_over = True


class Served(Factory):
    """A port with an application that is looked at."""

    def __init__(self) -> None:
        self.application = Hearing()  # the first client's
        self._is_asked = False
        factory = SockJSFactory(self, {"max_message": 1 << 20})
        self.port = reactor.listenTCP(0, factory, interface="127.0.0.1")

    def buildProtocol(self, addr: Any) -> Protocol:
        first, self._is_asked = not self._is_asked, True
        return self.application if first else Hearing()

    async def open(self, path: str) -> raw.WebSocket:
        """A client whose session is open."""
        websocket = await raw.open_websocket(self.port.getHost().port, path)
        if path == SOCKJS:
            await websocket.hears("o")
        return websocket


@pytest.fixture
def served(twisted_greenlet: object) -> Iterator[Served]:
    """A port, closed afterwards."""
    served = Served()
    yield served
    pytest_twisted.blockon(served.port.stopListening())


def say(websocket: raw.WebSocket, path: str, *texts: str) -> None:
    """Send messages: in one frame where that can be."""
    if path == SOCKJS:
        websocket.say(json.dumps(texts))
    else:
        for text in texts:
            websocket.say(text)


@pytest.mark.parametrize("path", [SOCKJS, RAW])
@pytest_twisted.ensureDeferred
async def test_who_stops_reading_hears_nothing_more_until_it_reads(
    served: Served, path: str
) -> None:
    client = await served.open(path)
    say(client, path, "one", "stop", "two", "three")
    say(client, path, "four")
    hearing = served.application
    await until(lambda: len(hearing.heard) == 2, what="the first two")
    other = await raw.open_websocket(served.port.getHost().port, RAW)
    other.write(frame(PING, b"here?"))
    await other.frame(PONG)
    assert hearing.heard == ["one", "stop"]
    hearing.transport.resumeProducing()
    assert hearing.heard == ["one", "stop"], "not within its own call"
    await until(lambda: len(hearing.heard) == 5, what="the rest")
    assert hearing.heard[2:] == ["two", "three", "four"]
    client.vanish()
    other.vanish()


@pytest.mark.parametrize("path", [SOCKJS, RAW])
@pytest_twisted.ensureDeferred
async def test_who_reads_on_at_once_hears_on(served: Served, path: str) -> None:
    client = await served.open(path)
    say(client, path, "stop and go", "one", "stop and go", "two")
    await until(lambda: len(served.application.heard) == 4, what="all")
    assert served.application.heard == ["stop and go", "one", "stop and go", "two"]
    client.vanish()


@pytest_twisted.ensureDeferred
async def test_a_frame_full_of_messages_is_heard_in_several_turns(served: Served) -> None:
    client = await served.open(SOCKJS)
    texts = [str(number) for number in range(5 * MESSAGES_A_TURN)]
    sizes: list[int] = []

    def look() -> None:
        sizes.append(len(served.application.heard))
        if sizes[-1] < len(texts):
            reactor.callLater(0, look)

    look()
    say(client, SOCKJS, *texts)
    say(client, SOCKJS, "last")
    await until(lambda: len(served.application.heard) > len(texts), what="all")
    assert served.application.heard == [*texts, "last"]
    steps = [after - before for before, after in zip(sizes, sizes[1:], strict=False)]
    assert 0 < max(steps) <= MESSAGES_A_TURN + 1
    client.vanish()


@pytest_twisted.ensureDeferred
async def test_a_request_full_of_messages_is_heard_in_several_turns(served: Served) -> None:
    client = await raw.connect(served.port.getHost().port)
    await client.send("POST", "/0/bob/xhr", body=b"").whole()
    texts = [str(number) for number in range(5 * MESSAGES_A_TURN + 3)]
    hearing, turns = served.application, 0

    def look() -> None:
        nonlocal turns
        if hearing.heard and len(hearing.heard) < len(texts):
            turns += 1
        if len(hearing.heard) < len(texts):
            reactor.callLater(0, look)

    look()
    answer = client.send("POST", "/0/bob/xhr_send", body=json.dumps(texts).encode())
    assert (await answer.whole()).status == 204
    assert hearing.heard == texts, "the answer comes when all were taken"
    assert turns >= 4
    client.vanish()


@pytest_twisted.ensureDeferred
async def test_what_came_before_the_end_is_heard_before_it(served: Served) -> None:
    client = await served.open(SOCKJS)
    texts = [str(number) for number in range(3 * MESSAGES_A_TURN)]
    say(client, SOCKJS, *texts)
    client.write(frame(CLOSE, (1000).to_bytes(2, "big")))
    await client.over()
    await until(lambda: served.application.is_over, what="the end")
    assert served.application.heard == texts


@pytest.mark.parametrize("path", [SOCKJS, RAW])
@pytest_twisted.ensureDeferred
async def test_who_closes_hears_nothing_more(served: Served, path: str) -> None:
    client = await served.open(path)
    say(client, path, "close", "one", "two")
    await until(lambda: client.kinds(CLOSE), what="the close")
    client.vanish()
    await until(lambda: served.application.is_over, what="the end")
    assert served.application.heard == ["close"]


@pytest_twisted.ensureDeferred
async def test_what_nobody_will_hear_is_not_handed_over(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood is closed, and its last frame may hold twenty thousand messages more."""
    handed_over: list[bytes] = []
    received = SockJSTransport.received

    def count(transport: SockJSTransport, data: bytes) -> None:
        handed_over.append(data)
        received(transport, data)

    monkeypatch.setattr(SockJSTransport, "received", count)
    client = await served.open(SOCKJS)
    say(client, SOCKJS, "one", "close", *map(str, range(3 * MESSAGES_A_TURN)))
    await until(lambda: client.kinds(CLOSE), what="the close")
    client.write(frame(CLOSE, (3000).to_bytes(2, "big")))
    await client.over()
    await until(lambda: served.application.is_over, what="the end")
    assert handed_over == [b"one", b"close"]


@pytest_twisted.ensureDeferred
async def test_who_is_lost_while_nobody_reads_leaves_nothing_behind(served: Served) -> None:
    client = await served.open(SOCKJS)
    say(client, SOCKJS, "stop", *map(str, range(1000)))
    await until(lambda: served.application.heard, what="the first")
    client.vanish()
    # Whoever doesn't read doesn't notice either: that is what TCP does.
    served.application.transport.resumeProducing()
    await until(lambda: served.application.is_over, what="the end")
