"""The line protocol as people at the real telnet program meet it."""

from __future__ import annotations

import json
import socket

from support.telnet import NewTelnet
from support.twistd import Twistd


def test_coming_in(telnet: NewTelnet) -> None:
    ann = telnet()
    ann.says("no good name!")
    ann.sees("* error: ")
    ann.says("ann")
    ann.sees_line(r"\* you are ann, in lobby, alone")
    tel = telnet()
    tel.says("ann")
    tel.sees_line(r"\* error: .*ann.*")
    tel.says("tel")
    tel.sees_line(r"\* you are tel, in lobby with ann")
    ann.sees_line(r"\* tel joined")


def test_talk(telnet: NewTelnet) -> None:
    ann, tel = telnet("ann"), telnet("tel")
    tel.says("hello")
    ann.sees_line("<tel> hello")
    ann.says("/me waves")
    tel.sees_line(r"<\* ann waves>")
    tel.says("//who is a command")
    ann.sees_line("<tel> /who is a command")
    ann.says("grüße ☕")
    tel.sees_line("<ann> grüße ☕")
    # One's own lines stand on the screen already, because one typed them.
    tel.says("/echo on")
    tel.says("twice")
    tel.sees_line("<tel> twice")


def test_commands(telnet: NewTelnet) -> None:
    ann, tel = telnet("ann"), telnet("tel")
    tel.says("/who")
    tel.sees_line(r"\* in lobby: ann, tel")
    tel.says("/topic tea at four")
    ann.sees_line(r"\* tel set the topic to: tea at four")
    tel.says("/nick bob")
    ann.sees_line(r"\* tel is now called bob")
    tel.says("/msg ann for you alone")
    ann.sees_line(r"\[bob\] for you alone")
    ann.says("said in the lobby")
    tel.sees_line("<ann> said in the lobby")
    tel.says("/join kitchen")
    tel.sees_line(r"\* you are bob, in kitchen, alone")
    ann.says("still in the lobby")
    tel.sees_line("#lobby <ann> still in the lobby")
    tel.says("/rooms")
    tel.sees_line(r"\* lobby \(2\): tea at four")
    tel.says("/leave")
    tel.sees_line(r"\* you are bob, in lobby")
    tel.says("/history 2")
    tel.sees_line(r"\d\d:\d\d <ann> said in the lobby")
    tel.sees_line(r"\d\d:\d\d <ann> still in the lobby")
    tel.says("/dance")
    tel.sees_line(r"\* error: .*/dance.*")
    tel.says("/help")
    for command in ("nick", "join", "leave", "msg", "who", "rooms", "topic", "quit"):
        tel.sees_line(rf"/{command}.*: .+")


def test_json_mode(telnet: NewTelnet) -> None:
    ann, program = telnet("ann"), telnet("program")
    program.says("/mode json")
    program.says('{"type": "publish", "id": 1, "room": "lobby", "text": "from a program"}')
    ann.sees_line("<program> from a program")
    reply = json.loads(program.sees_line(r'\{"type": ?"published".*\}'))
    assert (reply["id"], reply["room"], reply["seq"]) == (1, "lobby", 1)
    ann.says("hello program")
    push = json.loads(program.sees_line(r'\{"type": ?"message".*hello.*\}'))
    assert (push["from"], push["text"]) == ("ann", "hello program")


def test_keys_sent_one_by_one(telnet: NewTelnet, daemon: Twistd) -> None:
    """PuTTY and its like send each key at once, and the daemon does what a terminal would do.

    The telnet program doesn't: the daemon never agrees to its `mode character`."""
    ann = telnet("ann")
    with socket.create_connection(("127.0.0.1", daemon.line_port), 10) as putty:
        putty.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for key in "tel\r\0wrong from the start\x15helo\x7flo\b\b\b\b\b\b\b\b\bgood\r\0":
            putty.send(key.encode())
        ann.sees_line(r"\* tel joined")
        ann.sees_line("<tel> good")


def test_mistakes_at_the_terminal(telnet: NewTelnet) -> None:
    ann, tel = telnet("ann"), telnet("tel")
    tel.types("wrong from the start\x15helo\x7flo\r")
    ann.sees_line("<tel> hello")


def test_telnet_s_own_commands(telnet: NewTelnet) -> None:
    ann, tel = telnet("ann"), telnet("tel")
    tel.command("send ayt")
    tel.sees_line(r"\* yes, I am here")
    for number, command in enumerate(
        ("mode character", "send nop", "send ga", "send do 1", "send will 31", "send dont 3")
    ):
        tel.command(command)
        tel.says(f"still here, {number}")  # telnet has left its prompt when this is sent
        ann.sees_line(f"<tel> still here, {number}")
    tel.command("send brk")
    ann.sees_line(r"\* tel left.*")
    assert "Connection closed by foreign host." in tel.ends()


def test_leaving(telnet: NewTelnet, daemon: Twistd) -> None:
    ann, first, second = telnet("ann"), telnet("first"), telnet("second")
    first.says("/quit")
    screen = first.ends()
    assert "* good bye" in screen
    assert "Connection closed by foreign host." in screen
    ann.sees_line(r"\* first left \(quit\)")
    second.command("quit")
    assert "Connection closed." in second.ends()
    ann.sees_line(r"\* second left.*")
    daemon.stop()
    ann.sees_line(r"\* disconnected: .*shutting down.*")
    assert "Connection closed by foreign host." in ann.ends()
