"""`make web`: with npm, without it, and again."""

from __future__ import annotations

import gzip
import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.daemons import CHECKOUT, copy_checkout, environment, run

MODULES = CHECKOUT / "web" / "node_modules"
FETCHES = f'echo "$@" >>../calls; ln -s {MODULES} node_modules'
FAILS = "echo 'npm error network' >&2; exit 1"
HASHED = re.compile(r"assets/[\w.-]+-[\w-]{8}\.\w+(\.gz)?")
QUICK = {"quick/index.html", "quick/quick.css", "quick/quick.js"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clean clone."""
    copy = copy_checkout(tmp_path / "rabbitchat")
    shutil.rmtree(copy / "rabbitchat" / "static", ignore_errors=True)
    return copy


def try_web(
    checkout: Path, npm: str = "", *arguments: str, node: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run it with this program as npm and the real Node.js, or this one; or with neither."""
    programs = checkout.parent / "bin"
    shutil.rmtree(programs, ignore_errors=True)
    programs.mkdir()
    small = "sh cp mv rm mkdir cat dirname diff find cksum sort ln"
    for name in (*small.split(), *(["node"] if npm and not node else [])):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    for name, text in (("npm", npm), ("node", node)):
        if text:
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
    env = {"PATH": str(programs), "HOME": str(checkout.parent)}
    return run([checkout / "scripts" / "web", *arguments], checkout.parent, env)


def make_web(checkout: Path, npm: str = "", *arguments: str, node: str = "") -> str:
    """Run it, successfully; what it says about what is missing."""
    done = try_web(checkout, npm, *arguments, node=node)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def served(checkout: Path) -> dict[str, bytes]:
    """The files that the daemon serves, by name."""
    static = checkout / "rabbitchat" / "static"
    files = [file for file in static.rglob("*") if file.is_file()]
    return {str(file.relative_to(static)): file.read_bytes() for file in files}


def calls(checkout: Path) -> list[str]:
    """What npm was asked for."""
    file = checkout / "calls"
    return file.read_text().splitlines() if file.exists() else []


def change(checkout: Path) -> None:
    """Change what the page is built from."""
    with (checkout / "web" / "src" / "main.tsx").open("a") as file:
        file.write('\ndocument.title = "changed";\n')


OLD = 'case "$1" in -e) exit 1 ;; esac'


@pytest.mark.parametrize(
    ("npm", "node", "said"),
    [
        ("", "", "There is no npm"),
        (FETCHES, OLD, "Node.js is too old"),
        (FAILS, "", "npm could not fetch what it is built with"),
        ("exit 0", "", "npm could not fetch what it is built with"),
    ],
    ids=["no npm", "old Node.js", "offline", "brings nothing"],
)
def test_it_cannot_be_built(checkout: Path, npm: str, node: str, said: str) -> None:
    for _ in range(2):
        problem = make_web(checkout, npm, node=node)
        assert problem.startswith(f"{said}: the web client is not built, there is /quick only. ")
        assert "make web" in problem
        assert problem.count("\n") == 1
        assert set(served(checkout)) == QUICK
    assert try_web(checkout, npm, "dev", node=node).returncode == 1


def test_it_is_built_once(checkout: Path) -> None:
    inodes = set()
    for _ in range(2):
        done = try_web(checkout, FETCHES)
        assert (done.returncode, done.stderr) == (0, "")
        inodes.add((checkout / "rabbitchat" / "static").stat().st_ino)
        files = served(checkout)
    assert calls(checkout) == ["ci --omit=dev"]
    assert len(inodes) == 1, "a daemon may be serving what has not changed"
    assert done.stdout == "", "nothing has changed, and nothing was built"
    assert set(files) >= {"index.html", "sw.js", "manifest.webmanifest", "icon.svg", *QUICK}
    assert make_web(checkout) == "", "what is here needs no npm"
    assert served(checkout) == files


def test_what_is_built(checkout: Path) -> None:
    make_web(checkout, FETCHES)
    files = served(checkout)
    page = files["index.html"].decode()
    assert re.search(r'<script type="module" [^>]*src="\./assets/', page)
    for address in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert address.startswith("./"), "any path of any server can serve it"
        assert address[2:] in files
    assert not re.search(r"<style|\bstyle=|\bon\w+=|<script(?![^>]*src)", page), "inline"
    for name, content in files.items():
        if name.startswith("assets/"):
            assert HASHED.fullmatch(name)
        if name.endswith(".gz"):
            assert gzip.decompress(content) == files[name.removesuffix(".gz")]
            assert len(content) < len(files[name.removesuffix(".gz")])
    for name in files:
        if name.startswith("assets/") and name.endswith(".js") and len(files[name]) > 1000:
            assert f"{name}.gz" in files
    manifest = json.loads(files["manifest.webmanifest"])
    assert {icon["src"] for icon in manifest["icons"]} <= set(files)
    assert manifest["start_url"] == manifest["scope"] == "./"


def test_the_licences_of_what_is_in_it(checkout: Path) -> None:
    make_web(checkout, FETCHES)
    licences = served(checkout)["licences.txt"].decode()
    for name in ("preact", "@preact/signals", "sockjs-client", "inherits"):
        assert re.search(rf"^## {name} - [\d.]+ \((MIT|ISC)\)$", licences, re.M), name
    assert licences.count("Permission is hereby granted") >= 4


def test_sockjs_client_is_there_for_pages_of_other_origins(checkout: Path) -> None:
    """The daemon's /chat/iframe.html loads it."""
    make_web(checkout, FETCHES)
    script = served(checkout)["sockjs.js"].decode()
    assert script.startswith("/* sockjs-client v1.6.1 ")
    assert "sourceMappingURL" not in script
    for name in ("sockjs-client", "url-parse", "inherits"):
        assert f"/*\n{name}\n" in script
    assert b"sockjs.js" not in served(checkout)["sw.js"], "our page has no use for it"


def test_what_has_changed_is_built_again(checkout: Path) -> None:
    make_web(checkout, FETCHES)
    before = served(checkout)
    change(checkout)
    said = make_web(checkout)
    assert said.startswith("There is no npm: the web client stays as it was built before. ")
    assert served(checkout) == before
    assert make_web(checkout, FETCHES) == ""
    after = served(checkout)
    assert after["index.html"] != before["index.html"]
    assert after["sw.js"] != before["sw.js"], "or browsers would keep the files of before"
    assert not [name for name in after if name.endswith(".js") and "changed" in name]
    assert len(after) == len(before), "nothing of before is left"


def test_what_is_fetched_for_tests(checkout: Path) -> None:
    assert make_web(checkout, FETCHES, "dev") == ""
    assert calls(checkout) == ["ci"]
    assert "index.html" in served(checkout)
    make_web(checkout, FETCHES, "dev")
    make_web(checkout, FETCHES)
    assert calls(checkout) == ["ci"]


def test_another_version_is_fetched(checkout: Path) -> None:
    make_web(checkout, FETCHES)
    lock = checkout / "web" / "package-lock.json"
    packages = json.loads(lock.read_text())
    packages["packages"]["node_modules/preact"]["version"] = "99.0.0"
    lock.write_text(json.dumps(packages))
    assert "npm could not fetch" in make_web(checkout, f"rm node_modules; {FETCHES}")
    assert calls(checkout) == ["ci --omit=dev"] * 2


def test_offline_it_takes_what_is_here(checkout: Path) -> None:
    assert make_web(checkout, FETCHES, "offline") == ""
    assert calls(checkout) == []
    assert set(served(checkout)) == QUICK
    (checkout / "web" / "node_modules").symlink_to(MODULES)
    assert make_web(checkout, FETCHES, "offline") == ""
    assert calls(checkout) == []
    assert "index.html" in served(checkout)


@pytest.mark.parametrize("arguments", [[], ["offline"]], ids=["make web", "pip install"])
def test_what_was_put_there_stays(checkout: Path, arguments: list[str]) -> None:
    """As in an unpacked sdist, which has the finished page and no node_modules."""
    make_web(checkout, FETCHES)
    before = served(checkout)
    (checkout / "web" / "node_modules").unlink()
    for npm in ("", FAILS):
        assert make_web(checkout, npm, *arguments) == ""
        assert served(checkout) == before


def too_large(checkout: Path) -> None:
    """Add what can't be compressed."""
    noise = checkout / "web" / "src" / "noise.ts"
    noise.write_text(f'document.title = "{secrets.token_urlsafe(62_000)}";\n')
    change(checkout)
    with (checkout / "web" / "src" / "main.tsx").open("a") as file:
        file.write('import "./noise";\n')


def broken(checkout: Path) -> None:
    """Add what is no TypeScript."""
    with (checkout / "web" / "src" / "main.tsx").open("a") as file:
        file.write("\nconst = ;\n")


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (
            too_large,
            r"The first load has \d+\.\d KiB of JavaScript, 60\.0 KiB are allowed:"
            r"\s+\d+\.\d KiB  assets/[\w-]+\.js",
        ),
        (broken, r"main\.tsx"),
    ],
)
def test_a_build_that_fails(checkout: Path, breaks: Callable[[Path], None], said: str) -> None:
    make_web(checkout, FETCHES)
    before = served(checkout)
    breaks(checkout)
    done = try_web(checkout, FETCHES)
    assert done.returncode == 1
    assert re.search(said, done.stderr)
    assert served(checkout) == before, "the page of before goes on"


def test_the_checks_and_tests_of_the_web_client_count() -> None:
    """`make lint` and `make test` run them, and fail with them."""
    for target, command in (("lint", "npm run check"), ("test", "npm test")):
        done = run(["make", "--dry-run", target], CHECKOUT, environment())
        assert f"cd web && {command}" in done.stdout.splitlines()


def test_the_lock_file_names_no_registry_and_no_machine() -> None:
    lock = json.loads((CHECKOUT / "web" / "package-lock.json").read_text())
    wanted = json.loads((CHECKOUT / "web" / "package.json").read_text())
    packages = lock["packages"]
    own = packages.pop("")
    for kind in ("dependencies", "devDependencies"):
        assert own[kind] == wanted[kind]
        for name, version in own[kind].items():
            assert packages[f"node_modules/{name}"]["version"] == version
    for package in packages.values():
        for name in package.get("optionalDependencies", {}):  # those for other machines
            assert f"node_modules/{name}" in packages, "`npm ci` would refuse it"
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package
    for file in (CHECKOUT / "web").glob("*package*"):
        assert str(CHECKOUT) not in file.read_text()
