"""A real Chromium at a real daemon's page, as somebody whom the page knows already."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import websocket
from playwright.sync_api import Browser, BrowserContext, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

NETWORKS: dict[str, dict[str, float] | None] = {
    "this machine": None,
    # What others call so as well: Lighthouse, WebPageTest.
    "slow 4G": {"latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8},
}
"""Milliseconds, and bytes a second."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's own browser."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise SystemExit(f"Chromium is missing: none of {', '.join(NAMES)} is on the PATH")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


def say(port: int, nick: str, room: str, texts: Iterator[str]) -> None:
    """Have a program say all this in a room."""
    program = websocket.create_connection(f"ws://127.0.0.1:{port}/ws", timeout=10)
    commands: list[dict[str, Any]] = [
        {"type": "connect", "nick": nick},
        {"type": "join", "room": room},
        *({"type": "publish", "room": room, "text": text} for text in texts),
    ]
    for number, command in enumerate(commands):
        program.send(json.dumps({**command, "id": number}))
        while json.loads(program.recv()).get("id") != number:
            pass
    program.close()


def known(browser: Browser, url: str) -> Any:
    """What the page keeps of a user who was here before; for `visit`."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    page.locator("#name").fill("ann")
    page.locator("#enter").click()
    page.locator('#status[data-state="connected"]').wait_for(state="attached")
    kept = context.storage_state()
    context.close()
    return kept


def visit(browser: Browser, kept: Any, **options: Any) -> BrowserContext:
    """A browser of that user in which nothing of the page is but who they are."""
    return browser.new_context(storage_state=kept, **options)
