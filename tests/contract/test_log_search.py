"""What every log promises of search and of read marks."""

from __future__ import annotations

import pytest
import pytest_twisted

from rabbitchat.chat.entries import Draft, conversation
from rabbitchat.log.interface import Found, ILog, Search
from support.logs import KEEP, Bench, done_to, fill, said


async def find(log: ILog, words: str, *rooms: str, limit: int = 50) -> list[str]:
    """The msgids of what is found in these rooms, or in the lobby."""
    found = await log.search(Search(tuple(words.split()), rooms or ("lobby",), limit))
    return [entry.msgid for entry in found.entries]


async def say(log: ILog, *texts: str, room: str = "lobby") -> list[Draft]:
    """Append messages; the msgid of each is its text."""
    drafts = [said(text, room, text=text) for text in texts]
    for draft in drafts:
        await log.append(draft)
    return drafts


FOUND = (
    ("Tea at four", "TEA"),
    ("Soup at four", "fo so"),
    ("Un café, s'il vous plaît!", "cafe plait s il"),
    ("STRASSE 12b", "straße 12"),
    ("ﬁne", "fine"),
    ("İstanbul", "istanbul"),
    ("Привет, мир", "привет МИ"),
    ("今日は日本語で", "日本"),
    ("カタカナ", "ｶﾀ"),
    ("한국어 배우기", "한국"),
    ("हिन्दी", "हिन्दी"),
    ("a_b-c/d", "b d"),
    ("one\x00two", "two"),
    ("it's 5 o'clock AND NOT or (x) \"quoted\"* :*|&!", 'and " not x'),
    ("w" * 100, "w" * 80),
    ("² ½", "2 1"),
)
NOT_FOUND = (
    ("steam", "tea"),
    ("tea", "tea four"),
    ("tea", "teas"),
    ("two", "0two"),
    ("日本", "日木"),
    ("OR", "tea OR"),
    ("a" * 70, "b"),
)


@pytest_twisted.ensureDeferred
async def test_words_and_how_they_may_be_spelt(bench: Bench) -> None:
    for number, (text, words) in enumerate(FOUND):
        await say(bench.log, f"something else {number}", text, room=f"found{number}")
        assert await find(bench.log, words, f"found{number}") == [text]
    for number, (text, words) in enumerate(NOT_FOUND):
        await bench.log.append(said(f"not {number}", f"other{number}", text=text))
        assert await find(bench.log, words, f"other{number}") == []


@pytest_twisted.ensureDeferred
async def test_a_search_without_words_finds_nothing(bench: Bench) -> None:
    await say(bench.log, "tea", "")
    for words in ((), ("",), ("!", "\x00", "--")):
        assert await bench.log.search(Search(words, ("lobby",), 5)) == Found((), None)


@pytest_twisted.ensureDeferred
async def test_only_in_the_rooms_that_are_asked_for(bench: Bench) -> None:
    mine, theirs = conversation("a1", "b2"), conversation("b2", "c3")
    for room in ("lobby", "tea", mine, theirs):
        await bench.log.append(said(room, room, text="hello", peer="x"))
    assert await find(bench.log, "hello", "lobby", mine) == [mine, "lobby"]
    assert await find(bench.log, "hello", theirs, "nowhere", theirs) == [theirs]
    assert await find(bench.log, "hello", "nowhere") == []
    assert await bench.log.search(Search(("hello",), (), 5)) == Found((), None)
    many = [f"room{number}" for number in range(2000)]
    assert await find(bench.log, "hello", *many, "tea") == ["tea"]


@pytest_twisted.ensureDeferred
async def test_the_entry_is_found_as_it_is_now(bench: Bench) -> None:
    (old,) = await say(bench.log, "green tea")
    await bench.log.append(done_to(old, "react", "r1", "tea"))
    await bench.log.append(done_to(old, "edit", "e1", "black coffee"))
    assert await find(bench.log, "tea") == []
    found = await bench.log.search(Search(("coffee",), ("lobby",), 5))
    assert found.entries == (await bench.log.after("lobby", 0, 1, 1)).entries
    assert found.entries[0].text == "black coffee"


@pytest_twisted.ensureDeferred
async def test_what_got_words_by_an_edit_is_found_in_its_place(bench: Bench) -> None:
    empty, _ = await say(bench.log, "", "tea")
    await bench.log.append(done_to(empty, "edit", "e1", "tea"))
    assert await find(bench.log, "tea") == ["tea", ""]


