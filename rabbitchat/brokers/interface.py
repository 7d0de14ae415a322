"""The broker: the fast road between nodes. The log is the truth; this only carries news.

Guarantees every broker gives, proved by tests/contract/test_brokers.py:

- `publish` has three outcomes: its Deferred fires with None (**confirmed**: the message is in
  every queue bound to its key now), fails with `NotSent` (**certain**: nobody will ever see it)
  or with `Uncertain` (the link was lost before the answer). It never hangs: an outcome comes
  within 10 s whatever happens to the link.
- What one node publishes on one key arrives in the order of the calls, once for each confirmed
  call as long as the receiving node's queue lives (a blink of the link included). After an
  `Uncertain` the caller may publish again; receivers drop what they know.
- One failed publish fails all later ones until the link is back: no confirmed publish ever
  overtakes an earlier one that failed with `NotSent` or `Uncertain`.
- A subscription outlives the link: it is made again, before the link is said to be up.
- A broker that lost this node's bindings is noticed by the next `mandatory` message, one that
  the node subscribed to itself: the link is made anew.
- A publisher hears its own messages on keys that it subscribed to.
- Nothing is buffered for a broker that is away: the caller is told and has the log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Optional, Union

from twisted.application.service import IService
from twisted.internet.defer import Deferred
from zope.interface import Attribute

HeaderValue = Union[str, int, bool]  # pika rounds a float


class NotSent(Exception):
    """Certain: the broker never took it (link down, blocked, too many unconfirmed, refused)."""


class Uncertain(Exception):
    """Unknown: it was sent and never confirmed. Send again; receivers drop what they know."""


class BadMessage(Exception):
    """Raised by a consumer: this message can never be used; reject it and go on."""


class TryAgain(Exception):
    """Raised by a consumer: not now; put it back and give it again after a pause."""


@dataclass(frozen=True)
class Message:
    """What travels: a body and the properties that AMQP 0-9-1 (basic class) has for it."""

    body: bytes
    headers: Mapping[str, HeaderValue] = field(default_factory=dict)
    content_type: Optional[str] = None
    message_id: Optional[str] = None
    type: Optional[str] = None
    reply_to: Optional[str] = None
    correlation_id: Optional[str] = None
    persistent: bool = False  # kept on the broker's disk until every queue it is in has given it
    mandatory: bool = False  # some queue must want it; else the broker has lost our bindings


@dataclass(frozen=True)
class LinkState:
    """Whether messages pass now and, if not, why: a sentence without a password in it."""

    up: bool
    reason: str
    connected: bool = True  # False: gone altogether, and the node's own queue perhaps with it


Listener = Callable[[str, Message], None]
"""Called with routing key and message for each delivery to this node; must not block."""

Consumer = Callable[[str, Message], Awaitable[None]]
"""Called for each delivery from a shared queue; acknowledged when it returns, rejected without
requeue on BadMessage, put back on the queue (after a pause) on TryAgain, and on anything else,
which is a bug and logged."""

Watcher = Callable[[LinkState], None]


class IBroker(IService):
    """A topic exchange as one node sees it."""

    node: str = Attribute("This node's name: letters, digits, `-` and `_`.")
    alone: bool = Attribute("Whether no other node can ever be there.")
    link: LinkState = Attribute("Whether messages pass now, and why not.")
    outcomes: Mapping[str, int] = Attribute(
        "How often each has happened since the start: confirmed, not_sent, uncertain, received."
    )

    def listen(listener: Listener) -> None:
        """Hand every delivery on the node's own queue to `listener`. Once, before the start.

        An exception out of it is logged with its traceback and costs that message only.
        """

    def watch(watcher: Watcher) -> None:
        """Call `watcher` with the new state at each change of the link. Before the start."""

    def publish(key: str, message: Message) -> Deferred[None]:
        """Send on a routing key (at most 255 bytes of UTF-8). Outcomes as in the module's text."""

    def subscribe(key: str) -> Deferred[None]:
        """Receive what is published on a key, or a pattern (`*` one word, `#` any number).

        Fires when it is in force. While the link is away it is remembered and fails with NotSent
        (with no one to hear from, nothing is missed; it will be in force before `link.up`).
        Counted: as many `unsubscribe` calls end it.
        """

    def unsubscribe(key: str) -> Deferred[None]:
        """Take back one `subscribe`. Fires when done; never fails."""

    def consume(queue: str, key: str, consumer: Consumer, single_active: bool) -> None:
        """Compete with the other nodes for a durable queue named `queue`, bound to `key`.

        With `single_active` one node gets all of it in order while it lives, then the next one.
        One message at a time. Before the start.
        """
