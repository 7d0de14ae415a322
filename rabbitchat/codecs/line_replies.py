"""The line protocol, what a user sees in answer to a question: lists, and pages of what was said
before, each line with its time (docs/protocol.md, "Line protocol"). Pure.

    * lobby on 2026-11-21, times in UTC
    10:48 <ann> hello
    2026-11-21 10:48 #lobby <ann> hello      found, wherever it was said
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rabbitchat.chat import events
from rabbitchat.codecs import terminal
from rabbitchat.codecs.line_text import MAX_NAMES, NAMES_A_LINE, View, notice, push

MOST_LINES = 1000
MOST_BYTES = 65536
"""What is shown at once: a message of many short lines is many times as long when it is shown."""


def reply(event: events.Reply, user: str) -> list[str]:
    """The lines that show this user an answer; none where silence says that it was done."""
    if isinstance(event, events.PresenceList):
        return present(event)
    if isinstance(event, events.RoomList):
        return rooms(event)
    if isinstance(event, events.Found):
        return found(event, user)
    return history(event, user) if isinstance(event, events.HistoryPage) else []


def present(found: events.PresenceList) -> list[str]:
    """Who is in a room, some names a line."""
    names = [member.nick for member in found.members[:MAX_NAMES]]
    parts = [names[i : i + NAMES_A_LINE] for i in range(0, len(names), NAMES_A_LINE)]
    rest = max(0, found.count - len(names))
    lines = [notice(f"in {found.room}: {', '.join(part) or 'nobody'}") for part in parts or [[]]]
    return [*lines, notice(f"and {rest} more")] if rest else lines


def rooms(found: events.RoomList) -> list[str]:
    """Which rooms there are, how many are in each, what they are about."""
    listed = sorted(found.rooms, key=lambda info: (-info.count, info.room))
    lines = [
        notice(f"{info.room} ({info.count}){': ' if info.topic else ''}{info.topic}")
        for info in listed[:MAX_NAMES]
    ]
    rest = len(listed) - len(lines)
    more = [notice(f"and {rest} more")] if rest else []
    return [*lines, *more] or [notice("there are no rooms")]


def history(page: events.HistoryPage, user: str) -> list[str]:
    """What was said, each line with its time (UTC), each day with its date."""
    if not page.entries:
        return [notice(f"nothing was said in {page.room} yet")]
    return dated(page.room, last(page.entries, user), user)


def dated(room: str, entries: Iterable[events.Message], user: str) -> list[str]:
    """Entries of a room, each line with its time, each day with its date."""
    lines: list[str] = []
    day = ""
    for entry in entries:
        shown = _timed(entry, user)
        if shown and entry.time[:10] != day:
            day = entry.time[:10]
            lines.append(notice(f"{room} on {day}, times in UTC"))
        lines += shown
    return lines


def since(page: events.HistoryPage, user: str) -> list[str]:
    """What was said from somewhere on, as much as may be shown at once, and how to go on."""
    shown = first(page.entries, user)
    lines = dated(page.room, shown, user)
    if page.more or len(shown) < len(page.entries):
        private = f" {page.room}" if page.room.startswith("@") else ""
        lines.append(notice(f"there is more: /since #{shown[-1].seq + 1}{private} goes on"))
    return lines or [notice(f"nothing was said in {page.room} since then")]


def missed(page: events.HistoryPage, user: str, read: int) -> list[str]:
    """What others said after the seq up to which this user has read: the newest of it, if it is
    more than may be shown at once. `page` holds the newest entries. No lines for what one said
    oneself. There was something: where none of it is kept any more, that is told."""
    unread = [entry for entry in page.entries if entry.seq > read]
    theirs = [entry for entry in unread if entry.user != user]
    shown = last(theirs, user)
    lines = dated(page.room, shown, user)
    private = f" {page.room}" if page.room.startswith("@") else ""
    where = f"from {page.room[1:]}" if private else f"in {page.room}"
    if not unread:
        return [notice(f"what was said {where} since you read it is not kept any more")]
    count = sum(1 for entry in shown if not is_deed(entry) and not entry.deleted)
    what = f"you missed {count} message{'' if count == 1 else 's'} {where}"
    has_hole = bool(unread) and unread[0].seq > read + 1
    if len(shown) < len(theirs) or (has_hole and page.more):
        how = f"/since #{read + 1}{private} shows all, these are the newest"
        return [notice(f"you missed more than {count} messages {where}; {how}"), *lines]
    if has_hole:
        return [notice(f"{what}, and some that are not kept any more"), *lines]
    return [notice(what if count else f"what you missed {where}:"), *lines] if lines else []


def untold(room: str, read: int) -> str:
    """There is something that was missed in a room, and could not be shown."""
    private = f" {room}" if room.startswith("@") else ""
    where = f"from {room[1:]}" if private else f"in {room}"
    return notice(f"you missed messages {where}: /since #{read + 1}{private} shows them")


def is_deed(entry: events.Message) -> bool:
    """Whether an entry is something that was done to a message, not one."""
    return bool(entry.edit or entry.delete or entry.react)


def found(page: events.Found, user: str) -> list[str]:
    """What was found, the newest last, each line with its day, time and room."""
    if not page.entries:
        return [notice("nothing was found")]
    shown = first(page.entries, user)
    lines: list[str] = []
    if page.next or len(shown) < len(page.entries):
        lines.append(notice("there is more; these are the newest. More words find less"))
    for entry in reversed(shown):
        time = terminal.safe(f"{entry.time[:10]} {entry.time[11:16]}")
        view = _view(entry, user, View.ELSEWHERE)
        lines += [f"{time} {line}" for line in push(entry, view)]
    return lines


def first(entries: Sequence[events.Message], user: str) -> Sequence[events.Message]:
    """As many entries from the first on as may be shown at once, one at least."""
    return entries[: _fitting(entries, user)]


def last(entries: Sequence[events.Message], user: str) -> Sequence[events.Message]:
    """As many of the newest entries as may be shown at once, one at least."""
    return entries[len(entries) - _fitting(entries[::-1], user) :]


def _fitting(entries: Iterable[events.Message], user: str) -> int:
    """How many of these may be shown at once."""
    count = lines = size = 0
    for entry in entries:
        shown = _timed(entry, user)
        lines += len(shown)
        size += sum(len(line.encode()) for line in shown)
        if count and (lines > MOST_LINES or size > MOST_BYTES):
            break
        count += 1
    return count


def _timed(entry: events.Message, user: str) -> list[str]:
    time = terminal.safe(entry.time[11:16])
    return [f"{time} {line}" for line in push(entry, _view(entry, user, View.HERE))]


def _view(entry: events.Message, user: str, other: View) -> View:
    return View.AUTHOR if entry.user == user and entry.room.startswith("@") else other
