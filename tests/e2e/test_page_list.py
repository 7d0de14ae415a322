"""The list of messages: however long it is, little of it is in the document, and what one reads
stays where it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from support import bot
from support.browser import NewVisitor, Visitor
from support.people import Person
from support.twistd import Twistd, with_options

pytestmark = pytest.mark.ui_acceptance

MANY = 10_000
MOST = 200  # rows in the document

WATCH_ROWS = """() => {
    const log = document.getElementById("log");
    window.most = log.childElementCount;
    new MutationObserver(() => {
        window.most = Math.max(window.most, log.childElementCount);
    }).observe(log, { childList: true });
}"""

SCROLL_UNTIL = """async ([step, text]) => {
    const talk = document.getElementById("talk");
    const there = () => [...document.querySelectorAll("#log .text")].some(
        (each) => each.textContent === text,
    );
    for (const start = performance.now(); performance.now() - start < 60_000; ) {
        if (there()) return true;
        talk.scrollTop += step;
        await new Promise(requestAnimationFrame);
    }
    return false;
}"""
"""Scrolls by so many pixels in each frame until a message is in the document."""

STAYS = """async () => {
    const talk = document.getElementById("talk");
    const upper = talk.getBoundingClientRect().top;
    const height = talk.scrollHeight;
    talk.scrollTop = talk.clientHeight / 2;
    await new Promise(requestAnimationFrame);
    const rows = [...document.querySelectorAll("#log .message")];
    const row = rows.find((each) => each.getBoundingClientRect().top > upper);
    const top = row.getBoundingClientRect().top;
    let worst = 0;
    const start = performance.now();
    for (let frames = 0; frames < 20; frames += talk.scrollHeight > height ? 1 : 0) {
        if (performance.now() - start > 15_000) throw new Error("nothing older has come");
        await new Promise(requestAnimationFrame);
        worst = Math.max(worst, Math.abs(row.getBoundingClientRect().top - top));
    }
    return worst;
}"""
"""Scrolls to where older messages are asked for, until they are there and some frames longer. How
many pixels the first row in view has moved by at most."""

FIRST_IN_VIEW = """() => {
    const upper = document.getElementById("talk").getBoundingClientRect().top;
    const rows = [...document.querySelectorAll("#log .message")];
    const row = rows.find((each) => each.getBoundingClientRect().bottom > upper + 1);
    const top = row?.getBoundingClientRect().top - upper;
    return row && [row.querySelector(".text").textContent, Math.round(top)];
}"""
"""The text of the first row in view, and how many pixels below the upper edge it begins."""

IN_VIEW = f"""([least, most]) => {{
    const number = Number(({FIRST_IN_VIEW})()?.[0].slice("line ".length));
    return least < number && number < most;
}}"""
"""Whether the first row in view is "line N" with such an N."""


def filled(daemon: Twistd, count: int, nick: str = "bot") -> None:
    """So many messages are in the lobby: "line 0" is the first."""
    bot.say(daemon.line_port, [f"line {number}" for number in range(count)], nick=nick)


def scrolls(visitor: Visitor, top: float) -> None:
    """Scroll to so many pixels from the beginning of what is loaded."""
    visitor.page.locator("#talk").evaluate("(talk, top) => talk.scrollTo(0, top)", top)


def newest(visitor: Visitor) -> Any:
    """The last message that is in the document."""
    return visitor.page.locator("#log .text").last


def has_come(visitor: Visitor, text: str) -> None:
    """The newest message is this, and in view."""
    expect(newest(visitor)).to_have_text(text)
    expect(newest(visitor)).to_be_in_viewport()


@with_options(f"--history-keep={MANY + 100}")
def test_ten_thousand_messages(visitor: NewVisitor, daemon: Twistd) -> None:
    """From the newest to the first and back again, with few rows in the document."""
    filled(daemon, MANY)
    ann = visitor("ann", viewport={"width": 900, "height": 700})
    has_come(ann, f"line {MANY - 1}")
    ann.page.evaluate(WATCH_ROWS)
    assert ann.page.evaluate(SCROLL_UNTIL, [-2_000, "line 0"])
    scrolls(ann, 0)
    expect(ann.page.locator("#log .text").first).to_be_in_viewport()
    assert ann.page.evaluate(SCROLL_UNTIL, [9_000, f"line {MANY - 1}"])
    assert 50 < ann.page.evaluate("window.most") <= MOST
    # The rows between are where one expects them.
    middle = "document.getElementById('talk').scrollHeight / 2"
    ann.page.evaluate(f"document.getElementById('talk').scrollTop = {middle}")
    ann.page.wait_for_function(IN_VIEW, arg=[MANY / 2 - 200, MANY / 2 + 200])
    ann.page.get_by_role("button", name="Jump to newest").click()
    has_come(ann, f"line {MANY - 1}")
    assert ann.page.evaluate("window.most") <= MOST


def test_what_one_reads_stays_in_its_place(visitor: NewVisitor, daemon: Twistd) -> None:
    filled(daemon, 600)
    ann, bob = visitor("ann", viewport={"width": 900, "height": 700}), visitor("bob")
    has_come(ann, "line 599")
    for _ in range(3):
        assert ann.page.evaluate(STAYS) < 2
    before = ann.page.evaluate(FIRST_IN_VIEW)
    # Whatever is said, done to what lies above, or made narrower.
    bob.say("something new")
    newer = ann.page.locator("#newer")
    expect(newer).to_have_text("1 new message ↓")
    assert ann.page.evaluate(FIRST_IN_VIEW) == before
    ann.page.set_viewport_size({"width": 900, "height": 500})
    ann.page.set_viewport_size({"width": 500, "height": 700})
    ann.page.set_viewport_size({"width": 900, "height": 700})
    assert ann.page.evaluate(FIRST_IN_VIEW) == before
    newer.click()
    has_come(ann, "something new")
    expect(newer).to_be_hidden()
    ann.has_unread(0)


def test_the_newest_stays_in_view(visitor: NewVisitor, daemon: Twistd) -> None:
    """Also when it grows, or the page becomes lower; and what one says oneself is in view."""
    filled(daemon, 300)
    ann, bob = visitor("ann", viewport={"width": 700, "height": 600}), visitor("bob")
    for number in range(30):
        bob.say(f"more {number}")
    has_come(ann, "more 29")
    bob.does("React with 👍", "more 29")
    expect(ann.page.locator("#log .reaction")).to_be_in_viewport(ratio=1)
    ann.page.set_viewport_size({"width": 400, "height": 400})
    has_come(ann, "more 29")
    expect(ann.page.locator("#log .reaction")).to_be_in_viewport(ratio=1)
    scrolls(ann, 0)
    expect(newest(ann)).not_to_be_in_viewport()
    ann.say("here I am")
    has_come(ann, "here I am")


def test_one_begins_at_what_is_new(visitor: NewVisitor, daemon: Twistd) -> None:
    filled(daemon, 50)
    ann = visitor("ann", viewport={"width": 700, "height": 500})
    has_come(ann, "line 49")
    ann.goes_to("#tea")
    bot.say(daemon.line_port, [f"news {number}" for number in range(70)], nick="other")
    ann.has_unread(70, **{"#lobby": 70})
    ann.goes_to("#lobby")
    line = ann.page.locator("#log .missed")
    expect(line).to_have_text("You missed 70 messages")
    expect(line).to_be_in_viewport()
    assert ann.page.evaluate(FIRST_IN_VIEW)[0] in ("line 49", "news 0")
    ann.has_unread(70, **{"#lobby": 70})  # what isn't seen isn't read
    newer = ann.page.get_by_role("button", name="70 new messages")
    newer.click()
    has_come(ann, "news 69")
    ann.has_unread(0)
    expect(line).to_have_count(1)
    ann.goes_to("#tea")
    ann.goes_to("#lobby")
    has_come(ann, "news 69")
    expect(line).to_have_count(0)


def test_places_are_found_as_they_were_left(visitor: NewVisitor, daemon: Twistd) -> None:
    filled(daemon, 400)
    ann = visitor("ann", viewport={"width": 700, "height": 500})
    has_come(ann, "line 399")
    scrolls(ann, 800)
    expect(ann.page.locator("#newer")).to_be_visible()
    expect(ann.page.locator(".loading")).to_have_count(0)
    left = ann.page.evaluate(FIRST_IN_VIEW)
    ann.goes_to("#tea")
    expect(ann.page.locator("#newer")).to_be_hidden()
    ann.say("tea")
    ann.sees("ann: tea")
    ann.goes_to("#lobby")
    expect(ann.page.locator("#newer")).to_be_visible()
    assert ann.page.evaluate(FIRST_IN_VIEW) == left
    ann.goes_to("#tea")
    has_come(ann, "tea")


def test_what_was_found_is_gone_to(visitor: NewVisitor, daemon: Twistd) -> None:
    """Among what was said around it; from there one reads on to the newest, or jumps there."""
    needle = Person(daemon.port).connect("early", "lobby")
    filled(daemon, 100, nick="first")
    needle.say("lobby", "a needle")
    filled(daemon, 500)
    ann = visitor("ann", viewport={"width": 1200, "height": 600})
    has_come(ann, "line 499")
    found = ann.page.locator("#log .message").filter(has_text="a needle")
    for leave in ("jumps", "reads on"):
        ann.say("/search needle")
        ann.page.locator("#search .found").click()
        expect(found).to_be_in_viewport()
        expect(found).to_have_class(re.compile(r"\blit\b"))
        expect(found).not_to_have_class(re.compile(r"\blit\b"))
        expect(found).to_be_in_viewport()
        if leave == "jumps":
            ann.page.get_by_role("button", name="Jump to newest").click()
            has_come(ann, "line 499")
            expect(found).to_have_count(0)
    assert ann.page.evaluate(SCROLL_UNTIL, [600, "line 499"])
    ann.page.get_by_role("button", name="Jump to newest").click()
    has_come(ann, "line 499")
    assert ann.page.evaluate(SCROLL_UNTIL, [-600, "a needle"])
    needle.close()


def test_who_came_and_went_is_folded(visitor: NewVisitor, daemon: Twistd) -> None:
    ann = visitor("ann")
    people = [Person(daemon.port).connect(f"guest{number}", "lobby") for number in range(6)]
    for person in people[:3]:
        person.close()
    folded = ann.page.get_by_role("button", name=re.compile("^6 joined, 3 left$"))
    expect(folded).to_be_visible()
    expect(ann.page.locator("#log .notice")).to_have_count(2)  # the day, and this
    folded.click()
    expect(ann.page.locator("#log .notice")).to_have_count(11)
    ann.notices("guest5 joined")
    folded.click()
    expect(ann.page.locator("#log .notice")).to_have_count(2)
    for person in people[3:]:
        person.close()


def test_a_phone(visitor: NewVisitor, daemon: Twistd) -> None:
    """Nothing is wider than the page, and what is touched is large enough."""
    ann = visitor("ann", viewport={"width": 320, "height": 640}, is_mobile=True, has_touch=True)
    bob = Person(daemon.port).connect("bob", "lobby")
    for text in (
        "x" * 300,
        "```\n" + "y" * 300 + "\n```",
        "short",
        "https://example.com/" + "z" * 200,
    ):
        said = bob.say("lobby", text)
    bob.command("publish", room="lobby", react=said["msgid"], of=bob.user, text="👍", active=True)
    expect(ann.page.locator("#log .reaction")).to_be_visible()
    assert ann.page.evaluate("document.getElementById('talk').scrollWidth") <= 320
    for small in ann.page.locator("#log :is(.more, .reaction)").all():
        box = small.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
    bob.close()


def test_the_list_by_keyboard(visitor: NewVisitor, daemon: Twistd) -> None:
    ann, bob = visitor("ann"), Person(daemon.port).connect("bob", "lobby")
    bob.say("lobby", "what one finds")
    ann.say("one")
    ann.say("two")
    ann.sees("bob: what one finds", "ann: one", "ann: two")
    press = ann.page.keyboard.press
    actions = ann.page.locator("#log .more")
    ann.page.locator("#talk").focus()
    press("ArrowUp")
    expect(actions.nth(2)).to_be_focused()
    press("ArrowUp")
    expect(actions.nth(1)).to_be_focused()
    expect(actions.nth(1)).to_have_accessible_description(re.compile("ann one"))
    press("Enter")
    expect(ann.page.get_by_role("button", name="React with 👍")).to_be_focused()
    press("Escape")
    expect(actions.nth(1)).to_be_focused()
    press("e")
    field = ann.page.get_by_role("textbox", name="Say something")
    expect(field).to_be_focused()
    expect(field).to_have_value("one")
    ann.page.keyboard.type("!")
    press("Enter")
    ann.sees("bob: what one finds", "ann: one! edited", "ann: two")
    ann.page.locator("#talk").focus()
    for _ in range(5):
        press("ArrowUp")
    expect(actions.first).to_be_focused()
    press("ArrowDown")
    press("ArrowUp")
    press("r")
    expect(field).to_be_focused()
    press("Escape")
    ann.page.locator("#talk").focus()
    press("ArrowUp")
    press("Escape")
    expect(field).to_be_focused()
    bob.close()


def test_what_is_new_is_said_to_who_does_not_see_it(visitor: NewVisitor, daemon: Twistd) -> None:
    """And neither what was said before one came, nor what is loaded while scrolling."""
    filled(daemon, 300)
    ann, bob = visitor("ann"), Person(daemon.port).connect("bob", "lobby")
    has_come(ann, "line 299")
    ann.page.evaluate(
        """() => {
            window.heard = [];
            const region = document.getElementById("heard");
            new MutationObserver(() => window.heard.push(...[...region.children].map(
                (each) => each.textContent,
            ))).observe(region, { childList: true, subtree: true });
        }"""
    )
    scrolls(ann, 0)
    expect(ann.page.locator("#log .text").first).not_to_have_text("line 200")
    bob.say("lobby", "hello <b>ann</b>")
    ann.page.wait_for_function("() => window.heard.length > 0")
    assert ann.page.evaluate("window.heard") == ["bob: hello <b>ann</b>"]
    assert ann.page.locator("#talk").get_attribute("aria-live") == "off"
    bob.close()
