"""What was delivered here compared with what the log has: the net under the broker.

It is drawn every 30 s, and at once when the link or the database comes back or a node is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from rabbitchat.local import LocalUsers
from rabbitchat.log.interface import ILog

if TYPE_CHECKING:
    from rabbitchat.delivery import Delivery

TOGETHER = 1000
"""Rooms asked about at once; between two such questions the reactor does other things."""

CLOCKS_DIFFER = 3600.0
"""Seconds, at the most, that the clocks of nodes on one database differ."""


class Comparison:
    """Finds what the broker lost. One round at a time."""

    logger = Logger()

    def __init__(
        self, clock: IReactorTime, log: ILog, users: LocalUsers, delivery: Delivery
    ) -> None:
        self._clock = clock
        self._log = log
        self._users = users
        self._delivery = delivery
        self._epoch = ""  # of the log that was delivered so far
        self._since = clock.seconds()
        self._under_way = False
        self._wanted = False

    def check_epoch(self) -> bool:
        """Whether the log is the same as before; if not, all start over."""
        before, self._epoch = self._epoch, self._log.epoch
        if before in ("", self._epoch):
            return True
        self.logger.warn("another log has come in the place of ours: clients come back")
        self._delivery.start_all_over()
        return False

    async def run(self) -> None:
        """Read what the log has more than was delivered here. Asked for during a round, another
        follows it. Raises Unavailable.

        A log that has less is another one than before (restored, replaced): clients come back."""
        self._wanted = True
        if self._under_way:
            return
        self._under_way = True
        try:
            while self._wanted:
                self._wanted = False
                await self._round()
        finally:
            self._under_way = False

    async def _round(self) -> None:
        self.check_epoch()
        began = self._clock.seconds()
        for names in _parts(self._delivery.known()):
            delivered = self._delivery.delivered(names)
            await self._bring_up(await self._log.newest(names), delivered)
        users = self._users.ids()
        if users:
            # Those that were known when a user connected are among the rooms above.
            talks = await self._log.conversations(users, self._since - CLOCKS_DIFFER)
            for names in _parts([name for name in talks if not self._delivery.knows(name)]):
                await self._bring_up({name: talks[name] for name in names}, {})
        self._since = began

    async def _bring_up(self, newest: dict[str, int], delivered: dict[str, int]) -> None:
        behind = {name: seq for name, seq in newest.items() if seq < delivered.get(name, 0)}
        if behind:
            self.logger.warn(
                "the log of {room} is behind what was delivered, and so of {count} rooms in all:"
                " clients come back",
                room=min(behind),
                count=len(behind),
            )
        for name, seq in newest.items():
            if name in behind:
                self._delivery.start_over(name, seq)
            else:
                await self._delivery.read_up_to(name, seq)


def _parts(names: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), TOGETHER):
        yield list(names[start : start + TOGETHER])
