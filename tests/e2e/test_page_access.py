"""Everybody can use the page: without a mouse, without seeing, on the smallest phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from support.access import focus_problem, moving, spills, violations
from support.browser import NewVisitor, Visitor
from support.daemons import wait_for
from support.people import Person
from support.telnet import NewTelnet
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance

FRAME = "new Promise(requestAnimationFrame)"

STILL = {"reduced_motion": "reduce"}
LIGHT = {**STILL, "color_scheme": "light"}
DARK = {**STILL, "color_scheme": "dark"}
GERMAN = {**LIGHT, "locale": "de-AT"}
SMALL = {**LIGHT, "viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True}


def rests(who: Visitor) -> None:
    """What is done to the page has come to its end."""
    who.page.evaluate(f"() => {FRAME}.then(() => {FRAME})")


def named(who: Visitor, nick: str) -> Visitor:
    """Come in, whatever language the page speaks."""
    who.page.locator("#name").fill(nick)
    who.page.keyboard.press("Enter")
    who.is_in()
    return who


def much_is_said(port: int, telnet: NewTelnet) -> None:
    """Fills the lobby with every kind of message, and of notice for who is there."""
    bob = Person(port).connect("bob", "lobby")
    cat = Person(port).connect("cat", "lobby")
    bob.command("topic", room="lobby", text="tea at four, see https://tea.example/when")
    first = bob.say("lobby", "Is anybody in the *kitchen*? @ann perhaps")
    for text in (
        "/me looks for the biscuits",
        "`kettle.on()` and https://tea.example/a_page?with=words#too",
        "```\nfor cup in cups:\n    pour(cup)\n```",
        "> bob: Is anybody\n\nI am!",
        "**all** _of_ ~~it~~ #lobby @cat 👍",
        "👍🎉",
        "שלום, what is this? مرحبا",
        "averyveryverylongword" * 12,
    ):
        cat.say("lobby", text)
    wrong = bob.say("lobby", "this is to go")
    changed = bob.say("lobby", "tee")
    bob.command("publish", room="lobby", delete=wrong["msgid"])
    bob.command("publish", room="lobby", edit=changed["msgid"], text="tea")
    for person, text in ((bob, "👍"), (cat, "👍"), (cat, "🎉")):
        fields = {"react": first["msgid"], "of": bob.user, "text": text, "active": True}
        person.command("publish", room="lobby", **fields)
    tel = telnet("tel")
    tel.says("I am at a terminal")
    cat.sees("message", text="I am at a terminal")
    cat.command("nick", nick="dog")
    cat.command("leave", room="lobby")
    bob.say("lobby", "good night")


Scene = Callable[[Visitor], None]


def menu(at: int) -> Scene:
    """Choose from the page's menu."""

    def scene(who: Visitor) -> None:
        who.page.locator("#menu-button").click()
        who.page.locator("#menu button").nth(at).click()
        expect(who.page.locator("dialog[open]")).to_be_visible()

    return scene


def keys(pressed: str, shown: str) -> Scene:
    """Press a shortcut."""

    def scene(who: Visitor) -> None:
        who.page.keyboard.press(pressed)
        expect(who.page.locator(shown)).to_be_visible()

    return scene


def clicked(what: str, shown: str) -> Scene:
    """Press a button."""

    def scene(who: Visitor) -> None:
        who.page.locator(what).first.click()
        expect(who.page.locator(shown).first).to_be_visible()

    return scene


def actions(who: Visitor) -> None:
    """Open the menu of a message."""
    button = who.page.locator("#log .more").last
    button.scroll_into_view_if_needed()
    rests(who)  # the page has taken note that it was scrolled
    button.click()
    expect(who.page.locator("[popover].actions")).to_be_visible()


def found(who: Visitor) -> None:
    """Look for something that is there, and something that is not."""
    who.page.keyboard.press("Control+Shift+F")
    who.page.locator("#words").fill("kitchen")
    expect(who.page.locator("#search .results li")).to_have_count(1)


