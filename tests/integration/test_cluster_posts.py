"""Outside AMQP programs on the exchange of a cluster: those that post, listen, or misbehave."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from support.cluster import Cluster, Daemon, cluster
from support.daemons import wait_for
from support.outsider import Outsider, outsider
from support.people import Person
from support.rabbitmq import RabbitMQ

_numbers = itertools.count(1)


class Company:
    """ann on one node, bob on another, both in a room, and an outside program."""

    def __init__(self, chat: Cluster, program: Outsider) -> None:
        number = next(_numbers)
        self.chat = chat
        self.nodes = chat.nodes
        self.program = program
        self.room = f"room{number}"
        nicks = [f"ann{number}", f"bob{number}"]
        self.people = [n.person(x, self.room) for n, x in zip(self.nodes, nicks, strict=True)]
        for person in self.people:
            person.until_there(self.room, *nicks)

    def rejected(self, kind: str) -> float:
        """What the nodes have rejected so far."""
        return sum(node.figure("rejected", kind=kind) for node in self.nodes)

    def until_end(self) -> None:
        """Wait until everything that was posted or said has come to everybody."""
        self.program.say(self.room, "the end", "ci")
        for person in self.people:
            person.sees("message", room=self.room, text="the end")
        for person in self.people:
            person.say(self.room, f"end of {person.nick}")
        for person, speaker in itertools.product(self.people, self.people):
            person.sees("message", room=self.room, text=f"end of {speaker.nick}")


@pytest.fixture(scope="module")
def two_nodes(private_rabbitmq: RabbitMQ) -> Iterator[Cluster]:
    """Two nodes, for all tests here."""
    if not private_rabbitmq.running:
        private_rabbitmq.start()
    with cluster(private_rabbitmq.url(private_rabbitmq.new_vhost())) as chat:
        chat.start("one", "two")
        yield chat


@pytest.fixture
def company(two_nodes: Cluster) -> Iterator[Company]:
    with outsider(two_nodes.broker, two_nodes.exchange) as program:
        company = Company(two_nodes, program)
        yield company
        for person in company.people:
            person.close()


def test_what_is_posted_is_said(company: Company) -> None:
    program, room = company.program, company.room
    program.say(room, "built \N{CHECK MARK}", "ci")
    program.post(room, {"text": "and deployed", "from": "CD", "msgid": "d1", "more": [1]})
    for times in range(2):
        program.say(room, "once", "ci", message_id=f"{room}-1")
        program.post(room, {"text": f"once {times}", "from": "ci", "msgid": f"{room}-2"})
        program.post(room, {"text": "once more", "from": "ci"}, message_id=f"{room}-3")
    program.say(room.upper(), "to the same room", "ci")
    company.until_end()
    for person in company.people:
        posted = [push for push in person.pushes("message", room=room) if push.get("via")]
        assert [push["text"] for push in posted] == [
            "built \N{CHECK MARK}",
            "and deployed",
            "once",
            "once 0",
            "once more",
            "to the same room",
            "the end",
        ]
        assert {push["via"] for push in posted} == {"amqp"}
        assert [posted[0]["from"], posted[0]["user"]] == ["ci", "amqp:ci"]
        assert [posted[1]["from"], posted[1]["user"]] == ["CD", "amqp:cd"]
        assert posted[1]["msgid"] == "d1"
        # Who posts is not here.
        assert len(person.who(room)) == 2


def test_what_can_not_be_posted_is_dead(company: Company) -> None:
    program, room = company.program, company.room
    ann, bob = company.people
    before = company.rejected("post")
    text, headers = {"content_type": "text/plain"}, {"from": "ci"}
    bad: list[tuple[str, bytes, dict[str, Any]]] = [
        (room, b"as ann", {**text, "headers": {"from": ann.nick}}),
        (room, b"as bob", {**text, "headers": {"from": bob.nick.upper()}}),
        (room, b"from nobody", text),
        (room, b"from a number", {**text, "headers": {"from": 7}}),
        (room, b"from a bad name", {**text, "headers": {"from": "a b"}}),
        (room, b"\xff\xfe", {**text, "headers": headers}),
        (room, b"", {**text, "headers": headers}),
        (room, b"x" * 4001, {**text, "headers": headers}),
        (room, b"a picture", {"content_type": "image/png", "headers": headers}),
        (room, b"x", {**text, "headers": headers, "message_id": "x" * 65}),
        (room, b"{", {"content_type": "application/json"}),
        (room, b"[" * 100_000, {"content_type": "application/json"}),
        (room, b'{"text": 1, "from": "ci"}', {"content_type": "application/json"}),
        (room, b'{"text": "no sender"}', {"content_type": "application/json"}),
        ("a.b", b"a bad room", {**text, "headers": headers}),
        (f"@{ann.nick}", b"in private", {**text, "headers": headers}),
    ]
    for where, body, properties in bad:
        program.publish(f"post.{where}", body, **properties)
    program.publish("post", b"no room at all", **text, headers=headers)
    company.until_end()
    wait_for(lambda: company.rejected("post") == before + len(bad) + 1, "all are counted")
    assert program.waiting(f"{company.chat.exchange}.post") == 0
    for person in company.people:
        assert len(person.pushes("message")) == 3  # until_end's own
    # One node has the queue, and says it once a minute at most.
    lines = [len(node.said("rejected a post")) for node in company.nodes]
    assert sum(lines) == 1


def test_an_outside_program_listens(company: Company) -> None:
    program, room = company.program, company.room
    ann, bob = company.people
    program.listen("room.#", "presence.#")
    published = ann.say(room, "hello", msgid="m1")
    heard = program.hears(f"room.{room}", type="message", text="hello")
    (seen,) = ann.pushes("message", text="hello")
    assert heard == seen
    assert heard["seq"] == published["seq"]
    assert (heard["from"], heard["user"], heard["msgid"]) == (ann.nick, ann.user, "m1")
    bob.command("typing", room=room, active=True)
    typing = program.hears(f"room.{room}", type="typing")
    assert typing == {
        "type": "typing",
        "room": room,
        "from": bob.nick,
        "user": bob.user,
        "active": True,
    }
    bob.command("topic", room=room, text="tea")
    topic = program.hears(f"room.{room}", type="topic")
    assert (topic["room"], topic["from"], topic["text"]) == (room, bob.nick, "tea")
    program.say(room, "posted", "ci")
    assert program.hears(f"room.{room}", text="posted")["via"] == "amqp"

    cyd = company.nodes[0].person(f"cyd-{room}", room)
    cyd.close()
    wait_for(lambda: bool(bob.pushes("leave", nick=cyd.nick)), "cyd has left")
    program.hears("presence.one", kind="beat")
    changes = [
        change
        for key, said in program.heard
        if key == "presence.one" and said["kind"] == "delta"
        for change in said["changes"]
        if change.get("user") == cyd.user
    ]
    assert [change["change"] for change in changes] == ["nick", "join", "leave", "gone"]
    for change in changes[1:3]:
        assert (change["nick"], change["room"]) == (cyd.nick, room)


def alien_bodies(node: Daemon, room: str, victim: Person) -> list[bytes]:
    """What somebody might put on keys that are for daemons."""
    message = {
        "type": "message",
        "room": room,
        "epoch": "0" * 16,
        "seq": 1,
        "msgid": "x",
        "from": "evil",
        "user": "0" * 16,
        "text": "x",
        "time": "2026-01-01T00:00:00Z",
    }
    head = {"v": 1, "node": node.node, "incarnation": "z", "version": 2**53}
    wrong: list[object] = [None, -1, "\0", [[]]]
    bodies: list[object] = [
        *({**message, field: value} for field in message for value in wrong),
        {**message, "seq": 2**70},
        {**message, "room": "elsewhere"},
        {"type": "typing", "room": room, "from": 1},
        {"type": "disconnect", "code": 3000, "reason": "x", "reconnect": False},
        {**head, "kind": "delta", "changes": [{"change": "gone", "user": victim.user}]},
        {**head, "kind": "state", "serial": 1, "part": 1, "parts": 1, "users": [1]},
        {**head, "kind": "bye", "node": "another"},
        {"kind": {}, "v": "x"},
        *(None, 1, "x", [], {}),
    ]
    raw = [b"", b"\0", b"\xff" * 100, b"[" * 100_000, b'{"kind":"' + b"9" * 5000, b"1e999"]
    return [json.dumps(body).encode() for body in bodies] + raw


def test_aliens_harm_nothing(company: Company) -> None:
    program, room = company.program, company.room
    ann, bob = company.people
    before = {kind: company.rejected(kind) for kind in ("news", "presence", "missed")}
    keys = [
        *(f"room.{room}", f"user.{ann.user}", f"user.{bob.user}", "presence.one"),
        *("presence.two", "presence.three", "canary.one", "missed.one", "missed.three"),
    ]
    properties: list[dict[str, Any]] = [
        {},
        {"headers": {"node": "evil"}, "content_type": "application/json"},
        {"headers": {"node": 5, "conversation": [1], "peer": {"a": 1}}, "type": "wanted"},
        {"headers": {"node": "three", "milliseconds": "x"}, "type": "wanted"},
    ]
    for body in alien_bodies(company.nodes[0], room, ann):
        for key, some in zip(keys, itertools.cycle(properties)):
            program.publish(key, body, **some)
    for key, some in itertools.product(keys, properties):
        program.publish(key, b"{}", **some)
    company.until_end()
    for kind, count in before.items():
        assert company.rejected(kind) > count, kind
    for person in company.people:
        assert person.who(room) == [ann.nick, bob.nick]
        assert len(person.pushes("message", room=room)) == 3
        kinds = {push["type"] for push in person.heard} - {"message", "join"}
        assert not kinds
    for node in company.nodes:
        node.wait_healthy()
        node.check_log()
        assert len(re.findall("dropped a message", node.log)) <= 2
        assert len(node.said("no announcement of presence")) <= 2


def test_posts_wait_for_a_node_and_go_on_when_it_dies(vhost: str) -> None:
    with cluster(vhost) as chat:
        (one,) = chat.start("one")
        one.terminate()
        with outsider(chat.broker, chat.exchange) as program:
            for number in range(3):
                program.say("lobby", f"early {number}", "ci")
            one.launch()
            one.wait_listening()
            one.wait_healthy()
            ann = one.person("ann", "lobby")
            joined = ann.command("join", room="lobby")
            early = [entry["text"] for entry in joined["entries"]]
            assert early + ann.texts("lobby") == ["early 0", "early 1", "early 2"]

            (two,) = chat.start("two")
            bob = two.person("bob", "lobby")
            program.say("lobby", "to both", "ci")
            for person in (ann, bob):
                person.sees("message", text="to both")
            one.kill()
            for number in range(3):
                program.say("lobby", f"late {number}", "ci", message_id=f"{number}")
            bob.until_said("lobby", 4)
            assert bob.texts("lobby") == ["to both", "late 0", "late 1", "late 2"]
