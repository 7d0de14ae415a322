"""The two commands of the README, and what they say where they can't work."""

from __future__ import annotations

import os
import shutil
import sys
import urllib.request
from pathlib import Path

import pytest

from support.daemons import CHECKOUT, Foreground, copy_checkout, environment, free_port, run

SCRIPTS = CHECKOUT / "scripts"


def clean_environment(tmp_path: Path) -> dict[str, str]:
    """That of a new user: an empty home, and no trace of the environment the tests run in."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    ours = ("PYTHON", "VIRTUAL", "XDG_")
    kept = {n: v for n, v in environment().items() if not n.startswith(ours)}
    make_variables = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS")
    return {n: v for n, v in kept.items() if n not in make_variables} | {
        "HOME": str(home),
        "PYTHON": sys.executable,
    }


def program(directory: Path, name: str, text: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{text}\n")
    (directory / name).chmod(0o755)


def test_make_run_from_a_clean_clone_and_again(tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path / "rabbitchat")
    shutil.rmtree(checkout / "rabbitchat" / "static", ignore_errors=True)
    for time in ("first", "second"):
        port, line_port = free_port(), free_port()
        arguments = f"--port {port} --line-port tcp:{line_port}:interface=127.0.0.1"
        command = ["make", "run", f"ARGS={arguments}"]
        with Foreground(command, checkout, clean_environment(tmp_path)) as make:
            make.wait_until_accepting(port, line_port, seconds=240)
            page = f"http://127.0.0.1:{port}/"
            with urllib.request.urlopen(page, timeout=5) as answer:
                assert b'<script type="module"' in answer.read()
            assert f"in a browser:   http://localhost:{port}/" in make.output
            assert f"in a terminal:  telnet localhost {line_port}" in make.output
            kept = tmp_path / "home" / ".local" / "share" / "rabbitchat" / "rabbitchat.sqlite"
            assert f"what is said:   sqlite:///{kept}" in make.output
            assert kept.stat().st_size
            assert ("Making the environment" in make.output) is (time == "first")
            assert ("First load: " in make.output) is (time == "first")
            assert ("Fetching what the web client is built with" in make.output) is (
                time == "first"
            )
            make.interrupt()
            assert "Traceback" not in make.output


def test_make_alone_lists_the_commands(tmp_path: Path) -> None:
    done = run(["make", "-C", CHECKOUT], tmp_path, clean_environment(tmp_path))
    assert done.returncode == 0
    for target in ("run", "test", "test-unit", "test-system", "test-versions", "lint", "bench"):
        assert f"  make {target} " in done.stdout


def only(tmp_path: Path, **programs: str) -> dict[str, str]:
    """An environment with nothing on PATH but the usual small programs and these scripts."""
    directory = tmp_path / "bin"
    small = "sh ls id cat tr env dirname cmp awk sed cp mv rm mkdir"
    for name in small.split():
        for place in os.environ["PATH"].split(os.pathsep):
            if (Path(place) / name).exists() and not (directory / name).exists():
                directory.mkdir(exist_ok=True)
                (directory / name).symlink_to(Path(place) / name)
    for name, text in programs.items():
        program(directory, name, text)
    return {"PATH": str(directory), "HOME": str(tmp_path)}


def test_an_old_python_is_refused(tmp_path: Path) -> None:
    old = 'case "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac'
    done = run([SCRIPTS / "find-python"], tmp_path, only(tmp_path, python3=old))
    assert done.returncode == 1
    assert "needs Python 3.10 or later; found on PATH: Python 3.9.2." in done.stderr


def test_the_first_python_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    env = only(tmp_path, python3="exit 1", **{"python3.12": f'exec {sys.executable} "$@"'})
    done = run([SCRIPTS / "find-python"], tmp_path, env)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/bin/python3.12\n")


def test_a_chosen_python_that_does_not_start(tmp_path: Path) -> None:
    env = only(tmp_path) | {"PYTHON": "/no/such/python"}
    done = run([SCRIPTS / "find-python"], tmp_path, env)
    assert done.returncode == 1
    assert "PYTHON=/no/such/python" in done.stderr


def test_a_python_without_venv_is_refused(tmp_path: Path) -> None:
    python = f'case "$2" in *ensurepip*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac'
    env = only(tmp_path, python3=python)
    done = run([SCRIPTS / "environment", tmp_path / "made", ""], tmp_path, env)
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
    assert not (tmp_path / "made").exists()


PIP = """\
case "$*" in
    *--version*) ;;
    *install*)
        echo "  Installing build dependencies: started"
        echo "Collecting twisted[tls]>=26.10 (from rabbitchat==0.1.0)"
        echo "  Downloading twisted-26.10.0-py3-none-any.whl (3.3 MB)"
        echo "Processing /wheels/zope_interface-8.7-cp311.whl (from rabbitchat==0.1.0)"
        echo "Installing collected packages: zope-interface, twisted"
        exit $PIP_STATUS ;;
    *) exit 1 ;;
esac"""


@pytest.mark.parametrize("status", [0, 1])
def test_what_is_installed_is_shown(tmp_path: Path, status: int) -> None:
    (tmp_path / "made").mkdir()  # the environment is there already
    program(tmp_path / "made" / "bin", "python", PIP)
    env = only(tmp_path) | {"PIP_STATUS": str(status)}
    done = run([SCRIPTS / "environment", tmp_path / "made", ""], tmp_path, env)
    assert done.returncode == status
    assert done.stdout.splitlines()[1:] == [" twisted zope_interface", " putting it in place ..."]
    assert (tmp_path / "made" / "made-for-daemon").exists() is (status == 0)


@pytest.mark.parametrize("part", ["telnet", "chromium", "npm"])
def test_a_missing_part_is_named(tmp_path: Path, part: str) -> None:
    env = only(tmp_path)
    done = run([SCRIPTS / "install-test-parts", part], tmp_path, env)
    assert done.returncode == 1
    assert f"programs that are missing here: {part}." in done.stderr
    program(tmp_path / "bin", part, "")
    assert run([SCRIPTS / "install-test-parts", part], tmp_path, env).returncode == 0
