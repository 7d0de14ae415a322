"""What other nodes said while this one had no connection, where they keep logs of their own.

A node's queue keeps its messages over a blink of the link. When the queue or its bindings were
lost (deleted, expired, a broker that started empty, a node that connects later than the others),
only the sender's log has them. So after each loss of the connection a node says on
`missed.<node>` for how long it was away; the others answer, and publish again what they published
in that time. It is taken in once, by sender and msgid. Until a node has answered, what comes from
it is held (see Foreign): it would overtake what was missed, and comes again after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

import msgspec
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from rabbitchat.brokers.interface import IBroker, LinkState, Message, NotSent, Uncertain
from rabbitchat.foreign import PATIENCE, Foreign
from rabbitchat.outbox import Outbox

PATTERN = "missed.*"

LONGEST = 3600.0
"""Seconds: nobody asks for more."""


MOST_NODES = 1000
"""Nodes that are remembered by name."""

_longer: msgspec.json.Decoder[dict[str, int]] = msgspec.json.Decoder(dict[str, int])


class Missed:
    """Asks the other nodes, and answers them. `rejected` counts what was neither.

    A question says for how many milliseconds this node was away; its body, a JSON object, names
    the nodes that did not answer an earlier question either, with the longer time it is for them.
    Question and answer tell the epoch of the node's log: so all know who shares it.
    """

    def __init__(
        self,
        clock: IReactorTime,
        broker: IBroker,
        outbox: Outbox,
        foreign: Foreign,
        epoch: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._broker = broker
        self._outbox = outbox
        self._foreign = foreign
        self._epoch = epoch
        self._since: Optional[float] = None  # away since then
        self._asked = (float("-inf"), clock.seconds())  # when, and since when this node was away
        self._owed: dict[str, float] = {}  # nodes that have not answered: since when
        self._answered: set[str] = set()  # the others that are known
        self.rejected = 0

    def start(self) -> None:
        """Listen to the others."""
        self._asked = (float("-inf"), self._clock.seconds())
        self._broker.subscribe(PATTERN).addErrback(_expected)
        if self._broker.link.up:  # a broker in this process: no link_changed will come
            self._ask(self._clock.seconds())

    def link_changed(self, state: LinkState) -> None:
        """The connection was lost, or there is a new one: ask for what was said in between."""
        now = self._clock.seconds()
        if not state.connected and self._since is None:
            # Lost again before strangers could answer: that is one absence.
            self._since = self._asked[1] if now - self._asked[0] < PATIENCE else now
            self._owed.update(dict.fromkeys(self._answered, self._since))
            self._answered.clear()
            self._foreign.hold()  # from now on: messages come before the link is said to be up
        elif state.up and self._since is not None:
            self._asked, self._since = (now, self._since), None
            self._owed = {
                node: since for node, since in self._owed.items() if now - since < LONGEST
            }
            self._ask(self._asked[1])
            self._foreign.hold_no_longer()

    def _ask(self, since: float, **whom: str) -> None:
        longer = {
            node: self._away(earlier) for node, earlier in self._owed.items() if earlier < since
        }
        body = msgspec.json.encode(longer) if longer and not whom else b""
        self._say("wanted", {"milliseconds": self._away(since), **whom}, body)

    def _away(self, since: float) -> int:
        return int(min(self._clock.seconds() - since, LONGEST) * 1000)

    def _say(self, kind: str, headers: dict[str, str | int], body: bytes = b"") -> None:
        node = self._broker.node
        message = Message(body, {"node": node, "epoch": self._epoch(), **headers}, type=kind)
        self._broker.publish(f"missed.{node}", message).addErrback(_expected)

    def heard(self, key: str, message: Message) -> None:
        """Something came on `missed.<node>`."""
        node = key.partition(".")[2]
        if node == self._broker.node:
            return
        away, to = message.headers.get("milliseconds"), message.headers.get("to")
        has_own = message.headers.get("epoch") != self._epoch()
        if message.headers.get("node") != node:
            self.rejected += 1
        elif message.type == "wanted" and type(away) is int and away >= 0:
            self._note(node, has_own)
            self._wanted(node, away if has_own else None, to, message.body)
        elif message.type == "follows" and isinstance(to, str):
            self._note(node, has_own)
            if to == self._broker.node:
                self._owed.pop(node, None)
                self._know(node)
                self._foreign.let_in(node)
        else:
            self.rejected += 1

    def _note(self, node: str, has_own: bool) -> None:
        """Whether a node has a log of its own."""
        if has_own:
            self._foreign.meet(node)
        else:
            self._foreign.nodes.discard(node)

    def _know(self, node: str) -> None:
        if len(self._answered) < MOST_NODES:
            self._answered.add(node)

    def _wanted(self, node: str, away: Optional[int], to: object, body: bytes) -> None:
        """The answer goes first: what follows it on the way is what was missed, in order.

        A node that shares our log finds it there: `away` is None."""
        if to is not None and to != self._broker.node:
            return
        try:
            longer = _longer.decode(body) if body else {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.rejected += 1
            return
        self._say("follows", {"to": node})
        if away is not None:
            away = max(away, longer.get(self._broker.node, 0))
            self._outbox.send_again(min(away / 1000, LONGEST) + self._waited())
        if to is None and node not in self._answered and len(self._owed) < MOST_NODES:
            # It was not there when all were asked. Whom this asks by name asks nobody back.
            self._foreign.hold_one(node)
            self._ask(self._owed.setdefault(node, self._asked[1]), to=node)

    def _waited(self) -> float:
        """Seconds that a question may have waited for this node, which was away itself."""
        now = self._clock.seconds()
        if self._since is not None:
            return now - self._since
        when, since = self._asked
        return when - since if now - when < PATIENCE else 0.0


def _expected(failure: Failure) -> None:
    failure.trap(NotSent, Uncertain)
