"""What a Twisted Protocol writes to: on a carrier that notes everything, with real protocols."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Optional

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IConsumer, IProtocol, IPushProducer, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.protocols.basic import FileSender, LineReceiver, NetstringReceiver
from twisted.protocols.wire import Echo
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from rabbitchat.sockjs.closing import Ending
from rabbitchat.sockjs.frames import LatestMessage, Message
from rabbitchat.sockjs.transport import ClosedByClient, SockJSTransport
from support.hygiene import LoggedFailures
from support.sockjs_fakes import take_turns

HOST = IPv4Address("TCP", "198.51.100.1", 80)
PEER = IPv4Address("TCP", "192.0.2.1", 50000)


class FakeCarrier:
    """Notes what it is to do. As a polling session does, it ends at once."""

    def __init__(self) -> None:
        self.sent: list[object] = []
        self.reads = True
        self.over: Callable[[Ending], None] = lambda ending: None
        self.is_over = False

    def send(self, message: Message) -> None:
        """See transport.Carrier."""
        assert not self.is_over
        self.sent.append(message)

    def end(self, code: int, reason: str, last_words: Optional[Message]) -> None:
        """See transport.Carrier."""
        if last_words is not None:
            self.sent.append(last_words)
        self._end((code, reason), Ending.CLOSED)

    def abort(self, code: int, reason: str) -> None:
        """See transport.Carrier."""
        self._end((code, reason, "at once"), Ending.LOST)

    def _end(self, farewell: object, ending: Ending) -> None:
        if not self.is_over:
            self.is_over = True
            self.sent.append(farewell)
            self.over(ending)

    def pause(self) -> None:
        """See transport.Carrier."""
        self.reads = False

    def resume(self) -> None:
        """See transport.Carrier."""
        assert not self.is_over
        self.reads = True


class WaitingCarrier(FakeCarrier):
    """As a WebSocket does, it ends later, when the client has answered; it carries bytes too."""

    def _end(self, farewell: object, ending: Ending) -> None:
        self.is_over = True
        self.sent.append(farewell)

    def send_binary(self, data: bytes) -> None:
        """See transport.BinaryCarrier."""
        assert not self.is_over
        self.sent.append(("binary", data))

    def resume(self) -> None:
        """See transport.Carrier."""
        self.reads = True


class Bench:
    """A transport with a protocol on it, whose session has just opened."""

    def __init__(
        self, protocol: Optional[IProtocol], carrier: Optional[FakeCarrier] = None
    ) -> None:
        self.clock = Clock()
        self.carrier = carrier or FakeCarrier()
        self.transport = SockJSTransport(self.carrier, self.clock, LatestMessage(), HOST, PEER)
        self.carrier.over = self.transport.lost
        self.transport.serve(protocol)
        self.transport.opened()

    @property
    def sent(self) -> list[object]:
        """What the client was sent."""
        return self.carrier.sent

    def hear(self, *several: bytes) -> None:
        """The client sends messages."""
        for data in several:
            self.transport.received(data)

    def turn(self) -> None:
        """One turn of the reactor, and those that it asks for."""
        take_turns(self.clock)


class Notes(Protocol):
    """An application that notes what it hears."""

    transport: Any

    def __init__(self) -> None:
        self.heard: list[object] = []

    def connectionMade(self) -> None:
        """The session is open."""
        self.heard.append("made")

    def dataReceived(self, data: bytes) -> None:
        """A message came."""
        self.heard.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The session is over."""
        self.heard.append(reason.value)


# -- as a transport of Twisted's


def test_it_is_what_twisted_calls_a_transport_a_consumer_and_a_producer() -> None:
    transport = Bench(Notes()).transport
    for interface in (ITransport, IConsumer, IPushProducer):
        assert verifyObject(interface, transport)
    assert (transport.getHost(), transport.getPeer()) == (HOST, PEER)
    assert (transport.connected, transport.disconnecting, transport.disconnected) == (
        True,
        False,
        False,
    )


