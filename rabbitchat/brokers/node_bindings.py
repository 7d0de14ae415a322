"""The bindings of a node's own queue: what is wanted, made on one link after another."""

from __future__ import annotations

from typing import Optional

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from rabbitchat.brokers.interface import NotSent
from rabbitchat.brokers.link import Link
from rabbitchat.brokers.topics import Change, Interest


class NodeBindings:
    """Keeps the queue's bindings as the subscriptions want them.

    A change is asked for at once when there is a link; if that is lost before it is made, the
    next link begins with it.
    """

    def __init__(self) -> None:
        self._interest = Interest()
        self._bound: set[str] = set()  # what the queue may have
        self._link: Optional[Link] = None

    def wants(self, key: str) -> bool:
        """Whether a message on `key` is for this node."""
        return self._interest.wants(key)

    def forget(self) -> None:
        """The queue will be a new one."""
        self._bound.clear()

    def want(self, key: str) -> None:
        """Want a key from the next link on."""
        self._interest.add(key)

    def add(self, key: str) -> Deferred[None]:
        """Want a key (once more). Fires when it is bound; NotSent without a link."""
        self._change(self._interest.add(key))
        if self._link is None:
            return fail(NotSent("no broker link"))
        settled = self._link.settled()
        settled.addErrback(_not_sent)
        return settled

    def remove(self, key: str) -> Deferred[None]:
        """Want a key once less. Fires when it is unbound; never fails."""
        self._change(self._interest.remove(key))
        if self._link is None:
            return succeed(None)
        settled = self._link.settled()
        settled.addErrback(_ignore)
        return settled

    async def make_all(self, link: Link) -> None:
        """Make all bindings on a new link, undo stale ones, and wait. Raises LinkLost."""
        self._link = link
        wanted = self._interest.bindings()
        stale = self._bound - wanted
        self._change(Change(bind=tuple(sorted(wanted)), unbind=tuple(sorted(stale))))
        await self.quiet(link)

    async def quiet(self, link: Link) -> None:
        """Wait until no binding waits for its answer. Raises LinkLost."""
        while not (settled := link.settled()).called:
            await settled

    def lost(self) -> None:
        """There is no link now."""
        self._link = None

    def _change(self, change: Change) -> None:
        link = self._link
        self._bound.update(change.bind)
        if link is None:
            return
        for key in change.bind:
            link.bind(key).addErrback(_ignore)
        for key in change.unbind:
            link.unbind(key).addCallbacks(self._unbound, _ignore, callbackArgs=(key,))

    def _unbound(self, _: object, key: str) -> None:
        if key not in self._interest.bindings():
            self._bound.discard(key)


def _ignore(_: Failure) -> None:
    """The link was lost: the next one makes all bindings anew."""


def _not_sent(failure: Failure) -> None:
    raise NotSent(str(failure.value))
