"""What other nodes said while this one had no connection, where each keeps a log of its own.

A node's queue keeps its messages over a blink of the link. When the queue or its bindings were
lost (deleted, expired, a broker that started empty, a node that connects later than the others),
only the sender's log has them. So after each loss of the connection a node says on
`missed.<node>` for how long it was away; the others answer, and publish again what they published
in that time. It is taken in once, by sender and msgid. Until a node has answered, what comes from
it is held (see Foreign): it would overtake what was missed, and comes again after it.
"""

from __future__ import annotations

from typing import Optional

from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from rabbitchat.brokers.interface import IBroker, LinkState, Message, NotSent, Uncertain
from rabbitchat.foreign import PATIENCE, Foreign
from rabbitchat.outbox import Outbox

PATTERN = "missed.*"

LONGEST = 3600.0
"""Seconds: nobody asks for more."""

ASK_AGAIN = 60.0
"""Seconds for which a node that did not answer is asked again when it is heard of."""


class Missed:
    """Asks the other nodes, and answers them. `rejected` counts what was neither."""

    def __init__(
        self, clock: IReactorTime, broker: IBroker, outbox: Outbox, foreign: Foreign
    ) -> None:
        self._clock = clock
        self._broker = broker
        self._outbox = outbox
        self._foreign = foreign
        self._since: Optional[float] = None  # away since then
        self._asked = (float("-inf"), 0.0)  # when, and since when this node had been away
        self._answered: set[str] = set()
        self.rejected = 0

    def start(self) -> None:
        """Listen to the others."""
        self._broker.subscribe(PATTERN).addErrback(_expected)

    def link_changed(self, state: LinkState) -> None:
        """The connection was lost, or there is a new one: ask for what was said in between."""
        if not state.connected and self._since is None:
            now = self._clock.seconds()
            # Lost again before the others could answer: that is one absence.
            self._since = self._asked[1] if now - self._asked[0] < PATIENCE else now
            self._foreign.hold()  # from now on: messages come before the link is said to be up
        elif state.up and self._since is not None:
            self._asked = self._clock.seconds(), self._since
            self._since = None
            self._answered.clear()
            self._ask()
            self._foreign.hold_no_longer()

    def _ask(self) -> None:
        away = min(self._clock.seconds() - self._asked[1], LONGEST)
        self._say("wanted", {"milliseconds": int(away * 1000)})

    def _say(self, kind: str, headers: dict[str, str | int]) -> None:
        node = self._broker.node
        message = Message(b"", {"node": node, **headers}, type=kind)
        self._broker.publish(f"missed.{node}", message).addErrback(_expected)

    def heard(self, key: str, message: Message) -> None:
        """Something came on `missed.<node>`."""
        node = key.partition(".")[2]
        if node == self._broker.node:
            return
        away, to = message.headers.get("milliseconds"), message.headers.get("to")
        if message.headers.get("node") != node:
            self.rejected += 1
        elif message.type == "wanted" and type(away) is int and away >= 0:
            self._wanted(node, min(away / 1000, LONGEST))
        elif message.type == "follows" and isinstance(to, str):
            if to == self._broker.node:
                self._answered.add(node)
                self._foreign.let_in(node)
        else:
            self.rejected += 1

    def _wanted(self, node: str, away: float) -> None:
        """The answer goes first: what follows it on the way is what was missed, in order."""
        self._say("follows", {"to": node})
        self._outbox.send_again(away)
        if node not in self._answered and self._clock.seconds() - self._asked[0] < ASK_AGAIN:
            self._answered.add(node)  # once is enough; it was not there when all were asked
            self._ask()


def _expected(failure: Failure) -> None:
    failure.trap(NotSent, Uncertain)
