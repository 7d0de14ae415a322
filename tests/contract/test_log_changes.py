"""What every log promises of edits, deletions and reactions, and of looking a message up."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Optional

import pytest
import pytest_twisted
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace
from twisted.internet.defer import maybeDeferred
from twisted.internet.task import Clock

from rabbitchat.chat.entries import Draft, Entry, Kind, conversation, placed
from rabbitchat.log.interface import ILog, NoSuchMessage, Search
from support.logs import (
    KEEP,
    LOGS,
    PLENTY,
    Bench,
    against_the_model,
    appending,
    done_to,
    fill,
    said,
    wait,
)

HELLO = said("m1", text="hello")


async def read(log: ILog, room: str = "lobby") -> tuple[Entry, ...]:
    """All entries of a room."""
    return (await log.after(room, 0, 1000, PLENTY)).entries


async def is_refused(log: ILog, draft: Draft) -> None:
    """There is no such message, and nothing has changed."""
    before = await log.newest([draft.room])
    with pytest.raises(NoSuchMessage):
        await log.append(draft)
    assert await log.newest([draft.room]) == before
    assert await log.find(draft.user, draft.msgid) is None


@pytest_twisted.ensureDeferred
async def test_a_reaction_is_an_entry_and_changes_nothing(bench: Bench) -> None:
    message = (await bench.log.append(HELLO)).entry
    react = done_to(HELLO, "react", "r1", "👍", user="b2", active=False)
    put = await bench.log.append(react)
    assert (put.seq, put.repeated) == (2, False)
    assert put.entry == placed(react, bench.log.epoch, 2, ref=1)
    assert await read(bench.log) == (message, put.entry)


@pytest_twisted.ensureDeferred
async def test_an_edit_gives_the_message_and_earlier_edits_its_text(bench: Bench) -> None:
    await bench.log.append(HELLO)
    await bench.log.append(said("other", text="as it was"))
    await bench.log.append(done_to(HELLO, "edit", "e1", "one"))
    edit = done_to(HELLO, "edit", "e2", "three")
    put = await bench.log.append(edit)
    assert put.entry == placed(edit, bench.log.epoch, 4, ref=1)
    entries = await read(bench.log)
    assert [entry.text for entry in entries] == ["three", "as it was", "three", "three"]
    assert [entry.edited for entry in entries] == [edit.time, None, None, None]
    assert [entry.ref for entry in entries] == [None, None, 1, 1]
    assert entries[0].time == HELLO.time
    assert (await bench.log.before("lobby", None, 1000, PLENTY)).entries == entries


@pytest_twisted.ensureDeferred
async def test_a_deletion_erases_the_message_and_its_edits(bench: Bench) -> None:
    await bench.log.append(HELLO)
    await bench.log.append(done_to(HELLO, "edit", "e1", "secret"))
    await bench.log.append(done_to(HELLO, "react", "r1", "👍"))
    put = await bench.log.append(done_to(HELLO, "delete", "d1"))
    assert put.entry is not None
    assert (put.entry.ref, put.entry.deleted) == (1, False)
    entries = await read(bench.log)
    assert [entry.text for entry in entries] == ["", "", "👍", ""]
    assert [entry.deleted for entry in entries] == [True, True, False, False]
    again = await bench.log.append(HELLO)
    assert again.repeated
    assert again.entry is not None
    assert again.entry.text == ""


@pytest_twisted.ensureDeferred
async def test_what_is_deleted_can_be_deleted_again_and_nothing_else(bench: Bench) -> None:
    await bench.log.append(HELLO)
    await bench.log.append(done_to(HELLO, "delete", "d1"))
    await is_refused(bench.log, done_to(HELLO, "edit", "e1", "back"))
    await is_refused(bench.log, done_to(HELLO, "react", "r1", "👍"))
    put = await bench.log.append(done_to(HELLO, "delete", "d2"))
    assert put.entry is not None
    assert put.entry.ref == 1


@pytest_twisted.ensureDeferred
async def test_a_message_is_told_by_room_sender_and_msgid(bench: Bench) -> None:
    await bench.log.append(HELLO)
    await bench.log.append(done_to(HELLO, "react", "r1", "👍"))
    for kind in ("edit", "delete", "react"):
        await is_refused(bench.log, done_to(None, kind, "x"))
        await is_refused(bench.log, replace(done_to(HELLO, kind, "x"), room="tea"))
        await is_refused(bench.log, replace(done_to(HELLO, kind, "x"), of="b2"))
        await is_refused(bench.log, replace(done_to(HELLO, kind, "x"), of=None))
        await is_refused(bench.log, replace(done_to(HELLO, kind, "x"), target=None))
        await is_refused(bench.log, replace(done_to(HELLO, kind, "x"), target="r1"))


@pytest_twisted.ensureDeferred
async def test_the_same_msgid_of_two_senders(bench: Bench) -> None:
    await bench.log.append(HELLO)
    await bench.log.append(replace(HELLO, user="b2", text="mine"))
    await bench.log.append(done_to(HELLO, "edit", "e1", "new"))
    assert [entry.text for entry in await read(bench.log)] == ["new", "mine", "new"]


@pytest_twisted.ensureDeferred
async def test_what_was_pruned_is_no_more_there(bench: Bench) -> None:
    await bench.log.append(HELLO)
    await fill(bench.log, 5 * KEEP)
    await bench.log.prune(lambda room: True)
    assert (await bench.log.after("lobby", 0, 1, PLENTY)).pruned >= 1
    for kind in ("edit", "delete", "react"):
        await is_refused(bench.log, done_to(HELLO, kind, "x"))
    assert await bench.log.look_up("lobby", "m1", None) is None


@pytest_twisted.ensureDeferred
async def test_a_repeat_is_answered_as_the_first_whatever_became_of_its_message(
    bench: Bench,
) -> None:
    await bench.log.append(HELLO)
    edit = done_to(HELLO, "edit", "e1", "new")
    first = await bench.log.append(edit)
    await bench.log.append(done_to(HELLO, "delete", "d1"))
    again = await bench.log.append(edit)
    assert (again.seq, again.repeated) == (first.seq, True)
    assert again.entry is not None
    assert (again.entry.kind, again.entry.text, again.entry.deleted) == ("edit", "", True)
    assert (await bench.log.newest(["lobby"])) == {"lobby": 3}


@pytest_twisted.ensureDeferred
async def test_all_at_once(bench: Bench) -> None:
    """What is asked together is done as if one after the other."""
    secret = said("m2", text="secret")
    drafts = [
        HELLO,
        done_to(HELLO, "edit", "e1", "one"),
        done_to(None, "react", "x1", "👍"),
        secret,
        done_to(secret, "edit", "e2", "more secret"),
        done_to(secret, "delete", "d1"),
        done_to(secret, "edit", "x2", "back"),
        done_to(HELLO, "edit", "e3", "two"),
        done_to(HELLO, "edit", "e1", "one"),
        said("m3", "tea"),
    ]
    answers: list[Optional[int]] = []
    for call in [appending(bench.log, draft) for draft in drafts]:
        try:
            answers.append((await call).seq)
        except NoSuchMessage:
            answers.append(None)
    assert answers == [1, 2, None, 3, 4, 5, None, 6, 2, 1]
    entries = await read(bench.log)
    assert [entry.text for entry in entries] == ["two", "two", "", "", "", "two"]
    assert [entry.deleted for entry in entries] == [False, False, True, True, False, False]
    assert [entry.ref for entry in entries] == [None, 1, None, 3, 3, 1]


@pytest_twisted.ensureDeferred
async def test_odd_ids_and_texts(bench: Bench) -> None:
    odd = "\x00 ' \x1a0 \ufffe"
    message = said(odd, user=odd, text=odd)
    await bench.log.append(message)
    edit = done_to(message, "edit", "e1", f"{odd} new", user=odd)
    put = await bench.log.append(edit)
    assert put.entry == placed(edit, bench.log.epoch, 2, ref=1)
    found = await bench.log.look_up("lobby", odd, odd)
    assert found is not None
    assert found.text == f"{odd} new"
    assert (await read(bench.log))[1] == put.entry


@pytest_twisted.ensureDeferred
async def test_in_private(bench: Bench) -> None:
    room = conversation("a1", "b2")
    message = said("m1", room, peer="bob")
    await bench.log.append(message)
    await bench.log.append(replace(done_to(message, "edit", "e1", "new"), peer="bobby"))
    assert [entry.text for entry in await read(bench.log, room)] == ["new", "new"]
    (talk,) = await bench.log.talks("a1")
    assert (talk.seq, talk.nick) == (2, "bobby")


@pytest_twisted.ensureDeferred
async def test_an_entry_of_another_log_keeps_what_it_is(bench: Bench) -> None:
    await bench.log.append(HELLO)
    foreign = placed(done_to(HELLO, "react", "r1", "👍", user="b2", active=False), "other", 77, 70)
    put = await bench.log.append(foreign)
    assert put.entry is not None
    assert (put.entry.kind, put.entry.ref, put.entry.active) == ("react", 1, False)
    assert (put.entry.epoch, put.entry.seq) == (bench.log.epoch, 2)


@pytest_twisted.ensureDeferred
async def test_looking_up_gives_the_message_as_it_is_now(bench: Bench) -> None:
    log = bench.log
    assert await log.look_up("lobby", "m1", None) is None
    mine = (await log.append(HELLO)).entry
    theirs = (await log.append(replace(HELLO, user="b2"))).entry
    await log.append(said("m1", "tea", user="c3"))
    assert await log.look_up("lobby", "m1", "a1") == mine
    assert await log.look_up("lobby", "m1", "b2") == theirs
    assert await log.look_up("lobby", "m1", None) == theirs, "the newest"
    assert await log.look_up("lobby", "m1", "c3") is None
    assert await log.look_up("nowhere", "m1", None) is None
    await log.append(done_to(HELLO, "edit", "e1", "new"))
    assert await log.look_up("lobby", "e1", None) is None, "that is no message"
    found = await log.look_up("lobby", "m1", "a1")
    assert found is not None
    assert (found.seq, found.text, found.edited is not None) == (1, "new", True)
    await log.append(done_to(HELLO, "delete", "d1"))
    found = await log.look_up("lobby", "m1", "a1")
    assert found is not None
    assert (found.text, found.deleted) == ("", True)


ROOMS = ["lobby", conversation("a1", "b2")]
USERS = ["a1", "b2"]
TEXTS = st.sampled_from(["", "tea", "tea time", "Té!", "timetable", "\x00", "お茶", "go"])
WORDS = st.sampled_from(["te", "tea", "TIME", "t", "お", "nothing", "tea tim"])


class ChangesMachine(RuleBasedStateMachine):
    """A log against a naive model: what is read and found is what was said last.

    What the log says it has pruned is believed.
    """

    name = ""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.directory = TemporaryDirectory()
        self.log = LOGS[self.name](self.clock, Path(self.directory.name))
        self.log.startService()
        self.rooms: dict[str, list[Entry]] = {room: [] for room in ROOMS}
        self.order: list[tuple[str, int]] = []  # rooms and seqs, as they were stored
        self.marks: dict[tuple[str, str], int] = {}
        self.pruned = dict.fromkeys(ROOMS, 0)

    def teardown(self) -> None:
        pytest_twisted.blockon(maybeDeferred(self.log.stopService))
        self.directory.cleanup()

    def next_msgid(self) -> str:
        return f"m{len(self.order)}"

    def add(self, draft: Draft, ref: Optional[int] = None) -> None:
        entries = self.rooms[draft.room]
        entries.append(placed(draft, self.log.epoch, len(entries) + 1, ref))
        self.order.append((draft.room, len(entries)))
        assert wait(self.log.append(draft)).entry == entries[-1]

    @rule(room=st.sampled_from(ROOMS), user=st.sampled_from(USERS), text=TEXTS)
    def say(self, room: str, user: str, text: str) -> None:
        self.add(said(self.next_msgid(), room, user=user, text=text, peer="x"))

    @rule(
        room=st.sampled_from(ROOMS),
        back=st.integers(1, 2 * KEEP),
        kind=st.sampled_from(["edit", "edit", "delete", "react"]),
        text=TEXTS,
    )
    def change(self, room: str, back: int, kind: Kind, text: str) -> None:
        entries = self.rooms[room]
        if len(entries) < back:
            return
        target = entries[-back]
        draft = done_to(target, kind, self.next_msgid(), text)
        is_there = target.kind == "message" and target.seq > self.read_pruned(room)
        if not is_there or (target.deleted and kind != "delete"):
            with pytest.raises(NoSuchMessage):
                wait(self.log.append(draft))
            return
        for index, entry in enumerate(entries):
            if entry.seq == target.seq or (entry.kind == "edit" and entry.ref == target.seq):
                entries[index] = changed(entry, draft)
        self.add(draft, target.seq)

    @rule()
    def prune(self) -> None:
        self.clock.advance(60)
        wait(self.log.prune(lambda room: True))

    @rule(room=st.sampled_from(ROOMS), user=st.sampled_from(USERS), seq=st.integers(0, 60))
    def mark(self, room: str, user: str, seq: int) -> None:
        now = max(min(seq, len(self.rooms[room])), self.marks.get((user, room), 0))
        assert wait(self.log.mark_read(user, room, seq)) == now
        self.marks[user, room] = now
        mine = {name: at for (who, name), at in self.marks.items() if who == user and at}
        assert wait(self.log.read_marks(user)) == mine

    @rule(words=WORDS, rooms=st.sets(st.sampled_from(ROOMS)), limit=st.integers(1, 4))
    def search(self, words: str, rooms: set[str], limit: int) -> None:
        wanted = [
            self.rooms[room][seq - 1]
            for room, seq in reversed(self.order)
            if room in rooms and seq > self.read_pruned(room)
        ]
        wanted = [entry for entry in wanted if has_all(entry, words)]
        before: Optional[str] = None
        found: list[Entry] = []
        while True:
            page = wait(self.log.search(Search((words,), tuple(rooms), limit, before)))
            found += page.entries
            before = page.next
            if before is None:
                break
            assert len(page.entries) == limit
        assert found == wanted

    @invariant()
    def reads(self) -> None:
        for room, entries in self.rooms.items():
            pruned = self.read_pruned(room)
            page = wait(self.log.after(room, 0, 1000, PLENTY))
            assert list(page.entries) == entries[pruned:]

    def read_pruned(self, room: str) -> int:
        """Up to where nothing is there any more, by the log's own word."""
        return wait(self.log.after(room, 0, 0, PLENTY)).pruned


def changed(entry: Entry, draft: Draft) -> Entry:
    """What becomes of a message, or of an edit of one."""
    if draft.kind == "edit":
        edited = draft.time if entry.kind == "message" else None
        return replace(entry, text=draft.text, edited=edited)
    return replace(entry, text="", deleted=True) if draft.kind == "delete" else entry


FOLDED = {"Té!": "te", "お茶": "お 茶"}


def has_all(entry: Entry, words: str) -> bool:
    """Whether a message has words that begin with each of these."""
    there = FOLDED.get(entry.text, entry.text).split()
    return entry.kind == "message" and all(
        any(one.startswith(word.lower()) for one in there) for word in words.split()
    )


TestMemoryLogAgainstTheModel = against_the_model(ChangesMachine, "memory", 6, 30)
TestSqliteLogAgainstTheModel = against_the_model(ChangesMachine, "sqlite", 6, 30)
TestPostgresqlLogAgainstTheModel = against_the_model(ChangesMachine, "postgresql", 6, 30)
