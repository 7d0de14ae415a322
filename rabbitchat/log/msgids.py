"""Which msgids were stored lately, and where: what makes a repeated publish harmless.

A day of a busy node is millions of msgids, so each is kept as two short byte strings: a digest of
sender and msgid, and the packed place (about 220 bytes in all).
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass
from hashlib import blake2b
from typing import Optional

_HEAD = struct.Struct("<dQH")  # when it was remembered, seq, bytes of the room that follows


@dataclass(frozen=True)
class Place:
    """Where an entry was put, and its time."""

    room: str
    seq: int
    time: str


class MsgIds:
    """The places of msgids, oldest first. `now` is in seconds and never goes back."""

    def __init__(self) -> None:
        self._packed: dict[bytes, bytes] = {}
        # Of its own: the first key of a dict is slow to find once many before it were deleted.
        self._oldest_first: deque[bytes] = deque()

    def __len__(self) -> int:
        return len(self._packed)

    def find(self, user: str, msgid: str) -> Optional[Place]:
        """Where the entry with this msgid of this user was put."""
        packed = self._packed.get(_digest(user, msgid))
        if packed is None:
            return None
        _, seq, length = _HEAD.unpack_from(packed)
        end = _HEAD.size + length
        return Place(packed[_HEAD.size : end].decode(), seq, packed[end:].decode())

    def remember(self, user: str, msgid: str, place: Place, now: float) -> None:
        """Keep the place of a msgid that is new."""
        room = place.room.encode()
        head = _HEAD.pack(now, place.seq, len(room))
        digest = _digest(user, msgid)
        self._packed[digest] = head + room + place.time.encode()
        self._oldest_first.append(digest)

    def forget(self, until: float, most: int) -> None:
        """Drop what was remembered at `until` or earlier: at most `most` of it, to be quick."""
        for _ in range(min(most, len(self._oldest_first))):
            digest = self._oldest_first[0]
            if _HEAD.unpack_from(self._packed[digest])[0] > until:
                return
            self._oldest_first.popleft()
            del self._packed[digest]


def _digest(user: str, msgid: str) -> bytes:
    # The length keeps ("a", "bc") and ("ab", "c") apart.
    text = f"{len(user)} {user}{msgid}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
