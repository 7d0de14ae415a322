"""What was said before: shown once and in order, whatever is said while it is read."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from rabbitchat.chat import commands, events
from rabbitchat.transports.line_arrival import Arrival
from rabbitchat.transports.line_marks import ReadMarks
from rabbitchat.transports.line_past import Past
from rabbitchat.transports.line_standpoint import Standpoint

UNAVAILABLE = events.Error(code="unavailable", message="no log just now", temporary=True)


def entry(seq: int, room: str = "lobby", nick: str = "ann", **changed: Any) -> events.Message:
    """What is said there with that seq, a minute after the one before."""
    fields: dict[str, Any] = {
        "epoch": "e",
        "msgid": f"m{seq}",
        "user": f"u-{nick}",
        "time": f"2026-11-21T{seq // 60 % 24:02}:{seq % 60:02}:00.000Z",
        "text": f"{seq}",
    }
    return events.Message(room=room, seq=seq, nick=nick, **{**fields, **changed})


def joined(seq: int, read: int, room: str = "lobby") -> events.Joined:
    """The answer to a join of a room with so many entries."""
    fields: dict[str, Any] = {"members": [], "count": 1, "topic": "", "epoch": "e"}
    return events.Joined(
        room=room, seq=seq, read=read, entries=[], more=False, recovered=False, **fields
    )


class Reader:
    """Tel, who reads rooms that each hold the entries 1 to n; what ann says in them is live."""

    def __init__(self, page: int = 1000, **rooms: int) -> None:
        self.rooms = {name.replace("at_", "@"): count for name, count in rooms.items()}
        self.page = page  # entries that the log gives at once
        self.pruned = 0
        self.waiting: list[tuple[commands.History, Deferred[events.Reply]]] = []
        self.asked = 0
        self.screen: list[str] = []
        self.told: list[tuple[str, int]] = []
        self.clock = Clock()
        self.me = Standpoint()
        self.me.user = "u-tel"
        self.me.entered("lobby", "")
        self.marks = ReadMarks(self.clock, Arrival(None), lambda *mark: self.told.append(mark))
        self.past = Past(self._ask, self._show, self._tell, self.me, self.marks)

    def _ask(self, command: commands.Command) -> Deferred[events.Reply]:
        assert isinstance(command, commands.History)
        self.asked += 1
        reply: Deferred[events.Reply] = Deferred()
        self.waiting.append((command, reply))
        return reply

    def _show(self, *lines: str) -> None:
        self.screen += lines

    def _tell(self, event: events.Message) -> None:
        self.screen.append(f"live {event.text}")

    def answers(self, count: int = 1000, reply: Optional[events.Reply] = None) -> None:
        """Answer so many questions, out of the log unless an answer is given."""
        while count and self.waiting:
            count -= 1
            command, waiting = self.waiting.pop(0)
            waiting.callback(reply or self._read(command))

    def _read(self, command: commands.History) -> events.HistoryPage:
        room, limit = command.room, min(command.limit, self.page)
        called, nick = (f"@{room[4:]}", room[4:]) if room.startswith("@+u-") else (room, "ann")
        kept = range(self.pruned + 1, self.rooms[called] + 1)
        if command.after is not None:
            wanted = [seq for seq in kept if seq > command.after]
            seqs = wanted[:limit]
        else:
            wanted = [seq for seq in kept if command.before is None or seq < command.before]
            seqs = wanted[-limit:]
        entries = [entry(seq, called, nick) for seq in seqs]
        more = len(wanted) > len(seqs)
        return events.HistoryPage(room=called, epoch="e", entries=entries, more=more)

    def says(self, room: str = "lobby", nick: str = "ann") -> None:
        """Something is said, and delivered."""
        self.rooms[room] += 1
        event = entry(self.rooms[room], room, nick)
        if self.past.admits(event):
            self._tell(event)

    def does(self, work: Any) -> None:
        """Begin something that asks."""
        Deferred.fromCoroutine(work).addErrback(lambda failure: pytest.fail(str(failure)))

    def seen(self) -> list[str]:
        """The texts on the screen, in their order, without notices."""
        return [line.split()[-1] for line in self.screen if not line.startswith("*")]


def test_what_was_missed_is_shown_with_times() -> None:
    reader = Reader(lobby=3)
    reader.does(reader.past.enter(joined(3, read=1)))
    reader.answers()
    assert reader.screen == [
        "* you missed 2 messages in lobby",
        "* lobby on 2026-11-21, times in UTC",
        "00:02 <ann> 2",
        "00:03 <ann> 3",
    ]
    reader.marks.end(has_read_all=True)
    assert reader.told == [("lobby", 3)]


@pytest.mark.parametrize(("seq", "read"), [(0, 0), (5, 5), (5, 0)])
def test_nothing_was_missed_where_all_or_nothing_was_read(seq: int, read: int) -> None:
    reader = Reader(lobby=seq)
    reader.does(reader.past.enter(joined(seq, read)))
    assert (reader.asked, reader.screen) == (0, [])
    reader.says()
    assert reader.seen() == [f"{seq + 1}"]
    reader.marks.end(has_read_all=True)
    first = [("lobby", seq)] if seq > read else []  # from here on one can miss something
    assert reader.told == [*first, ("lobby", seq + 1)]


def test_what_was_shown_here_before_is_not_missed() -> None:
    reader = Reader(lobby=2)
    reader.does(reader.past.enter(joined(2, read=2)))
    reader.says()
    reader.does(reader.past.enter(joined(3, read=2)))  # the mark is only told now and then
    assert (reader.asked, reader.seen()) == (0, ["3"])


def test_that_all_was_pruned_is_told() -> None:
    reader = Reader(lobby=9)
    reader.pruned = 9
    reader.does(reader.past.enter(joined(9, read=2)))
    reader.answers()
    assert reader.screen == ["* what was said in lobby since you read it is not kept any more"]


def test_what_was_pruned_is_told() -> None:
    reader = Reader(lobby=9)
    reader.pruned = 7
    reader.does(reader.past.enter(joined(9, read=2)))
    reader.answers()
    assert reader.screen[0] == (
        "* you missed 2 messages in lobby, and some that are not kept any more"
    )
    assert reader.seen() == ["8", "9"]


def test_of_very_much_the_newest_is_shown_and_how_to_get_the_rest() -> None:
    reader = Reader(lobby=5000)
    reader.does(reader.past.enter(joined(5000, read=1000)))
    reader.answers()
    assert reader.asked == 1
    assert reader.screen[0] == (
        "* you missed more than 1000 messages in lobby;"
        " /since #1001 shows all, these are the newest"
    )
    assert reader.seen() == [f"{seq}" for seq in range(4001, 5001)]


def test_a_log_that_does_not_answer_leaves_the_mark_where_it_was() -> None:
    reader = Reader(lobby=9)
    reader.does(reader.past.enter(joined(9, read=2)))
    reader.answers(reply=UNAVAILABLE)
    assert reader.screen == ["* you missed messages in lobby: /since #3 shows them"]
    reader.says()
    assert reader.seen() == ["10"]
    reader.marks.end(has_read_all=True)
    assert reader.told == []


def test_who_leaves_before_it_was_shown_has_not_read_it() -> None:
    reader = Reader(lobby=9)
    reader.does(reader.past.enter(joined(9, read=2)))
    reader.says()
    reader.marks.end(has_read_all=True)
    assert (reader.told, reader.screen) == ([], [])


def conversation(nick: str, seq: int, read: int) -> events.Conversation:
    """A private conversation of tel's."""
    return events.Conversation(f"@{nick}", seq, f"u-{nick}", read)


