"""Three daemons on one RabbitMQ are one chat."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from support.cluster import Cluster, Daemon, cluster
from support.people import Refused
from support.rabbitmq import RabbitMQ

_numbers = itertools.count(1)


class Company:
    """ann, bob and cyd: one on each node, all in a room, under nicks that only this test uses."""

    def __init__(self, nodes: list[Daemon]) -> None:
        number = next(_numbers)
        self.nodes = nodes
        self.room = f"room{number}"
        nicks = [f"{name}{number}" for name in ("ann", "bob", "cyd")]
        self.ann, self.bob, self.cyd = self.people = [
            node.person(nick, self.room) for node, nick in zip(nodes, nicks, strict=True)
        ]
        for person in self.people:
            person.until_there(self.room, *nicks)

    def until_end(self) -> None:
        """Wait until all that was said and told so far has come to everybody."""
        for person in self.people:
            person.say(self.room, f"end of {person.nick}")
        for person, speaker in itertools.product(self.people, self.people):
            person.sees("message", room=self.room, text=f"end of {speaker.nick}")


@pytest.fixture(scope="module")
def three_nodes(private_rabbitmq: RabbitMQ) -> Iterator[Cluster]:
    """Three nodes, for all tests here."""
    if not private_rabbitmq.running:
        private_rabbitmq.start()
    with cluster(private_rabbitmq.url(private_rabbitmq.new_vhost())) as chat:
        chat.start("one", "two", "three")
        yield chat


@pytest.fixture
def company(three_nodes: Cluster) -> Iterator[Company]:
    company = Company(three_nodes.nodes)
    yield company
    for person in company.people:
        person.close()


def test_messages_in_three_directions(company: Company) -> None:
    for turn in range(20):
        for person in company.people:
            person.say(company.room, f"{person.nick} {turn}")
    for person in company.people:
        person.until_said(company.room, 60)
        for speaker in company.people:
            said = person.texts(company.room, user=speaker.user)
            assert said == [f"{speaker.nick} {turn}" for turn in range(20)]
        seqs = [push["seq"] for push in person.pushes("message")]
        assert seqs == list(range(1, 61))
    (message,) = company.bob.pushes("message", text=f"{company.ann.nick} 3")
    assert message["from"] == company.ann.nick
    assert message["user"] == company.ann.user
    assert "via" not in message


def test_a_repeated_msgid_is_one_message_everywhere(company: Company) -> None:
    first = company.ann.say(company.room, "once", msgid="m1")
    again = company.ann.say(company.room, "once", msgid="m1")
    assert again["seq"] == first["seq"]
    company.until_end()
    for person in company.people:
        assert person.texts(company.room).count("once") == 1


def test_private_messages(company: Company) -> None:
    ann, bob, cyd = company.people
    for number in range(5):
        ann.say(f"@{bob.nick}", f"to bob {number}")
        bob.say(f"@{ann.nick}", f"to ann {number}")
    for person, other in ((ann, bob), (bob, ann)):
        room = f"@{other.nick}"
        person.until_said(room, 10)
        for to, speaker in (("bob", ann), ("ann", bob)):
            said = person.texts(room, user=speaker.user)
            assert said == [f"to {to} {number}" for number in range(5)]
    company.until_end()
    assert {push["room"] for push in cyd.pushes("message")} == {company.room}
    with pytest.raises(Refused, match="no_such_user"):
        cyd.say("@nobody", "hello?")


def test_what_is_done_to_messages(company: Company) -> None:
    """Each node has a log of its own: `ref` is the message's place there."""
    ann, bob, cyd = company.people
    room = company.room
    ann.say(room, "helo", msgid="m1")
    for person in company.people:
        person.sees("message", msgid="m1")
    ann.command("publish", room=room, edit="m1", text="hello", msgid="e1")
    cyd.sees("message", edit="m1", text="hello")
    cyd.command("publish", room=room, react="m1", text=":yes:", msgid="r1")
    ann.sees("message", react="m1", from_=cyd.nick)
    with pytest.raises(Refused, match="not_allowed"):
        bob.command("publish", room=room, delete="m1", of=ann.user)
    ann.command("publish", room=room, delete="m1", msgid="d1")
    for person in company.people:
        (message,) = person.pushes("message", msgid="m1")
        person.sees("message", delete="m1", text="")
        for deed in ("edit", "react", "delete"):
            target: dict[str, Any] = {deed: "m1"}
            done = person.sees("message", **target)
            assert (done["of"], done["ref"]) == (ann.user, message["seq"])
        entries = person.command("history", room=room)["entries"]
        assert [entry["text"] for entry in entries] == ["", "", ":yes:", ""]


