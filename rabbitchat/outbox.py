"""This node's own entries on their way to the others: each room in order, until confirmed.

An entry is in the log before it comes here, so nothing is buffered: of a room whose publishing
failed only the lowest seq that is not confirmed is kept, and when the link is back the entries
from there on are read from the log and published again. Receivers drop what they know.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from rabbitchat.brokers.interface import IBroker, LinkState, Message, NotSent, Uncertain
from rabbitchat.chat.entries import Entry
from rabbitchat.log.interface import ILog, Unavailable

MOST_UNCONFIRMED = 500
"""Publishes under way above which publishers are slowed down."""

BATCH = 100
"""Entries read from the log and published at once after the link came back."""

MARK = 5.0
"""Seconds between two marks of what was published when, in each room."""

MOST_MARKS = 200
MOST_MARKED = 10_000
"""Marks of a room, and rooms with marks."""

RETRY = 1.0
"""Seconds until a failed publishing is tried again while the link is said to be up."""

Addressing = Callable[[Entry], "list[tuple[str, Message]]"]


class Outbox:
    """Publishes entries, and publishes them again after trouble."""

    logger = Logger()

    def __init__(
        self, clock: IReactorTime, broker: IBroker, log: ILog, address: Addressing
    ) -> None:
        self._clock = clock
        self._broker = broker
        self._log = log
        self._address = address
        self._behind: dict[str, int] = {}  # log key -> the lowest seq that is not confirmed
        self._skipped: dict[str, int] = {}  # log key -> the highest seq left to the catching up
        self._marks: OrderedDict[str, deque[tuple[float, int]]] = OrderedDict()  # when, seq
        self._catching_up = False
        self._retry: IDelayedCall | None = None
        self._unconfirmed = 0
        self._waiting: list[Deferred[None]] = []
        self._stopped = False

    @property
    def rooms_behind(self) -> int:
        """How many rooms and conversations have entries that no other node got yet."""
        return len(self._behind)

    @property
    def idle(self) -> bool:
        """Whether the other nodes have got all that was said here."""
        return not self._unconfirmed and not self._behind

    def put(self, entry: Entry) -> None:
        """Send an entry on its way. What follows on a failed one waits for it."""
        if entry.room in self._behind:  # a repeat comes with an older seq
            self._skipped[entry.room] = max(entry.seq, self._skipped.get(entry.room, 0))
        else:
            self._send(entry)

    def send_again(self, seconds: float) -> None:
        """Somebody may have missed what was published in these last seconds."""
        since = self._clock.seconds() - seconds - MARK
        for room, marks in self._marks.items():
            seqs = [seq for when, seq in marks if when >= since]
            if seqs:
                self._behind[room] = min(*seqs, self._behind.get(room, seqs[0]))
        if self._broker.link.up:
            self._catch_up()

    def _mark(self, entry: Entry) -> None:
        now = self._clock.seconds()
        marks = self._marks.setdefault(entry.room, deque(maxlen=MOST_MARKS))
        if not marks or now - marks[-1][0] >= MARK or entry.seq < marks[-1][1]:
            marks.append((now, entry.seq))
            self._marks.move_to_end(entry.room)
            if len(self._marks) > MOST_MARKED:
                self._marks.popitem(last=False)

    def _send(self, entry: Entry) -> Deferred[None]:
        self._mark(entry)
        self._unconfirmed += 1
        return Deferred.fromCoroutine(self._sent(entry)).addErrback(self._broken)

    def _broken(self, failure: Failure) -> None:
        self.logger.failure("publishing an entry", failure)

    async def _sent(self, entry: Entry) -> None:
        results: list[tuple[bool, Any]]
        try:
            publishing = [self._broker.publish(key, news) for key, news in self._address(entry)]
            results = await DeferredList(publishing, consumeErrors=True)
        finally:
            self._unconfirmed -= 1
            self._wake()
        failures = [result for confirmed, result in results if not confirmed]
        if failures:
            self._failed(entry)
        for failure in failures:
            if not failure.check(NotSent, Uncertain):
                self._broken(failure)

    def _failed(self, entry: Entry) -> None:
        self._behind[entry.room] = min(entry.seq, self._behind.get(entry.room, entry.seq))
        if self._broker.link.up:
            self._try_later()

    def link_changed(self, state: LinkState) -> None:
        """The link is back: send what could not be sent."""
        if state.up:
            self._catch_up()

    def start_over(self) -> None:
        """The log is another one: nothing of it is to be published again."""
        for known in (self._behind, self._skipped, self._marks):
            known.clear()

    def _try_later(self) -> None:
        if self._retry is None and not self._stopped:
            self._retry = self._clock.callLater(RETRY, self._retried)

    def _retried(self) -> None:
        self._retry = None
        self._catch_up()

    def _catch_up(self) -> None:
        if not self._catching_up and self._behind and not self._stopped:
            self._catching_up = True
            Deferred.fromCoroutine(self._all_rooms()).addErrback(self._broken)

    async def _all_rooms(self) -> None:
        try:
            for room in list(self._behind):
                if not await self._room(room):
                    break
        except Unavailable:
            pass
        finally:
            self._catching_up = False
            if self._behind and self._broker.link.up:
                self._try_later()

    async def _room(self, room: str) -> bool:
        """Publish a room's entries from the first unconfirmed one on; True when all are out."""
        while room in self._behind:
            start = self._behind[room]
            page = await self._log.after(room, start - 1, BATCH, 1 << 20)
            if room not in self._behind:
                break  # of another log
            if self._behind[room] < start:
                continue  # an earlier one failed while the log was read
            if not page.entries:
                if self._skipped.pop(room, 0) > page.newest:
                    continue  # it was said while the log was read
                del self._behind[room]  # new ones go their own way again
                return True
            self._behind[room] = page.entries[-1].seq + 1
            own = [entry for entry in page.entries if entry.node == self._broker.node]
            await DeferredList([self._send(entry) for entry in own])
            if self._behind.get(room, start) <= page.entries[-1].seq:  # one of them failed
                return False
        return True

    async def room_to_publish(self, patience: float) -> None:
        """Wait, `patience` seconds at most, until a lagging broker has confirmed enough."""
        if self._unconfirmed < MOST_UNCONFIRMED:
            return
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        give_up = self._clock.callLater(patience, self._wake_one, waiting)
        await waiting
        if give_up.active():
            give_up.cancel()

    def _wake(self) -> None:
        if self._waiting and self._unconfirmed < MOST_UNCONFIRMED:
            self._wake_one(self._waiting[0])

    def _wake_one(self, waiting: Deferred[None]) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            waiting.callback(None)

    def stop(self) -> None:
        """Send nothing again any more, and let nobody wait."""
        self._stopped = True
        for waiting in list(self._waiting):
            self._wake_one(waiting)
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
