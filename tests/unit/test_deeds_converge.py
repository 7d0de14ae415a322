"""Whoever follows what is done to messages, from wherever on, ends with what the log has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from twisted.internet.task import Clock

from rabbitchat.chat import events, views
from rabbitchat.chat.entries import Draft, Entry, Kind
from rabbitchat.codecs import amqp, json
from rabbitchat.log.interface import NoSuchMessage
from rabbitchat.log.memory import MemoryLog
from support.fakes import ANN, BOB, draft, now

Key = tuple[str, str]  # a message: whose, and its msgid


@dataclass
class Reader:
    """A client that does what docs/protocol.md says: the messages that it shows."""

    texts: dict[Key, Optional[str]] = field(default_factory=dict)  # None: deleted
    reactions: set[tuple[Key, str, str]] = field(default_factory=set)

    def get(self, push: events.Message) -> None:
        """A push, or one of the entries of a reply."""
        target = push.edit or push.delete or push.react
        if not target:
            self.texts[push.user, push.msgid] = None if push.deleted else push.text
            return
        assert isinstance(push.of, str)
        key = push.of, target
        if push.react:
            reaction = (key, push.user, push.text)
            (self.reactions.discard if push.active is False else self.reactions.add)(reaction)
        else:
            self.texts[key] = None if push.delete or push.deleted else push.text


USERS = st.sampled_from([ANN, BOB])
MSGIDS = st.sampled_from(["m0", "m1", "m2"])
STEP = st.tuples(
    st.sampled_from(["message", "edit", "delete", "react"]), USERS, USERS, MSGIDS, st.booleans()
)


def drafted(number: int, step: tuple[Kind, str, str, str, bool]) -> Draft:
    """What somebody does; the messages are m0 to m2 of each."""
    kind, user, of, msgid, active = step
    if kind == "message":
        return draft(msgid, user=user, text=f"text {number}")
    text = {"edit": f"text {number}", "react": ":yes:"}.get(kind, "")
    of = of if kind == "react" else user
    done = structs.replace(draft(f"d{number}", user=user, text=text), target=msgid, of=of)
    return structs.replace(done, kind=kind, active=active or kind != "react")


def over_the_broker(entry: Entry) -> events.Message:
    """The push that a client of another node gets."""
    push = amqp.parse(json.encode(views.message(entry, "lobby")))
    assert isinstance(push, events.Message)
    return views.message(amqp.room_entry(push, "lobby", entry.node), "lobby")


@settings(max_examples=60)
@given(st.lists(STEP, max_size=25), st.integers(0, 25))
def test_live_pushes_and_the_log_come_to_the_same(
    steps: list[tuple[Kind, str, str, str, bool]], away_from: int
) -> None:
    log = MemoryLog(Clock())
    always, elsewhere, comes_back, late = Reader(), Reader(), Reader(), Reader()
    for number, step in enumerate(steps):
        try:
            stored = now(log.append(drafted(number, step)))
        except NoSuchMessage:
            continue
        if stored.repeated or stored.entry is None:
            continue
        push = views.message(stored.entry, "lobby")
        always.get(push)
        elsewhere.get(over_the_broker(stored.entry))
        if stored.seq <= away_from:
            comes_back.get(push)
    for entry in now(log.after("lobby", away_from, 100, 1 << 20)).entries:
        comes_back.get(views.message(entry, "lobby"))
    for entry in now(log.after("lobby", 0, 100, 1 << 20)).entries:
        late.get(over_the_broker(entry))
    assert always == elsewhere == comes_back == late
