"""What others do to messages, as the page shows it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor, Visitor
from support.telnet import NewTelnet

pytestmark = pytest.mark.ui_acceptance

THUMB = "\N{THUMBS UP SIGN}"


def reactions(visitor: Visitor, *shown: str) -> None:
    """These reactions stand beside the messages, and no others."""
    expect(visitor.page.locator("#log .reactions small")).to_have_text(list(shown))


def test_edits_deletions_and_reactions(visitor: NewVisitor, telnet: NewTelnet) -> None:
    ann, tel, bob = visitor("ann"), telnet("tel"), telnet("bob")
    tel.says("helo <b>ann</b>")
    ann.sees("tel: helo <b>ann</b>")
    tel.says("/edit hello <b>ann</b>")
    ann.sees("tel: hello <b>ann</b> edited")
    ann.say("hello tel")
    tel.sees("<ann> hello tel")
    bob.sees("<ann> hello tel")
    tel.says(f"/react {THUMB}")
    bob.says(f"/react {THUMB}")
    bob.says("/react :yes:")
    reactions(ann, f"{THUMB} 2", ":yes: 1")
    late = visitor("late")
    for each in (ann, late):
        each.sees("tel: hello <b>ann</b> edited", "ann: hello tel")
        reactions(each, f"{THUMB} 2", ":yes: 1")
    tel.says("/delete")
    for each in (ann, late, visitor("later")):
        each.sees("tel: deleted", "ann: hello tel")
    tel.says("all is well")
    ann.sees("tel: deleted", "ann: hello tel", "tel: all is well")
