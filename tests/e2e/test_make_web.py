"""`make web`: with npm, without it, and again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from support.daemons import CHECKOUT, copy_checkout, run

CLIENT = "sockjs-client v1.6.1 "
FETCHES = """
echo "$@" >>../calls
mkdir -p node_modules/sockjs-client/dist
cd node_modules/sockjs-client
{
    echo '/* sockjs-client v1.6.1 | MIT */'
    echo 'the client'
    echo '//# sourceMappingURL=no.map'
} >dist/sockjs.min.js
echo 'All rights granted.' >LICENSE
"""
FAILS = "echo 'npm error network' >&2; exit 1"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clean clone."""
    copy = copy_checkout(tmp_path / "rabbitchat")
    shutil.rmtree(copy / "rabbitchat" / "static", ignore_errors=True)
    return copy


def make_web(checkout: Path, npm: str = "", *arguments: str) -> str:
    """Run it with this program as npm, or with none; what it says about what is missing."""
    programs = checkout.parent / "bin"
    shutil.rmtree(programs, ignore_errors=True)
    programs.mkdir()
    for name in ("sh", "sed", "cp", "mv", "rm", "mkdir", "cat", "dirname", "diff"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    if npm:
        (programs / "npm").write_text(f"#!/bin/sh\n{npm}\n")
        (programs / "npm").chmod(0o755)
    env = {"PATH": str(programs), "HOME": str(checkout.parent)}
    done = run([checkout / "scripts" / "web", *arguments], checkout.parent, env)
    assert done.returncode == 0, done.stderr
    return done.stderr


def served(checkout: Path) -> dict[str, str]:
    """The files that the daemon serves, by name."""
    static = checkout / "rabbitchat" / "static"
    return {file.name: file.read_text() for file in static.iterdir()}


def test_without_npm(checkout: Path) -> None:
    said = make_web(checkout)
    assert said == (
        "There is no npm to fetch sockjs-client 1.6.1 with, so the page uses /ws only."
        " Install npm and run: make web\n"
    )
    files = served(checkout)
    assert files["sockjs.js"] == (checkout / "web" / "sockjs.js").read_text()
    source = {file.name for file in (checkout / "web").iterdir()}
    assert set(files) == source - {"package.json", "package-lock.json", ".npmrc"}


@pytest.mark.parametrize("npm", [FAILS, "exit 0"], ids=["offline", "brings nothing"])
def test_npm_that_fails(checkout: Path, npm: str) -> None:
    said = make_web(checkout, npm)
    assert said.startswith("npm could not fetch sockjs-client 1.6.1, so the page uses /ws only. ")
    assert said.endswith(" To try again: make web\n")
    assert said.count("\n") == 1
    assert CLIENT not in served(checkout)["sockjs.js"]


def test_npm_is_run_once(checkout: Path) -> None:
    built = set()
    for _ in range(2):
        assert make_web(checkout, FETCHES) == ""
        client = served(checkout)["sockjs.js"]
        assert client == (
            "/* sockjs-client v1.6.1 | MIT */\nthe client\n/*\nAll rights granted.\n*/\n"
        )
        assert (checkout / "calls").read_text() == "ci\n"
        assert not [name for name in served(checkout) if "package" in name]
        built.add((checkout / "rabbitchat" / "static").stat().st_ino)
    assert len(built) == 1, "a daemon may be serving what has not changed"
    assert make_web(checkout) == "", "what is here needs no npm"
    assert served(checkout)["sockjs.js"] == client


def test_a_new_version_is_fetched(checkout: Path) -> None:
    make_web(checkout, FETCHES)
    package = checkout / "web" / "package.json"
    package.write_text(package.read_text().replace("1.6.1", "1.7.0"))
    assert "npm could not fetch sockjs-client 1.7.0" in make_web(checkout, FETCHES)
    assert (checkout / "calls").read_text() == "ci\nci\n"
    assert CLIENT not in served(checkout)["sockjs.js"]


def test_offline_it_takes_what_is_here(checkout: Path) -> None:
    assert make_web(checkout, FETCHES, "offline") == ""
    assert not (checkout / "calls").exists()
    assert CLIENT not in served(checkout)["sockjs.js"]
    make_web(checkout, FETCHES)
    assert make_web(checkout, "", "offline") == ""
    assert CLIENT in served(checkout)["sockjs.js"]


@pytest.mark.parametrize("npm", ["", FAILS], ids=["no npm", "offline"])
def test_what_was_put_there_stays(checkout: Path, npm: str) -> None:
    """As in an unpacked sdist, which has the finished page and no node_modules."""
    make_web(checkout, FETCHES)
    client = served(checkout)["sockjs.js"]
    shutil.rmtree(checkout / "web" / "node_modules")
    assert make_web(checkout, npm) == ""
    assert served(checkout)["sockjs.js"] == client


def test_the_lock_file_names_no_registry_and_no_machine() -> None:
    lock = json.loads((CHECKOUT / "web" / "package-lock.json").read_text())
    wanted = json.loads((CHECKOUT / "web" / "package.json").read_text())["dependencies"]
    packages = lock["packages"]
    assert packages.pop("")["dependencies"] == wanted == {"sockjs-client": "1.6.1"}
    assert packages["node_modules/sockjs-client"]["version"] == "1.6.1"
    for package in packages.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package
    for file in (CHECKOUT / "web").glob("*package*"):
        assert str(CHECKOUT) not in file.read_text()
