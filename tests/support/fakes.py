"""Stand-ins for what the parts of a daemon talk to: clients, a broker with a script, a slow log.

They keep the promises of the interfaces they stand for; what a test wants to happen (a slow
client, a lost link, a log that answers late) it says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Optional, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure
from zope.interface import implementer

from rabbitchat.brokers.interface import (
    Consumer,
    IBroker,
    LinkState,
    Listener,
    Message,
    NotSent,
    Uncertain,
    Watcher,
)
from rabbitchat.chat.entries import Draft, Entry, placed
from rabbitchat.chat.errors import Close
from rabbitchat.chat.events import Event
from rabbitchat.clients import IClient, IWire
from rabbitchat.log.interface import (
    Appended,
    Found,
    ILog,
    LogState,
    Page,
    Search,
    Talk,
    Unavailable,
)

T = TypeVar("T")

TIME = "2026-01-01T00:00:00.000Z"
ANN, BOB, CAT = "a" * 16, "b" * 16, "c" * 16


def draft(
    msgid: str,
    room: str = "lobby",
    *,
    user: str = ANN,
    nick: str = "ann",
    text: str = "hello",
    node: str = "n1",
    peer: Optional[str] = None,
    via: Optional[str] = None,
) -> Draft:
    """Something to be said, of which mostly only some fields matter."""
    return Draft(
        room=room,
        msgid=msgid,
        user=user,
        nick=nick,
        text=text,
        time=TIME,
        node=node,
        peer=peer,
        via=via,
    )


def entry(seq: int, room: str = "lobby", epoch: str = "e1", **fields: Any) -> Entry:
    """An entry in its place."""
    return placed(draft(fields.pop("msgid", f"m{seq}"), room, **fields), epoch, seq)


def begun(coroutine: Coroutine[Any, Any, T]) -> list[T | BaseException]:
    """Start a coroutine; the list is empty until it ends, then holds its result or error."""
    results: list[T | BaseException] = []

    def ended(outcome: T | Failure) -> None:
        if isinstance(outcome, Failure):
            assert outcome.value is not None
            results.append(outcome.value)
        else:
            results.append(outcome)

    Deferred.fromCoroutine(coroutine).addBoth(ended)
    return results


def now(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits."""
    results = begun(coroutine)
    assert results, "it waits for something"
    [result] = results
    if isinstance(result, BaseException):
        raise result
    return result


@implementer(IWire)
class FakeWire:
    """A wire whose bytes can be turned back into the event."""

    def __init__(self, nothing_for: type[Event] | tuple[type[Event], ...] = ()) -> None:
        self.encoded: list[Event] = []
        self._nothing_for = nothing_for

    def encode(self, event: Event) -> bytes:
        """See IWire."""
        self.encoded.append(event)
        return b"" if isinstance(event, self._nothing_for) else b"%d" % (len(self.encoded) - 1)

    def event(self, data: bytes) -> Event:
        """What was encoded as these bytes."""
        return self.encoded[int(data)]


@implementer(IClient)
class FakeClient:
    """A client that remembers all it was shown, in order."""

    address = "192.0.2.1"
    transport_name = "fake"

    def __init__(self, wire: Optional[FakeWire] = None) -> None:
        self.wire: Optional[FakeWire] = FakeWire() if wire is None else wire
        self.seen: list[Event] = []
        self.closed: list[Close] = []
        self.reading = True
        self.pauses = 0
        self.on_write: Callable[[], None] = lambda: None

    def wire_for(self, event: Event) -> Optional[IWire]:
        """See IClient."""
        return self.wire

    def send(self, event: Event) -> None:
        """See IClient."""
        self.seen.append(event)

    def write(self, data: bytes) -> None:
        """See IClient."""
        assert self.wire is not None
        self.seen.append(self.wire.event(data))
        self.on_write()

    def close(self, code: Close, reason: str) -> None:
        """See IClient. The test tells the connection that it is lost."""
        self.closed.append(code)

    def pause(self) -> None:
        """See IClient."""
        assert self.reading, "paused twice"
        self.reading = False
        self.pauses += 1

    def resume(self) -> None:
        """See IClient."""
        assert not self.reading, "resumed without a pause"
        self.reading = True