def test_each_write_is_a_message() -> None:
    bench = Bench(Notes())
    bench.transport.write(b"one")
    bench.transport.writeSequence([b"t", b"w", b"o"])
    bench.transport.write(bytearray(b"three"))  # type: ignore[arg-type]
    bench.transport.write(b"")
    assert bench.sent == [b"one", b"two", b"three", b""]


def test_the_same_object_written_to_many_is_encoded_once() -> None:
    latest, data = LatestMessage(), b"to all"
    carriers = [FakeCarrier() for _ in range(3)]
    for carrier in carriers:
        SockJSTransport(carrier, Clock(), latest, HOST, PEER).write(data)
    messages = [carrier.sent[0] for carrier in carriers]
    assert messages == [b"to all"] * 3
    assert len({id(message) for message in messages}) == 1


@pytest.mark.parametrize("wrong", ["text", None, 5])
def test_only_bytes_can_be_written(wrong: Any) -> None:
    bench = Bench(Notes())
    with pytest.raises(TypeError, match="write bytes"):
        bench.transport.write(wrong)
    with pytest.raises(TypeError):
        bench.transport.writeSequence([wrong])
    bench.transport.loseConnection()
    with pytest.raises(TypeError, match="write bytes"):
        bench.transport.write(wrong)


def test_only_a_raw_websocket_carries_binary_messages() -> None:
    bench = Bench(Notes())
    assert not bench.transport.is_raw
    with pytest.raises(TypeError, match="raw WebSocket"):
        bench.transport.write_binary(b"\xff")
    raw = Bench(Notes(), WaitingCarrier())
    assert raw.transport.is_raw
    raw.transport.write_binary(b"\xff")
    raw.transport.loseConnection()
    raw.transport.write_binary(b"\xff")
    assert raw.sent == [("binary", b"\xff"), (3000, "Go away!")]


def test_a_factory_that_refuses_closes_the_session() -> None:
    bench = Bench(None)
    bench.hear(b"x")
    bench.turn()
    assert bench.sent == [(3000, "Go away!")]
    assert bench.clock.getDelayedCalls() == []


def test_reading_is_paused_and_resumed_at_the_carrier() -> None:
    bench = Bench(Notes())
    reads = []
    for what in ("pause", "resume", "pause", "stop", "resume"):
        getattr(bench.transport, what + "Producing")()
        reads.append(bench.carrier.reads)
    assert reads == [False, True, False, False, False]
    assert bench.sent == [(3000, "Go away!")]


# -- protocols of Twisted's own


def test_an_echo() -> None:
    bench = Bench(Echo())
    bench.hear(b"one", "zwei \U0001f600".encode(), "\ud800".encode("utf-8", "surrogatepass"))
    assert bench.sent == [b"one", "zwei \U0001f600".encode(), b"\xed\xa0\x80"]


class Lines(LineReceiver):
    """Answers lines; `pause` holds the next ones back, `bye` closes, and NUL begins raw bytes."""

    transport: Any
    delimiter = b"\n"
    MAX_LENGTH = 20

    def lineReceived(self, line: bytes) -> None:
        """A line came."""
        self.sendLine(b"line " + line)
        if line == b"pause":
            self.pauseProducing()
        elif line == b"bye":
            self.transport.loseConnection()
        elif line == b"raw":
            self.setRawMode()

    def rawDataReceived(self, data: bytes) -> None:
        """What isn't lines."""
        self.transport.write(b"raw " + data)


def test_a_line_receiver() -> None:
    protocol = Lines()
    bench = Bench(protocol)
    bench.hear(b"o", b"ne\ntwo\nth", b"ree\npause\nlater\n")
    assert bench.sent == [b"line one\n", b"line two\n", b"line three\n", b"line pause\n"]
    reads = [bench.carrier.reads]
    del bench.sent[:]
    protocol.resumeProducing()
    assert [*reads, bench.carrier.reads] == [False, True]
    bench.hear(b"raw\nabc", b"def")
    assert bench.sent == [b"line later\n", b"line raw\n", b"raw abc", b"raw def"]


def test_a_line_receiver_takes_no_more_lines_once_it_has_closed() -> None:
    bench = Bench(Lines())
    bench.hear(b"bye\nmore\n", b"more\n")
    assert bench.sent == [b"line bye\n", (3000, "Go away!")]