def test_private_messages_follow_each_conversation_by_itself() -> None:
    reader = Reader(lobby=1, at_bob=3, at_cy=2, at_dan=1)
    reader.past.expect(
        [conversation("cy", 2, 1), conversation("dan", 1, 1), conversation("bob", 3, 0)]
    )
    reader.says("@cy", "cy")  # before the lobby was entered
    reader.does(reader.past.enter(joined(1, read=1)))
    reader.says("@bob", "bob")
    reader.says("@dan", "dan")
    reader.answers()
    assert reader.screen == [
        "live 2",  # of dan, where nothing had to be waited for
        "* you missed 1 message from cy",
        "* @cy on 2026-11-21, times in UTC",
        "00:02 [cy] 2",
        "live 3",
        "* you missed 3 messages from bob",
        "* @bob on 2026-11-21, times in UTC",
        "00:01 [bob] 1",
        "00:02 [bob] 2",
        "00:03 [bob] 3",
        "live 4",
    ]
    reader.marks.end(has_read_all=True)
    assert sorted(reader.told) == [("@+u-bob", 4), ("@+u-cy", 3), ("@+u-dan", 2)]


def test_no_more_than_can_be_read_is_shown_of_all_conversations_together() -> None:
    reader = Reader(lobby=1, at_bob=900, at_cy=900, at_dan=900)
    reader.past.expect([conversation(nick, 900, 0) for nick in ("bob", "cy", "dan")])
    reader.does(reader.past.enter(joined(1, read=1)))
    reader.says("@dan", "dan")
    reader.answers()
    notices = [line for line in reader.screen if line.startswith("* you")]
    assert notices[0] == "* you missed 900 messages from bob"
    assert notices[1].startswith("* you missed more than 98 messages from cy; /since #1 @cy shows")
    assert notices[2] == "* you missed messages from dan: /since #1 @dan shows them"
    assert reader.screen[-1] == "live 901"
    assert len(reader.screen) < 1010
    reader.marks.end(has_read_all=True)
    assert reader.told == [("@+u-bob", 900), ("@+u-cy", 900)]


