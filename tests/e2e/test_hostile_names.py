"""Names of people and rooms that are meant to deceive or to break out, each end to end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.attackers import Attacker, HostileWebSocket
from support.hostile import Besieged, besieged


@pytest.fixture(scope="module")
def chat() -> Iterator[Besieged]:
    """A daemon with the limits that it has by default."""
    with besieged() as made:
        yield made


def test_a_nick_that_looks_like_another(chat: Besieged) -> None:
    """The name of somebody who is here, in letters that look alike: other scripts among them are
    refused, and what is only another way to write the same name is taken already."""
    with chat.attacked(mebibytes=8) as people, HostileWebSocket(chat.port) as attacker:
        ann = people.ann.nick
        same = [ann.upper(), "".join(chr(ord(c) + 0xFEE0) for c in ann)]
        other = [
            ann.replace("a", "\u0430"),  # Cyrillic
            ann.replace("n", "\u03b7"),  # Greek
            f"{ann}\u200b",
            f"\u202e{ann}",
            f" {ann}",
            f"{ann}\n",
            f"{ann}\ufe0f",
            "a\u0308\u0301\u0300\u0302nn",
            f"*{ann}",
            f"<{ann}>",
            f"-{ann}",
            f"@{ann}",
            "\x1b[2J",
            "n" * 33,
            "n" * 1024,
            "",
        ]
        for nick, code in [(nick, "nick_in_use") for nick in same] + [
            (nick, "bad_nick") for nick in other
        ]:
            assert attacker.ask("connect", nick=nick)["code"] == code, nick
        attacker.connect("mallory", people.room)
        for nick in other:
            assert attacker.ask("nick", nick=nick)["code"] == "bad_nick", nick
        assert set(people.ann.who(people.room)) == {ann, f"tel{ann[3:]}", "mallory"}
        with Attacker(chat.line_port) as typist:
            for nick in other[:2]:
                typist.send(f"{nick}\n".encode())
            typist.send(f"{same[1]}\n".encode())
            typist.until(f"* error: {same[1]} ".encode())
            assert typist.data.count(b"* error: ") == 3


BAD_ROOMS = ["", "#", "*", "##", "#*", "a.b", "room.#", ".", "..", "a b", " ", "a\x00", "a\nb"]
BAD_ROOMS += [
    "x" * 65,
    "x" * 300,
    "x" * 1024,
    "\u0444" * 101,
    "\U00020000" * 51,
    "a\u200b",
    "\u0301",
]
BAD_ROOMS += ["a/b", "../x", "%2e", "$", "a\u202eb", "+", "\ufeff"]


def test_a_room_that_is_a_pattern(chat: Besieged) -> None:
    """Names that a broker would take for patterns, that are too long for it, or that nobody sees:
    `bad_room`, whatever is done with them, and nobody's messages come from elsewhere."""
    with chat.attacked(mebibytes=8) as people, HostileWebSocket(chat.port) as attacker:
        attacker.connect("lister")
        before = _rooms(attacker)
        for room in BAD_ROOMS:
            for asked in ("join", "publish", "topic"):
                told = attacker.ask(asked, room=room, text="x")
                assert told["code"] == "bad_room", (asked, room)
        for asked in ("leave", "typing", "history", "presence"):
            assert attacker.ask(asked, room="room.#")["code"] == "bad_room", asked
        for room in ("@", "@#", "@*", "@a b", "@+x", "@@ann"):
            told = attacker.ask("publish", room=room, text="x")
            assert told["code"] in ("bad_room", "bad_nick"), room
        people.talk_more(3)
        assert [told for told in attacker.told() if told["type"] == "message"] == []
        assert people.room in before
        assert _rooms(attacker) <= before, "a room of another test may have gone meanwhile"


def _rooms(websocket: HostileWebSocket) -> set[str]:
    return {room["room"] for room in websocket.ask("rooms")["rooms"]}


def test_rooms_that_are_written_in_other_ways(chat: Besieged) -> None:
    """One room can't be shown as two: `#Straße`, `STRASSE` and its full-width form are one."""
    with chat.attacked(mebibytes=8), HostileWebSocket(chat.port) as attacker:
        attacker.connect("writer")
        for room in ("#Stra\u00dfe", "STRASSE", "strasse", "#strasse"):
            assert attacker.ask("join", room=room)["room"] == "strasse"
        assert [one["room"] for one in attacker.ask("rooms")["rooms"]].count("strasse") == 1
