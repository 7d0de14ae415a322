"""The daemon as its operator starts it: twistd, the command rabbitchat and the tac file."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from support.daemons import (
    CHECKOUT,
    SCRIPTS,
    Foreground,
    environment,
    free_port,
    process_ended,
    run,
    wait_for,
)

TAC = CHECKOUT / "rabbitchat.tac"
STARTS: dict[str, Sequence[str | Path]] = {
    "rabbitchat": [SCRIPTS / "rabbitchat"],
    "twistd -n": [SCRIPTS / "twistd", "-n", "rabbitchat"],
    "twistd": [SCRIPTS / "twistd", "rabbitchat"],
}
in_each_way = pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)


def local(port: int) -> str:
    return f"tcp:{port}:interface=127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@in_each_way
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--rate", "fast"], "--rate: 'fast' was given; accepted is a number from 0"),
        (["--broker", "amqp://u:secret@host:x/"], "--broker: 'amqp://u:***@host:x/' was given"),
        (["--bogus"], "option --bogus not recognized (rabbitchat --help lists the options)"),
        (["start"], "'start' was given; only options are accepted"),
    ],
)
def test_a_bad_option(
    tmp_path: Path, start: Sequence[str | Path], arguments: list[str], line: str
) -> None:
    done = run([*start, *arguments], tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"rabbitchat: {line}")
    assert done.stderr.count("\n") == 1
    assert "secret" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_bad_variable(tmp_path: Path) -> None:
    env = environment(RABBITCHAT_LINE_PORT="telnet")
    done = run([SCRIPTS / "twistd", "-ny", TAC], tmp_path, env)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("rabbitchat: RABBITCHAT_LINE_PORT: 'telnet' was given; ")
    assert done.stderr.count("\n") == 1


@in_each_way
def test_help_and_version(tmp_path: Path, start: Sequence[str | Path]) -> None:
    done = run([*start, "--help"], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: rabbitchat [options]")
    assert "--max-connections-per-ip NUMBER" in done.stdout
    done = run([*start, "--version"], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("rabbitchat ")


@pytest.mark.parametrize("option", ["--port", "--line-port"])
@pytest.mark.parametrize("start", [STARTS["rabbitchat"], STARTS["twistd -n"]])
def test_a_port_in_use_in_the_foreground(
    tmp_path: Path, start: Sequence[str | Path], option: str, taken: int
) -> None:
    ports = {"--port": local(free_port()), "--line-port": local(free_port())}
    ports[option] = local(taken)
    arguments = [part for pair in ports.items() for part in pair]
    done = run([*start, *arguments], tmp_path)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count("Address already in use") == 1
    assert f"cannot listen on {local(taken)}: Address already in use" in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("*.pid"))


def test_a_port_in_use_as_a_daemon(tmp_path: Path, taken: int) -> None:
    done = run([*STARTS["twistd"], "--port", local(taken), "--line-port", "none"], tmp_path)
    assert done.returncode == 1
    assert f"cannot listen on {local(taken)}" in done.stderr
    log = (tmp_path / "twistd.log").read_text()
    assert log.count("Address already in use") == 1
    assert "Traceback" not in log + done.stderr
    assert not (tmp_path / "twistd.pid").exists()


def test_a_port_in_use_by_the_tac_file(tmp_path: Path, taken: int) -> None:
    env = environment(RABBITCHAT_PORT=local(taken), RABBITCHAT_LINE_PORT="none")
    done = run([SCRIPTS / "twistd", "-ny", TAC], tmp_path, env)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert said.count("Address already in use") == 1
    assert "Traceback" not in said


def answers(port: int) -> bool:
    """Whether / gives a page."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return answer.status == 200 and b"<html" in answer.read().lower()


@pytest.mark.parametrize("start", [STARTS["rabbitchat"], STARTS["twistd -n"]])
def test_it_runs_in_the_foreground_until_interrupted(
    tmp_path: Path, start: Sequence[str | Path]
) -> None:
    port, line_port = free_port(), free_port()
    command = [*start, "--port", local(port), "--line-port", local(line_port)]
    with Foreground(command, tmp_path) as daemon:
        daemon.wait_until_accepting(port, line_port)
        assert answers(port)
        daemon.interrupt(seconds=6)
        assert "Traceback" not in daemon.output
        assert "Unhandled" not in daemon.output
    assert not list(tmp_path.glob("*.pid"))


def test_the_tac_file_runs_the_same(tmp_path: Path) -> None:
    port, line_port = free_port(), free_port()
    env = environment(RABBITCHAT_PORT=local(port), RABBITCHAT_LINE_PORT=local(line_port))
    with Foreground([SCRIPTS / "twistd", "-ny", TAC], tmp_path, env) as daemon:
        daemon.wait_until_accepting(port, line_port)
        assert answers(port)
        daemon.interrupt(seconds=6)
        assert "Traceback" not in daemon.output


def test_it_runs_as_a_daemon_until_killed(tmp_path: Path) -> None:
    port = free_port()
    done = run([*STARTS["twistd"], "--port", local(port), "--line-port", "none"], tmp_path)
    pid = int((tmp_path / "twistd.pid").read_text())
    try:
        assert (done.returncode, done.stderr) == (0, "")
        assert answers(port)
    finally:
        run(["kill", str(pid)], tmp_path)
        wait_for(lambda: process_ended(pid), "the daemon ends", 6)
    assert "Traceback" not in (tmp_path / "twistd.log").read_text()
    assert not (tmp_path / "twistd.pid").exists()
