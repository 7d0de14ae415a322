"""The page of a home network, which comes over plain HTTP: browsers allow it less."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.browser import ELSEWHERE, NewVisitor
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance


def test_what_needs_a_secure_page_is_not_offered(visitor: NewVisitor, daemon: Twistd) -> None:
    home = f"http://{ELSEWHERE}:{daemon.port}/"
    ann, bob = visitor("ann", url=home), visitor("bob", url=home, service_workers="allow")
    assert not ann.page.evaluate("isSecureContext")
    ann.say("hello")
    bob.sees("ann: hello")
    bob.does("React with 👍", "hello")
    ann.sees_reactions("hello", "👍 1")
    ann.does("Edit", "hello")
    ann.say("hello, everybody")
    bob.sees("ann: hello, everybody edited")
    bob.page.locator("#log .more").click()
    expect(bob.page.get_by_role("button", name="Reply", exact=True)).to_be_visible()
    expect(bob.page.get_by_role("button", name="Copy")).to_have_count(0)
    bob.page.keyboard.press("Escape")
    bob.page.locator("#menu-button").click()
    bob.page.locator("#menu").get_by_role("button", name="Settings").click()
    settings = bob.page.get_by_role("dialog")
    expect(settings.get_by_role("checkbox", name="Notifications")).to_be_disabled()
    expect(settings).to_contain_text("most want it to come over https")
    settings.get_by_role("button", name="Show the word").click()
    expect(settings.locator("code, output, input[readonly]").first).to_be_visible()
    expect(settings.get_by_role("button", name="Copy")).to_have_count(0)


def test_it_comes_back_as_the_same_user(visitor: NewVisitor, daemon: Twistd) -> None:
    ann = visitor("ann", url=f"http://{ELSEWHERE}:{daemon.port}/")
    ann.say("before")
    ann.page.reload()
    ann.is_in()
    ann.sees("ann: before")
    tab = ann.another_tab()
    tab.say("from another tab")
    ann.sees("ann: before", "ann: from another tab")
    daemon.kill()
    ann.is_away()
    daemon.start()
    ann.is_in()
    ann.say("after")
    tab.is_in()