def written(text: str, shown: str) -> Scene:
    """Write something, without sending it."""

    def scene(who: Visitor) -> None:
        field = who.page.locator("#text")
        field.fill("")  # the draft of the scene before
        field.press_sequentially(text)
        expect(who.page.locator(shown).first).to_be_visible()

    return scene


def nobody_there(who: Visitor) -> None:
    """A private message that can't be sent."""
    who.page.locator("#text").fill("/msg nobody hello")
    who.page.locator("#say button[type=submit]").click()
    expect(who.page.locator(".failed")).to_be_visible()


def cut_off(who: Visitor) -> None:
    """Without a connection, and with something to say."""
    who.context.set_offline(True)
    who.is_away()
    who.page.locator("#text").fill("is anybody there?")
    who.page.locator("#say button[type=submit]").click()  # on a phone Enter begins a new line
    expect(who.page.locator("#pending .pending")).to_be_visible()


SCENES: dict[str, Scene] = {
    "as it is": lambda who: None,
    "the menu": clicked("#menu-button", "#menu"),
    "the topic": menu(0),
    "the switcher": keys("Control+k", "#finding"),
    "the settings": menu(2),
    "the shortcuts": menu(3),
    "the rooms": clicked("#side .heading button >> nth=0", "dialog[open]"),
    "the people": clicked("#side .heading button >> nth=1", "dialog[open]"),
    "another name": clicked("#me", "#naming"),
    "search": found,
    "all emoji": clicked("#emoji", "dialog[open]"),
    "a message's menu": actions,
    "completion of a name": written("@b", "[role=listbox]"),
    "completion of a command": written("/", "[role=listbox]"),
    "what was not sent": nobody_there,
    "no connection": cut_off,
}


def problems(
    who: Visitor, scenes: dict[str, Scene], finds: Callable[[Page], list[str]]
) -> list[str]:
    """What a check finds, scene by scene, each from a page that was just opened."""
    found = []
    for name, scene in scenes.items():
        who.page.evaluate("location.hash = '#/room/lobby'")
        who.page.reload()
        who.is_in()
        expect(who.page.locator("#log .message").last).to_be_in_viewport()
        rests(who)
        scene(who)
        found += [f"{name}: {each}" for each in finds(who.page)]
    return found


@pytest.mark.parametrize("context", [LIGHT, DARK, GERMAN], ids=["light", "dark", "german"])
def test_axe_finds_nothing(
    visitor: NewVisitor, telnet: NewTelnet, daemon: Twistd, context: dict[str, Any]
) -> None:
    ann = visitor(**context)
    expect(ann.page.locator("#name")).to_be_focused()
    assert violations(ann.page) == []
    named(ann, "ann")
    assert violations(ann.page) == []
    much_is_said(daemon.port, telnet)
    expect(ann.page.locator("#log .message").last).to_contain_text("good night")
    assert problems(ann, SCENES, violations) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_phone(
    visitor: NewVisitor, telnet: NewTelnet, daemon: Twistd, scheme: str
) -> None:
    ann = visitor(**{**SMALL, "color_scheme": scheme})
    expect(ann.page.locator("#name")).to_be_visible()
    assert violations(ann.page) == []
    named(ann, "ann")
    much_is_said(daemon.port, telnet)
    scenes = {
        "as it is": SCENES["as it is"],
        "the places": clicked("#open-places", "#side"),
        "the people": clicked("#open-people", "#people"),
        "search": found,
        "all emoji": SCENES["all emoji"],
        "a message's menu": SCENES["a message's menu"],
    }
    assert problems(ann, scenes, violations) == []


# -- without a mouse


class Keyboard:
    """Somebody without a mouse. After each key something has the focus, and it can be seen."""

    def __init__(self, who: Visitor) -> None:
        self.page = who.page

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.page.evaluate(f"() => {FRAME}")
            assert focus_problem(self.page) == "", f"after {key}"

    def type(self, text: str) -> None:
        """Type a text."""
        self.page.keyboard.type(text)
        assert focus_problem(self.page) == "", f"after {text}"

    def goes_to(self, wanted: Locator, key: str = "Tab") -> None:
        """Press a key until this has the focus."""
        for _ in range(40):
            if wanted.evaluate("each => each === document.activeElement"):
                return
            self.press(key)
        raise AssertionError(f"no {key} leads to {wanted}")