def test_a_line_that_is_too_long_closes() -> None:
    bench = Bench(Lines())
    bench.hear(b"x" * 21)
    assert bench.sent == [(3000, "Go away!")]


class Netstrings(NetstringReceiver):
    """Sends back what it hears."""

    def stringReceived(self, string: bytes) -> None:
        """A netstring came."""
        self.sendString(string)


def test_a_netstring_receiver() -> None:
    bench = Bench(Netstrings())
    bench.hear(b"3:on", b"e,0:,5:th", b"ree,", b"2:abc,")
    assert bench.sent == [b"3:one,", b"0:,", b"5:three,", (3000, "Go away!")]


# -- the end


@pytest.mark.parametrize("carrier", [FakeCarrier, WaitingCarrier])
@pytest.mark.parametrize("how", ["loseConnection", "abortConnection"])
def test_nothing_is_written_or_heard_after_the_close(carrier: type[FakeCarrier], how: str) -> None:
    protocol = Notes()
    bench = Bench(protocol, carrier())
    bench.transport.write(b"1")
    getattr(bench.transport, how)()
    assert bench.transport.disconnecting
    bench.transport.write(b"2")
    bench.transport.loseConnection()
    bench.transport.close(4000, "again")
    bench.hear(b"late")
    assert len(bench.sent) == 2
    assert protocol.heard == ["made"]


def test_the_protocol_hears_of_the_end_in_a_turn_of_its_own_and_once() -> None:
    protocol = Notes()
    bench = Bench(protocol)
    bench.transport.loseConnection()
    assert (bench.transport.connected, bench.transport.disconnected) == (False, True)
    assert protocol.heard == ["made"]
    bench.transport.lost(Ending.LOST)
    bench.turn()
    bench.transport.lost(Ending.LOST)
    bench.turn()
    [_, reason] = protocol.heard
    assert type(reason) is ConnectionDone
    assert protocol.transport is bench.transport


@pytest.mark.parametrize(
    ("ending", "code", "kind"),
    [
        (Ending.CLOSED, None, ConnectionDone),
        (Ending.CLOSED, 1000, ConnectionDone),
        (Ending.LOST, None, ConnectionLost),
        (Ending.LEFT, None, ClosedByClient),
        (Ending.LEFT, 1001, ClosedByClient),
    ],
)
def test_the_reason_tells_who_ended_it(
    ending: Ending, code: Optional[int], kind: type[Exception]
) -> None:
    protocol = Notes()
    bench = Bench(protocol)
    bench.transport.lost(ending, code)
    bench.turn()
    [_, reason] = protocol.heard
    assert type(reason) is kind
    if isinstance(reason, ClosedByClient):
        assert isinstance(reason, ConnectionDone)
        assert reason.code == code


def test_an_abort_ends_at_once() -> None:
    protocol = Notes()
    bench = Bench(protocol)
    bench.transport.abortConnection()
    bench.transport.abortConnection()
    bench.turn()
    assert bench.sent == [(3000, "Go away!", "at once")]
    assert type(protocol.heard[1]) is ConnectionLost


def test_a_close_may_have_a_code_a_reason_and_last_words() -> None:
    bench = Bench(Notes())
    bench.transport.close(4001, "enough", b"bye")
    assert bench.sent == [b"bye", (4001, "enough")]
    other = Bench(Notes())
    other.transport.close(1000, "")
    assert other.sent == [(1000, "")]


@pytest.mark.parametrize("code", [0, -1, 999, 1001, 1005, 1006, 2999, 5000, 70000])
def test_a_code_that_can_not_be_sent_is_an_error(code: int) -> None:
    bench = Bench(Notes())
    with pytest.raises(ValueError, match=f"{code} is no code"):
        bench.transport.close(code, "x")
    assert not bench.transport.disconnecting
    assert bench.sent == []


def test_last_words_that_are_no_text_are_an_error_before_anything_has_begun() -> None:
    bench = Bench(Notes())
    with pytest.raises(ValueError, match="codec can't decode"):
        bench.transport.close(3000, "x", b"\xff")
    assert not bench.transport.disconnecting
    bench.transport.close(3000, "x", b"bye")
    assert bench.sent == [b"bye", (3000, "x")]


