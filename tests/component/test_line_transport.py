"""The line protocol over TCP: real sockets, a daemon that records."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from rabbitchat.chat import commands, events
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.settings import Limits
from rabbitchat.transports.line import LineFactory, LineProtocol
from rabbitchat.transports.line_peers import ILineOutput
from support.line_daemon import RecordingConnection, RecordingDaemon, message
from support.waiting import pause, until

reactor: Any = _reactor

GREETING = "* welcome to rabbitchat; /help lists what you can say\r\nWhat is your name?\r\n"


class Terminal(Protocol):
    """The other end: bytes out, bytes in."""

    transport: Any

    def __init__(self) -> None:
        self.data = b""
        self.ended: Deferred[None] = Deferred()
        self.is_open = True

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_open = False
        self.ended.callback(None)

    @property
    def text(self) -> str:
        return self.data.decode()

    def types(self, data: str | bytes) -> None:
        self.transport.write(data.encode() if isinstance(data, str) else data)

    async def sees(self, text: str) -> None:
        """Wait for a text."""
        await until(lambda: text in self.text, what=f"{text!r}; seen was {self.text!r}")

    async def hang_up(self) -> None:
        if self.is_open:
            self.transport.abortConnection()
            await self.ended


class House:
    """A listening LineFactory and its recording daemon."""

    def __init__(self, port: int, daemon: RecordingDaemon) -> None:
        self.port = port
        self.daemon = daemon
        self.terminals: list[Terminal] = []

    async def terminal(self) -> tuple[Terminal, RecordingConnection]:
        """A client that was greeted, and its connection at the daemon."""
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.port)
        count = len(self.daemon.connections)
        terminal = await connectProtocol(endpoint, Terminal())
        self.terminals.append(terminal)
        await terminal.sees(GREETING)
        return terminal, self.daemon.connections[count]

    async def talking(self) -> tuple[Terminal, RecordingConnection]:
        """A client called tel, in the lobby."""
        terminal, connection = await self.terminal()
        terminal.types("tel\n")
        await until(lambda: connection.commands)
        connection.let_in("tel")
        await terminal.sees("* you are tel, in lobby, alone\r\n")
        connection.commands.clear()
        terminal.data = b""
        return terminal, connection


@asynccontextmanager
async def listening(**limits: Any) -> AsyncIterator[House]:
    """A house until the end of the block; everything in it is closed then."""
    daemon = RecordingDaemon()
    factory = LineFactory(daemon, Limits(**limits), reactor)
    endpoint = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    port = await endpoint.listen(factory)
    house = House(port.getHost().port, daemon)
    try:
        yield house
    finally:
        for terminal in house.terminals:
            await terminal.hang_up()
        await maybeDeferred(port.stopListening)
        await until(lambda: all(connection.ended for connection in daemon.connections))


def said(connection: RecordingConnection) -> list[str]:
    return [c.text for c in connection.commands if isinstance(c, commands.Publish)]


@pytest_twisted.ensureDeferred
async def test_from_the_greeting_to_good_bye() -> None:
    async with listening() as house:
        terminal, connection = await house.talking()
        assert connection.client.address == "127.0.0.1"
        terminal.types("hello\r\n")
        await until(lambda: said(connection) == ["hello"])
        connection.answer(events.Published(room="lobby", msgid="m", seq=1, time="t"))
        connection.tell(message("höi\nzäme"))
        await terminal.sees("<ann> höi\r\n<ann> zäme\r\n")
        terminal.types("/quit\r\n")
        await until(lambda: isinstance(connection.commands[-1], commands.Read))
        connection.answer(events.Ok())
        await terminal.ended
        assert terminal.text.endswith("* good bye\r\n")
        assert connection.ended == [(True, "quit")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\0", "\r"])
@pytest_twisted.ensureDeferred
async def test_every_line_end(end: str) -> None:
    async with listening() as house:
        terminal, connection = await house.talking()
        terminal.types(f"one{end}two{end}")
        await until(lambda: said(connection) == ["one", "two"])


@pytest_twisted.ensureDeferred
async def test_a_byte_at_a_time() -> None:
    async with listening() as house:
        terminal, connection = await house.talking()
        for byte in b"\xff\xfd\x03h\xc3\xa9llp\x08o\r\0\xff\xf6":
            terminal.types(bytes((byte,)))
            await pause(0)
        await until(lambda: said(connection) == ["héllo"])
        await until(lambda: terminal.data == b"\xff\xfc\x03* yes, I am here\r\n")


@pytest_twisted.ensureDeferred
async def test_nothing_is_negotiated_unasked() -> None:
    async with listening() as house:
        terminal, _ = await house.terminal()
        assert terminal.text == GREETING


@pytest_twisted.ensureDeferred
async def test_the_mark_that_telnet_sends_out_of_band_is_read_in_its_place() -> None:
    """`IAC DM` comes as urgent data; without it the IAC would swallow the next character."""
    async with listening() as house:
        terminal, connection = await house.talking()
        handle = terminal.transport.getHandle()
        handle.send(b"\xff")
        handle.send(b"\xf2", socket.MSG_OOB)
        handle.send(b"hello\r\n")
        await until(lambda: said(connection) == ["hello"])


@pytest_twisted.ensureDeferred
async def test_an_endless_line_is_refused_and_the_next_one_is_heard() -> None:
    async with listening(max_line=1000) as house:
        terminal, connection = await house.talking()
        terminal.types("x" * 100_000)
        await terminal.sees("* error: a line may have 1000 bytes; this one had more")
        terminal.types("x\nhello\n")
        await until(lambda: said(connection) == ["hello"])
        assert [problem.code for problem in connection.refused] == [Code.TEXT_TOO_LONG]


@pytest_twisted.ensureDeferred
async def test_lines_sent_ahead_stay_in_the_network() -> None:
    """While an answer is waited for nothing is read, so that what waits here stays small."""
    async with listening() as house:
        terminal, connection = await house.terminal()
        terminal.types("tel\n")
        await until(lambda: connection.commands)
        terminal.types("hello\n" * 5_000_000)
        await until(lambda: not protocol_of(connection).transport.reading)
        assert len(connection.commands) == 1
        connection.client.close(Close.FLOOD, "enough")
        await terminal.ended


def test_a_flood_of_line_ends_leaves_turns_to_others() -> None:
    clock, transport = Clock(), StringTransport()
    daemon = RecordingDaemon()
    protocol = LineFactory(daemon, Limits(), clock).buildProtocol(None)
    protocol.makeConnection(transport)
    protocol.dataReceived(b"\n" * 65000 + b"/help\n")
    assert transport.producerState == "paused"
    assert len(clock.getDelayedCalls()) == 1  # the next slice has a turn of its own
    assert len(protocol._incoming._unread) > 60000
    assert not daemon.connections[0].commands
    clock.advance(0)
    assert len(daemon.connections[0].commands) == 1
    assert transport.producerState == "producing"
    protocol.dataReceived(b"\n" * 65000)
    protocol.connectionLost()
    assert not clock.getDelayedCalls()


def protocol_of(connection: RecordingConnection) -> Any:
    """The LineProtocol behind a client, whose transport tells whether it is read."""
    protocol: Any = connection.client._output  # type: ignore[attr-defined]
    assert isinstance(protocol, LineProtocol)
    verifyObject(ILineOutput, protocol)
    protocol.transport.reading = protocol.transport in reactor.getReaders()
    return protocol


@pytest_twisted.ensureDeferred
async def test_a_paused_client_is_read_again_after_a_while() -> None:
    async with listening() as house:
        terminal, connection = await house.talking()
        connection.client.pause()
        terminal.types("hello\n")
        await pause(0.05)
        assert said(connection) == []
        connection.client.resume()
        await until(lambda: said(connection) == ["hello"])


@pytest_twisted.ensureDeferred
async def test_sent_away_with_the_reason() -> None:
    async with listening() as house:
        terminal, connection = await house.talking()
        connection.client.close(Close.SHUTTING_DOWN, "come back")
        await terminal.ended
        assert terminal.text == "* disconnected: come back (3000)\r\n"
        await until(lambda: connection.ended)
        assert connection.ended[0][0] is False


@pytest_twisted.ensureDeferred
async def test_who_does_not_read_is_cut_off() -> None:
    async with listening(max_buffer=100_000) as house:
        terminal, connection = await house.talking()
        terminal.transport.pauseProducing()

        def flooded() -> bool:
            for _ in range(100):
                connection.tell(message("x" * 4000))
            return bool(connection.ended)

        await until(flooded, what="the slow client is gone")
        assert connection.ended == [(False, "connection lost")]


@pytest_twisted.ensureDeferred
async def test_what_has_reached_the_other_end_is_known() -> None:
    async with listening(max_buffer=0) as house:
        terminal, connection = await house.talking()
        arrival = protocol_of(connection).arrival
        await until(lambda: arrival.arrived() == arrival.written > 0)
        terminal.transport.pauseProducing()
        while arrival.written < 10_000_000:  # more than two kernels take
            connection.tell(message("x" * 50_000))
        assert arrival.arrived() < arrival.written
        terminal.transport.resumeProducing()
        await until(lambda: arrival.arrived() == arrival.written)
        await terminal.hang_up()
        await until(lambda: connection.ended)
        arrival.written += 1
        assert arrival.arrived() == arrival.written - 1


@pytest_twisted.ensureDeferred
async def test_a_closed_half_still_sees_what_its_lines_lead_to() -> None:
    async with listening() as house:
        terminal, connection = await house.terminal()
        terminal.types("tel\nhello\n")
        terminal.transport.loseWriteConnection()
        await until(lambda: connection.commands)
        connection.let_in("tel")
        await until(lambda: said(connection) == ["hello"])
        assert not connection.ended
        connection.fail(ChatError(Code.RATE_LIMITED, "too fast"))
        await terminal.ended
        assert terminal.text.endswith("* error: too fast\r\n* good bye\r\n")
        assert connection.ended == [(True, "closed")]


def reset(terminal: Terminal) -> None:
    handle = terminal.transport.getHandle()
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    terminal.transport.abortConnection()


@pytest.mark.parametrize(
    ("go", "ended"),
    [
        (lambda terminal: terminal.transport.loseConnection(), (True, "closed")),
        (lambda terminal: terminal.types("\x04"), (True, "quit")),
        (lambda terminal: terminal.types(b"\xff\xf4\xff\xfd\x06"), (True, "quit")),
        (reset, (False, "connection lost")),
    ],
    ids=["closed", "ctrl-d", "interrupted", "reset"],
)
@pytest_twisted.ensureDeferred
async def test_ways_to_go(go: Callable[[Terminal], None], ended: tuple[bool, str]) -> None:
    async with listening() as house:
        terminal, connection = await house.talking()
        go(terminal)
        await until(lambda: connection.ended)
        assert connection.ended == [ended]


@pytest.mark.parametrize(
    ("go", "marked"),
    [
        (lambda terminal: terminal.transport.loseConnection(), [5]),
        (reset, []),  # what it took with it can't be known
    ],
    ids=["closed", "reset"],
)
@pytest_twisted.ensureDeferred
async def test_what_was_shown_is_marked_as_read_at_the_end(
    go: Callable[[Terminal], None], marked: list[int]
) -> None:
    async with listening() as house:
        terminal, connection = await house.talking()
        connection.tell(message("hello", seq=5))
        await terminal.sees("<ann> hello")
        go(terminal)
        await until(lambda: connection.ended)
        marks = [c.seq for c in connection.commands if isinstance(c, commands.Read)]
        assert marks == marked


@pytest_twisted.ensureDeferred
async def test_refused_at_the_door() -> None:
    async with listening() as house:
        house.daemon.refuse_with = Close.TOO_MANY_CONNECTIONS
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", house.port)
        terminal = await connectProtocol(endpoint, Terminal())
        await terminal.ended
        assert terminal.text == "* disconnected: not now (3502)\r\n"


@pytest_twisted.ensureDeferred
async def test_a_vanished_peer_is_noticed_by_tcp() -> None:
    async with listening(ping=7.0) as house:
        _, connection = await house.terminal()
        handle = protocol_of(connection).transport.getHandle()
        assert handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        options = [socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT]
        values = [handle.getsockopt(socket.IPPROTO_TCP, option) for option in options]
        assert values == [7, 7, 2]
        assert handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 21000


@pytest.mark.parametrize("ping", [0.0, 0.1, 1e9])
@pytest_twisted.ensureDeferred
async def test_any_ping_time_will_do(ping: float) -> None:
    async with listening(ping=ping) as house:
        _, connection = await house.terminal()
        handle = protocol_of(connection).transport.getHandle()
        assert bool(handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)) == bool(ping)


@pytest_twisted.ensureDeferred
async def test_garbage_harms_nobody() -> None:
    """Every byte, in two orders, and an HTTP request: the connection stays, nothing is logged."""
    async with listening() as house:
        terminal, connection = await house.talking()
        garbage = bytes(range(5, 256)) + bytes(reversed(range(5, 256)))
        terminal.types(b"x" + garbage + b"\xff\xf0\r\nGET / HTTP/1.1\r\n\r\nhello\r\n")
        await until(lambda: "hello" in said(connection))
        assert not connection.ended
