"""A node that writes to the same database, and that no broker connects this one with.

Two daemons on one machine find the same file, and each has its embedded broker: their users share
a history, and neither see nor hear one another. Nothing is wrong with either of them, so that only
what the other one stored tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from rabbitchat.brokers.interface import IBroker
from rabbitchat.chat.entries import Entry
from rabbitchat.timestamps import timestamp


class Unconnected:
    """Notices such a node, and says so in the log once."""

    logger = Logger()

    def __init__(self, clock: IReactorTime, broker: IBroker) -> None:
        self._started = timestamp(clock)
        self._broker = broker
        self.warning: Optional[str] = None
        """What an operator should mend, in a sentence or two."""

    def look(self, entries: Iterable[Entry]) -> None:
        """These are in the log, and did not come here: who stored them since this process started?

        What an earlier process stored is no such news, whatever node it was."""
        if self.warning is not None or not self._broker.alone:
            return
        for entry in entries:
            if entry.node != self._broker.node and entry.time > self._started:
                self._say(entry.node)
                return

    def _say(self, node: str) -> None:
        self.warning = (
            f"node {node} writes to the same database, but no broker connects you: what is said"
            " there is heard late here, and who is there isn't seen. Give both the same --broker,"
            " or this one a --database of its own."
        )
        self.logger.warn("{warning}", warning=self.warning)
