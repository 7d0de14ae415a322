"""The emoji picker of the page, in real Chromium, by the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from support.browser import NewVisitor, Visitor

pytestmark = pytest.mark.ui_acceptance


def _opens_picker(who: Visitor) -> Locator:
    """The picker, open; the focus is where one types what one looks for."""
    who.page.get_by_role("button", name="Emoji", exact=True).press("Enter")
    picker = who.page.get_by_role("dialog", name="Choose an emoji")
    expect(picker.get_by_role("searchbox")).to_be_focused()
    return picker


def test_an_emoji_is_found_and_picked(visitor: NewVisitor) -> None:
    """One types a word, moves among what is found, and picks; it is remembered as used."""
    ann = visitor("ann")
    picker = _opens_picker(ann)
    keyboard = ann.page.keyboard
    keyboard.type("tada")
    expect(picker.get_by_role("button", name="party popper")).to_be_visible()
    keyboard.press("Enter")
    field = ann.page.get_by_role("textbox", name="Say something")
    expect(field).to_have_value("🎉")
    expect(field).to_be_focused()
    expect(picker).to_have_count(0)
    keyboard.press("Enter")
    ann.sees("ann: 🎉")
    picker = _opens_picker(ann)
    used_last = picker.get_by_role("button", name="Used last")
    expect(used_last).to_have_attribute("aria-pressed", "true")
    expect(picker.get_by_role("grid").get_by_role("button")).to_have_count(1)
    keyboard.type("red heart")
    expect(picker.get_by_role("button", name="red heart")).to_be_visible()
    keyboard.press("ArrowDown")
    expect(picker.get_by_role("button", name="red heart")).to_be_focused()
    keyboard.press("Enter")
    expect(field).to_have_value("❤️")


def test_arrows_move_in_the_grid_and_escape_leaves_it(visitor: NewVisitor) -> None:
    """Only one emoji is reached by Tab, the others by arrows; Escape changes nothing."""
    ann = visitor("ann")
    picker = _opens_picker(ann)
    emoji = picker.get_by_role("grid").get_by_role("button")
    expect(emoji.nth(100)).to_be_attached()
    keyboard = ann.page.keyboard
    keyboard.press("ArrowDown")
    for key, at in (
        ("ArrowRight", 1),
        ("ArrowDown", 9),
        ("End", 15),
        ("ArrowUp", 7),
        ("Home", 0),
        ("ArrowLeft", 0),
        ("PageDown", 40),
    ):
        keyboard.press(key)
        expect(emoji.nth(at)).to_be_focused()
        assert picker.locator("td button[tabindex='0']").count() == 1
    keyboard.press("Escape")
    expect(picker).to_have_count(0)
    expect(ann.page.get_by_role("textbox", name="Say something")).to_have_value("")


def test_the_tone_of_skin_is_kept(visitor: NewVisitor) -> None:
    """Who chose one has it from then on."""
    ann = visitor("ann")
    picker = _opens_picker(ann)
    picker.get_by_role("button", name="Medium", exact=True).press("Enter")
    picker.get_by_role("searchbox").fill("thumbsup")
    expect(picker.get_by_role("button", name="thumbs up")).to_have_text("👍🏽")
    picker.get_by_role("searchbox").press("Enter")
    ann.page.keyboard.press("Enter")
    ann.sees("ann: 👍🏽")
    ann.page.reload()
    ann.is_in()
    picker = _opens_picker(ann)
    picker.get_by_role("searchbox").fill("wave")
    expect(picker.get_by_role("button", name="waving hand")).to_have_text("👋🏽")
