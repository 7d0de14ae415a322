"""What is done to a message is shown on it: edits, deletions, reactions."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor
from support.middlebox import Middlebox
from support.people import Person
from support.telnet import NewTelnet
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance


def test_edits_deletions_and_reactions(visitor: NewVisitor, telnet: NewTelnet) -> None:
    ann, bob, tel = visitor("ann"), visitor("bob"), telnet("tel")
    ann.say("tee at four")
    ann.say("nonsense")
    bob.say("fine")
    for each in (ann, bob):
        each.sees("ann: tee at four", "ann: nonsense", "bob: fine")
    ann.page.get_by_role("textbox", name="Say something").fill("a draft")
    ann.does("Edit", "tee at four")
    field = ann.page.get_by_role("textbox", name="Say something")
    expect(field).to_have_value("tee at four")
    ann.say("tea at four")
    expect(field).to_have_value("a draft")
    ann.does("Delete", "nonsense")
    ann.page.get_by_role("button", name="Really delete").click()
    ann.does("React with 👍", "fine")
    expected = ["ann: tea at four edited", "ann: message deleted", "bob: fine"]
    for each in (ann, bob):
        each.sees(*expected)
        each.sees_reactions("fine", "👍 1")
    tel.sees("edited: tea at four", "deleted a message", "reacted 👍")
    thumb = bob.page.get_by_role("button", name="👍")
    expect(thumb).to_have_attribute("aria-pressed", "false")
    thumb.click()
    for each in (ann, bob):
        each.sees_reactions("fine", "👍 2")
    expect(thumb).to_have_attribute("aria-pressed", "true")
    thumb.click()
    bob.does("React with 🎉", "tea")
    for each in (ann, bob):
        each.sees_reactions("fine", "👍 1")
        each.sees_reactions("tea", "🎉 1")
        each.page.reload()
        each.is_in()
        each.sees(*expected)
        each.sees_reactions("fine", "👍 1")
        each.sees_reactions("tea", "🎉 1")
    # Nobody can do more than react to what others said, or do anything to what is no more.
    actions = bob.page.locator("#log .message").filter(has_text="tea")
    actions.get_by_role("button", name="Actions").click()
    expect(actions.get_by_role("button", name="React with 👍")).to_be_focused()
    expect(actions.get_by_role("button", name="Edit")).to_have_count(0)
    gone = bob.page.locator("#log .message").filter(has_text="message deleted")
    expect(gone.get_by_role("button")).to_have_count(0)


def test_what_others_do_at_telnet(visitor: NewVisitor, telnet: NewTelnet) -> None:
    ann, tel, bob = visitor("ann"), telnet("tel"), telnet("bob")
    tel.says("helo <b>ann</b>")
    ann.sees("tel: helo <b>ann</b>")
    tel.says("/edit hello <b>ann</b>")
    ann.sees("tel: hello <b>ann</b> edited")
    ann.say("hello tel")
    for terminal in (tel, bob):
        terminal.sees("<ann> hello tel")
    tel.says("/react 👍")
    bob.says("/react 👍")
    bob.says("/react :yes:")
    late = visitor("late")
    for each in (ann, late):
        each.sees("tel: hello <b>ann</b> edited", "ann: hello tel")
        each.sees_reactions("hello tel", "👍 2", ":yes: 1")
    tel.says("/delete")
    for each in (ann, late, visitor("later")):
        each.sees("tel: message deleted", "ann: hello tel")


def test_a_text_is_copied_as_it_was_written(visitor: NewVisitor) -> None:
    ann = visitor("ann", permissions=["clipboard-read", "clipboard-write"])
    ann.say("**tea** at `four`")
    ann.does("Copy", "tea")
    field = ann.page.get_by_role("textbox", name="Say something")
    field.press("Control+v")
    expect(field).to_have_value("**tea** at `four`")


def test_a_menu_stays_while_others_talk(visitor: NewVisitor, daemon: Twistd) -> None:
    ann = visitor("ann", viewport={"width": 900, "height": 500})
    bob = Person(daemon.port).connect("bob", "lobby")
    for number in range(20):
        bob.say("lobby", f"line {number}")
    button = ann.page.locator("#log .message").filter(has_text="line 19").locator(".more")
    button.click()
    menu = ann.page.locator("[popover].actions")
    expect(menu).to_be_visible()
    before = menu.bounding_box()
    for number in range(3):
        bob.say("lobby", f"more {number}")
    expect(ann.page.locator("#log .text").last).to_have_text("more 2")
    expect(ann.page.locator("#log .text").last).to_be_in_viewport()
    assert menu.bounding_box() == before
    ann.page.get_by_role("button", name="React with 🎉").click()
    ann.sees_reactions("line 19", "🎉 1")
    expect(menu).to_have_count(0)
    button.click()
    expect(menu).to_be_visible()
    ann.page.set_viewport_size({"width": 500, "height": 500})
    expect(menu.get_by_role("button", name="Reply")).to_be_in_viewport(ratio=1)
    menu.dispatch_event("touchmove")
    expect(menu).to_be_visible()
    ann.page.mouse.move(100, 200)
    ann.page.mouse.wheel(0, -50)
    expect(menu).to_have_count(0)
    bob.close()


LINES = """(row) => {
    const middle = (part) => {
        const range = document.createRange();
        range.selectNodeContents(row.querySelector(part));
        const { top, bottom } = [...range.getClientRects()].at(-1);
        return (top + bottom) / 2;
    };
    return [".name", ".text", ".edited"].map((part) => row.querySelector(part) && middle(part));
}"""
"""How far down the name, the end of the text and the mark of an edit are."""


def test_an_edit_changes_no_lines(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    for before, after in (("tee", "tea"), ("one\ntwoo", "one\ntwo")):
        ann.say("/me waves")  # the next message has its name
        ann.say(before)
        row = ann.page.locator("#log .message").last
        expect(row.locator(".text")).to_have_text(before)
        name, text, _ = row.evaluate(LINES)
        ann.does("Edit", before)
        ann.say(after)
        expect(row.locator(".edited")).to_be_visible()
        name_now, text_now, mark = row.evaluate(LINES)
        assert abs(text_now - name_now - (text - name)) < 3
        assert abs(mark - text_now) < 5


def test_by_keyboard_alone(visitor: NewVisitor) -> None:
    ann = visitor("ann")
    ann.say("one")
    ann.say("two")
    ann.sees("ann: one", "ann: two")
    first = ann.page.get_by_role("button", name="React with 👍")
    for keys in (["Shift+Tab", "ArrowUp", "ArrowUp", "Enter"], ["Escape"], ["Enter"]):
        for key in keys:
            ann.page.keyboard.press(key)
        if keys == ["Escape"]:
            expect(first).to_have_count(0)
        else:
            expect(first).to_be_focused()
    for _ in range(7):
        ann.page.keyboard.press("ArrowDown")
    expect(ann.page.get_by_role("button", name="Edit")).to_be_focused()
    ann.page.keyboard.press("Enter")
    ann.page.keyboard.type("!")
    ann.page.keyboard.press("Enter")
    ann.sees("ann: one! edited", "ann: two")


def test_what_was_done_while_one_was_away(visitor: NewVisitor, middlebox: Middlebox) -> None:
    ann, bob = visitor("ann"), visitor("bob", url=middlebox.url)
    ann.goes_to("@bob")
    ann.say("three")
    ann.goes_to("#lobby")
    ann.say("one")
    ann.say("two")
    bob.sees("ann: one", "ann: two")
    bob.goes_to("@ann")
    bob.sees("ann: three")
    bob.goes_to("#lobby")
    bob.sees("ann: one", "ann: two")
    bob.page.locator("#log .more").first.click()  # what shows it is there from now on
    expect(bob.page.get_by_role("button", name="React with 👀")).to_be_visible()
    bob.page.keyboard.press("Escape")
    middlebox.refuses = b""
    bob.page.evaluate("dispatchEvent(new Event('online'))")
    bob.is_away()
    bob.does("React with 👀", "one")  # as soon as it can
    ann.does("Edit", "one")
    ann.say("first")
    ann.does("Edit", "first")
    ann.say("the first")
    ann.does("Delete", "two")
    ann.page.get_by_role("button", name="Really delete").click()
    ann.sees("ann: the first edited", "ann: message deleted")
    ann.goes_to("@bob")
    ann.does("Edit", "three")
    ann.say("the third")
    ann.sees("ann: the third edited")
    ann.goes_to("#lobby")
    middlebox.refuses = b"(?!)"
    bob.page.evaluate("dispatchEvent(new Event('online'))")
    bob.sees("ann: the first edited", "ann: message deleted")
    for each in (ann, bob):
        each.sees_reactions("first", "👀 1")
    assert bob.all_notices() == [], "what is done to messages is no message"
    bob.has_unread(0)
    bob.goes_to("@ann")
    bob.sees("ann: the third edited")
    assert bob.all_notices() == []


def test_what_a_later_server_may_say(visitor: NewVisitor, daemon: Twistd) -> None:
    """What the page doesn't know it ignores."""
    ann = visitor()
    ann.page.add_init_script(
        """const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (data) {
            window.socket = this;
            send.call(this, data);
        };"""
    )
    ann.page.reload()
    ann.give_name("ann")
    ann.say("hello")
    ann.sees("ann: hello")
    other = Person(daemon.port).connect("other")
    message = {
        **{"type": "message", "room": "lobby", "from": "bob", "user": "b0b"},
        **{"epoch": other.me["epoch"]},
        "time": "2026-11-21T10:48:00.000Z",
    }
    for push in (
        {"type": "weather", "room": "lobby", "sunny": True},
        {**message, "seq": 2, "msgid": "1", "text": "from later on", "mood": {"good": 1}},
        {**message, "seq": 3, "msgid": "2", "poll": ["tea", "coffee"]},
        {**message, "seq": 4, "msgid": "3", "react": "unknown", "of": "b0b", "text": "👍"},
        {**message, "seq": 5, "msgid": "4", "text": "and on"},
    ):
        ann.page.evaluate(
            """(frame) => window.socket.dispatchEvent(
                new MessageEvent("message", { data: frame }),
            )""",
            f"a{json.dumps([json.dumps(push)])}",
        )
    ann.sees("ann: hello", "bob: from later on", "bob: and on")
    assert ann.all_notices() == []
    other.close()
