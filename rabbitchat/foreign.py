"""Entries of other nodes' own logs: appended to ours, in the order they came, each once.

Nodes that share a database share its log. Where each keeps its own (`memory:`), what another
node's users said becomes an entry here under a seq of ours; sender and msgid make it one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Optional

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from rabbitchat.chat.entries import Entry
from rabbitchat.log.interface import ILog, NoSuchMessage, Unavailable

MOST_WAITING = 10_000
"""Entries that wait to be appended; what comes on top is dropped."""

PATIENCE = 5.0
"""Seconds that entries are held for a node that doesn't answer."""

AGAIN = 1.0
"""Seconds until a log that did not answer is asked again."""


class Foreign:
    """Takes in entries of foreign epochs and hands on what became of them here."""

    logger = Logger()

    def __init__(self, clock: IReactorTime, log: ILog, on_entry: Callable[[Entry], None]) -> None:
        self._clock = clock
        self._log = log
        self._on_entry = on_entry
        self._waiting: deque[Entry] = deque()
        self._busy = False
        self._again: Optional[IDelayedCall] = None
        self._stopped = False
        self._uncertain = False  # whether the first that waits may be stored already
        self._held: dict[str, list[Entry]] = {}  # of nodes that have not answered yet
        self._answered: set[str] = set()
        self._is_holding = False
        self._late: set[str] = set()  # nodes that are held one by one
        self._patience: Optional[IDelayedCall] = None
        self.nodes: set[str] = set()  # those whose log isn't ours

    def take(self, entry: Entry) -> None:
        """Append an entry of another log to ours, after those that came before it.

        One whose text was erased meanwhile brings nothing, and its deletion follows."""
        self.meet(entry.node)
        if entry.deleted:
            return
        if entry.node in self._late or (self._is_holding and entry.node not in self._answered):
            self._held.setdefault(entry.node, []).append(entry)
            if sum(map(len, self._held.values())) < MOST_WAITING:
                return
            self._let_all_in()
        else:
            self._take(entry)

    def hold(self) -> None:
        """Something may have been missed: let nothing in that would overtake it."""
        self._end_patience()
        self._answered.clear()
        self._is_holding = True

    def hold_no_longer(self) -> None:
        """All nodes were asked what was missed. Who doesn't answer is let in after a while."""
        self._end_patience()
        self._patience = self._clock.callLater(PATIENCE, self._let_all_in)

    def hold_one(self, node: str) -> None:
        """A node that did not answer is there now, and is asked again."""
        self._late.add(node)
        if self._patience is None and not self._is_holding:
            self.hold_no_longer()

    def let_in(self, node: str) -> None:
        """A node says all again from here on: what is held of it comes once more, in order."""
        self._answered.add(node)
        self._late.discard(node)
        self._held.pop(node, None)

    def _let_all_in(self) -> None:
        self._end_patience()
        self._is_holding = False
        self._late.clear()
        held, self._held = self._held, {}
        for entries in held.values():
            for entry in entries:
                self._take(entry)

    def _end_patience(self) -> None:
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        self._patience = None

    def _take(self, entry: Entry) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(entry)
        self._work()

    def meet(self, node: str) -> None:
        """A node is known to have a log of its own: say so once."""
        if node in self.nodes:
            return
        if len(self.nodes) >= 1000:
            self.nodes.clear()
        self.nodes.add(node)
        self.logger.warn(
            "history isn't shared with node {node}: each keeps a log of its own. Give all nodes"
            " the same --database to share it.",
            node=node,
        )

    def _work(self) -> None:
        if not self._busy and self._again is None and not self._stopped:
            self._busy = True
            Deferred.fromCoroutine(self._append_all()).addErrback(self._broken)

    async def _append_all(self) -> None:
        try:
            while self._waiting and not self._stopped:
                await self._try_first()
                self._waiting.popleft()
        except Unavailable:
            if not self._stopped:
                self._again = self._clock.callLater(AGAIN, self._try_again)
        finally:
            self._busy = False

    async def _try_first(self) -> None:
        try:
            appended = await self._log.append(self._waiting[0])
            is_new = self._uncertain or not appended.repeated
            self._uncertain = False
            if appended.entry is not None and is_new:
                self._on_entry(appended.entry)
        except NoSuchMessage:  # what it is done to is not, or no more, in our log
            self._uncertain = False
        except Unavailable:
            self._uncertain = True
            raise
        except Exception:  # a bug of ours costs this entry, not all that wait behind it
            self.logger.failure("taking in an entry of a foreign log")

    def _try_again(self) -> None:
        self._again = None
        self._work()

    def _broken(self, failure: Failure) -> None:
        self.logger.failure("taking in entries of foreign logs", failure)

    def stop(self) -> None:
        """Leave no timer behind."""
        self._stopped = True
        self._end_patience()
        if self._again is not None:
            self._again.cancel()
            self._again = None
