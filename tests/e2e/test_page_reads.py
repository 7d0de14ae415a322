"""What isn't read is counted, the same on each of one's devices."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor, Visitor

pytestmark = pytest.mark.ui_acceptance


def another_device(visitor: NewVisitor, of: Visitor, **context: Any) -> Visitor:
    """The same user at another browser."""
    made = visitor(storage_state=of.context.storage_state(), **context)
    made.is_in()
    return made


def test_two_devices_of_one_user(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    phone = another_device(visitor, ann)
    for each in (ann, phone):
        each.has_unread(0)
        each.looks_away()
    bob.say("hello")
    bob.say("is anybody here?")
    bob.say("/msg ann psst")
    for each in (ann, phone):
        each.has_unread(3, **{"#lobby": 2, "@bob": 1})
    bob.has_unread(0)
    phone.say("I am")  # one's own words aren't news
    ann.sees("bob: hello", "bob: is anybody here?", "bob: to you psst", "ann: I am")
    for each in (ann, phone):
        each.has_unread(3, **{"#lobby": 2, "@bob": 1})
    phone.looks_away(False)
    for each in (ann, phone):
        each.has_unread(0)
    ann.page.reload()
    ann.is_in()
    ann.has_unread(0)
    assert ann.all_notices() == []


def test_what_is_not_in_view_is_not_read(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann", viewport={"width": 800, "height": 400}), visitor("bob")
    for number in range(30):
        bob.say(f"line {number}")
    expect(ann.page.locator("#log .text").last).to_have_text("line 29")
    ann.has_unread(0)
    ann.page.locator("#talk").evaluate("talk => talk.scrollTo(0, 0)")
    newer = ann.page.get_by_role("button", name="New messages")
    expect(newer).to_be_visible()
    bob.say("look")
    ann.has_unread(1, **{"#lobby": 1})
    newer.click()
    ann.has_unread(0)
    expect(newer).to_be_hidden()


def test_what_was_said_since_one_was_here_last(visitor: NewVisitor) -> None:
    """It was read when the page was closed; nobody but the server remembers how far."""
    ann, bob = visitor("ann"), visitor("bob")
    bob.say("one")
    bob.say("two")
    ann.sees("bob: one", "bob: two")
    ann.page.close()
    bob.say("/msg ann three")
    for text in ("four", "five"):
        bob.say(text)
    bob.sees("bob: one", "bob: two", "bob: to ann three", "bob: four", "bob: five")
    tab = Visitor(ann.context, ann.page.url)
    tab.open()
    rows = tab.page.locator("#log > li:not(.day) > p")
    expect(rows).to_have_text(
        [
            "bob one",
            "bob two",
            "You missed 2 messages",
            "bob four",
            "bob five",
            "You missed 1 message from bob",
            "bob to you three",
        ]
    )
    assert tab.troubles == []
