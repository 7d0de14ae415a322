"""Too much of everything: connections, commands, and those that never say who they are."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import repeat
from pathlib import Path

import pytest

from support.attackers import Attacker, HostileWebSocket, request
from support.daemons import wait_for
from support.hostile import PATIENCE, Besieged, besieged
from support.people import Person
from support.raw import TEXT, frame

MOST = 20  # connections from one address
EVIL, OTHER, THIRD = "127.0.0.2", "127.0.0.3", "127.0.0.4"
"""Addresses that attacks come from; ann and tel are at 127.0.0.1."""


@pytest.fixture(scope="module")
def chat() -> Iterator[Besieged]:
    """A daemon with limits that are soon reached."""
    with besieged(
        f"--max-connections-per-ip={MOST}", "--rate=20", "--burst=20", "--connect-timeout=8"
    ) as made:
        yield made


def test_commands_before_a_name(chat: Besieged) -> None:
    """Everything but `connect` and `ping` is refused with `not_connected`; a flood of it ends the
    connection with 3500, and saying nothing, or nothing but pings, with 3501."""
    with chat.attacked(mebibytes=8) as people, ExitStack() as stack:
        silent = stack.enter_context(HostileWebSocket(chat.port))
        pinging = stack.enter_context(HostileWebSocket(chat.port))
        attacker = stack.enter_context(HostileWebSocket(chat.port))
        for asked in ("publish", "join", "history", "presence", "topic", "leave", "typing"):
            told = attacker.ask(asked, room=people.room, text="boo")
            assert told["code"] == "not_connected", asked
        assert attacker.ask("rooms")["code"] == "not_connected"
        publish = frame(
            TEXT, json.dumps({"type": "publish", "room": people.room, "text": "boo"}).encode()
        )
        flooding = stack.enter_context(HostileWebSocket(chat.port))  # at once: it has 8 s
        flooding.send_while(repeat(publish * 100, 100))
        assert flooding.close_code() == 3500

        def pinging_ended() -> bool:
            pinging.say(type="ping")
            pinging.look(0.1)
            return pinging.ended

        assert silent.close_code() == 3501
        wait_for(pinging_ended, "who only pings is sent away")
        assert pinging.close_code() == 3501
        assert "boo" not in people.ann.texts(people.room)


def test_lines_before_a_name(chat: Besieged) -> None:
    """The same at the line port: a flood of lines that are no name is cut off."""
    with chat.attacked(mebibytes=8), Attacker(chat.line_port) as attacker:
        attacker.send(b"/join tea\n/msg ann x\n")
        attacker.until(b"* error: say your name first, then you may talk")
        attacker.send(b"/who\n" * 600)  # in one read: what is unread at a close costs the answer
        assert b"(3500)" in attacker.over()


def test_very_many_connections(chat: Besieged) -> None:
    """An address has so many connections. One more is told so (3502), be it a WebSocket or at
    the line port, or closed, and the other addresses are not concerned."""
    with chat.attacked(mebibytes=16), ExitStack() as stack:
        evil = [stack.enter_context(HostileWebSocket(chat.port, source=EVIL)) for _ in range(MOST)]
        for _ in range(15):
            with HostileWebSocket(chat.port, source=EVIL) as one_more:
                assert one_more.close_code() == 3502
            with Attacker(chat.line_port, source=EVIL) as typist:
                assert b"(3502)" in typist.over()
        idle = [stack.enter_context(Attacker(chat.port, source=OTHER)) for _ in range(5 * MOST)]
        for one in idle[MOST:]:
            assert one.over() == b""
        Person(chat.port).connect("somebody-else").close()
        for one in evil:
            one.close()

        def may_come_again() -> bool:
            with HostileWebSocket(chat.port, source=EVIL) as again:
                return again.ask("ping")["type"] == "pong" if not _refused(again) else False

        wait_for(may_come_again, "the address may come again")


def _refused(websocket: HostileWebSocket) -> bool:
    websocket.look(0.1)
    return any(told["type"] == "disconnect" for told in websocket.told())


def test_an_address_that_is_made_up(chat: Besieged) -> None:
    """X-Forwarded-For of somebody who is no proxy of ours is not believed: each connection counts
    for the address that it comes from."""
    with chat.attacked(mebibytes=16), ExitStack() as stack:
        for number in range(MOST):
            headers = [f"X-Forwarded-For: 192.0.2.{number}", f"X-Real-IP: 192.0.2.{number}"]
            stack.enter_context(HostileWebSocket(chat.port, source=THIRD, headers=headers))
        with HostileWebSocket(
            chat.port, source=THIRD, headers=["X-Forwarded-For: 192.0.2.99", "Forwarded: for=::1"]
        ) as one_more:
            assert one_more.close_code() == 3502


def test_very_many_sessions(chat: Besieged) -> None:
    """SockJS sessions cost no open connection: an address has so many all the same, and what
    nobody fetches is forgotten."""
    with chat.attacked(mebibytes=16):
        refused = 0
        for number in range(100):
            with Attacker(chat.port, source="127.0.0.5") as attacker:
                path = f"/chat/000/many{number}/xhr"
                attacker.send(request("POST", path, "Connection: close", body=b""))
                attacker.over()
                assert attacker.status() in (200, 503)
                refused += attacker.status() == 503 or b"3502" in attacker.data
        assert refused >= 100 - 2 * MOST


Flood = Callable[[Besieged, str], Attacker]


def _publishes(chat: Besieged, room: str) -> Attacker:
    attacker = HostileWebSocket(chat.port).connect("publisher", room)
    publish = frame(TEXT, json.dumps({"type": "publish", "room": room, "text": "flood"}).encode())
    attacker.send_while(repeat(publish * 100, 100))
    assert attacker.close_code() == 3500
    return attacker


def _questions(chat: Besieged, room: str) -> Attacker:
    attacker = HostileWebSocket(chat.port).connect("asker", room)
    asked = frame(TEXT, json.dumps({"type": "history", "room": room}).encode())
    attacker.send_while(repeat(asked * 100, 100))
    assert attacker.close_code() == 3500
    return attacker


def _nonsense(chat: Besieged, room: str) -> Attacker:
    attacker = HostileWebSocket(chat.port).connect("babbler", room)
    attacker.send_while(repeat(frame(TEXT, b"{}") * 100, 100))
    assert attacker.close_code() == 3500
    return attacker


def _lines(chat: Besieged, room: str) -> Attacker:
    attacker = Attacker(chat.line_port)
    attacker.send(f"liner\n/join {room}\n".encode())
    attacker.until(b"* you are liner, in " + room.encode())
    attacker.send(b"flood\n" * 600)  # in one read: what is unread at a close costs the answer
    assert b"(3500)" in attacker.over()
    return attacker


@pytest.mark.parametrize("flood", [_publishes, _questions, _nonsense, _lines])
def test_commands_by_the_ten_thousand(chat: Besieged, flood: Flood) -> None:
    """Who sends far too fast is not read for a while, then refused, and cut off (3500) at ten
    times the rate. What others get of it is no more than the rate allows."""
    with chat.attacked(mebibytes=16) as people:
        flood(chat, people.room).close()
        assert people.ann.texts(people.room).count("flood") <= 250
        people.ann.until(lambda: len(people.ann.who(people.room)) == 2, "the flooder is gone")


def test_commands_by_the_ten_thousand_over_sockjs(chat: Besieged) -> None:
    """There nothing is read ahead: who floods is slowed down to the rate and never gets as far as
    being refused."""
    with chat.attacked(mebibytes=8) as people:
        with HostileWebSocket(chat.port, path="/chat/websocket") as attacker:
            attacker.connect("sockjs", people.room)
            command = {"type": "publish", "room": people.room, "text": "flood"}
            publish = frame(TEXT, json.dumps(command).encode())
            assert not attacker.send_for(repeat(publish * 100, 1000), 2)
            people.talk_more(3)
            assert attacker.sent > 500 * len(publish)
            assert people.ann.texts(people.room).count("flood") <= 250
        people.ann.until(lambda: len(people.ann.who(people.room)) == 2, "the flooder is gone")


def test_open_files_run_out(chat: Besieged) -> None:
    """More connections than the system lets the process have: the new ones are turned away, those
    that are there go on, and when others left new ones may come again."""
    pid = chat.daemon.memory.pid
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with chat.attacked(mebibytes=16) as people, ExitStack() as stack:
        few = _open_files(pid) + 30
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, usual[1]))
        try:
            for number in range(100):
                source = f"127.0.1.{number // 10}"
                stack.enter_context(Attacker(chat.port, source=source))
                stack.enter_context(Attacker(chat.line_port, source=source))
            wait_for(lambda: _open_files(pid) >= few - 1, "there are no more", PATIENCE)
            people.talk_more(5)
            stack.close()
            wait_for(lambda: _comes_in(chat), "somebody comes in again", PATIENCE)
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _comes_in(chat: Besieged) -> bool:
    try:
        Person(chat.port).connect("newcomer").close()
    except (OSError, AssertionError):
        return False
    return True