def test_a_conversation_without_a_mouse(visitor: NewVisitor, daemon: Twistd) -> None:
    bob = Person(daemon.port).connect("bob", "lobby", "tea")
    ann = visitor()
    keyboard, page = Keyboard(ann), ann.page
    text = page.locator("#text")
    # A name.
    expect(page.locator("#name")).to_be_focused()
    keyboard.type("ann")
    keyboard.press("Enter")
    ann.is_in()
    expect(text).to_be_focused()
    # A room.
    keyboard.press("Control+k")
    expect(page.locator("#finding")).to_be_visible()
    keyboard.type("tea")
    keyboard.press("Enter")
    ann.is_at("#tea")
    expect(text).to_be_focused()
    # Something said, to somebody whose name is completed.
    bob.until_there("tea", "ann", "bob")
    keyboard.type("hello @bo")
    keyboard.press("Tab")
    expect(text).to_have_value("hello @bob ")
    keyboard.type("!")
    keyboard.press("Enter")
    bob.sees("message", room="tea", text="hello @bob !")
    theirs = bob.say("tea", "hello ann, tee?")
    ann.sees("ann: hello @bob !", "bob: hello ann, tee?")
    expect(text).to_be_focused()
    # A reaction.
    actions = page.locator("#log .message").filter(has_text="tee?").locator(".more")
    keyboard.goes_to(page.locator("#talk"), "Shift+Tab")
    keyboard.goes_to(actions, "ArrowUp")
    keyboard.press("Enter")
    expect(page.get_by_role("button", name="React with 👍")).to_be_focused()
    keyboard.press("Enter")
    bob.sees("message", room="tea", react=theirs["msgid"], text="👍")
    ann.sees_reactions("tee?", "👍 1")
    expect(actions).to_be_focused()
    # A reply.
    keyboard.press("r")
    expect(text).to_be_focused()
    keyboard.type("yes, plaese")
    keyboard.press("Enter")
    expect(page.locator("#log .text").last).to_contain_text("yes, plaese")
    expect(text).to_be_focused()
    # Another text for what was said last.
    keyboard.press("ArrowUp")
    expect(text).to_have_value(re.compile("plaese$"))
    keyboard.press("Control+a")
    keyboard.type("yes, please")
    keyboard.press("Enter")
    expect(page.locator("#log .message").last).to_contain_text("yes, please")
    expect(text).to_be_focused()
    # It goes.
    keyboard.goes_to(page.locator("#talk"), "Shift+Tab")
    keyboard.goes_to(page.locator("#log .message").last.locator(".more"), "ArrowUp")
    keyboard.press("Enter")
    keyboard.goes_to(page.get_by_role("button", name="Delete", exact=True), "ArrowDown")
    keyboard.press("Enter")
    keyboard.goes_to(page.get_by_role("button", name="Really delete"), "ArrowDown")
    keyboard.press("Enter")
    expect(page.locator("#log .message").last).to_contain_text("message deleted")
    keyboard.press("Escape")
    expect(text).to_be_focused()
    # Other rooms, and what was said anywhere.
    keyboard.press("Alt+ArrowUp")
    ann.is_at("#lobby")
    expect(text).to_be_focused()
    keyboard.press("Control+Shift+F")
    expect(page.locator("#words")).to_be_focused()
    keyboard.type("tee")
    found = page.locator("#search .results a, #search .results button").first
    expect(found).to_be_visible()
    keyboard.goes_to(found)
    keyboard.press("Enter")
    ann.is_at("#tea")
    keyboard.press("Escape", "Escape")
    expect(page.locator("#search")).to_be_hidden()
    expect(text).to_be_focused()
    # Help, settings, and out.
    keyboard.goes_to(page.locator("#menu-button"), "Shift+Tab")
    keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    keyboard.press("Escape")
    expect(page.locator("#shortcuts")).to_be_hidden()
    expect(page.locator("#menu-button")).to_be_focused()
    keyboard.press("Enter")
    keyboard.goes_to(page.get_by_role("button", name="Settings"))
    keyboard.press("Enter")
    expect(page.locator("#settings")).to_be_visible()
    keyboard.press("Escape")
    expect(page.locator("#settings")).to_be_hidden()
    keyboard.goes_to(page.locator("#menu-button"))
    keyboard.press("Enter")
    keyboard.goes_to(page.get_by_role("button", name="Leave this room"))
    keyboard.press("Enter")
    ann.is_at("#lobby")
    ann.has_places("#lobby")
    bob.until_there("tea", "bob")
    assert focus_problem(page) == ""