# -- producers


class Push:
    """A push producer that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        """See IPushProducer."""
        self.told.append("pause")

    def resumeProducing(self) -> None:
        """See IPushProducer."""
        self.told.append("resume")

    def stopProducing(self) -> None:
        """See IPushProducer."""
        self.told.append("stop")


def test_a_push_producer_is_paused_while_the_client_does_not_keep_up() -> None:
    bench, producer = Bench(Notes()), Push()
    bench.transport.registerProducer(producer, True)
    assert producer.told == []
    bench.transport.pause_writing()
    bench.transport.resume_writing()
    assert producer.told == ["pause", "resume"]
    bench.transport.unregisterProducer()
    bench.transport.pause_writing()
    assert producer.told == ["pause", "resume"]
    late = Push()
    bench.transport.registerProducer(late, True)
    bench.transport.resume_writing()
    assert late.told == ["pause", "resume"]
    bench.transport.unregisterProducer()
    latest = Push()
    bench.transport.registerProducer(latest, True)
    assert latest.told == []


def test_there_is_one_producer_at_a_time() -> None:
    bench, first = Bench(Notes()), Push()
    bench.transport.registerProducer(first, True)
    with pytest.raises(RuntimeError, match="must be unregistered first"):
        bench.transport.registerProducer(Push(), True)
    bench.transport.unregisterProducer()
    bench.transport.registerProducer(Push(), True)
    bench.transport.unregisterProducer()
    bench.transport.unregisterProducer()


@pytest.mark.parametrize("carrier", [FakeCarrier, WaitingCarrier])
def test_the_close_waits_for_the_producer_and_what_it_writes(carrier: type[FakeCarrier]) -> None:
    bench, producer = Bench(Notes(), carrier()), Push()
    bench.transport.registerProducer(producer, True)
    bench.transport.close(4000, "done", b"last")
    bench.transport.write(b"1")
    bench.transport.write(b"2")
    assert bench.sent == [b"1", b"2"]
    bench.transport.unregisterProducer()
    bench.transport.unregisterProducer()
    bench.transport.write(b"3")
    assert bench.sent == [b"1", b"2", b"last", (4000, "done")]
    assert producer.told == []


@pytest.mark.parametrize("streaming", [False, True])
def test_the_producer_of_a_session_that_is_over_is_stopped(streaming: bool) -> None:
    bench, producer, late = Bench(Notes()), Push(), Push()
    bench.transport.registerProducer(producer, True)
    bench.transport.abortConnection()
    assert producer.told == ["stop"]
    bench.transport.registerProducer(late, streaming)
    assert late.told == ["stop"]
    bench.transport.unregisterProducer()
    bench.turn()
    assert bench.clock.getDelayedCalls() == []


def test_an_abort_does_not_wait_for_the_producer() -> None:
    bench, producer = Bench(Notes()), Push()
    bench.transport.registerProducer(producer, True)
    bench.transport.loseConnection()
    bench.transport.abortConnection()
    assert bench.sent == [(3000, "Go away!", "at once")]
    assert producer.told == ["stop"]


class Pull(Push):
    """A pull producer: some numbers, then it is done. It may fail."""

    def __init__(self, transport: SockJSTransport, count: int, fails_at: int = -1) -> None:
        super().__init__()
        self._transport = transport
        self._count = count
        self._fails_at = fails_at
        self.made = 0

    def resumeProducing(self) -> None:
        """See IPullProducer."""
        if self.made == self._fails_at:
            raise ZeroDivisionError
        if self.made == self._count:
            self._transport.unregisterProducer()
            return
        self.made += 1
        self._transport.write(b"%d" % self.made)


def test_a_pull_producer_is_asked_once_in_each_turn_until_it_is_done() -> None:
    bench = Bench(Notes())
    producer = Pull(bench.transport, 3)
    bench.transport.registerProducer(producer, False)
    bench.transport.loseConnection()
    assert bench.sent == []
    bench.turn()
    assert bench.sent == [b"1", b"2", b"3", (3000, "Go away!")]
    bench.turn()
    assert bench.clock.getDelayedCalls() == []
    assert producer.told == []


def test_a_pull_producer_is_not_asked_while_the_client_does_not_keep_up() -> None:
    bench = Bench(Notes())
    bench.transport.pause_writing()
    producer = Pull(bench.transport, 1)
    bench.transport.registerProducer(producer, False)
    bench.turn()
    assert bench.clock.getDelayedCalls() == []
    bench.transport.resume_writing()
    bench.transport.resume_writing()
    bench.transport.pause_writing()
    assert bench.clock.getDelayedCalls() == []
    bench.transport.resume_writing()
    assert len(bench.clock.getDelayedCalls()) == 1
    bench.turn()
    assert bench.sent == [b"1"]


def test_a_pull_producer_is_stopped_with_its_session() -> None:
    bench = Bench(Notes())
    producer = Pull(bench.transport, 1000)
    bench.transport.registerProducer(producer, False)
    bench.transport.abortConnection()
    bench.turn()
    assert (producer.told, producer.made) == (["stop"], 0)
    assert bench.clock.getDelayedCalls() == []


def test_a_file_is_sent_whole_and_then_the_session_ends() -> None:
    bench = Bench(Notes())
    content = "".join(f"{number:07}\n" for number in range(10_000)).encode()
    sent = FileSender().beginFileTransfer(io.BytesIO(content), bench.transport)
    bench.transport.loseConnection()
    bench.turn()
    assert bench.sent[-1] == (3000, "Go away!")
    pieces = [piece for piece in bench.sent[:-1] if isinstance(piece, bytes)]
    assert len(pieces) > 1
    assert b"".join(pieces) == content
    assert sent.called
    assert bench.clock.getDelayedCalls() == []


def test_a_file_whose_client_goes_is_not_read_on() -> None:
    bench = Bench(Notes())
    sent = FileSender().beginFileTransfer(io.BytesIO(b"x" * 100_000), bench.transport)
    errors: list[Failure] = []
    sent.addErrback(errors.append)
    bench.transport.lost(Ending.LOST)
    bench.turn()
    assert [error.getErrorMessage() for error in errors] == ["Consumer asked us to stop producing"]
    assert bench.sent == []


# -- bugs of the application's cost one session, and are logged


class Buggy(Notes):
    """Fails where it is told to."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self._where = where

    def connectionMade(self) -> None:
        """The session is open."""
        super().connectionMade()
        self._fail("made")

    def dataReceived(self, data: bytes) -> None:
        """A message came."""
        super().dataReceived(data)
        self._fail("data")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The session is over."""
        super().connectionLost(reason)
        self._fail("lost")

    def _fail(self, where: str) -> None:
        if where == self._where:
            raise ZeroDivisionError(where)


@pytest.mark.parametrize(("where", "heard"), [("made", 2), ("data", 3), ("lost", 3)])
def test_an_exception_ends_the_session(
    where: str, heard: int, expected_failures: LoggedFailures
) -> None:
    protocol = Buggy(where)
    bench = Bench(protocol)
    bench.hear(b"1")
    bench.transport.loseConnection()
    bench.turn()
    assert len(expected_failures.flush(ZeroDivisionError)) == 1
    assert len(protocol.heard) == heard
    failed = (1011, "The server failed", "at once")
    assert bench.sent == [(3000, "Go away!") if where == "lost" else failed]


def test_after_an_exception_nothing_more_is_heard(expected_failures: LoggedFailures) -> None:
    protocol = Buggy("data")
    bench = Bench(protocol, WaitingCarrier())
    bench.hear(b"1", b"2")
    assert len(expected_failures.flush(ZeroDivisionError)) == 1
    assert protocol.heard == ["made", b"1"]
    bench.transport.lost(Ending.LOST)
    bench.turn()
    assert len(protocol.heard) == 3


class BuggyPush(Push):
    """Fails where it is told to."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self._where = where

    def __getattribute__(self, name: str) -> Any:
        if name == object.__getattribute__(self, "__dict__").get("_where"):
            return self._fail
        return object.__getattribute__(self, name)

    def _fail(self) -> None:
        self.told.append("fails")
        raise ZeroDivisionError


