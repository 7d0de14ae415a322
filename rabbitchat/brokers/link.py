"""One connection to a message broker, from its opening to its loss, as its owner sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Protocol

from twisted.internet.defer import Deferred

from rabbitchat.brokers.interface import Message
from rabbitchat.brokers.pending import ConfirmWindow
from rabbitchat.brokers.shared_queue import SharedQueue, Verdict


class LinkLost(Exception):
    """The connection is gone or never came to be; the text says why, without a password."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Link(Protocol):
    """Used once: `open`, then traffic until `LinkOwner.link_lost`, which comes exactly once."""

    name: str  # the broker's address, for people
    window: ConfirmWindow

    async def open(self, shared: Sequence[SharedQueue], fresh: bool) -> None:
        """Connect and begin to receive. Raises LinkLost, within about 10 s at the latest.

        `fresh`: what a former process left in this node's queue is thrown away first.
        """

    def publish(self, key: str, message: Message, call: str) -> Deferred[None]:
        """Send; `call` names this call among all of all nodes. Outcomes as in IBroker."""

    def bind(self, key: str) -> Deferred[Any]:
        """Receive this binding's messages; they are made in the order of the calls."""

    def unbind(self, key: str) -> Deferred[Any]:
        """Don't receive them any more."""

    def settled(self) -> Deferred[None]:
        """Fires when all bindings asked for so far are as asked; fails with LinkLost."""

    def abort(self, reason: str) -> None:
        """Give the connection up at once."""

    async def close(self, timeout: float) -> None:
        """Delete this node's queue and end the connection, within that many seconds."""


class LinkOwner(Protocol):
    """What a link tells. Nothing is told after `link_lost`."""

    def link_lost(self, link: Link, reason: str) -> None:
        """It is gone; what waits on it fails right after this call."""

    def link_blocked(self, link: Link, reason: Optional[str]) -> None:
        """The broker stopped (reason) or began again (None) to take messages."""

    def link_drained(self, link: Link) -> None:
        """Every publish so far is confirmed."""

    def delivered(
        self, key: str, message: Message, call: Optional[str], redelivered: bool
    ) -> None:
        """A message came on the node's own queue. Must not raise."""

    def unreadable(self, queue: str) -> None:
        """A foreign message came on this queue that can't even be decoded; it was dropped."""

    def delivered_shared(
        self, link: Link, shared: SharedQueue, key: str, message: Message
    ) -> Deferred[Verdict]:
        """A message came on a shared queue: judge it. Must not fail."""