def test_conversations_beyond_a_number_are_counted() -> None:
    reader = Reader(lobby=1, **{f"at_n{i}": 1 for i in range(60)})
    reader.past.expect([conversation(f"n{i}", 1, 0) for i in range(60)])
    reader.does(reader.past.enter(joined(1, read=1)))
    reader.answers()
    assert reader.screen[0] == "* you missed messages in 10 older conversations, too"
    assert len(reader.seen()) == 50


@given(st.data())
def test_all_is_shown_once_and_in_order_whatever_comes_meanwhile(data: st.DataObject) -> None:
    count, read = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 30))
    reader = Reader(page=data.draw(st.integers(1, 8)), lobby=count)
    read = min(read, count)
    reader.does(reader.past.enter(joined(count, read)))
    for is_said in data.draw(st.lists(st.booleans(), max_size=30)):
        if is_said:
            reader.says()
        else:
            reader.answers(1)
    reader.answers()
    seen = [int(text) for text in reader.seen()]
    newest = reader.rooms["lobby"]
    first = max(read + 1, count - reader.page + 1)  # the newest that one page has of the missed
    assert seen == list(range(first, newest + 1))
    reader.marks.end(has_read_all=True)
    assert reader.told == ([("lobby", newest)] if newest > read else [])


# -- since when


@pytest.mark.parametrize(
    ("when", "first"),
    [(1, 1), (41, 41), (0, 1), ("2026-11-21T00:41:00.000Z", 41), ("2026-11-20T00:00:00.000Z", 1)]
    + [("2026-11-21T16:39:30.000Z", 1000), ("2026-11-21T01:40:00.001Z", 101)],
)
def test_since(when: str | int, first: int) -> None:
    reader = Reader(lobby=1000)
    reader.does(reader.past.since("lobby", when))
    reader.answers()
    assert reader.seen() == [f"{seq}" for seq in range(first, 1001)]
    assert reader.screen[0] == "* lobby on 2026-11-21, times in UTC"
    assert reader.asked < 15


@pytest.mark.parametrize("when", [1001, "2026-11-21T16:41:00.000Z"])
def test_since_the_end(when: str | int) -> None:
    reader = Reader(lobby=1000)
    reader.does(reader.past.since("lobby", when))
    reader.answers()
    assert reader.screen == ["* nothing was said in lobby since then"]


def test_since_goes_on_where_it_ended() -> None:
    reader = Reader(lobby=2500)
    reader.does(reader.past.since("lobby", 1))
    reader.answers()
    assert len(reader.seen()) == 1000
    assert reader.screen[-1] == "* there is more: /since #1001 goes on"


def test_since_in_an_empty_room_and_with_a_log_that_is_away() -> None:
    reader = Reader(lobby=0)
    reader.does(reader.past.since("lobby", "2026-11-21T16:41:00.000Z"))
    reader.answers()
    assert reader.screen == ["* nothing was said in lobby since then"]
    reader.does(reader.past.since("lobby", 1))
    reader.answers(reply=UNAVAILABLE)
    assert len(reader.screen) == 1


@given(st.integers(0, 400), st.integers(0, 399), st.integers(0, 420))
def test_any_moment_is_found(count: int, pruned: int, minute: int) -> None:
    reader = Reader(lobby=count)
    reader.pruned = min(pruned, count)
    reader.does(
        reader.past.since("lobby", f"2026-11-21T{minute // 60:02}:{minute % 60:02}:00.000Z")
    )
    reader.answers()
    wanted = [f"{seq}" for seq in range(reader.pruned + 1, count + 1) if seq >= minute]
    assert reader.seen() == wanted
    assert len(reader.screen) == len(wanted) + 1  # a date, or that nothing was said