def test_typing_and_topic(company: Company) -> None:
    ann, bob, cyd = company.people
    room = company.room
    ann.command("typing", room=room, active=True)
    bob.command("typing", room=f"@{cyd.nick}", active=False)
    cyd.command("topic", room=room, text="tea at four")
    for person in company.people:
        assert person.sees("topic", room=room)["from"] == cyd.nick
        rooms = person.command("rooms")["rooms"]
        assert {"room": room, "count": 3, "topic": "tea at four"} in rooms
    company.until_end()
    in_room = {"room": room, "from": ann.nick, "user": ann.user, "active": True}
    private = {"room": f"@{bob.nick}", "from": bob.nick, "user": bob.user, "active": False}
    for person, expected in ((ann, []), (bob, [in_room]), (cyd, [in_room, private])):
        typing = [{k: v for k, v in p.items() if k != "type"} for p in person.pushes("typing")]
        assert sorted(typing, key=str) == sorted(expected, key=str)
        assert len(person.pushes("topic")) == 1


def test_a_name_is_one_users(company: Company) -> None:
    ann = company.ann.nick
    for node in company.nodes:
        for nick in (ann, ann.upper(), f"ａ{ann[1:]}"):
            with pytest.raises(Refused, match="nick_in_use"):
                node.person(nick)


def test_a_rename_is_seen_everywhere(company: Company) -> None:
    ann, bob, cyd = company.people
    old, new = ann.nick, f"New-{ann.nick}"
    ann.command("nick", nick=new)
    for person in company.people:
        assert person.sees("nick", user=ann.user, nick=new)["from"] == old
        person.until_there(company.room, new, bob.nick, cyd.nick)
    ann.say(company.room, "it is me")
    assert cyd.sees("message", text="it is me")["from"] == new
    bob.say(f"@{new.lower()}", "hello")
    assert ann.sees("message", text="hello")["room"] == f"@{bob.nick}"
    with pytest.raises(Refused, match="nick_in_use"):
        cyd.command("nick", nick=new.upper())
    with pytest.raises(Refused, match="nick_in_use"):
        cyd.command("nick", nick=old)  # held for who had it
    ann.command("nick", nick=old)
    for person in company.people:
        person.sees("nick", user=ann.user, nick=old)
        assert len(person.pushes("nick")) == 2


def test_coming_and_going_is_told_once(company: Company) -> None:
    nick = f"dan-{company.room}"
    dan = company.nodes[0].person(nick, company.room)
    for person in company.people:
        push = person.sees("join", nick=nick)
        assert (push["count"], push["user"]) == (4, dan.user)
        assert person.command("presence", room=company.room)["count"] == 4
    dan.command("leave", room=company.room)
    for person in company.people:
        assert person.sees("leave", nick=nick, reason="left")["count"] == 3
    dan.command("join", room=company.room)
    dan.close()
    for person in company.people:
        person.sees("leave", nick=nick, reason="closed")
        kinds = [push["type"] for push in person.heard if push.get("nick") == nick]
        assert kinds == ["join", "leave", "join", "leave"]
        assert person.command("presence", room=company.room)["count"] == 3


def test_two_connections_on_two_nodes_are_one_user(company: Company) -> None:
    """The session is known where it was made; elsewhere the name is taken."""
    ann, bob, _ = company.people
    again = company.nodes[0].person(ann.nick, company.room, session=ann.me["session"])
    assert again.user == ann.user
    again.close()
    company.until_end()
    assert not bob.pushes("join", nick=ann.nick)
    assert not bob.pushes("leave")
    with pytest.raises(Refused, match="nick_in_use"):
        company.nodes[1].person(ann.nick, session=ann.me["session"])


def test_a_lost_connection_shows_after_the_grace_time(company: Company) -> None:
    ann, bob, cyd = company.people
    ann.vanish()
    for person in (bob, cyd):
        push = person.sees("leave", nick=ann.nick)
        assert push["count"] == 2
        assert len(person.pushes("leave")) == 1


def test_who_comes_reads_what_was_said(company: Company) -> None:
    """Each node keeps a log of its own, of what was said while somebody of it was there."""
    for number in range(5):
        company.ann.say(company.room, f"{number}")
    company.bob.sees("message", text="4")
    late = company.nodes[1].person(f"late-{company.room}")
    joined = late.command("join", room=company.room)
    assert [entry["text"] for entry in joined["entries"]] == ["0", "1", "2", "3", "4"]
    assert joined["count"] == 4
