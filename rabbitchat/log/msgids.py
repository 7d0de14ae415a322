"""Which msgids were stored lately, and where: what makes a repeated publish harmless.

A day of a busy node is millions of msgids, so each is kept as two short byte strings: a digest of
sender and msgid, and the packed place (about 220 bytes in all).
"""

from __future__ import annotations

import struct
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
        self._packed[_digest(user, msgid)] = head + room + place.time.encode()

    def forget(self, until: float, most: int) -> None:
        """Drop what was remembered at `until` or earlier: at most `most` of it, to be quick."""
        for _ in range(most):
            oldest = next(iter(self._packed), None)
            if oldest is None or _HEAD.unpack_from(self._packed[oldest])[0] > until:
                return
            del self._packed[oldest]


def _digest(user: str, msgid: str) -> bytes:
    # The length keeps ("a", "bc") and ("ab", "c") apart.
    text = f"{len(user)} {user}{msgid}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
