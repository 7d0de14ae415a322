"""The log: what was said, in order, for good. The broker may lose a message; this may not.

Guarantees every log gives, proved by tests/contract/test_logs.py:

- `seq` is +1 for each entry of a room, without holes; the counter survives pruning.
- `append` looks the msgid up under the sender's user id first. A repeat answers with the first
  entry's place and adds nothing, wherever it was to go. Remembered for 24 h, even when pruned.
- When `append` returns, the entry can be read and is as durable as this log ever makes it.
- `epoch` names the log: another epoch means other seqs.
- What is done to a message, an edit, a deletion or a reaction, is an entry like any other. From
  then on a message and its edits are read with the latest text only; a deleted one is erased.
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


class NoSuchMessage(Exception):
    """What a draft was to be done to is not there: never was, was pruned, or was deleted."""


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


@dataclass(frozen=True)
class Search:
    """For messages that hold all of these words, or longer ones that begin with them.

    They are folded as the texts are (words.py). `rooms` are the log keys to look in. `before` is
    the `next` of an earlier answer.
    """

    words: tuple[str, ...]
    rooms: tuple[str, ...]
    limit: int
    before: Optional[str] = None
    max_bytes: int = 64 * 1024  # about, of text in UTF-8; one message is found all the same


@dataclass(frozen=True)
class Found:
    """Messages as they are now, the latest stored first. With a `next` there may be more."""

    entries: tuple[Entry, ...]
    next: Optional[str]


@dataclass(frozen=True)
class LogState:
    """Whether entries can be stored and read, and if not, why: for operators, without secrets."""

    up: bool
    reason: str = ""


class ILog(IService):
    """What was said in every room and conversation."""

    epoch: str = Attribute("Names this log: another epoch means other seqs.")
    shared: bool = Attribute(
        "Whether other nodes may have this same log; if not, only the broker tells them."
    )

    state: LogState = Attribute("How the log is now.")

    def watch(watcher: Callable[[LogState], None]) -> None:
        """Call `watcher` whenever `state` changes, and when another log has come in the place of
        this one: then `epoch` is another."""

    async def append(draft: Draft) -> Appended:
        """Give a draft its place. Calls are placed in the order they were made.

        Unless the draft is a message, the entry's `ref` is the seq of the newest message of its
        room with the msgid `target` and the sender `of`. A message that is edited gets the new
        text and `edited`, one that is deleted gets no text and `deleted`; so do all its edits.

        Raises Unavailable, and NoSuchMessage."""

    async def find(user: str, msgid: str) -> Optional[Appended]:
        """What `append` would answer to a repeat of this msgid, or None if it is new."""

    async def look_up(room: str, msgid: str, user: Optional[str]) -> Optional[Entry]:
        """The newest message with this msgid in a room, of this sender if one is given."""

    async def after(room: str, seq: int, limit: int, max_bytes: int) -> Page:
        """The oldest entries with a higher seq: at most `limit`, about `max_bytes` of text in
        UTF-8, and at least one if there is one and limit > 0."""

    async def before(room: str, seq: Optional[int], limit: int, max_bytes: int) -> Page:
        """The newest entries with a lower seq (None: the newest at all), bounded likewise."""

    async def newest(rooms: Iterable[str]) -> dict[str, int]:
        """The highest seq of each room; 0 where nothing was ever said."""

    async def talks(user: str) -> list[Talk]:
        """A user's private conversations, the one with the latest entry first."""

    async def talk(user: str, room: str) -> Optional[Talk]:
        """One of them, by its log key; None if nothing was ever said in it."""

    async def conversations(users: Iterable[str], since: float) -> dict[str, int]:
        """The newest seq of each private conversation of these users to which something was added
        after `since`, in seconds since 1970; perhaps of others of theirs too."""

    async def mark_read(user: str, room: str, seq: int) -> int:
        """A user has read a room up to here: move the mark, never back, and no further than to
        the newest entry. Answers where it is now; 0: nothing was read."""

    async def read_mark(user: str, room: str) -> int:
        """Up to which seq a user has read this room or conversation; 0: nothing."""

    async def read_marks(user: str) -> dict[str, int]:
        """Up to which seq a user has read the rooms and conversations, by log key."""

    async def search(query: Search) -> Found:
        """What was said with these words. Edits, deletions and reactions are not found.

        Raises Unavailable, also when it takes too long, and ValueError for a query that is
        malformed, with words for whoever asked."""

    async def prune(in_use: Callable[[str], bool]) -> None:
        """Housekeeping, every ten seconds: forget what the log does not promise to keep.

        `in_use` says whether anybody is in a room, or either side of a conversation is present.
        """
