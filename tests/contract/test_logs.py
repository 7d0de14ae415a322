"""What every log promises (rabbitchat/log/interface.py): one suite, one row in LOGS a log."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Optional

import pytest_twisted
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock

from rabbitchat.chat.entries import Draft, conversation
from rabbitchat.log.interface import Page
from support.logs import (
    KEEP,
    LOGS,
    PLENTY,
    Bench,
    MakeLog,
    against_the_model,
    fill,
    said,
    seqs,
    wait,
)

DAY = 24 * 3600.0


@pytest_twisted.ensureDeferred
async def test_an_append_is_placed_and_can_be_read(bench: Bench) -> None:
    draft = said("m1", text="hé 😀")
    put = await bench.log.append(draft)
    assert (put.room, put.seq, put.time, put.repeated) == ("lobby", 1, draft.time, False)
    page = await bench.log.after("lobby", 0, 50, PLENTY)
    assert page.entries == (put.entry,)
    assert (page.more, page.newest, page.pruned) == (False, 1, 0)
    entry = page.entries[0]
    assert entry.epoch == bench.log.epoch
    for name in Draft.__struct_fields__:
        assert getattr(entry, name) == getattr(draft, name)


@pytest_twisted.ensureDeferred
async def test_every_field_of_a_private_entry_is_kept(bench: Bench) -> None:
    draft = Draft(
        room=conversation("a1", "b2"),
        msgid="m" * 64,
        user="b2",
        nick="Bób",
        text="x",
        time="2026-01-01T00:00:00Z",
        node="n2",
        peer="Ann",
        via="amqp",
    )
    put = await bench.log.append(draft)
    page = await bench.log.before(draft.room, None, 1, PLENTY)
    assert page.entries == (put.entry,)
    assert page.entries[0].peer == "Ann"
    assert page.entries[0].via == "amqp"


@pytest_twisted.ensureDeferred
async def test_each_room_counts_for_itself(bench: Bench) -> None:
    await fill(bench.log, 3, "one")
    await fill(bench.log, 2, "two")
    assert await bench.log.newest(["one", "two", "three"]) == {"one": 3, "two": 2, "three": 0}


@pytest_twisted.ensureDeferred
async def test_appends_are_placed_in_the_order_of_the_calls(bench: Bench) -> None:
    calls = [Deferred.fromCoroutine(bench.log.append(said(f"m{n}"))) for n in range(8)]
    assert [(await call).seq for call in calls] == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest_twisted.ensureDeferred
async def test_a_repeat_is_answered_with_the_first_place_wherever_it_was_to_go(
    bench: Bench,
) -> None:
    first = await bench.log.append(said("m1"))
    again = await bench.log.append(said("m1", "elsewhere", text="other"))
    assert (again.room, again.seq, again.time) == ("lobby", 1, first.time)
    assert again.entry == first.entry
    assert again.repeated
    assert await bench.log.newest(["lobby", "elsewhere"]) == {"lobby": 1, "elsewhere": 0}


@pytest_twisted.ensureDeferred
async def test_repeats_at_the_same_time_are_stored_once(bench: Bench) -> None:
    calls = [Deferred.fromCoroutine(bench.log.append(said("m1"))) for _ in range(4)]
    answers = [await call for call in calls]
    assert [answer.repeated for answer in answers] == [False, True, True, True]
    assert {answer.seq for answer in answers} == {1}


@pytest_twisted.ensureDeferred
async def test_a_msgid_belongs_to_its_sender(bench: Bench) -> None:
    await bench.log.append(said("m1", user="a1"))
    other = await bench.log.append(said("m1", user="b2"))
    assert (other.seq, other.repeated) == (2, False)
    # No way of cutting sender and msgid may make two of them one.
    joined = await bench.log.append(said("1m1", user="a"))
    assert not joined.repeated


@pytest_twisted.ensureDeferred
async def test_find_tells_what_a_repeat_would(bench: Bench) -> None:
    assert await bench.log.find("a1", "m1") is None
    put = await bench.log.append(said("m1"))
    found = await bench.log.find("a1", "m1")
    assert found is not None
    assert (found.room, found.seq, found.time, found.entry) == (
        put.room,
        put.seq,
        put.time,
        put.entry,
    )
    assert found.repeated
    assert await bench.log.find("b2", "m1") is None


@pytest_twisted.ensureDeferred
async def test_a_msgid_is_remembered_for_a_day_even_when_its_entry_is_pruned(
    bench: Bench,
) -> None:
    first = await bench.log.append(said("m1"))
    await fill(bench.log, 20 * KEEP)
    for _ in range(24):
        bench.clock.advance(DAY / 24 - 1)
        await bench.log.prune(lambda room: room == "lobby")
    again = await bench.log.append(said("m1"))
    assert (again.room, again.seq, again.time) == ("lobby", 1, first.time)
    assert again.repeated
    if (await bench.log.after("lobby", 0, 1, PLENTY)).pruned:
        assert again.entry is None


@pytest_twisted.ensureDeferred
async def test_the_newest_entries_and_the_counter_survive_pruning(bench: Bench) -> None:
    await fill(bench.log, 3 * KEEP)
    await bench.log.prune(lambda room: True)
    page = await bench.log.before("lobby", None, KEEP, PLENTY)
    assert seqs(page) == list(range(2 * KEEP + 1, 3 * KEEP + 1))
    assert page.newest == 3 * KEEP
    assert page.pruned <= 2 * KEEP
    assert page.more == (page.pruned < 2 * KEEP)
    assert (await bench.log.append(said("next"))).seq == 3 * KEEP + 1


@pytest_twisted.ensureDeferred
async def test_after_goes_on_page_by_page(bench: Bench) -> None:
    await fill(bench.log, 7)
    pages = [await bench.log.after("lobby", seq, 3, PLENTY) for seq in (0, 3, 6)]
    assert [seqs(page) for page in pages] == [[1, 2, 3], [4, 5, 6], [7]]
    assert [page.more for page in pages] == [True, True, False]


@pytest_twisted.ensureDeferred
async def test_before_goes_back_page_by_page(bench: Bench) -> None:
    await fill(bench.log, 7)
    pages = [await bench.log.before("lobby", seq, 3, PLENTY) for seq in (None, 5, 2)]
    assert [seqs(page) for page in pages] == [[5, 6, 7], [2, 3, 4], [1]]
    assert [page.more for page in pages] == [True, True, False]


@pytest_twisted.ensureDeferred
async def test_pages_at_and_beyond_the_ends(bench: Bench) -> None:
    await fill(bench.log, 3)
    for seq in (3, 4, 2**53):
        page = await bench.log.after("lobby", seq, 5, PLENTY)
        assert (page.entries, page.more, page.newest) == ((), False, 3)
    for seq in (0, 1):
        page = await bench.log.before("lobby", seq, 5, PLENTY)
        assert (page.entries, page.more, page.newest) == ((), False, 3)
    for beyond in (4, 5, 2**53):
        assert seqs(await bench.log.before("lobby", beyond, 5, PLENTY)) == [1, 2, 3]


@pytest_twisted.ensureDeferred
async def test_a_page_of_nothing_still_tells_what_there_is(bench: Bench) -> None:
    await fill(bench.log, 2)
    after = await bench.log.after("lobby", 0, 0, PLENTY)
    before = await bench.log.before("lobby", None, 0, PLENTY)
    assert after == before == Page((), more=True, newest=2, pruned=0)
    assert await bench.log.after("quiet", 0, 5, PLENTY) == Page((), False, 0, 0)
    assert await bench.log.before("quiet", None, 5, PLENTY) == Page((), False, 0, 0)


@pytest_twisted.ensureDeferred
async def test_a_page_is_bounded_in_bytes_of_utf8_and_holds_one_at_least(bench: Bench) -> None:
    await fill(bench.log, 6, text="é" * 900)  # 1,800 bytes, and about 200 for the rest
    after = await bench.log.after("lobby", 0, 50, 5000)
    assert seqs(after) == [1, 2]
    assert after.more
    before = await bench.log.before("lobby", None, 50, 5000)
    assert seqs(before) == [5, 6]
    assert before.more
    assert seqs(await bench.log.after("lobby", 0, 50, 1)) == [1]
    assert seqs(await bench.log.before("lobby", None, 50, 1)) == [6]


@pytest_twisted.ensureDeferred
async def test_the_conversations_of_a_user(bench: Bench) -> None:
    ab, ac = conversation("a1", "b2"), conversation("a1", "c3")
    await bench.log.append(said("m1", ab, user="a1", nick="ann", peer="bob"))
    await bench.log.append(said("m2", ac, user="c3", nick="cy", peer="ann"))
    await bench.log.append(said("m3", "lobby"))
    mine = await bench.log.talks("a1")
    assert [(talk.room, talk.seq, talk.peer, talk.nick) for talk in mine] == [
        (ac, 1, "c3", "cy"),
        (ab, 1, "b2", "bob"),
    ]
    await bench.log.append(said("m4", ab, user="b2", nick="bobby", peer="annie"))
    mine = await bench.log.talks("a1")
    assert [(talk.room, talk.seq, talk.nick) for talk in mine] == [(ab, 2, "bobby"), (ac, 1, "cy")]
    (talk,) = await bench.log.talks("b2")
    assert (talk.room, talk.seq, talk.peer, talk.nick) == (ab, 2, "a1", "annie")
    assert await bench.log.talks("d4") == []
    assert await bench.log.talk("b2", ab) == talk
    assert await bench.log.talk("a1", "lobby") is None
    assert await bench.log.talk("b2", ac) is None


@pytest_twisted.ensureDeferred
async def test_a_conversation_with_oneself(bench: Bench) -> None:
    room = conversation("a1", "a1")
    await bench.log.append(said("m1", room, user="a1", nick="ann", peer="ann"))
    (talk,) = await bench.log.talks("a1")
    assert (talk.room, talk.seq, talk.peer, talk.nick) == (room, 1, "a1", "ann")
    assert await bench.log.talk("a1", room) == talk


@pytest_twisted.ensureDeferred
async def test_the_newest_conversations_of_many_users(bench: Bench) -> None:
    ab, bc, cd = conversation("a1", "b2"), conversation("b2", "c3"), conversation("c3", "d4")
    for number, room in enumerate((ab, bc, cd, "lobby")):
        await bench.log.append(said(f"m{number}", room, user=room[1:3]))
    bench.clock.advance(100)
    await bench.log.append(said("m9", bc, user="b2"))
    many = [f"u{number}" for number in range(3000)]
    every = {ab: 1, bc: 2, cd: 1}
    assert await bench.log.conversations(["a1", "b2", "c3", *many], 0) == every
    assert await bench.log.conversations(["a1", "d4"], 0) == {ab: 1, cd: 1}
    latest = await bench.log.conversations(["a1", "b2", "d4"], bench.clock.seconds() - 50)
    assert latest == {bc: 2}
    assert await bench.log.conversations([], 0) == {}


@pytest_twisted.ensureDeferred
async def test_odd_texts_are_kept_as_they_are(bench: Bench) -> None:
    for number, text in enumerate(["", "\x00", "'; drop table", "\ufffe", "a\r\nb", "😀" * 4000]):
        put = await bench.log.append(said(f"odd {number} \x00 '", text=text))
        page = await bench.log.before("lobby", None, 1, PLENTY)
        assert page.entries == (put.entry,)
        assert page.entries[0].text == text


@pytest_twisted.ensureDeferred
async def test_epochs_differ(make_log: MakeLog, tmp_path: Path) -> None:
    epochs = set()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        log = make_log(Clock(), tmp_path / name)
        log.startService()
        epochs.add(log.epoch)
        await maybeDeferred(log.stopService)
    assert len(epochs) == 2
    assert all(epochs)


USERS = ["a1", "b2", "c3"]
ROOMS = ["lobby", "tea", conversation("a1", "b2"), conversation("c3", "c3")]
SEQS = st.integers(0, 3 * KEEP)
LIMITS = st.integers(0, KEEP)
SIZES = st.sampled_from([1, 500, 2000, PLENTY])


def counted(text: str) -> int:
    """What an entry is counted with in a page: its text, and something for the rest."""
    return len(text.encode()) + 200


class LogMachine(RuleBasedStateMachine):
    """A log against a naive model, which never prunes and forgets nothing.

    What the log says it has pruned is believed, as long as KEEP entries a room remain.
    """

    name = ""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.directory = TemporaryDirectory()
        self.log = LOGS[self.name](self.clock, Path(self.directory.name))
        self.log.startService()
        self.rooms: dict[str, list[Draft]] = {room: [] for room in ROOMS}
        self.first: dict[tuple[str, str], tuple[str, int]] = {}
        self.pruned = dict.fromkeys(ROOMS, 0)

    def teardown(self) -> None:
        pytest_twisted.blockon(maybeDeferred(self.log.stopService))
        self.directory.cleanup()

    @rule(
        room=st.sampled_from(ROOMS),
        user=st.sampled_from(USERS),
        msgid=st.integers(0, 200),
        length=st.sampled_from([0, 5, 700]),
    )
    def append(self, room: str, user: str, msgid: int, length: int) -> None:
        draft = said(f"m{msgid}", room, user=user, text="é" * length)
        known = self.first.get((user, draft.msgid))
        put = wait(self.log.append(draft))
        assert put.repeated == (known is not None)
        if known is None:
            self.rooms[room].append(draft)
            known = self.first[user, draft.msgid] = (room, len(self.rooms[room]))
        assert (put.room, put.seq) == known
        assert put.entry is not None or put.repeated

    @rule(user=st.sampled_from(USERS), msgid=st.integers(0, 200))
    def find(self, user: str, msgid: int) -> None:
        found = wait(self.log.find(user, f"m{msgid}"))
        place = None if found is None else (found.room, found.seq)
        assert place == self.first.get((user, f"m{msgid}"))

    @rule(room=st.sampled_from(ROOMS), count=st.integers(1, KEEP))
    def append_many(self, room: str, count: int) -> None:
        for _ in range(count):
            number = 1000 + len(self.first)
            draft = said(f"m{number}", room)
            assert wait(self.log.append(draft)).seq == len(self.rooms[room]) + 1
            self.rooms[room].append(draft)
            self.first["a1", draft.msgid] = (room, len(self.rooms[room]))

    @rule(room=st.sampled_from(ROOMS), seq=SEQS, limit=LIMITS, size=SIZES)
    def after(self, room: str, seq: int, limit: int, size: int) -> None:
        page = wait(self.log.after(room, seq, limit, size))
        there = self.readable(room, page)
        wanted = [number for number in there if number > seq]
        self.check(room, page, wanted[:limit], size)
        assert seqs(page) == wanted[: len(page.entries)]
        assert page.more == (len(page.entries) < len(wanted))

    @rule(room=st.sampled_from(ROOMS), seq=st.none() | SEQS, limit=LIMITS, size=SIZES)
    def before(self, room: str, seq: Optional[int], limit: int, size: int) -> None:
        page = wait(self.log.before(room, seq, limit, size))
        there = self.readable(room, page)
        wanted = [number for number in reversed(there) if seq is None or number < seq]
        self.check(room, page, wanted[:limit], size)
        assert seqs(page) == wanted[: len(page.entries)][::-1]
        assert page.more == (len(page.entries) < len(wanted))

    @rule()
    def prune(self) -> None:
        self.clock.advance(60)
        wait(self.log.prune(lambda room: True))

    @invariant()
    def newest(self) -> None:
        counts = {room: len(drafts) for room, drafts in self.rooms.items()}
        assert wait(self.log.newest(ROOMS)) == counts

    def readable(self, room: str, page: Page) -> list[int]:
        """Which seqs of a room the log has, by its own word, within what it promises."""
        count = len(self.rooms[room])
        assert page.newest == count
        assert self.pruned[room] <= page.pruned <= max(count - KEEP, 0)
        self.pruned[room] = page.pruned
        return list(range(page.pruned + 1, count + 1))

    def check(self, room: str, page: Page, wanted: list[int], size: int) -> None:
        """Compare a page with the entries that should be in it, in the order of their adding."""
        for entry in page.entries:
            draft = self.rooms[room][entry.seq - 1]
            assert (entry.msgid, entry.user, entry.text) == (draft.msgid, draft.user, draft.text)
        total = count = 0
        for number in wanted:
            total += counted(self.rooms[room][number - 1].text)
            if count and total > size:
                break
            count += 1
        assert len(page.entries) == count


TestMemoryLogAgainstTheModel = against_the_model(LogMachine, "memory", 12, 40)
TestSqliteLogAgainstTheModel = against_the_model(LogMachine, "sqlite", 12, 40)
TestPostgresqlLogAgainstTheModel = against_the_model(LogMachine, "postgresql", 12, 40)
