"""Texts and names that attack who reads them in the web page, end to end."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor
from support.people import Person
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance

PILE = "a" + "\u0301\u0300\u0308\u0323\u0331" * 200
TOWERS = ("Z" + "\u0301" * 300 + " ") * 8  # the same mark again and again: higher than any page
TURNED = "\u202e\u2066 exe.gpj \u2067"

ATTACKS = [
    PILE,
    f"{PILE} " * 3,
    TOWERS,
    TURNED,
    "\u200f\u202b" + "\u05d0" * 50,
    "\u200b" * 500 + "x",
    "x" * 3000,
    "y\n" * 50,
    "<style>* { display: none }</style>",
    "<img src=x onerror='window.hacked = 1'>",
    "javascript:window.hacked=1 data:text/html,<script>window.hacked=1</script>",
]


def test_texts_that_paint_over_others(visitor: NewVisitor, daemon: Twistd) -> None:
    """Piles of marks, turned and invisible characters, markup and very long words change nothing
    but their own rows: what another one said looks as before, to the last pixel."""
    ann = visitor("ann")
    mallory = Person(daemon.port).connect("mallory", "lobby")
    mallory.say("lobby", ATTACKS[-1])
    ann.say("I was here first")
    mine = ann.page.locator("#log .message").filter(has_text="I was here first")
    expect(ann.page.locator("#pending li")).to_have_count(0)
    mallory.command("topic", room="lobby", text=f"{TURNED}{PILE[:100]}")
    expect(ann.page.locator("#topic")).to_contain_text("exe.gpj")
    before = mine.screenshot(animations="disabled")
    for text in ATTACKS:
        mallory.say("lobby", text)
    expect(ann.page.locator("#log .message")).to_have_count(len(ATTACKS) + 2)
    assert mine.screenshot(animations="disabled") == before
    # They would, if they could.
    ann.page.evaluate(
        """document.querySelectorAll("#log *").forEach((each) => {
            each.style.overflow = "visible";
        })"""
    )
    assert mine.screenshot(animations="disabled") != before
    width = ann.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0
    assert ann.page.evaluate("window.hacked") is None
    assert ann.page.locator("#log :is(img, style, script, a)").count() == 0
    policy = ann.page.request.get(daemon.url).headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    mallory.close()
