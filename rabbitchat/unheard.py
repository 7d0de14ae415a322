"""What this node can't vouch for: what others said while it did not hear a room.

Where logs aren't shared only the broker brings what other nodes' users say. A room that nobody
here was in, or a link that was away for longer than the node's queue lives, leaves a hole in this
node's log that no seq shows. Whoever recovers from before such a hole is told the truth.
"""

from __future__ import annotations

from collections import OrderedDict

MOST = 10_000
"""Rooms whose holes are remembered one by one; below them all share the highest seq."""

QUEUE_LIVES = 50.0
"""Seconds that a lost link may take without a doubt: the node's queue is kept for 60."""


class Unheard:
    """The last seq before the latest hole of each room."""

    def __init__(self) -> None:
        self._holes: OrderedDict[str, int] = OrderedDict()
        self._floor = -1

    def missed(self, room: str, seq: int) -> None:
        """From now on, or until now, what follows on `seq` in a room may not have been heard."""
        self._holes[room] = seq
        self._holes.move_to_end(room)
        if len(self._holes) > MOST:
            _, forgotten = self._holes.popitem(last=False)
            self._floor = max(self._floor, forgotten)

    def heard_since(self, room: str, seq: int) -> bool:
        """Whether all that followed on `seq` in a room is in this node's log."""
        return seq > self._holes.get(room, self._floor)