@pytest_twisted.ensureDeferred
async def test_what_is_deleted_or_pruned_is_not_found(bench: Bench) -> None:
    first, second, _ = await say(bench.log, "one tea", "two tea", "three tea")
    await bench.log.append(done_to(second, "edit", "e1", "coffee"))
    await bench.log.append(done_to(second, "delete", "d1"))
    assert await find(bench.log, "tea") == ["three tea", "one tea"]
    assert await find(bench.log, "coffee") == []
    await fill(bench.log, 5 * KEEP)
    await bench.log.prune(lambda room: True)
    assert await bench.log.look_up("lobby", first.msgid, None) is None
    assert await find(bench.log, "tea") == []


@pytest_twisted.ensureDeferred
async def test_page_by_page_while_more_is_said(bench: Bench) -> None:
    for number in range(7):
        await bench.log.append(said(str(number), f"room{number % 2}", text="tea"))
    query = Search(("tea",), ("room0", "room1"), 3)
    first = await bench.log.search(query)
    await bench.log.append(said("new", "room0", text="tea"))
    assert first.next is not None
    second = await bench.log.search(replace_before(query, first))
    assert second.next is not None
    third = await bench.log.search(replace_before(query, second))
    pages = [[entry.msgid for entry in page.entries] for page in (first, second, third)]
    assert pages == [["6", "5", "4"], ["3", "2", "1"], ["0"]]
    assert third.next is None


def replace_before(query: Search, found: Found) -> Search:
    """The query for what follows."""
    return Search(query.words, query.rooms, query.limit, found.next, query.max_bytes)


@pytest_twisted.ensureDeferred
async def test_a_page_is_bounded_in_bytes_and_the_next_goes_on(bench: Bench) -> None:
    for number in range(5):
        await bench.log.append(said(str(number), text="tea " + "é" * 900))
    query = Search(("tea",), ("lobby",), 50, max_bytes=5000)
    pages = []
    for _ in range(3):
        found = await bench.log.search(query)
        pages.append([entry.msgid for entry in found.entries])
        query = replace_before(query, found)
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    query = Search(("tea",), ("lobby",), 50, max_bytes=1)
    assert len((await bench.log.search(query)).entries) == 1


@pytest_twisted.ensureDeferred
async def test_a_malformed_cursor_is_refused(bench: Bench) -> None:
    await say(bench.log, "tea")
    why = "before: give what an earlier answer had as its next"
    for before in ("", "-1", "x", "1.5", "1" * 30, "\u0661", "1\n", "0x1"):
        with pytest.raises(ValueError, match=why):
            await bench.log.search(Search(("tea",), ("lobby",), 5, before))


@pytest_twisted.ensureDeferred
async def test_too_many_words_are_refused(bench: Bench) -> None:
    words = [f"w{number}" for number in range(33)]
    await say(bench.log, " ".join(words))
    assert len(await find(bench.log, " ".join(words[:32] + words[:5]))) == 1
    with pytest.raises(ValueError, match="words: at most 32"):
        await find(bench.log, " ".join(words))


@pytest_twisted.ensureDeferred
async def test_a_text_of_many_words_is_found_by_its_beginning(bench: Bench) -> None:
    long = " ".join(f"word{number}" for number in range(20_000))
    await bench.log.append(said("m1", text=long))
    assert await find(bench.log, "word0 word999") == ["m1"]
    assert await find(bench.log, "word19999") == []


@pytest_twisted.ensureDeferred
async def test_a_read_mark_moves_forward_only_and_not_beyond_the_newest(bench: Bench) -> None:
    log, private = bench.log, conversation("a1", "b2")
    await fill(log, 5)
    await log.append(said("p1", private, peer="x"))
    assert await log.mark_read("a1", "lobby", 3) == 3
    assert await log.mark_read("a1", "lobby", 2) == 3
    assert await log.mark_read("a1", "lobby", 0) == 3
    assert await log.mark_read("a1", "lobby", 2**53) == 5
    assert await log.mark_read("a1", private, 7) == 1
    assert await log.mark_read("b2", "lobby", 1) == 1
    assert await log.mark_read("a1", "nowhere", 1) == 0
    assert await log.mark_read("a1", "lobby", 1) == 5
    assert await log.read_marks("a1") == {"lobby": 5, private: 1}
    assert await log.read_marks("b2") == {"lobby": 1}
    assert await log.read_marks("c3") == {}
    asked = [("a1", "lobby"), ("a1", private), ("b2", private), ("c3", "lobby"), ("a1", "nowhere")]
    assert [await log.read_mark(*one) for one in asked] == [5, 1, 0, 0, 0]


@pytest_twisted.ensureDeferred
async def test_read_marks_survive_pruning(bench: Bench) -> None:
    await fill(bench.log, 5 * KEEP)
    await bench.log.mark_read("a1", "lobby", 4)
    await bench.log.prune(lambda room: True)
    assert await bench.log.read_marks("a1") == {"lobby": 4}
    assert await bench.log.mark_read("a1", "lobby", 3) == 4
