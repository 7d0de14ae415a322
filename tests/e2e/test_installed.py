"""The page is kept by the browser: it opens without the server, and changes with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor, Visitor
from support.daemons import CHECKOUT, copy_checkout, run, wait_for
from support.middlebox import Middlebox
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance

WITH_WORKER = {"service_workers": "allow"}

KEPT = """async () => {
    const { scope, active } = await navigator.serviceWorker.ready;
    while (active.state !== "activated") {
        await new Promise((resolve) => active.addEventListener("statechange", resolve));
    }
    return { scope, caches: await caches.keys() };
}"""


def is_kept(visitor: Visitor) -> None:
    """Wait until the browser has kept the page that is shown."""
    kept = visitor.page.evaluate(KEPT)
    assert kept["scope"] == visitor.page.url.partition("#")[0]
    assert len(kept["caches"]) == 1


def shows_that_it_is_away(visitor: Visitor) -> None:
    """All of the page is there, and says that it has no connection."""
    expect(visitor.page.locator("#text")).to_be_visible()
    visitor.is_away()


def test_without_the_server(visitor: NewVisitor, daemon: Twistd) -> None:
    ann = visitor("ann", **WITH_WORKER)
    is_kept(ann)
    daemon.stop()
    for _ in range(2):
        ann.page.reload()
        shows_that_it_is_away(ann)
    daemon.start()
    ann.is_in()
    ann.say("hello")
    ann.sees("ann: hello")


def test_a_proxy_stands_there_alone(visitor: NewVisitor, middlebox: Middlebox) -> None:
    ann = visitor("ann", **WITH_WORKER, url=middlebox.url)
    is_kept(ann)
    middlebox.refuses = b""
    ann.page.reload()
    shows_that_it_is_away(ann)
    middlebox.refuses = b"(?!)"
    ann.is_in()


def test_a_server_that_does_not_answer(visitor: NewVisitor, middlebox: Middlebox) -> None:
    ann = visitor("ann", **WITH_WORKER, url=middlebox.url)
    is_kept(ann)
    middlebox.swallows = rb"^GET / "
    ann.page.reload()
    ann.is_in()


ASK = """(paths) => Promise.all(paths.map(
    (path) => fetch(path).then(({ status }) => status, () => "nobody answers")))"""


def test_only_the_page_is_kept(visitor: NewVisitor, daemon: Twistd) -> None:
    page = ["./", "icon.svg", "manifest.webmanifest"]
    others = ["quick/", "health", "metrics", "chat/info", "ws", "sw.js", "licences.txt"]
    ann = visitor("ann", **WITH_WORKER)
    is_kept(ann)
    ann.page.reload()
    ann.is_in()
    by_worker: dict[str, bool] = {}
    ann.page.on(
        "response", lambda answer: by_worker.update({answer.url: answer.from_service_worker})
    )
    ann.page.evaluate(ASK, [*page, *(path for path in others if path != "ws")])
    for path in page:
        assert by_worker[f"{daemon.url}{path.removeprefix('./')}"]
    for path in others:
        assert not by_worker.get(f"{daemon.url}{path}", False)
    daemon.stop()
    ann.page.reload()
    answers = ann.page.evaluate(ASK, [*page, *others])
    assert answers == [*[200] * len(page), *["nobody answers"] * len(others)]


def test_below_a_path_of_another_server(visitor: NewVisitor, daemon: Twistd) -> None:
    box = Middlebox(daemon.port, below="/team")
    try:
        ann = visitor("ann", **WITH_WORKER, url=box.url)
        ann.travels_by("websocket")
        is_kept(ann)
        box.refuses = b""
        ann.page.reload()
        shows_that_it_is_away(ann)
        box.refuses = b"(?!)"
        ann.is_in()
    finally:
        box.close()


def test_it_can_be_installed(visitor: NewVisitor) -> None:
    """Chromium finds nothing in the way of it."""
    ann = visitor("ann", **WITH_WORKER)
    is_kept(ann)
    devtools = ann.context.new_cdp_session(ann.page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == []
    assert json.loads(found["data"])["display"] == "standalone"
    problems = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [problem["errorId"] for problem in problems] in ([], ["in-incognito"])


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Twistd]:
    """A daemon of a checkout of its own, whose page `release_next` changes."""
    checkout = copy_checkout(tmp_path / "rabbitchat")
    (checkout / "web" / "node_modules").symlink_to(CHECKOUT / "web" / "node_modules")
    twistd = Twistd(tmp_path, checkout=checkout)
    try:
        release_next(tmp_path, 1)
        twistd.start()
        yield twistd
        if twistd.runs:
            twistd.stop()
    finally:
        twistd.clean_up()


def release_next(directory: Path, number: int) -> None:
    """Build a page that says which release it is, in all that it is made of."""
    source = directory / "rabbitchat" / "web"
    main = source / "src" / "main.tsx"
    kept = main.read_text().partition("\n// release")[0]
    main.write_text(f"{kept}\n// release\ndocument.body.dataset.script = '{number}';\n")
    style = source / "src" / "ui" / "base.css"
    kept = style.read_text().partition("\n/* release")[0]
    style.write_text(f"{kept}\n/* release */\nbody {{ --release: '{number}'; }}\n")
    built = run([directory / "rabbitchat" / "scripts" / "web", "offline"], directory)
    assert built.returncode == 0, built.stderr


def shown(visitor: Visitor) -> list[str]:
    """The releases that the script and the style of the page are of."""
    expect(visitor.page.locator("#text")).to_be_visible()
    found: list[str] = visitor.page.evaluate(
        "() => [document.body.dataset.script, getComputedStyle(document.body)"
        ".getPropertyValue('--release').replace(/[\"']/g, '')]"
    )
    return found


def test_a_new_release(visitor: NewVisitor, release: Twistd, tmp_path: Path) -> None:
    ann = visitor("ann", **WITH_WORKER, url=release.url)
    is_kept(ann)
    assert shown(ann) == ["1", "1"]
    release_next(tmp_path, 2)
    ann.page.reload()
    assert shown(ann) == ["2", "2"], "the next load has it"
    ann.is_in()
    ann.page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.ready;
            while (registration.waiting?.state !== "installed") {
                await new Promise((resolve) => setTimeout(resolve, 20));
            }
        }"""
    )
    old, new = ann.page.evaluate("caches.keys()")
    # What is kept takes over when no tab is left that may need what was kept before.
    ann.page.close()

    def has_taken_over() -> bool:
        tab = ann.context.new_page()
        tab.goto(f"{release.url}health")
        kept = tab.evaluate("caches.keys()")
        tab.close()
        return bool(kept == [new])

    wait_for(has_taken_over, "what was kept before is gone")
    later = ann.another_tab()
    release.stop()
    later.page.reload()
    shows_that_it_is_away(later)
    assert shown(later) == ["2", "2"]
    release.start()
    later.is_in()
