r"""`--line-port 'sockjs:tcp\:9192'`: the line protocol over SockJS. A message is a piece of what
would come by TCP, so a line ends where its line end is."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from websocket import WebSocket, create_connection

from support.daemons import SCRIPTS, free_port, run
from support.twistd import Twistd


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The line port of a daemon; at the end it is stopped, and has logged nothing amiss."""
    port = free_port()
    daemon = Twistd(tmp_path, rf"--line-port=sockjs:tcp\:{port}\:interface=127.0.0.1")
    daemon.line_port = port
    try:
        daemon.start()
        yield port
        daemon.stop()
    finally:
        daemon.clean_up()


def post(port: int, transport: str, body: str = "") -> str:
    """The answer to a request of a polling session."""
    url = f"http://127.0.0.1:{port}/000/ann/{transport}"
    with urllib.request.urlopen(url, data=body.encode(), timeout=10) as answer:
        return bytes(answer.read()).decode()


def hears(websocket: WebSocket, wanted: str) -> None:
    """Wait until this came."""
    heard = ""
    while wanted not in heard:
        heard += str(websocket.recv())


def polls(port: int, wanted: str) -> str:
    """Wait until this came, by one poll after the other; all that came."""
    heard = ""
    while wanted not in heard:
        frame = post(port, "xhr")
        heard += "".join(json.loads(frame[1:])) if frame[0] == "a" else ""
    return heard


def test_two_people_talk(port: int) -> None:
    assert post(port, "xhr") == "o\n"
    polls(port, "What is your name?\r\n")
    post(port, "xhr_send", '["ann\\n"]')
    polls(port, "you are ann, in lobby")

    bob = create_connection(f"ws://127.0.0.1:{port}/websocket", timeout=10)
    hears(bob, "What is your name?\r\n")
    bob.send("bob\r\n")
    hears(bob, "you are bob, in lobby with ann")
    bob.send("hel")
    bob.send("lo, \N{SNOWMAN}\r\nand")
    assert "bob joined" in polls(port, "<bob> hello, \N{SNOWMAN}\r\n")
    post(port, "xhr_send", '["one\\n", "two\\n"]')
    hears(bob, "<ann> two\r\n")

    bob.send_binary(b"\xff\xfd\x06")  # telnet's negotiations are no text
    assert bob.recv() == b"\xff\xfc\x06"
    bob.send(" good bye\r\n/quit\r\n")
    hears(bob, "good bye")
    assert "<bob> and good bye\r\n" in polls(port, "bob left")
    assert bob.recv() == ""
    bob.close()


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        (r"sockjs:tcp\:0:websocket=maybe", "the option websocket is 'maybe'; it must be one of"),
        (r"sockjs:tcp\:0:heartbeat=25", "there is no option 'heartbeat'; there are websocket, "),
        (r"sockjs:tcp\:0\:interface=127.0.0.1:max_message=big", "it must be a whole number"),
        (r"sockjs:tcp\:99999", "no such port: 99999"),
        ("sockjs:", "it doesn't say where to listen"),
    ],
)
def test_one_line_about_what_is_wrong(tmp_path: Path, endpoint: str, problem: str) -> None:
    done = run([SCRIPTS / "rabbitchat", "--port=tcp:0", f"--line-port={endpoint}"], tmp_path)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count("\n") == 1
    assert said.startswith("rabbitchat: --line-port: ")
    assert problem in said


def test_one_line_about_a_port_that_cannot_be_had(tmp_path: Path) -> None:
    endpoint = r"sockjs:tcp\:0\:interface=192.0.2.1"
    done = run([SCRIPTS / "rabbitchat", "--port=tcp:0", f"--line-port={endpoint}"], tmp_path)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count(f"cannot listen on {endpoint}: Cannot assign requested address") == 1
    assert "Traceback" not in said