@implementer(IBroker)
class ScriptedBroker(Service):
    """A broker that confirms nothing by itself: the test says what becomes of each publish.

    `confirmed` holds, in order, what other nodes got for certain; `delivered` also what they got
    although the sender never learned it.
    """

    def __init__(self, node: str = "n1", up: bool = True) -> None:
        self.node = node
        self.alone = False
        self.link = LinkState(up, "as the test has it")
        self.outcomes: dict[str, int] = {}
        self.refusing = False  # crowded: NotSent although the link is up
        self.flying: list[tuple[str, Message, Deferred[None]]] = []
        self.confirmed: list[tuple[str, Message]] = []
        self.delivered: list[tuple[str, Message]] = []
        self.bound: dict[str, int] = {}
        self.binding: Optional[list[Deferred[None]]] = None  # a list: subscribing waits
        self._watchers: list[Watcher] = []

    def listen(self, listener: Listener) -> None:
        """See IBroker."""

    def watch(self, watcher: Watcher) -> None:
        """See IBroker."""
        self._watchers.append(watcher)

    def consume(self, queue: str, key: str, consumer: Consumer, single_active: bool) -> None:
        """See IBroker."""

    def publish(self, key: str, message: Message) -> Deferred[None]:
        """See IBroker."""
        if self.refusing or not self.link.up:
            return fail(NotSent("the test says so"))
        answer: Deferred[None] = Deferred()
        self.flying.append((key, message, answer))
        return answer

    def subscribe(self, key: str) -> Deferred[None]:
        """See IBroker."""
        self.bound[key] = self.bound.get(key, 0) + 1
        if not self.link.up:
            return fail(NotSent("the test says so"))
        if self.binding is None:
            return succeed(None)
        answer: Deferred[None] = Deferred()
        self.binding.append(answer)
        return answer

    def unsubscribe(self, key: str) -> Deferred[None]:
        """See IBroker."""
        self.bound[key] -= 1
        assert self.bound[key] >= 0
        return succeed(None)

    # what the test says

    def confirm(self, count: int = 1) -> None:
        """Confirm the oldest publishes under way."""
        for _ in range(min(count, len(self.flying))):
            key, message, answer = self.flying.pop(0)
            self.confirmed.append((key, message))
            self.delivered.append((key, message))
            answer.callback(None)

    def lose_link(self, arrived: int = 0) -> None:
        """The link breaks: what is under way is uncertain; the oldest `arrived` did arrive."""
        self.link = LinkState(False, "as the test has it")
        flying, self.flying = self.flying, []
        for number, (key, message, answer) in enumerate(flying):
            if number < arrived:
                self.delivered.append((key, message))
            answer.errback(Uncertain("the test says so"))
        self._tell()

    def restore_link(self) -> None:
        """The link is back."""
        self.link = LinkState(True, "as the test has it")
        self._tell()

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher(self.link)


@implementer(ILog)
class SlowLog(Service):
    """A log whose answers the test may hold back: true when asked, told later."""

    def __init__(self, log: Any, shared: bool = False) -> None:
        self.log: ILog = log
        self.shared = shared
        self.slow: set[str] = set()  # the methods whose answers are held back
        self.held: list[tuple[str, Deferred[None]]] = []
        self.asked: list[str] = []
        self.failing = False
        self.state = LogState(up=True)
        self._watchers: list[Callable[[LogState], None]] = []

    def watch(self, watcher: Callable[[LogState], None]) -> None:
        """See ILog."""
        self._watchers.append(watcher)

    def become(self, state: LogState) -> None:
        """Be well, or not."""
        self.state = state
        for watcher in self._watchers:
            watcher(state)

    @property
    def epoch(self) -> str:
        """See ILog."""
        return self.log.epoch

    @epoch.setter
    def epoch(self, epoch: str) -> None:
        raise AttributeError("the log's own")

    async def _answer(self, name: str, asked: Awaitable[T]) -> T:
        self.asked.append(name)
        answer = await asked
        if self.failing:
            raise Unavailable("the test says so")
        if name in self.slow:
            later: Deferred[None] = Deferred()
            self.held.append((name, later))
            await later
        return answer

    def release(self, count: int = 1, lost: bool = False) -> None:
        """Tell the oldest answers; with `lost` they are Unavailable."""
        for _ in range(min(count, len(self.held))):
            _, later = self.held.pop(0)
            if lost:
                later.errback(Unavailable("the test says so"))
            else:
                later.callback(None)

    async def append(self, draft: Draft) -> Appended:
        """See ILog."""
        return await self._answer("append", self.log.append(draft))

    async def find(self, user: str, msgid: str) -> Optional[Appended]:
        """See ILog."""
        return await self._answer("find", self.log.find(user, msgid))

    async def after(self, room: str, seq: int, limit: int, max_bytes: int) -> Page:
        """See ILog."""
        return await self._answer("after", self.log.after(room, seq, limit, max_bytes))

    async def before(self, room: str, seq: Optional[int], limit: int, max_bytes: int) -> Page:
        """See ILog."""
        return await self._answer("before", self.log.before(room, seq, limit, max_bytes))

    async def newest(self, rooms: Iterable[str]) -> dict[str, int]:
        """See ILog."""
        return await self._answer("newest", self.log.newest(rooms))

    async def talks(self, user: str) -> list[Talk]:
        """See ILog."""
        return await self._answer("talks", self.log.talks(user))

    async def talk(self, user: str, room: str) -> Optional[Talk]:
        """See ILog."""
        return await self._answer("talk", self.log.talk(user, room))

    async def conversations(self, users: Iterable[str], since: float) -> dict[str, int]:
        """See ILog."""
        return await self._answer("conversations", self.log.conversations(users, since))

    async def look_up(self, room: str, msgid: str, user: Optional[str]) -> Optional[Entry]:
        """See ILog."""
        return await self._answer("look_up", self.log.look_up(room, msgid, user))

    async def mark_read(self, user: str, room: str, seq: int) -> int:
        """See ILog."""
        return await self._answer("mark_read", self.log.mark_read(user, room, seq))

    async def read_mark(self, user: str, room: str) -> int:
        """See ILog."""
        return await self._answer("read_mark", self.log.read_mark(user, room))

    async def read_marks(self, user: str) -> dict[str, int]:
        """See ILog."""
        return await self._answer("read_marks", self.log.read_marks(user))

    async def search(self, query: Search) -> Found:
        """See ILog."""
        return await self._answer("search", self.log.search(query))

    async def prune(self, in_use: Callable[[str], bool]) -> None:
        """See ILog."""
        await self.log.prune(in_use)