# -- without seeing

HEARD = """
window.heard = [];
const live = (node) => {
  const spoken = "[aria-live], [role=status], [role=alert], [role=log]";
  const region = node.parentElement?.closest(spoken);
  return region && (region.getAttribute("aria-live") ?? "polite") !== "off" ? region : null;
};
new MutationObserver((records) => {
  for (const { target, addedNodes, type } of records) {
    const text = type === "characterData" ? [target] : [...addedNodes];
    for (const node of text)
      if (live(node) && node.textContent.trim()) heard.push(node.textContent.trim());
  }
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""What comes into a live region is what a screen reader says."""


def hears(who: Visitor, text: str) -> None:
    """A screen reader comes to say this."""
    wait_for(lambda: text in str(who.page.evaluate("heard")), f"{text} is heard")


def test_a_screen_reader_hears_new_messages(visitor: NewVisitor, daemon: Twistd) -> None:
    bob = Person(daemon.port).connect("bob", "lobby", "tea")
    for number in range(250):
        bob.say("tea" if number % 2 else "lobby", f"old {number}")
    ann = visitor("ann")
    page = ann.page
    expect(page.locator("#log .message").last).to_contain_text("old 248")
    page.evaluate(HEARD)
    # What is said is heard once; what one says oneself isn't.
    bob.say("lobby", "*tea* at four")
    hears(ann, "at four")
    ann.say("fine")
    expect(page.locator("#log .message").last).to_contain_text("fine")
    # What is read from the history, and other rooms, are not.
    page.locator("#talk").evaluate("each => { each.scrollTop = 0 }")
    expect(page.locator("#log")).to_contain_text("old 2")
    ann.goes_to("#tea")
    expect(page.locator("#log .message").last).to_contain_text("old 249")
    bob.say("tea", "and biscuits")
    hears(ann, "biscuits")
    heard = [each for each in page.evaluate("heard") if "old" in each or "fine" in each]
    assert heard == []
    said = [each for each in page.evaluate("heard") if "at four" in each]
    assert len(said) == 1
    assert "bob" in said[0]


# -- as it is liked


def test_nothing_moves_for_who_wants_no_motion(visitor: NewVisitor, daemon: Twistd) -> None:
    bob = Person(daemon.port).connect("bob", "lobby")
    ann = visitor("ann", **SMALL)
    page = ann.page
    records = """
        window.moved = [];
        for (const each of ["animationstart", "transitionrun"])
          addEventListener(each, ({ target, animationName, propertyName }) =>
            moved.push(`${animationName ?? propertyName} of ${target.outerHTML}`), true);
    """
    page.evaluate(records)
    bob.say("lobby", "hello")
    bob.command("typing", room="lobby", active=True)
    expect(page.locator("#typing")).to_contain_text("bob")
    assert moving(page) == []
    for opens, shown in (("#open-places", "#side"), ("#open-people", "#people")):
        page.locator(opens).click()
        expect(page.locator(shown)).to_be_visible()
        assert moving(page) == []
        page.keyboard.press("Escape")
    page.locator("#menu-button").click()
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Escape")
    cut_off(ann)
    assert moving(page) == []
    assert page.evaluate("moved") == []


