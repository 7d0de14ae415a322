"""What isn't read is counted, the same on each of one's devices."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor
from support.twistd import with_options

pytestmark = pytest.mark.ui_acceptance


def test_two_devices_of_one_user(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    phone = visitor(same_as=ann)
    for each in (ann, phone):
        each.has_unread(0)
        each.looks_away()
    bob.say("hello")
    bob.say("is anybody here?")
    bob.goes_to("@ann")
    bob.say("psst")
    for each in (ann, phone):
        each.has_unread(3, **{"#lobby": 2, "@bob": 1})
    bob.has_unread(0)
    phone.say("I am")  # one's own words aren't news
    ann.sees("bob: hello", "bob: is anybody here?", "ann: I am")
    for each in (ann, phone):
        each.has_unread(3, **{"#lobby": 2, "@bob": 1})
    phone.looks_away(False)
    for each in (ann, phone):
        each.has_unread(1, **{"@bob": 1})
    phone.goes_to("@bob")
    phone.sees("bob: psst")
    for each in (ann, phone):
        each.has_unread(0)
    ann.page.reload()
    ann.is_in()
    ann.has_unread(0)
    assert ann.all_notices() == []
    # What was read long ago isn't new when something is added to it.
    phone.goes_to("#lobby")
    bob.say("psst again")
    for each in (ann, phone):
        each.has_unread(1, **{"@bob": 1})


def test_what_is_not_in_view_is_not_read(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann", viewport={"width": 800, "height": 400}), visitor("bob")
    for number in range(30):
        bob.say(f"line {number}")
    expect(ann.page.locator("#log .text").last).to_have_text("line 29")
    ann.has_unread(0)
    ann.page.locator("#talk").evaluate("talk => talk.scrollTo(0, 0)")
    newer = ann.page.get_by_role("button", name="Jump to newest")
    expect(newer).to_be_visible()
    bob.say("look")
    ann.has_unread(1, **{"#lobby": 1})
    newer = ann.page.get_by_role("button", name="1 new message")
    newer.click()
    ann.has_unread(0)
    expect(newer).to_be_hidden()


@with_options("--grace=60")
def test_what_was_said_since_one_was_here_last(visitor: NewVisitor) -> None:
    """It was read when the page was closed; nobody but the server remembers how far."""
    ann, bob = visitor("ann"), visitor("bob")
    bob.say("one")
    bob.say("two")
    ann.sees("bob: one", "bob: two")
    ann.page.close()
    for text in ("four", "five"):
        bob.say(text)
    bob.sees("bob: one", "bob: two", "bob: four", "bob: five")
    bob.say("/msg ann three")
    bob.sees("bob: three")
    tab = ann.another_tab()
    tab.sees_rows("bob one", "bob two", "You missed 2 messages", "bob four", "bob five")
    tab.has_unread(1, **{"@bob": 1})
    tab.goes_to("@bob")
    tab.sees_rows("You missed 1 message", "bob three")
    tab.has_unread(0)
