"""Somebody at the real telnet program is cut off, and comes back with the word of `/session`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.telnet import Telnet
from support.twistd import Twistd


@pytest.fixture
def new_daemon(tmp_path: Path) -> Iterator[Callable[[], Twistd]]:
    """Starts daemons that share a database."""
    made: list[Twistd] = []

    def new() -> Twistd:
        made.append(Twistd(tmp_path, "--database=sqlite:///chat.sqlite"))
        made[-1].start()
        return made[-1]

    yield new
    for daemon in made:
        daemon.clean_up()


@pytest.fixture
def come(request: pytest.FixtureRequest) -> Callable[..., Telnet]:
    """Makes people at telnet, who give these lines when they are asked for their name."""

    def new(daemon: Twistd, *lines: str) -> Telnet:
        person = Telnet(daemon.line_port)
        request.addfinalizer(person.close)
        for line in lines:
            person.sees("What is your name?")
            person.says(line)
        person.sees_line(r"\* you are \S+, in lobby.*")
        return person

    return new


def said_on(screen: str) -> list[str]:
    """What ann and the server's notices about it look like there, without times."""
    lines = [line for line in screen.splitlines() if "<ann>" in line or "missed" in line]
    return [re.sub(r"^\d\d:\d\d ", "(then) ", line) for line in lines]


def test_who_is_cut_off_gets_what_was_missed_once(
    new_daemon: Callable[[], Twistd], come: Callable[..., Telnet]
) -> None:
    one = new_daemon()
    ann, tel = come(one, "ann"), come(one, "tel")
    ann.sees_line(r"\* tel joined")
    tel.says("/session")
    word = tel.sees_line(r"\* to come back as the same user, type: /session \S+ tel").split()[-2]
    ann.says("seen")
    tel.sees_line("<ann> seen")
    tel.says("heard you")
    ann.sees_line("<tel> heard you")
    tel.close()
    ann.sees_line(r"\* tel left.*")
    ann.says("one")
    ann.says("two")
    ann.says("/msg tel three")  # who is not here any more
    ann.sees_line(r"\* error: .*tel.*")

    other = new_daemon()
    tel = come(other, f"/session {word} tel")
    tel.sees_line(r"\d\d:\d\d <ann> two")
    tel.says("/quit")
    missed = ["* you missed 2 messages in lobby", "(then) <ann> one", "(then) <ann> two"]
    assert said_on(tel.ends()) == missed

    ann.says("four")
    ann.says("/who")
    ann.sees_line(r"\* in lobby: .*")
    tel = come(other, f"/session {word}", "tel")
    tel.sees_line(r"\d\d:\d\d <ann> four")
    tel.says("/quit")
    assert said_on(tel.ends()) == ["* you missed 1 message in lobby", "(then) <ann> four"]
    logged = one.log + other.log
    other.stop()
    one.stop()
    assert word not in logged
