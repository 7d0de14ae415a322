"""The pictures in the README: a conversation in light, in dark and on a phone.

Made anew, and compared by eye, with RABBITCHAT_PICTURES=docs/images.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor, Visitor
from support.people import Person
from support.telnet import NewTelnet
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance

DESK = {"viewport": {"width": 1120, "height": 660}, "device_scale_factor": 1.5}
PHONE = {
    **{"viewport": {"width": 390, "height": 780}, "device_scale_factor": 2},
    **{"has_touch": True, "is_mobile": True},
}
PICTURES: dict[str, dict[str, Any]] = {
    "page-light": {**DESK, "color_scheme": "light"},
    "page-dark": {**DESK, "color_scheme": "dark"},
    "page-phone": {**PHONE, "color_scheme": "light"},
}
LARGEST = 150_000  # bytes of each, in the repository


def elsewhere(port: int) -> None:
    """What is said in other rooms, and privately."""
    mia = Person(port).connect("mia", "garden", "kitchen")
    mia.say("garden", "the tomatoes are in")
    mia.say("garden", "@ann have you got the long hose?")
    mia.say("kitchen", "we are out of oat milk")
    mia.say("@ann", "see you at six?")


def conversation(port: int, ann: Visitor, telnet: NewTelnet) -> Person:
    """What is said in the lobby. Returns bob, who is still there."""
    bob = Person(port).connect("bob", "lobby")
    chloe = Person(port).connect("Chloé", "lobby")
    dani = Person(port).connect("דני", "lobby")
    bob.command("topic", room="lobby", text="Tea at four. Bring a mug!")
    asked = bob.say(
        "lobby", "Good afternoon! Who is coming at *four*? @ann, you promised biscuits"
    )
    chloe.say("lobby", "Me! I'll be a little late, the tram stands still")
    chloe.say("lobby", "/me brings the good honey")
    ann.say(
        "Of course. They are in the top drawer, the one that says:\n```\nno biscuits here\n```"
    )
    dani.say("lobby", "שלום לכולם, I am on my way 🚲")
    said = chloe.say("lobby", "How long does it have to draw? I never know")
    read = "https://en.wikipedia.org/wiki/Tea"
    bob.say("lobby", f"> Chloé: How long does it have to draw?\n\n**Three minutes**, see {read}")
    for person, message, by, text in (
        (chloe, asked, bob, "👍"),
        (dani, asked, bob, "👍"),
        (dani, asked, bob, "🎉"),
        (bob, said, chloe, "😂"),
    ):
        fields = {"react": message["msgid"], "of": by.user, "text": text, "active": True}
        person.command("publish", room="lobby", **fields)
    tel = telnet("tel")
    tel.says("I smell it from here, at my terminal: telnet localhost 9192")
    bob.sees("message", text="I smell it from here, at my terminal: telnet localhost 9192")
    return bob


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_in_the_readme(
    visitor: NewVisitor, telnet: NewTelnet, daemon: Twistd, tmp_path: Path, name: str
) -> None:
    ann = visitor("ann", **PICTURES[name], reduced_motion="reduce")
    for room in ("garden", "kitchen", "lobby"):
        ann.goes_to(f"#{room}")
    bob = conversation(daemon.port, ann, telnet)
    elsewhere(daemon.port)
    rows = ann.page.locator("#log .message")
    expect(rows).to_have_count(8)
    expect(rows.last).to_contain_text("at my terminal")
    expect(ann.page.locator("#log .reaction")).to_have_count(3)
    expect(ann.page).to_have_title("(4) #lobby - rabbitchat")
    bob.command("typing", room="lobby", active=True)
    ann.sees_typing("bob is typing…")
    ann.page.mouse.move(0, 0)
    folder = Path(os.environ.get("RABBITCHAT_PICTURES", tmp_path))
    picture = folder / f"{name}.png"
    ann.page.screenshot(path=picture)
    assert 10_000 < picture.stat().st_size


def test_the_pictures_are_small() -> None:
    for name in PICTURES:
        kept = Path(__file__).parents[2] / "docs/images" / f"{name}.png"
        assert 10_000 < kept.stat().st_size < LARGEST
