"""A port that can't be listened on ends the process with status 1 and one clear line."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemons import SCRIPTS, Foreground, free_port, process_ended, run, wait_for

TAC = """
from twisted.application.service import Application
from twisted.internet import reactor
from twisted.internet.protocol import Factory
from rabbitchat.listening import listen

application = Application("listening")
listen({description!r}, Factory(), reactor).setServiceParent(application)
"""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def tac(tmp_path: Path, description: str) -> Path:
    file = tmp_path / "listening.tac"
    file.write_text(TAC.format(description=description))
    return file


def endpoint(port: int) -> str:
    return f"tcp:{port}:interface=127.0.0.1"


def test_in_the_foreground(tmp_path: Path, taken: int) -> None:
    file = tac(tmp_path, endpoint(taken))
    done = run([SCRIPTS / "twistd", "-ny", file], tmp_path)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count("Address already in use") == 1
    assert f"cannot listen on {endpoint(taken)}: Address already in use" in said
    assert "Traceback" not in said
    assert not (tmp_path / "twistd.pid").exists()


def test_as_a_daemon(tmp_path: Path, taken: int) -> None:
    file = tac(tmp_path, endpoint(taken))
    done = run([SCRIPTS / "twistd", "-y", file], tmp_path)
    assert done.returncode == 1
    assert f"cannot listen on {endpoint(taken)}" in done.stderr
    log = (tmp_path / "twistd.log").read_text()
    assert log.count("Address already in use") == 1
    assert "Traceback" not in log + done.stderr
    assert not (tmp_path / "twistd.pid").exists()


@pytest.mark.parametrize(
    "description",
    ["tcp:0:interface=192.0.2.1", "tcp:0:interface=no..where", "unix:/no/such/directory/socket"],
)
def test_other_reasons(tmp_path: Path, description: str) -> None:
    done = run([SCRIPTS / "twistd", "-ny", tac(tmp_path, description)], tmp_path)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count(f"cannot listen on {description}: ") == 1
    assert "Traceback" not in said


def test_a_free_port_in_the_foreground(tmp_path: Path) -> None:
    port = free_port()
    file = tac(tmp_path, endpoint(port))
    with Foreground([SCRIPTS / "twistd", "-ny", file], tmp_path) as daemon:
        daemon.wait_until_accepting(port)
        daemon.interrupt()
        assert "cannot listen" not in daemon.output


def test_a_free_port_as_a_daemon(tmp_path: Path) -> None:
    port = free_port()
    done = run([SCRIPTS / "twistd", "-y", tac(tmp_path, endpoint(port))], tmp_path)
    pid = int((tmp_path / "twistd.pid").read_text())
    try:
        assert (done.returncode, done.stderr) == (0, "")
        with socket.create_connection(("127.0.0.1", port), 5):
            pass
    finally:
        run(["kill", str(pid)], tmp_path)
        wait_for(lambda: process_ended(pid), "the daemon ends")
