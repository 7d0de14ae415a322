"""The page tells of what isn't read: in its title, in its icon, and on the desktop."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor, Visitor
from support.daemons import wait_for

pytestmark = pytest.mark.ui_acceptance

RECORDS = """
const Native = Notification;
window.shown = [];
window.Notification = class {
  static get permission() { return Native.permission; }
  static requestPermission() { return Native.requestPermission(); }
  constructor(title, { body, tag }) {
    Object.assign(this, { title: title.replace(/[\\u2066-\\u2069]/g, ""), body, tag, open: true });
    window.shown.push(this);
  }
  close() {
    this.open = false;
    this.onclose?.();
  }
};
"""
"""A desktop without one: what would be shown there is written down."""


def asks_for_notifications(who: Visitor) -> None:
    """Turn them on, in the settings."""
    who.page.get_by_role("button", name="More", exact=True).click()
    who.page.get_by_role("button", name="Settings").click()
    who.page.get_by_label("Notifications on the desktop").check()
    who.page.keyboard.press("Escape")
    expect(who.page.get_by_label("Notifications on the desktop")).to_be_hidden()


def bodies(who: Visitor) -> list[str]:
    """What the notifications say that were shown so far."""
    shown: list[str] = who.page.evaluate("shown.map(({ body }) => body)")
    return shown


def notified(who: Visitor, *texts: str) -> None:
    """Just these notifications were shown so far, `title: body`."""
    wait_for(lambda: len(bodies(who)) >= len(texts), f"{len(texts)} notifications")
    assert who.page.evaluate("shown.map(({ title, body }) => `${title}: ${body}`)") == list(texts)


@pytest.fixture
def ann(visitor: NewVisitor) -> Visitor:
    """Ann, who asked for notifications."""
    ann = visitor(permissions=["notifications"])
    ann.context.add_init_script(RECORDS)
    ann.page.reload()
    ann.give_name("ann")
    ann.is_in()
    asks_for_notifications(ann)
    return ann


def test_notifications(ann: Visitor, visitor: NewVisitor) -> None:
    bob = visitor("bob")
    bob.say("@ann are you there?")
    ann.sees("bob: @ann are you there?")
    ann.looks_away()
    bob.say("nobody's business")
    bob.say("*tea* is ready, @ann")
    notified(ann, "bob in #lobby: tea is ready, @ann")
    ann.looks_away(False)
    bob.goes_to("@ann")
    bob.say("psst")
    notified(ann, "bob in #lobby: tea is ready, @ann", "bob: psst")
    ann.page.evaluate("shown[1].onclick()")
    ann.is_at("@bob")
    ann.sees("bob: psst")
    assert ann.page.evaluate("shown.map(({ open }) => open)") == [False, False]
    # Who looks at it needs to be told no more, also after a reload.
    ann.page.reload()
    ann.is_in()
    ann.sees("bob: psst")
    bob.say("the cat is out")
    ann.sees("bob: psst", "bob: the cat is out")
    ann.looks_away()
    bob.say("and in again")
    notified(ann, "bob: and in again")


def test_one_of_several_tabs_notifies(ann: Visitor, visitor: NewVisitor) -> None:
    bob = visitor("bob")
    other = ann.another_tab("#lobby")
    both = [ann, other]
    for each in both:
        each.looks_away()
    bob.say("@ann tea?")
    for each in both:
        each.has_unread(1, **{"#lobby": 1})
    other.looks_away(False)
    bob.say("@ann biscuits?")
    bob.goes_to("@ann")
    bob.say("psst")
    ann.has_unread(1, **{"@bob": 1})  # the rest was read in the other tab
    wanted = ["@ann tea?", "psst"]
    wait_for(lambda: len(bodies(ann) + bodies(other)) >= len(wanted), "two notifications")
    assert sorted(bodies(ann) + bodies(other)) == wanted


def test_what_was_said_while_the_page_was_away(ann: Visitor, visitor: NewVisitor) -> None:
    bob, cat = visitor("bob"), visitor("cat")
    ann.looks_away()
    ann.context.set_offline(True)
    ann.is_away()
    bob.goes_to("@ann")
    bob.say("psst")
    cat.say("@ann hello")
    cat.sees("cat: @ann hello")
    bob.sees("bob: psst")
    ann.context.set_offline(False)
    ann.is_in()
    ann.has_unread(2, **{"#lobby": 1, "@bob": 1})
    wait_for(lambda: len(bodies(ann)) == 2, "two notifications")
    assert sorted(bodies(ann)) == ["@ann hello", "psst"]
    # What is there already when the page is opened is told by the page alone.
    ann.page.reload()
    ann.is_in()
    expect(ann.page).to_have_title(re.compile(r"^\("))
    bob.say("still there?")
    notified(ann, "bob: still there?")


def test_the_icon_of_the_tab(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    icon = ann.page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", "./icon.svg")
    ann.looks_away()
    bob.say("tea?")
    expect(icon).to_have_attribute("href", "./icon-unread.svg")
    bob.say("tea, @ann?")
    expect(icon).to_have_attribute("href", "./icon-mention.svg")
    expect(ann.page).to_have_title("(2) #lobby - rabbitchat")
    bob.goes_to("@ann")
    bob.say("psst")
    expect(ann.page).to_have_title("(3) #lobby - rabbitchat")
    ann.looks_away(False)
    expect(ann.page).to_have_title("(1) #lobby - rabbitchat")
    ann.goes_to("@bob")
    expect(ann.page).to_have_title("@bob - rabbitchat")
    expect(icon).to_have_attribute("href", "./icon.svg")
    for name in ("icon", "icon-unread", "icon-mention"):
        answer = ann.page.request.get(f"{ann.page.url.split('#')[0]}{name}.svg")
        assert answer.ok
        assert re.match("image/svg", answer.headers["content-type"])