@pytest.mark.parametrize("where", ["pauseProducing", "resumeProducing", "stopProducing"])
def test_an_exception_of_a_producer_ends_the_session(
    where: str, expected_failures: LoggedFailures
) -> None:
    protocol = Notes()
    bench, producer = Bench(protocol), BuggyPush(where)
    bench.transport.registerProducer(producer, True)
    bench.transport.pause_writing()
    bench.transport.resume_writing()
    bench.transport.abortConnection()
    bench.turn()
    assert len(expected_failures.flush(ZeroDivisionError)) == 1
    assert producer.told.count("fails") == 1
    assert len(bench.sent) == 1
    assert len(protocol.heard) == 2
    assert bench.clock.getDelayedCalls() == []


def test_a_pull_producer_that_fails_is_not_asked_for_ever(
    expected_failures: LoggedFailures,
) -> None:
    bench = Bench(Notes())
    producer = Pull(bench.transport, 10, fails_at=2)
    bench.transport.registerProducer(producer, False)
    bench.turn()
    assert len(expected_failures.flush(ZeroDivisionError)) == 1
    assert bench.sent == [b"1", b"2", (1011, "The server failed", "at once")]
    assert producer.told == ["stop"]
    assert bench.clock.getDelayedCalls() == []


# -- sessions that this package would end by itself


