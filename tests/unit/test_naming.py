"""What a private conversation is called, and whom a name means."""

from __future__ import annotations

from typing import Optional

import pytest
from twisted.internet.task import Clock

from rabbitchat.chat import names
from rabbitchat.chat.entries import conversation
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.log.memory import MemoryLog
from rabbitchat.naming import Naming
from rabbitchat.presence import Presence
from support.fakes import ANN, BOB, CAT, ScriptedBroker, draft, entry, now

TALK = conversation(ANN, BOB)


class Bench:
    """Names over a presence without a cluster and a memory log."""

    def __init__(self, **present: str) -> None:
        self.clock = Clock()
        self.presence = Presence(self.clock, ScriptedBroker(), grace=0.0)
        self.log = MemoryLog(self.clock)
        self.naming = Naming(self.presence, self.log)
        for nick, user in present.items():
            self.presence.claim(user, nick)

    def talk(self, user: str, nick: str, peer: str, peer_nick: str) -> None:
        """Something was said privately."""
        room = conversation(user, peer)
        said = draft(f"{user}{peer}", room, user=user, nick=nick, peer=peer_nick)
        now(self.log.append(said))


@pytest.mark.parametrize(
    ("present", "last", "called"),
    [
        ({"bob": BOB}, "bob", "@bob"),
        ({"Robert": BOB}, "bob", "@Robert"),  # the nick it has now
        ({}, "bob", "@bob"),  # the last one known
        ({"bob": CAT}, "bob", f"@+{BOB}"),  # somebody else's now
        ({"BOB": CAT}, "bob", f"@+{BOB}"),
        ({"robert": BOB, "bob": CAT}, "bob", "@robert"),
        ({}, "", f"@+{BOB}"),
    ],
)
def test_what_a_conversation_is_called(present: dict[str, str], last: str, called: str) -> None:
    assert Bench(**present).naming.seen(BOB, last) == called


def test_an_entry_is_in_another_room_for_each_side() -> None:
    naming = Bench(ann=ANN, bob=BOB).naming
    said = entry(1, TALK, user=ANN, nick="ann", peer="bob")
    assert naming.entry(said, ANN) == "@bob"
    assert naming.entry(said, BOB) == "@ann"
    to_oneself = entry(1, conversation(ANN, ANN), user=ANN, nick="ann", peer="ann")
    assert naming.entry(to_oneself, ANN) == "@ann"


def present(bench: Bench, target: names.Peer | names.PeerId) -> Optional[str]:
    """Who is meant and here; None for NO_SUCH_USER."""
    try:
        return bench.naming.present(target)
    except ChatError as problem:
        code = problem.code
    assert code is Code.NO_SUCH_USER
    return None


def known(bench: Bench, target: names.Peer | names.PeerId) -> Optional[str]:
    """The conversation that ann means; None for NO_SUCH_USER."""
    try:
        return now(bench.naming.known(ANN, target))
    except ChatError as problem:
        code = problem.code
    assert code is Code.NO_SUCH_USER
    return None


def test_whom_a_name_means_now() -> None:
    bench = Bench(ann=ANN, Bob=BOB)
    assert present(bench, names.Peer("bOB")) == BOB
    assert present(bench, names.PeerId(BOB)) == BOB
    assert present(bench, names.Peer("cat")) is None
    assert present(bench, names.PeerId(CAT)) is None


def test_the_history_with_somebody_who_is_gone() -> None:
    bench = Bench(ann=ANN)
    bench.talk(ANN, "ann", BOB, "bob")
    assert known(bench, names.Peer("Bob")) == TALK
    assert known(bench, names.PeerId(BOB)) == TALK
    assert known(bench, names.Peer("cat")) is None
    assert known(bench, names.PeerId(CAT)) is None


def test_a_nick_taken_by_another_means_that_other_one() -> None:
    bench = Bench(ann=ANN, bob=CAT)
    bench.talk(ANN, "ann", BOB, "bob")
    assert known(bench, names.Peer("bob")) == conversation(ANN, CAT)
    assert known(bench, names.PeerId(BOB)) == TALK


def test_of_two_who_had_a_nick_the_latest_is_meant() -> None:
    bench = Bench(ann=ANN)
    bench.talk(BOB, "bob", ANN, "ann")
    bench.talk(CAT, "bob", ANN, "ann")
    assert known(bench, names.Peer("bob")) == conversation(ANN, CAT)
