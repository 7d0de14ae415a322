"""How the files of the web client are served: which there are, compressed, and kept how long."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
import pytest_twisted

from support.http import Answer, fetch
from support.nodes import Node, StartNode

PAGE = b"<!doctype html><title>rabbitchat</title>"
SCRIPT = b"console.log('hello');" * 20
HASHED = "/assets/index-BCvw_g3-.js"


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of files, such as the build makes, that is served."""
    directory = tmp_path / "static"
    files = {
        "index.html": PAGE,
        "index.html.gz": gzip.compress(PAGE),
        HASHED[1:]: SCRIPT,
        f"{HASHED[1:]}.gz": gzip.compress(SCRIPT),
        "assets/plain.js": SCRIPT,
        "manifest.webmanifest": b"{}",
        "icon.svg": b"<svg/>",
        "icon-192.png": b"PNG",
        "licences.txt": b"MIT",
        "style.css": b"",
        "other.bin": b"",
        ".made-from": b"1 2",
        "quick/index.html": b"<title>quick</title>",
    }
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr("rabbitchat.site.make_site.__defaults__", (directory,))
    return directory


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/quick/", "text/html; charset=utf-8"),
        (HASHED, "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/icon.svg", "image/svg+xml"),
        ("/icon-192.png", "image/png"),
        ("/licences.txt", "text/plain; charset=utf-8"),
        ("/other.bin", "application/octet-stream"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_each_file_is(
    node: StartNode, static: Path, path: str, content_type: str
) -> None:
    for coding in ("gzip", "identity"):
        answer = await fetch(await node(), path, "GET", f"Accept-Encoding: {coding}")
        assert answer.status == 200
        assert answer.headers["content-type"] == content_type


@pytest_twisted.ensureDeferred
async def test_what_can_change_is_asked_for_each_time(node: StartNode, static: Path) -> None:
    chat = await node()
    for path in ("/", "/quick/", "/icon.svg", "/assets/plain.js", "/assets/gone-BCvw_g3-.js"):
        assert (await fetch(chat, path)).headers["cache-control"] == "no-cache"
    kept = (await fetch(chat, HASHED)).headers["cache-control"]
    assert kept == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("xgzip", False),
    ],
)
@pytest_twisted.ensureDeferred
async def test_who_can_read_it_gets_it_compressed(
    node: StartNode, static: Path, accepted: str, compressed: bool
) -> None:
    answer = await fetch(await node(), HASHED, "GET", f"Accept-Encoding: {accepted}")
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers.get("content-encoding") == ("gzip" if compressed else None)
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert (gzip.decompress(answer.body) if compressed else answer.body) == SCRIPT
    assert answer.headers["cache-control"].endswith("immutable")


@pytest_twisted.ensureDeferred
async def test_who_asks_for_the_headers_alone_gets_the_same_ones(
    node: StartNode, static: Path
) -> None:
    chat = await node()
    whole, headers = [
        (await fetch(chat, HASHED, method, "Accept-Encoding: gzip")).headers
        for method in ("GET", "HEAD")
    ]
    for name in ("etag", "content-encoding", "content-length", "vary", "cache-control"):
        assert headers[name] == whole[name]


async def ask_again(chat: Node, tag: str, *headers: str) -> Answer:
    """As a browser that has the page already."""
    return await fetch(chat, "/", "GET", f"If-None-Match: {tag}", *headers)


@pytest_twisted.ensureDeferred
async def test_what_has_not_changed_is_not_sent_again(node: StartNode, static: Path) -> None:
    chat = await node()
    plain = (await fetch(chat, "/")).headers["etag"]
    small = (await fetch(chat, "/", "GET", "Accept-Encoding: gzip")).headers["etag"]
    assert plain != small
    again = await ask_again(chat, small, "Accept-Encoding: gzip")
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == small
    assert (await ask_again(chat, small)).body == PAGE


@pytest_twisted.ensureDeferred
async def test_an_older_release_that_is_put_back_is_seen(node: StartNode, static: Path) -> None:
    chat = await node()
    had = (await fetch(chat, "/")).headers
    (static / "index.html").write_bytes(PAGE.upper())
    os.utime(static / "index.html", (1, 1))
    again = await ask_again(chat, had["etag"], f"If-Modified-Since: {had['last-modified']}")
    assert (again.status, again.body) == (200, PAGE.upper())


@pytest_twisted.ensureDeferred
async def test_ranges_are_left_alone(node: StartNode, static: Path) -> None:
    answer = await fetch(await node(), "/", "GET", "Range: bytes=0-1,2-3")
    assert (answer.status, answer.body) == (200, PAGE)


@pytest.mark.parametrize(
    "path",
    [
        "/.made-from",
        "/index.html.gz",
        "/assets",
        "/assets/",
        "/assets/../index.html",
        "/assets%2fplain.js",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "//secret.txt",
        "/index.html/",
        "/index.html/x",
        "/" + "x" * 5000,
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_is_not_to_be_had(node: StartNode, static: Path, path: str) -> None:
    answer = await fetch(await node(), path)
    assert answer.status == 404
    assert answer.headers["cache-control"] == "no-cache"
    assert b"secret" not in answer.body


@pytest_twisted.ensureDeferred
async def test_quick_is_sent_to_its_directory_wherever_we_are(
    node: StartNode, static: Path
) -> None:
    answer = await fetch(await node(), "/quick")
    assert (answer.status, answer.headers["location"]) == (301, "quick/")


@pytest_twisted.ensureDeferred
async def test_nothing_was_built(node: StartNode, static: Path) -> None:
    (static / "index.html").unlink()
    chat = await node()
    answer = await fetch(chat, "/")
    assert answer.status == 200
    assert b"make web" in answer.body
    assert b'href="quick/"' in answer.body
    assert (await fetch(chat, "/quick/")).body == b"<title>quick</title>"