class Worded(Notes):
    """Has words of its own for that."""

    def __init__(self, does: Callable[[Worded], object] = lambda self: None) -> None:
        super().__init__()
        self._does = does

    def client_slow(self) -> None:
        """The client reads too slowly."""
        self._does(self)

    client_silent = session_failed = client_slow


def say(protocol: Worded) -> None:
    """Close with words of its own."""
    protocol.transport.close(4000, "own words", b"bye")


HOOKS = {
    "slow": (3001, "You read too slowly", "at once"),
    "silent": (3002, "No answer to a ping", "at once"),
}


@pytest.mark.parametrize("hook", HOOKS)
def test_the_application_may_end_it_in_its_own_words(hook: str) -> None:
    bench = Bench(Worded(say))
    getattr(bench.transport, hook)()
    assert bench.sent == [b"bye", (4000, "own words")]


@pytest.mark.parametrize("hook", HOOKS)
def test_it_is_ended_if_the_application_does_not(hook: str) -> None:
    for protocol in (Notes(), Worded()):
        bench = Bench(protocol)
        getattr(bench.transport, hook)()
        assert bench.sent == [HOOKS[hook]]


@pytest.mark.parametrize("hook", HOOKS)
def test_it_is_ended_if_the_application_fails(
    hook: str, expected_failures: LoggedFailures
) -> None:
    bench = Bench(Worded(lambda protocol: 1 / 0))
    getattr(bench.transport, hook)()
    assert bench.sent == [HOOKS[hook]]
    assert len(expected_failures.flush(ZeroDivisionError)) == 1


@pytest.mark.parametrize("hook", HOOKS)
def test_who_waits_for_a_producer_does_not_wait_longer(hook: str) -> None:
    asked: list[object] = []
    bench, producer = Bench(Worded(asked.append)), Push()
    bench.transport.registerProducer(producer, True)
    bench.transport.loseConnection()
    getattr(bench.transport, hook)()
    assert bench.sent == [HOOKS[hook]]
    assert producer.told == ["stop"]
    assert asked == []


@pytest.mark.parametrize("hook", HOOKS)
def test_who_is_closing_already_is_not_closed_again(hook: str) -> None:
    asked: list[object] = []
    bench = Bench(Worded(asked.append), WaitingCarrier())
    bench.transport.loseConnection()
    getattr(bench.transport, hook)()
    assert bench.sent == [(3000, "Go away!")]
    assert asked == []


def test_a_failed_session_is_ended_in_the_applications_words(
    expected_failures: LoggedFailures,
) -> None:
    bench = Bench(Worded(say))
    failing: Any = bench.transport
    failing._protocol.dataReceived = lambda data: 1 / 0
    bench.hear(b"1")
    assert bench.sent == [b"bye", (4000, "own words")]
    assert len(expected_failures.flush(ZeroDivisionError)) == 1
