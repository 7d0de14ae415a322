"""What is built and installed works far from the checkout, whichever way it was installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.daemons import CHECKOUT, Foreground, copy_checkout, environment, free_port, run

Install = Callable[..., None]


def installed_environment() -> dict[str, str]:
    """No PYTHONPATH: only what is installed is found."""
    return {k: v for k, v in environment().items() if not k.startswith(("PYTHON", "VIRTUAL"))}


def must(*command: str | Path, cwd: Path) -> None:
    """Run a slow command, such as pip, that has to succeed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=installed_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, so that building leaves nothing in it, as `make web` leaves one
    where npm works."""
    copy = copy_checkout(tmp_path_factory.mktemp("source") / "rabbitchat")
    (copy / "web" / "node_modules").symlink_to(CHECKOUT / "web" / "node_modules")
    shutil.rmtree(copy / "rabbitchat" / "static", ignore_errors=True)
    must("sh", copy / "scripts" / "web", "offline", cwd=copy)
    return copy


@pytest.fixture(scope="module")
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the sdist and the wheel that was built from that sdist."""
    directory = tmp_path_factory.mktemp("dist")
    must(
        sys.executable, "-m", "build", "--no-isolation", "--outdir", directory, source,
        cwd=directory,
    )  # fmt: skip
    return directory


def page_of(source: Path) -> set[str]:
    """The files of the web client that were built."""
    static = source / "rabbitchat" / "static"
    found = {str(file.relative_to(source)) for file in static.rglob("*") if file.is_file()}
    assert len([name for name in found if "/assets/" in name]) > 2
    return found


def one(directory: Path, pattern: str) -> Path:
    (found,) = directory.glob(pattern)
    return found


def test_the_sdist_holds_what_it_must(source: Path, built: Path) -> None:
    with tarfile.open(one(built, "rabbitchat-*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    for name in (
        "pyproject.toml", "setup.py", "README.md", "CHANGELOG.md", "LICENSE", "Makefile",
        "rabbitchat.tac", ".ci/run", "scripts/environment", "rabbitchat/tap.py",
        "rabbitchat/py.typed", "web/index.html", "web/src/main.tsx", "tests/conftest.py",
        "tests/support/hygiene.py", "twisted/plugins/rabbitchat_plugin.py", "scripts/web",
        "twisted/plugins/rabbitchat_sockjs.py",
        "web/package.json", "web/package-lock.json", "web/.npmrc", "web/quick/quick.js",
        "web/public/icon.svg",
    ):  # fmt: skip
        assert name in names
    assert page_of(source) <= names
    assert not [name for name in names if "node_modules" in name]
    assert not [name for name in names if name.endswith((".pyc", "dropin.cache"))]
    for directory in ("docs", "bench"):
        for file in (source / directory).glob("*.*"):
            assert f"{directory}/{file.name}" in names


def test_the_wheel_holds_the_package_and_the_plugins_only(source: Path, built: Path) -> None:
    with zipfile.ZipFile(one(built, "rabbitchat-*.whl")) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    modules = {str(file.relative_to(source)) for file in (source / "rabbitchat").rglob("*.py")}
    page = {name for name in page_of(source) if not name.endswith(".made-from")}
    assert page <= names, "the wheel was built from the sdist, which has it"
    assert modules <= names
    assert "rabbitchat/py.typed" in names
    assert not [name for name in names if "package" in name or "npmrc" in name]
    outside = {name for name in names if not name.startswith("rabbitchat/")}
    assert outside == {
        "twisted/plugins/rabbitchat_plugin.py",
        "twisted/plugins/rabbitchat_sockjs.py",
    }


def speaks(port: int) -> bool:
    """Whether the line protocol says something first."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        return bool(connection.recv(1))


def greets(port: int) -> bool:
    """Whether SockJS is spoken there."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return bool(answer.read() == b"Welcome to SockJS!\n")


def starts_far_away(scripts: Path, directory: Path) -> None:
    """Start the daemon in both ways from another directory and talk to it: on the line port of
    its own, and on one of an endpoint that the package brings."""
    for start, line_endpoint, answers in (
        ([scripts / "twistd", "-n", "rabbitchat"], "tcp:{}:interface=127.0.0.1", speaks),
        ([scripts / "rabbitchat"], r"sockjs:tcp\:{}\:interface=127.0.0.1", greets),
    ):
        port, line_port = free_port(), free_port()
        command = [
            *start,
            f"--port=tcp:{port}:interface=127.0.0.1",
            f"--line-port={line_endpoint.format(line_port)}",
        ]
        with Foreground(command, directory, installed_environment()) as daemon:
            daemon.wait_until_accepting(port, line_port)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                page = answer.read()
            assert b'<script type="module"' in page, "the web client is not in the package"
            assert answers(line_port)
            daemon.interrupt()
            assert "Traceback" not in daemon.output


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new virtual environment. What the package needs comes with the first that
    is installed there."""
    directory = tmp_path_factory.mktemp("fresh")
    must(sys.executable, "-m", "venv", directory, cwd=directory)
    return directory / "bin"


@pytest.fixture
def install(fresh: Path, tmp_path: Path) -> Iterator[Install]:
    """Installs as it is told to; in the end nothing of it is left."""

    def pip_install(*what: str | Path, cwd: Path) -> None:
        must(fresh / "pip", "install", *what, cwd=cwd)
        must(fresh / "pip", "check", cwd=tmp_path)

    yield pip_install
    must(fresh / "pip", "uninstall", "--yes", "rabbitchat", cwd=tmp_path)
    after = run([fresh / "twistd", "--help"], tmp_path, installed_environment())
    assert after.returncode == 0, "Twisted must survive that the plugin is removed"
    assert "rabbitchat" not in after.stdout


def test_the_wheel(built: Path, fresh: Path, install: Install, tmp_path: Path) -> None:
    install(one(built, "rabbitchat-*.whl"), cwd=tmp_path)
    starts_far_away(fresh, tmp_path)


@pytest.mark.parametrize("how", [["--editable"], []], ids=["pip install -e .", "pip install ."])
def test_a_checkout(fresh: Path, install: Install, tmp_path: Path, how: list[str]) -> None:
    checkout = copy_checkout(tmp_path / "checkout")
    install(*how, ".", cwd=checkout)
    starts_far_away(fresh, tmp_path)
