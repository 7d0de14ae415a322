"""What was said before a user of the line protocol came, or came back: read in pages, shown once,
in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Union

from twisted.internet.defer import Deferred

from rabbitchat.chat import commands, events
from rabbitchat.codecs import line_replies, line_text
from rabbitchat.codecs.line_replies import MOST_BYTES, MOST_LINES
from rabbitchat.transports.line_marks import ReadMarks
from rabbitchat.transports.line_standpoint import Standpoint

A_PAGE = 1000
"""Entries that are asked for at once; the daemon gives no more."""

A_LOOK = 100
"""The newest entries, among which most of what `/since` is asked for is found."""

MOST_CONVERSATIONS = 50
"""Private conversations that somebody who comes back is shown, or told about, one by one."""


class NoAnswer(Exception):
    """The daemon refused; the user was told why."""


class Past:
    """Shows one user what was said before.

    While a room's past is read, what is said in it is held back: not kept, but read from the log
    as well, so that it is shown behind what was said before, and that any number costs nothing.
    """

    __slots__ = (
        "_ask",
        "_behind",
        "_bytes",
        "_lines",
        "_marks",
        "_me",
        "_show",
        "_tell",
        "_unread",
    )

    def __init__(
        self,
        ask: Callable[[commands.Command], Deferred[events.Reply]],
        show: Callable[..., None],
        tell: Callable[[events.Message], None],
        me: Standpoint,
        marks: ReadMarks,
    ) -> None:
        self._ask = ask
        self._show = show  # is given lines
        self._tell = tell  # shows an entry as one that comes now
        self._me = me
        self._marks = marks
        self._behind: dict[str, int] = {}  # the newest seq of each room whose past is being read
        self._unread: list[events.Conversation] = []
        self._lines = 0  # what was shown of what one missed
        self._bytes = 0

    def admits(self, event: events.Message) -> bool:
        """Whether an entry that comes now is to be shown now: not if it was, or will be."""
        room = event.room
        if room.startswith("@"):
            if event.user == self._me.user:
                return True  # from one's other connection: there is nothing to read in it
            room = f"@+{event.user}"  # a nick may be somebody else's by the time it is marked
        if room in self._behind:
            self._behind[room] = max(event.seq, self._behind[room])
            return False
        if event.seq <= self._marks.last(room):
            return False
        self._marks.shown(room, event.seq)
        return True

    async def enter(self, joined: events.Joined) -> None:
        """A room was joined: show what was said there after what one has read. In a room where
        one has read nothing one has missed nothing."""
        room = joined.room
        self._marks.known(room, joined.read)
        read = max(joined.read, self._marks.last(room))
        if read and read < joined.seq:
            self._lines = self._bytes = 0
            await self._catch_up(room, room, read, joined.seq)
        elif joined.seq > self._marks.last(room):
            self._marks.begin(room, joined.seq)
        await self.come_back()

    def expect(self, conversations: Iterable[events.Conversation]) -> None:
        """One is connected: these are to be looked at as soon as one is somewhere."""
        self._unread = [one for one in conversations if one.seq > one.read]
        for one in self._unread[:MOST_CONVERSATIONS]:
            self._marks.known(f"@+{one.user}", one.read)
            self._behind[f"@+{one.user}"] = one.seq

    async def come_back(self) -> None:
        """Show what was written to one alone meanwhile, the latest conversation first."""
        unread, self._unread = self._unread, []
        if len(unread) > MOST_CONVERSATIONS:
            rest = len(unread) - MOST_CONVERSATIONS
            self._show(line_text.notice(f"you missed messages in {rest} older conversations, too"))
        for one in unread[:MOST_CONVERSATIONS]:
            await self._catch_up(f"@+{one.user}", one.room, one.read, one.seq)

    async def since(self, room: str, when: Union[str, int]) -> None:
        """Show what was said in a room from a moment (RFC 3339) or a seq on."""
        try:
            seq = when if isinstance(when, int) else await self._first_since(room, when)
            page = await self._page(room, after=max(0, seq - 1))
        except NoAnswer:
            return
        self.saw(page)
        self._show(*line_replies.since(page, self._me.user))

    def saw(self, reply: events.Reply) -> None:
        """An answer is shown, perhaps one with entries."""
        if isinstance(reply, events.HistoryPage):
            for entry in reply.entries:
                self._me.saw(entry)

    # -- what was missed

    async def _catch_up(self, room: str, called: str, read: int, newest: int) -> None:
        self._behind.setdefault(room, newest)
        try:
            if self._is_enough:
                self._show(line_replies.untold(called, read))
                self._marks.freeze(room)
            else:
                await self._show_missed(room, read, newest)
            read = newest
            while self._behind[room] > read:
                read = await self._show_meanwhile(room, read)
            self._marks.shown(room, read)
        except NoAnswer:
            self._marks.freeze(room)
            self._show(line_replies.untold(called, read))
        finally:
            del self._behind[room]

    @property
    def _is_enough(self) -> bool:
        return self._lines >= MOST_LINES or self._bytes >= MOST_BYTES

    async def _show_missed(self, room: str, read: int, newest: int) -> None:
        limit = min(newest - read, MOST_LINES - self._lines)
        page = await self._page(room, before=newest + 1, limit=limit)
        lines = line_replies.missed(page, self._me.user, read)
        self._lines += len(lines)
        self._bytes += sum(map(len, lines))
        self.saw(page)
        self._show(*lines)

    async def _show_meanwhile(self, room: str, read: int) -> int:
        page = await self._page(room, after=read)
        for entry in page.entries:
            self._tell(entry)
        return page.entries[-1].seq if page.entries else self._behind[room]

    # -- since when

    async def _first_since(self, room: str, time: str) -> int:
        """The seq of the first entry that was said then or later: nearly always among the
        newest, else looked for in halves."""
        page = await self._page(room, limit=A_LOOK)
        if not page.entries:
            return 1
        low, high = 1, page.entries[-1].seq + 1
        for entry in reversed(page.entries):
            if entry.time < time:
                low = entry.seq + 1
                break
            high = entry.seq
        while low < high and page.more:
            middle = (low + high) // 2
            found = await self._page(room, after=middle - 1, limit=1)
            if found.entries and found.entries[0].time < time:
                low = found.entries[0].seq + 1
            else:
                high = middle
        return high

    async def _page(self, room: str, limit: int = A_PAGE, **where: int) -> events.HistoryPage:
        command = commands.History(room=room, limit=limit, **where)
        reply = await self._ask(command)
        if not isinstance(reply, events.HistoryPage):
            raise NoAnswer
        return reply
