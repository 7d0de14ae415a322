"""The log: what was said, in order, for good. The broker may lose a message; this may not.

Guarantees every log gives, proved by tests/contract/test_logs.py:

- `seq` is +1 for each entry of a room, without holes; the counter survives pruning.
- `append` looks the msgid up under the sender's user id first. A repeat answers with the first
  entry's place and adds nothing, wherever it was to go. Remembered for 24 h, even when pruned.
- When `append` returns, the entry can be read and is as durable as this log ever makes it.
- `epoch` names the log: another epoch means other seqs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Optional

from twisted.application.service import IService
from zope.interface import Attribute

from rabbitchat.chat.entries import Draft, Entry


class Unavailable(Exception):
    """The log can't answer now. It is unknown whether an append was stored: ask again."""


@dataclass(frozen=True)
class Appended:
    """Where a draft is kept. `entry` is None when it was pruned since; `repeated`: already was."""

    room: str
    seq: int
    time: str
    entry: Optional[Entry]
    repeated: bool


@dataclass(frozen=True)
class Page:
    """Entries of a room, oldest first, without a hole.

    `more`: further ones follow in the direction that was asked for. `newest`: the room's highest
    seq ever (0: nothing was ever said). `pruned`: the highest seq that can't be read any more.
    """

    entries: tuple[Entry, ...]
    more: bool
    newest: int
    pruned: int


@dataclass(frozen=True)
class Talk:
    """A private conversation of a user: its log key, newest seq, the peer's id and last nick."""

    room: str
    seq: int
    peer: str
    nick: str


class ILog(IService):
    """What was said in every room and conversation."""

    epoch: str = Attribute("Names this log: another epoch means other seqs.")
    shared: bool = Attribute(
        "Whether other nodes may have this same log; if not, only the broker tells them."
    )

    async def append(draft: Draft) -> Appended:
        """Give a draft its place. Calls are placed in the order they were made.

        Raises Unavailable."""

    async def find(user: str, msgid: str) -> Optional[Appended]:
        """What `append` would answer to a repeat of this msgid, or None if it is new."""

    async def after(room: str, seq: int, limit: int, max_bytes: int) -> Page:
        """The oldest entries with a higher seq: at most `limit`, about `max_bytes` of text in
        UTF-8, and at least one if there is one and limit > 0."""

    async def before(room: str, seq: Optional[int], limit: int, max_bytes: int) -> Page:
        """The newest entries with a lower seq (None: the newest at all), bounded likewise."""

    async def newest(rooms: Iterable[str]) -> dict[str, int]:
        """The highest seq of each room; 0 where nothing was ever said."""

    async def talks(user: str) -> list[Talk]:
        """A user's private conversations, the one with the latest entry first."""

    async def prune(in_use: Callable[[str], bool]) -> None:
        """Housekeeping, every ten seconds: forget what the log does not promise to keep.

        `in_use` says whether anybody is in a room, or either side of a conversation is present.
        """
