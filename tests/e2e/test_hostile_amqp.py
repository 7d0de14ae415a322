"""Alien and broken messages on our exchange, on a real RabbitMQ, end to end."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pika.exceptions
import pytest

from support.daemons import wait_for
from support.hostile import PATIENCE, Besieged, People, besieged
from support.outsider import Outsider, outsider
from support.people import Person
from support.rabbitmq import RabbitMQ

NODE = "besieged"

Published = tuple[bytes, dict[str, Any]]

JSON = {"content_type": "application/json", "headers": {"node": "elsewhere"}}


def message(room: str, **changed: Any) -> bytes:
    """A message as a daemon would send it, but for what is changed."""
    fields = {
        "type": "message",
        "room": room,
        "epoch": "9d3c51f07be2a684",
        "seq": 1,
        "msgid": "c0ffee-1",
        "from": "forger",
        "user": "07a4e1d25b9c8f63",
        "text": "forged",
        "time": "2026-11-21T10:48:00.123Z",
    }
    return json.dumps({**fields, **changed}).encode()


BROKEN = [
    b"",
    b"\x00\xff\xfe" * 1000,
    b"{",
    b"null",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"9" * 100_000,
    b'{"type":"message"}',
    b'{"type":"shutdown"}',
    b'{"kind":"delta"}',
    b'{"kind":"state","users":"all"}',
    b'{"type":"message","from":"x","text":"\\ud800"}',
    b'{"type":"message","from":"x","text":["x"]}',
]
"""Bodies that are nobody's."""


def lies(room: str) -> list[Published]:
    """What no daemon of ours would write."""
    bodies = [
        message("another-room"),
        message(room, seq=-1),
        message(room, seq=2**60),
        message(room, seq="1"),
        message(room, user="../../etc"),
        message(room, time="now"),
        message(room, msgid="x" * 65),
        message(room, text=""),
        message(room, text="x" * 2_000_000),
        message(room, **{"from": "a\x1b[2Jb"}),
        message(room, epoch=""),
        message(room, via="root"),
    ]
    headers: list[dict[str, Any]] = [
        {},
        {"node": 7},
        {"node": ""},
        {"node": "x" * 1000},
        {"node": ["elsewhere"]},
        {"node": {"elsewhere": 1}},
    ]
    return [(body, JSON) for body in bodies] + [
        (message(room), {**JSON, "headers": one}) for one in headers
    ]


def bad_posts(taken: str) -> list[Published]:
    """What no outside program may say; `taken` is the nick of somebody who is here."""
    posts = [
        {"text": "x", "from": taken},
        {"text": "x", "from": taken.upper()},
        {"text": "x", "from": "a b"},
        {"text": "x", "from": "\x1b[2J"},
        {"text": "x", "from": ""},
        {"text": " ", "from": "ci"},
        {"text": "x" * 4001, "from": "ci"},
        {"text": "x" * 2_000_000, "from": "ci"},
        {"text": "x", "from": "ci", "msgid": "x" * 65},
        {"text": "x", "from": "ci", "msgid": ""},
        {"text": "x", "from": "ci", "msgid": 1},
    ]
    plain: dict[str, Any] = {"content_type": "text/plain", "headers": {"from": "ci"}}
    return [
        (json.dumps(post).encode(), {"content_type": "application/json"}) for post in posts
    ] + [
        (b"\xff\xfe", plain),
        (b"x", {**plain, "headers": {"from": ["ci"]}}),
        (b"x", {**plain, "headers": {}}),
        (b"x", {**plain, "message_id": "x" * 65}),
        (b"\x80\x04", {**plain, "content_type": "application/x-python-pickle"}),
        (b"x", {**plain, "content_type": "application/json", "content_encoding": "gzip"}),
    ]


@pytest.fixture(scope="module")
def broker(private_rabbitmq: RabbitMQ) -> str:
    """The URL of a vhost of one's own."""
    if not private_rabbitmq.running:
        private_rabbitmq.start()
    return private_rabbitmq.url(private_rabbitmq.new_vhost())


@pytest.fixture(scope="module")
def chat(broker: str) -> Iterator[Besieged]:
    """A daemon on RabbitMQ."""
    with besieged(f"--broker={broker}", f"--node={NODE}") as made:
        yield made


@pytest.fixture
def program(broker: str, chat: Besieged) -> Iterator[Outsider]:
    """An outside program that may write whatever it likes."""
    with outsider(broker, "rabbitchat") as made:
        yield made


