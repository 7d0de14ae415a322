"""The real daemon on an SQLite file: ended in order and by force, and started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.daemons import SCRIPTS, Foreground, environment, free_port, run
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


def test_without_a_choice_it_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    port = free_port()
    start = SCRIPTS / "rabbitchat"
    env = environment(XDG_DATA_HOME=f"{tmp_path}/new/data")
    ports = [f"--port=tcp:{port}:interface=127.0.0.1", "--line-port=none"]
    with Foreground([start, *ports], tmp_path, env) as daemon:
        daemon.wait_until_accepting(port)
        Person(port).connect("ann", "lobby").say("lobby", "hello")
        daemon.interrupt(seconds=6)
        assert f"what is said is kept in sqlite:///{tmp_path}/new/data/rabbitchat" in daemon.output
    data = tmp_path / "new" / "data" / "rabbitchat"
    assert data.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in data.iterdir()] == ["rabbitchat.sqlite"], "closed, and no other"
    shown = " ".join(run([start, "--help"], tmp_path, env).stdout.split())
    assert f"[default: sqlite:///{data}/rabbitchat.sqlite]" in shown


def test_a_data_directory_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    ports = [f"--port=tcp:{free_port()}:interface=127.0.0.1", "--line-port=none"]
    env = environment(XDG_DATA_HOME=str(tmp_path / "data"))
    done = run([SCRIPTS / "rabbitchat", *ports], tmp_path, env)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count("cannot use the database") == 1
    assert "Not a directory" in said
    assert "(--database chooses another place)" in said
    assert "Traceback" not in said
