"""What was done to messages in another node's own log, and what becomes of it in ours."""

from __future__ import annotations

from typing import Any

from msgspec import structs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from rabbitchat.chat.entries import Draft, Entry
from rabbitchat.foreign import AGAIN, Foreign
from rabbitchat.log.interface import Appended, Unavailable
from rabbitchat.log.memory import MemoryLog
from support.fakes import ANN, BOB, TIME, entry, now


class Taker:
    """A log that takes in another one, and who is told of it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.log = MemoryLog(self.clock)
        self.told: list[Entry] = []
        self.foreign = Foreign(self.clock, self.log, self.told.append)

    def take(self, *entries: Entry) -> None:
        """The broker brings these."""
        for one in entries:
            self.foreign.take(one)

    def kept(self) -> list[tuple[str, str, bool]]:
        """What our log has of the lobby."""
        page = now(self.log.after("lobby", 0, 100, 1 << 20))
        return [(one.msgid, one.text, one.deleted) for one in page.entries]


def done(seq: int, kind: str, target: str, user: str = ANN, **fields: Any) -> Entry:
    """Something that was done to a message of ann on n2."""
    deed = entry(seq, epoch="e2", node="n2", user=user, text=fields.pop("text", ""))
    deed = structs.replace(deed, target=target, of=ANN, ref=seq - 1)
    return structs.replace(deed, **{"kind": kind, **fields})


HELLO = entry(7, epoch="e2", node="n2")


def test_they_keep_their_kind_and_get_places_of_ours() -> None:
    taker = Taker()
    react = done(9, "react", "m7", BOB, text=":yes:", active=False)
    taker.take(HELLO, done(8, "edit", "m7", text="hi"), react, done(10, "delete", "m7"))
    taker.take(done(8, "edit", "m7", text="hi"), react)
    assert [(one.kind, one.seq, one.ref) for one in taker.told] == [
        ("message", 1, None),
        ("edit", 2, 1),
        ("react", 3, 1),
        ("delete", 4, 1),
    ]
    assert {one.epoch for one in taker.told} == {taker.log.epoch}
    assert (taker.told[2].text, taker.told[2].active, taker.told[2].of) == (":yes:", False, ANN)
    assert taker.kept() == [
        ("m7", "", True),
        ("m8", "", True),
        ("m9", ":yes:", False),
        ("m10", "", False),
    ]


def test_what_is_done_to_a_message_that_we_do_not_have_stops_nothing() -> None:
    taker = Taker()
    taker.take(done(3, "edit", "m2", text="hi"), done(4, "delete", "m2"), HELLO)
    taker.take(done(8, "react", "m7", BOB, text=":yes:"))
    assert [one.msgid for one in taker.told] == ["m7", "m8"]


def test_what_was_erased_before_it_came_brings_nothing() -> None:
    """The node that said it says it again, as its log has it now."""
    taker = Taker()
    erased = structs.replace(HELLO, text="", edited=TIME, deleted=True)
    taker.take(erased, done(8, "edit", "m7", deleted=True), done(9, "delete", "m7"))
    taker.take(entry(10, epoch="e2", node="n2"))
    assert taker.kept() == [("m10", "hello", False)]
    assert [one.msgid for one in taker.told] == ["m10"]


def test_a_message_that_was_edited_before_it_came_has_its_latest_text() -> None:
    taker = Taker()
    edited = structs.replace(HELLO, text="hi", edited=TIME)
    taker.take(edited, done(8, "edit", "m7", text="hi"))
    assert taker.kept() == [("m7", "hi", False), ("m8", "hi", False)]


def test_a_deletion_that_was_stored_unnoticed_is_told_all_the_same() -> None:
    """The log fails after it has stored it, and finds it the next time."""
    taker = Taker()
    taker.take(HELLO)
    append = taker.log.append

    async def stores_and_fails(draft: Draft) -> Appended:
        await append(draft)
        taker.log.append = append  # type: ignore[method-assign]
        raise Unavailable

    taker.log.append = stores_and_fails  # type: ignore[method-assign]
    taker.take(done(8, "delete", "m7"))
    assert len(taker.told) == 1
    taker.clock.advance(AGAIN)
    assert [one.kind for one in taker.told] == ["message", "delete"]


def test_the_order_is_kept_over_a_slow_log() -> None:
    taker = Taker()
    append, waits = taker.log.append, Deferred[None]()

    async def slow(draft: Draft) -> Appended:
        await waits
        return await append(draft)

    taker.log.append = slow  # type: ignore[method-assign]
    taker.take(HELLO, done(8, "edit", "m7", text="hi"), done(9, "delete", "m7"))
    waits.callback(None)
    assert [one.kind for one in taker.told] == ["message", "edit", "delete"]
