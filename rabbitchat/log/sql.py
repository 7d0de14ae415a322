"""The log in a database: what `--database sqlite:///…` and `postgresql://…` mean.

It promises what every log does (interface.py), for good and across processes: whatever was
acknowledged is on the database's disk, and any process on the same database finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Optional

from twisted.application.service import Service
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from rabbitchat.chat.entries import Draft, Entry, other_user
from rabbitchat.database.database import Database
from rabbitchat.log import sql_marks, sql_reading, sql_search, sql_writing
from rabbitchat.log.interface import (
    Appended,
    Found,
    ILog,
    LogState,
    Page,
    Search,
    Talk,
    Unavailable,
)
from rabbitchat.log.sql_appending import Stamped
from rabbitchat.log.sql_erasing import Eraser
from rabbitchat.log.sql_keeping import Keeping
from rabbitchat.log.sql_marks import Mark


@implementer(ILog)
class SqlLog(Service):
    """What was said, in a database. Its methods raise Unavailable when that doesn't answer.

    A room keeps its newest `keep` entries (0: all), for `keep_seconds` (0: for good).
    """

    shared = True

    def __init__(
        self, database: Database, clock: IReactorTime, keep: int = 0, keep_seconds: float = 0
    ) -> None:
        self._database = database
        self._clock = clock
        self._keeping = Keeping(database, keep, keep_seconds)
        self._last = 0.0
        self._eraser = Eraser(database)

    @property
    def epoch(self) -> str:
        """See ILog. Empty before the start."""
        return self._database.epoch

    @property
    def state(self) -> LogState:
        """See ILog."""
        return self._database.state

    def watch(self, watcher: Callable[[LogState], None]) -> None:
        """See ILog."""
        self._database.watch(watcher)

    def startService(self) -> None:
        """Open the database. Raises CannotOpen, which ends the process."""
        self._database.hold()
        super().startService()

    async def stopService(self) -> None:
        """Finish what was asked, and close."""
        super().stopService()
        await self._database.release()

    async def append(self, draft: Draft) -> Appended:
        """See ILog."""
        stamped = Stamped(draft, self.epoch, self._now())
        appends = self._database.figures.appends
        try:
            appended: Appended = await self._database.write(sql_writing.write, stamped)
        except Unavailable:
            appends.labels("unavailable").inc()
            raise
        self._keeping.added_to(appended.room)
        appends.labels("repeated" if appended.repeated else "stored").inc()
        return appended

    async def find(self, user: str, msgid: str) -> Optional[Appended]:
        """See ILog."""
        return await self._database.read(sql_reading.find, (user, msgid, self.epoch))

    async def after(self, room: str, seq: int, limit: int, max_bytes: int) -> Page:
        """See ILog."""
        wanted = sql_reading.Wanted(room, self.epoch, limit, max_bytes, after=seq)
        return await self._database.read(sql_reading.pages, wanted)

    async def before(self, room: str, seq: Optional[int], limit: int, max_bytes: int) -> Page:
        """See ILog."""
        wanted = sql_reading.Wanted(room, self.epoch, limit, max_bytes, before=seq)
        return await self._database.read(sql_reading.pages, wanted)

    async def newest(self, rooms: Iterable[str]) -> dict[str, int]:
        """See ILog."""
        return await self._database.read(sql_reading.newest, list(rooms))

    async def talks(self, user: str) -> list[Talk]:
        """See ILog."""
        found = await self._database.read(sql_reading.talks, user)
        return [Talk(room, seq, other_user(room, user), nick) for room, seq, nick in found]

    async def talk(self, user: str, room: str) -> Optional[Talk]:
        """See ILog."""
        found = await self._database.read(sql_reading.talk, (user, room))
        return found and Talk(room, found[0], other_user(room, user), found[1])

    async def conversations(self, users: Iterable[str], since: float) -> dict[str, int]:
        """See ILog."""
        return await self._database.read(sql_reading.conversations, (list(users), since))

    async def look_up(self, room: str, msgid: str, user: Optional[str]) -> Optional[Entry]:
        """See ILog."""
        named = sql_reading.Named(room, msgid, user, self.epoch)
        return await self._database.read(sql_reading.look_up, named)

    async def mark_read(self, user: str, room: str, seq: int) -> int:
        """See ILog."""
        return await self._database.write(sql_writing.write, Mark(user, room, seq))

    async def read_mark(self, user: str, room: str) -> int:
        """See ILog."""
        return await self._database.read(sql_marks.read_one, (user, room))

    async def read_marks(self, user: str) -> dict[str, int]:
        """See ILog."""
        return await self._database.read(sql_marks.read, user)

    async def search(self, query: Search) -> Found:
        """See ILog."""
        asked = sql_search.Asked(query, self.epoch)
        return await self._database.search(sql_search.search, asked)

    async def prune(self, in_use: Callable[[str], bool]) -> None:
        """See ILog. A bit at a time, so that no append waits for long."""
        await self._keeping.prune(self._clock.seconds())
        await self._eraser.erase()

    def _now(self) -> float:
        """Later than ever before, so that the latest of several conversations is known."""
        self._last = max(self._clock.seconds(), self._last + 1e-6)
        return self._last
