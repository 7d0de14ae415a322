"""What outside programs say: stored once, or refused for good with a reason."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from rabbitchat.brokers.interface import BadMessage, Message
from rabbitchat.chat import events, views
from rabbitchat.chat.entries import Entry
from rabbitchat.codecs import amqp
from rabbitchat.codecs import json as json_codec
from rabbitchat.log.interface import Unavailable
from rabbitchat.log.memory import MemoryLog
from rabbitchat.posts import Posts
from rabbitchat.presence import Presence
from support.fakes import ANN, ScriptedBroker, SlowLog, now


class Bench:
    """Posts into a memory log; ann is here."""

    def __init__(self, max_text: int = 100) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.log = SlowLog(MemoryLog(self.clock))
        presence = Presence(self.clock, ScriptedBroker())
        presence.claim(ANN, "ann")
        self.posts = Posts(self.clock, "n1", self.log, presence, max_text)

    def store(self, message: Message, key: str = "post.lobby") -> Entry:
        """What a posted message became."""
        entry = now(self.posts.store(key, message))
        assert entry is not None
        return entry


def plain(text: str = "hello", sender: Any = "cron", **properties: Any) -> Message:
    """A text/plain message."""
    return Message(body=text.encode(), headers={"from": sender}, **properties)


def posted(content_type: str = "application/json", /, **fields: Any) -> Message:
    """A JSON message."""
    return Message(body=json.dumps(fields).encode(), content_type=content_type)


@pytest.mark.parametrize(
    "message",
    [
        plain(),
        plain(content_type="text/plain"),
        plain(content_type="Text/Plain; charset=utf-8"),
        posted(**{"text": "hello", "from": "cron"}),
        posted("application/json; charset=utf-8", **{"text": "hello", "from": "cron", "x": "y"}),
    ],
)
def test_a_post_becomes_an_entry(message: Message) -> None:
    entry = Bench().store(message, "post.lobby")
    assert (entry.room, entry.nick, entry.text) == ("lobby", "cron", "hello")
    assert (entry.user, entry.via, entry.node, entry.seq) == ("amqp:cron", "amqp", "n1", 1)
    assert entry.time == "2023-11-14T22:13:20.000Z"


def test_a_msgid_is_stored_once_for_each_sender() -> None:
    bench = Bench()
    first = bench.store(plain(message_id="m"))
    assert bench.store(plain("another text", message_id="m")) == first
    assert bench.store(posted(**{"text": "x", "from": "cron", "msgid": "m"})) == first
    assert bench.store(plain(sender="CRON", message_id="m")) == first
    assert bench.store(plain(sender="other", message_id="m")).seq == 2


def test_without_a_msgid_each_is_new() -> None:
    bench = Bench()
    assert [bench.store(plain()).seq for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (Message(body=b"hello"), "header `from`"),
        (plain(sender=7), "header `from`"),
        (plain(sender="two words"), "nick"),
        (plain(sender="Ann"), "somebody who is here"),
        (plain(" \n"), "no text"),
        (plain("x" * 101), "101 characters, at most 100"),
        (plain(message_id=""), "message_id"),
        (plain(message_id="x" * 65), "message_id"),
        (plain(content_type="image/png"), "text/plain or application/json"),
        (Message(body=b"\xff", headers={"from": "cron"}), "utf-8"),
        (Message(body=b"{", content_type="application/json"), "text"),
        (Message(body=b"[" * 50_000, content_type="application/json"), "text"),
        (Message(body=b'{"text":"\xff","from":"a"}', content_type="application/json"), "utf-8"),
        (posted(text="x"), "from"),
        (posted(**cast(dict[str, Any], {"text": 5, "from": "cron"})), "text"),
        (posted(**{"text": "x", "from": "cron", "msgid": ""}), "msgid"),
    ],
)
def test_what_can_never_be_stored_says_why(message: Message, why: str) -> None:
    bench = Bench()
    with pytest.raises(BadMessage, match=why):
        now(bench.posts.store("post.lobby", message))
    assert bench.posts.rejected == 1
    assert bench.log.asked == []


@pytest.mark.parametrize(
    "key", ["post.", "post", "post.a.b", "post.two words", "post." + "x" * 65]
)
def test_a_key_that_names_no_room(key: str) -> None:
    with pytest.raises(BadMessage):
        now(Bench().posts.store(key, plain()))


def test_a_log_that_is_away_is_not_the_senders_fault() -> None:
    bench = Bench()
    bench.log.failing = True
    with pytest.raises(Unavailable):
        now(bench.posts.store("post.lobby", plain(message_id="m")))
    bench.log.failing = False
    assert bench.store(plain(message_id="m")).seq == 1
    assert bench.posts.rejected == 0


def test_zero_lifts_the_limit_of_a_text() -> None:
    assert Bench(max_text=0).store(plain("x" * 100_000)).seq == 1


@given(
    st.text(max_size=20),
    st.binary(max_size=60) | st.just(b'{"text":"x","from":"cron"}'),
    st.dictionaries(st.just("from"), st.text(max_size=10) | st.integers() | st.booleans()),
    st.sampled_from([None, "", "text/plain", "application/json", "\x00"]) | st.text(max_size=10),
    st.none() | st.text(max_size=70),
)
def test_any_message_is_stored_or_bad(
    room: str, body: bytes, headers: dict[str, Any], content_type: str, message_id: str
) -> None:
    message = Message(body, headers, content_type=content_type, message_id=message_id)
    try:
        entry = now(Bench().posts.store(f"post.{room}", message))
    except BadMessage:
        return
    assert entry is not None
    push = amqp.parse(json_codec.encode(views.message(entry, entry.room)))
    assert isinstance(push, events.Message)
    assert amqp.room_entry(push, entry.room, "n1") == entry  # other nodes can read it
