"""Clients that don't read what they are sent, on each transport, end to end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from support.attackers import Attacker, HostileWebSocket, request
from support.hostile import Besieged, besieged
from support.people import Person

SAID = ["x" * 100_000] * 100
"""10 MB, more than the system's own buffers hold of it for one client."""

MANY = 4
"""Who don't read, by each way: without limits more than 80 MB would wait for all of them."""


@pytest.fixture(scope="module")
def chat() -> Iterator[Besieged]:
    """A daemon where much may be said at once."""
    with besieged("--max-text=200000", "--max-line=300000") as made:
        yield made


def websocket(chat: Besieged, nick: str) -> Attacker:
    return HostileWebSocket(chat.port, deaf=True).connect(nick, "lobby")


def raw_sockjs(chat: Besieged, nick: str) -> Attacker:
    return HostileWebSocket(chat.port, deaf=True, path="/chat/websocket").connect(nick, "lobby")


def lines(chat: Besieged, nick: str) -> Attacker:
    attacker = Attacker(chat.line_port, deaf=True)
    attacker.send(f"{nick}\n".encode())
    attacker.until(b"in lobby")
    return attacker


def stream(chat: Besieged, nick: str) -> Attacker:
    """SockJS's xhr_streaming, whose session another connection makes somebody."""
    attacker, sender = Attacker(chat.port, deaf=True), Attacker(chat.port)
    session = f"/chat/000/{nick}"
    attacker.send(request("POST", f"{session}/xhr_streaming", body=b""))
    attacker.until(b"o\n")
    commands = [{"type": "connect", "nick": nick}, {"type": "join", "room": "lobby"}]
    said = json.dumps([json.dumps(command) for command in commands])
    sender.send(request("POST", f"{session}/xhr_send", body=said.encode()))
    assert sender.status() == 204
    sender.close()
    return attacker


WAYS: list[Callable[[Besieged, str], Attacker]] = [websocket, raw_sockjs, lines, stream]


def test_who_reads_nothing(chat: Besieged) -> None:
    """10 MB are said to people who read none of it: each is sent away (3001) when 256 KiB wait,
    and is gone for everybody, though it never reads that good-bye either."""
    deaf = {f"{way.__name__}{number}": way for way in WAYS for number in range(MANY)}
    with chat.attacked(mebibytes=48), ExitStack() as stack:
        speaker = Person(chat.port).connect("speaker", "lobby")
        for nick, way in deaf.items():
            stack.enter_context(way(chat, nick))
        speaker.until_there("lobby", "speaker", *deaf)
        for text in SAID:
            speaker.command("publish", room="lobby", text=text)
        speaker.until_there("lobby", "speaker")
        assert {push["nick"] for push in speaker.pushes("leave", room="lobby")} == set(deaf)
        speaker.close()
