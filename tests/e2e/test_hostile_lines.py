"""Attacks over the line port, and on the terminals of those who use it, each end to end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import repeat

import pytest

from support.attackers import Attacker
from support.hostile import Besieged, People, besieged
from support.people import Person

IAC, DO, WILL, SB, AYT = 255, 253, 251, 250, 246

UNREAD = 20_000_000
"""Bytes that the system's own buffers may take of what nobody reads."""


@pytest.fixture(scope="module")
def chat() -> Iterator[Besieged]:
    """A daemon with the limits that it has by default."""
    with besieged() as made:
        yield made


def typist(chat: Besieged, nick: str, people: People, deaf: bool = False) -> Attacker:
    """Somebody at the line port, in the room of ann and tel."""
    attacker = Attacker(chat.line_port, deaf=deaf)
    attacker.send(f"{nick}\n/join {people.room}\n".encode())
    attacker.until(f"you are {nick}, in {people.room}".encode())
    return attacker


def test_a_line_without_an_end(chat: Besieged) -> None:
    """50 MB and no line end: told once that a line may have 64 KiB, and all of it is dropped. The
    next line is a line again."""
    with chat.attacked(mebibytes=8) as people, typist(chat, "endless", people) as attacker:
        attacker.send_while(repeat(b"x" * 65536, 800))
        attacker.until(b"* error: a line may have 65536 bytes")
        attacker.send(b"\nand the next\n")
        people.ann.sees("message", from_="endless", text="and the next")
        assert attacker.data.count(b"* error") == 1
        assert people.ann.texts(people.room, from_="endless") == ["and the next"]


def test_telnet_commands_without_an_end(chat: Besieged) -> None:
    """Telnet's negotiation in floods: a subnegotiation of 50 MB keeps nothing, offers are
    refused once each, and who asks `are you there` a million times and doesn't read the answers
    is sent away."""
    with chat.attacked(mebibytes=8) as people:
        with typist(chat, "talks-telnet", people) as attacker:
            attacker.send_while([bytes((IAC, SB, 24)), *repeat(b"x" * 65536, 800)])
            attacker.send(bytes((IAC, 240)))
            offers = bytes((IAC, DO, 1, IAC, WILL, 24, IAC, DO, 31))
            before = len(attacker.data)
            attacker.send(offers * 10_000 + b"still here\n")
            people.ann.sees("message", from_="talks-telnet", text="still here")
            assert len(attacker.data) - before < 100
        with typist(chat, "asks", people, deaf=True) as attacker:
            attacker.send_while(repeat(bytes((IAC, AYT)) * 32_768, 800))
            assert attacker.ended
            assert attacker.sent < UNREAD


COMMANDS = [
    "\x1b[2J\x1b[H",  # clear the screen
    "\x1b]0;owned\x07",  # set the window's title
    "\x1b]52;c;ZXZpbA==\x1b\\",  # write to the clipboard
    '\x1bP$q"p\x1b\\',  # have the terminal answer
    "\x1b[6n",
    "\x9b31m\x9d0;owned\x9c",  # the same in one character
    "\x07\x08\x7f\x00\x05",
    "\u202e\u2066\u200b\u200e\ufeff\u2028\u2029\x85",  # turn and hide what is read
    "\U000e0041\U000e0042",  # tags, which nobody sees
    "\xff\xf6\xff\xfd\x06",  # telnet's, as text
    "a" + "\u0301" * 300,  # marks over half the screen
]


def test_commands_to_somebody_s_terminal(chat: Besieged) -> None:
    """Escape sequences, controls, direction and piles of marks in texts, topics and names never
    reach a terminal; what is left of a text does."""
    with chat.attacked(mebibytes=8) as people:
        eve = Person(chat.port).connect("eve", people.room)
        shown = []
        for number, command in enumerate(COMMANDS):
            eve.command("publish", room=people.room, text=f"{number}a{command}z{number}")
            eve.command("topic", room=people.room, text=f"t{number}{command}z{number}")
            for begin in (f"<eve> {number}a", f"* eve set the topic to: t{number}"):
                people.tel.until(f"z{number}\r\n".encode())
                shown.append(begin)
        people.tel.until(f"t{len(COMMANDS) - 1}".encode())
        people.talk_more(1)
        seen = people.tel.data
        for begin in shown:
            assert begin.encode() in seen, begin
        text = seen.decode()
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)
        assert not re.search(
            "[\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]", text
        )
        assert "\u0301" * 9 not in text
        assert seen.count(b"\r\n") == seen.count(b"\n") == seen.count(b"\r")
        eve.close()


def test_commands_typed_into_the_line_port(chat: Besieged) -> None:
    """The same typed by somebody at the line port, with bytes that are no UTF-8: programs get
    texts without controls, and U+FFFD for each byte that is no character."""
    with chat.attacked(mebibytes=8) as people, typist(chat, "typist", people) as attacker:
        attacker.send(b"one\x1b[2J\x1b]0;x\x07 \x00two \xc3( \xed\xa0\x80 end\n")
        text = people.ann.sees("message", from_="typist")["text"]
        assert re.fullmatch("one two \ufffd\\( \ufffd+ end", text)


def test_a_text_that_looks_like_other_lines(chat: Besieged) -> None:
    """A text of many lines, by every line end that there is, each like a notice, a private
    message or another person's line: every one of them is shown with its sender."""
    ends = ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"]
    lies = ["hello", "* ann left", "<ann> I am a fool", "[ann] psst", "/quit", "12:00 <ann> x"]
    with chat.attacked(mebibytes=8) as people:
        mallory = Person(chat.port).connect("mallory", people.room)
        for end in ends:
            mallory.command("publish", room=people.room, text=end.join(lies))
        mallory.command("topic", room=people.room, text="tea\r\n<ann> I am a fool")
        mallory.command("publish", room=people.room, text="and that was it")
        seen = people.tel.until(b"<mallory> and that was it\r\n").decode()
        lines = [line for line in seen.split("\r\n") if line.startswith("<mallory> ")]
        assert lines[:-1] == [f"<mallory> {lie}" for lie in lies] * len(ends)
        others = [line for line in seen.split("\r\n") if "fool" in line or "psst" in line]
        assert all(line.startswith(("<mallory> ", "* mallory set the topic")) for line in others)
        assert people.tel.ended is False
        mallory.close()