def publish(program: Outsider, key: str, body: bytes, properties: dict[str, Any]) -> None:
    """Publish, whether any queue wants it or not."""
    with contextlib.suppress(pika.exceptions.UnroutableError):
        program.publish(key, body, **properties)


def rejects(chat: Besieged, count: float) -> None:
    """Wait until it has rejected so many."""
    wait_for(lambda: chat.figure("rejected") >= count, f"{count} are rejected", PATIENCE)


def unharmed(program: Outsider, people: People) -> None:
    """A good post is said, and nothing else was but what ann and tel say."""
    program.say(people.room, "that was all", "ci")
    people.ann.sees("message", PATIENCE, room=people.room, text="that was all")
    people.talk_more(1)
    assert not people.ann.pushes("error")
    said = people.ann.pushes("message")
    assert {push["from"] for push in said} <= {people.ann.nick, f"tel{people.ann.nick[3:]}", "ci"}
    assert [push["text"] for push in said if push["from"] == "ci"] == ["that was all"]


def test_alien_messages_where_only_daemons_write(chat: Besieged, program: Outsider) -> None:
    """Bodies that are none, deep, of wrong types, or that lie about their room or sender, on
    every key that a daemon listens to: dropped and counted, and nobody sees anything of them."""
    with chat.attacked(mebibytes=32) as people:
        before = chat.figure("rejected")
        keys = [f"room.{people.room}", f"user.{people.ann.user}", "presence.elsewhere"]
        others = [
            f"presence.{NODE}",
            f"canary.{NODE}",
            f"echo.{NODE}",
            f"missed.{NODE}",
            "missed.x",
        ]
        bad = [*[(body, JSON) for body in BROKEN], *lies(people.room)]
        for key in keys + others:
            for body, properties in bad:
                publish(program, key, body, properties)
        rejects(chat, before + len(keys) * len(bad))
        unharmed(program, people)


def test_alien_posts(chat: Besieged, program: Outsider) -> None:
    """Posts that are broken, too long, in a room that can't be, or in the name of somebody who is
    here: rejected, counted, logged once a minute at most, and good ones are stored after them."""
    with chat.attacked(mebibytes=32) as people:
        logged = chat.daemon.log.count("rejected a post")
        before = chat.figure("rejected")
        bad = [(body, JSON) for body in BROKEN] + bad_posts(people.ann.nick)
        for body, properties in bad:
            publish(program, f"post.{people.room}", body, properties)
        good = b'{"text":"x","from":"ci"}'
        elsewhere = ["post.", "post.#", "post.*", "post.a.b", "post.@ann", f"post.{'x' * 65}"]
        for key in elsewhere:
            publish(program, key, good, {"content_type": "application/json"})
        rejects(chat, before + len(bad) + len(elsewhere))
        unharmed(program, people)
        assert chat.daemon.log.count("rejected a post") <= logged + 2


def test_alien_messages_by_the_thousand(chat: Besieged, program: Outsider) -> None:
    """A flood of them is only work."""
    with chat.attacked(mebibytes=32) as people:
        before = chat.figure("rejected")
        for number in range(2000):
            publish(program, f"room.{people.room}", b"\xff" * (number % 500), JSON)
        rejects(chat, before + 2000)
        unharmed(program, people)


def test_a_node_s_name_that_is_made_up(chat: Besieged, program: Outsider) -> None:
    """Announcements under the daemon's own name, or with users that take the names of those who
    are here: nobody is renamed, and nobody leaves."""
    with chat.attacked(mebibytes=32) as people:
        ann, tel = people.ann.nick, f"tel{people.ann.nick[3:]}"
        change = {"user": people.ann.user, "nick": ann, "room": people.room, "reason": "x"}
        for version in range(3):
            for changes in (
                [{"change": "leave", **change}],
                [{"change": "gone", "hold": 1e6, **change}],
                [{"change": "nick", "claimed": 0.0, "by": NODE, "from": ann, **change}],
            ):
                told = {"kind": "delta", "v": 1, "node": NODE, "incarnation": "0" * 16}
                body = json.dumps({**told, "version": version, "changes": changes}).encode()
                publish(program, f"presence.{NODE}", body, JSON)
                publish(program, "presence.elsewhere", body, JSON)
        unharmed(program, people)
        assert set(people.ann.who(people.room)) == {ann, tel}
        assert not people.ann.pushes("leave", nick=ann)
        assert not people.ann.pushes("nick")
        Person(chat.port).connect("newcomer").close()