CLASHES = """() => {
  const box = (row, part) => row.querySelector(part).getBoundingClientRect();
  const clash = (row) => box(row, "time").right > box(row, ".said").left;
  const rows = [...document.querySelectorAll("#log .message:not(.compact)")];
  return rows.length === 0 || rows.some(clash);
}"""


@pytest.mark.parametrize("context", [SMALL, {**SMALL, "locale": "de-AT"}], ids=["en", "de"])
def test_nothing_is_too_wide_for_the_smallest_phone(
    visitor: NewVisitor, telnet: NewTelnet, daemon: Twistd, context: dict[str, Any]
) -> None:
    """320 px are also what 1,280 px are at a zoom of 400%."""
    ann = visitor(**context)
    expect(ann.page.locator("#name")).to_be_visible()
    assert spills(ann.page) == []
    named(ann, "ann")
    much_is_said(daemon.port, telnet)
    Person(daemon.port).connect("l" * 32, "lobby").say("lobby", "@ann " + "w" * 300)
    expect(ann.page.locator("#log .message").last).to_contain_text("www")
    assert not ann.page.evaluate(CLASHES), "a time runs into a name"
    wanted = ("as it is", "the menu", "the settings", "the shortcuts", "another name", "search")
    scenes = {name: SCENES[name] for name in (*wanted, "all emoji", "a message's menu")}
    scenes["the places"] = clicked("#open-places", "#side")
    scenes["the people"] = clicked("#open-people", "#people")
    scenes["no connection"] = cut_off
    assert problems(ann, scenes, spills) == []


# -- from right to left

ORDER = """(row) => {
  const left = (each) => each.getClientRects()[0].left;
  const parts = ["time", ".name", ".text"].map((each) => row.querySelector(each));
  return parts.map((each) => left(each));
}"""

WORDS = """(text) => {
  const lefts = [];
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const { index, 0: word } of node.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      lefts.push([word, range.getClientRects()[0].left]);
    }
  return lefts.sort(([, one], [, other]) => one - other).map(([word]) => word);
}"""


@pytest.mark.parametrize("nick", ["דני", "مريم"])
def test_names_and_texts_from_right_to_left(
    visitor: NewVisitor, daemon: Twistd, nick: str
) -> None:
    them = Person(daemon.port).connect(nick, "lobby")
    ann = visitor("ann", viewport={"width": 1280, "height": 720})
    page = ann.page
    bob = Person(daemon.port).connect("bob", "lobby")
    bob.say("lobby", f"one {nick} three")
    them.say("lobby", "1 two 3")
    them.say("lobby", f"{nick} abc {nick}, 5")
    bob.say("lobby", "left to right")
    rows = page.locator("#log .message")
    expect(rows).to_have_count(4)
    # A Hebrew name before a number doesn't swallow it: time, name and text stay where they are.
    for row in (rows.nth(0), rows.nth(1)):
        lefts = row.evaluate(ORDER)
        assert lefts == sorted(lefts)
    assert rows.nth(0).locator(".text").evaluate(WORDS) == ["one", nick, "three"]
    assert rows.nth(1).locator(".text").evaluate(WORDS) == ["1", "two", "3"]
    # A text that begins from the right goes on so, by itself.
    assert rows.nth(2).locator(".text").evaluate(WORDS) == ["5", nick, "abc", nick]
    # Who is there, who types and who came is told in the order of the page's own language.
    person = page.locator("#people li").filter(has_text=nick)
    expect(person).to_have_count(1)
    them.command("typing", room="lobby", active=True)
    expect(page.locator("#typing")).to_contain_text(nick)
    assert page.locator("#typing").evaluate(WORDS) == [nick, "is", "typing"]
    them.command("leave", room="lobby")
    notice = page.locator("#log .notice").filter(has_text="left")
    expect(notice).to_have_count(1)
    assert notice.locator("p").evaluate(WORDS)[:2] == [nick, "left"]
