"""The real daemon on an SQLite file: ended in order and by force, and started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.daemons import SCRIPTS, free_port, run
from support.people import Person
from support.twistd import Twistd


@pytest.mark.parametrize("end", [Twistd.stop, Twistd.kill])
def test_nothing_said_is_lost(tmp_path: Path, end: object) -> None:
    daemon = Twistd(tmp_path, "--database=sqlite:///chat.sqlite")
    try:
        daemon.start()
        ann = Person(daemon.port).connect("ann", "lobby")
        bob = Person(daemon.port).connect("bob", "lobby")
        first = ann.say("lobby", "hello", msgid="m1")
        bob.sees("message", text="hello")
        for number in range(50):
            bob.say("lobby", f"{number}")
        assert callable(end)
        end(daemon)
        daemon.start()
        back = Person(daemon.port).connect("ann", session=ann.me["session"])
        assert (back.user, back.me["epoch"]) == (ann.user, ann.me["epoch"])
        joined = back.command("join", room="lobby", recover={"epoch": ann.me["epoch"], "seq": 1})
        assert joined["recovered"] is True
        assert [entry["text"] for entry in joined["entries"]] == [f"{n}" for n in range(50)]
        assert back.say("lobby", "hello", msgid="m1")["seq"] == first["seq"]
        assert back.say("lobby", "new")["seq"] == 52
        daemon.stop()
    finally:
        daemon.clean_up()


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/chat.sqlite", "postgresql://u:pw@127.0.0.1:1/x"]
)
def test_a_database_that_can_not_be_opened(tmp_path: Path, url: str) -> None:
    ports = [f"--port=tcp:{free_port()}:interface=127.0.0.1", "--line-port=none"]
    done = run([SCRIPTS / "rabbitchat", f"--database={url}", *ports], tmp_path)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count("cannot use the database") == 1
    assert "Traceback" not in said
    assert ":pw@" not in said
