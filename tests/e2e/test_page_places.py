"""The rooms and conversations that one is in, and the ways to go from one to another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import NewVisitor, Visitor
from support.people import Person
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance

PHONE = {
    "viewport": {"width": 320, "height": 640},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}

NewPerson = Callable[..., Person]


@pytest.fixture
def person(daemon: Twistd) -> Iterator[NewPerson]:
    """Makes people who have no page: `person("bob", "lobby", "tea")`."""
    people: list[Person] = []

    def new(nick: str, *rooms: str, **fields: Any) -> Person:
        people.append(Person(daemon.port))
        return people[-1].connect(nick, *rooms, **fields)

    yield new
    for each in people:
        each.close()


def place(visitor: Visitor, name: str) -> Locator:
    """The row of the side list that has this name."""
    return visitor.page.locator("#places li").filter(
        has=visitor.page.get_by_text(name, exact=True)
    )


def lists(visitor: Visitor, *names: str) -> None:
    """These are the rooms and conversations of the side list, in this order."""
    expect(visitor.page.locator("#places li .name")).to_have_text(list(names))


def looks_at(visitor: Visitor, name: str) -> None:
    """This is what is shown, marked in the side list, and named by the address."""
    expect(visitor.page.locator("#room")).to_have_text(name)
    expect(visitor.page.locator("#places [aria-current=page] .name")).to_have_text(name)
    kind = "with" if name.startswith("@") else "room"
    expect(visitor.page).to_have_url(re.compile(rf"#/{kind}/{re.escape(name[1:])}$"))


def dialog(page: Page) -> Locator:
    """The dialog that is open."""
    return page.locator("dialog[open]")


def chooses(visitor: Visitor, choice: str) -> None:
    """Take something from the menu of the header."""
    visitor.page.get_by_role("button", name="More", exact=True).click()
    visitor.page.locator("#menu").get_by_role("button", name=choice).click()


def test_what_is_not_read_is_counted_in_each_place(visitor: NewVisitor, person: NewPerson) -> None:
    ann = visitor("ann", room="tea")
    ann.open("lobby")
    looks_at(ann, "#lobby")
    bob, cy = person("bob", "lobby", "tea"), person("cy", "tea")
    bob.say("tea", "nobody in particular")
    expect(place(ann, "#tea")).to_have_text("#tea 1 unread")
    mention = ann.page.get_by_role("img", name="You were mentioned")
    expect(mention).to_have_count(0)
    cy.say("tea", "@Ann, are you there?")
    expect(place(ann, "#tea")).to_have_text("#tea 2 unread")
    expect(place(ann, "#tea").locator(mention)).to_be_visible()
    bob.say("@ann", "psst")
    cy.say("@ann", "me too")
    cy.say("@ann", "and more")
    expect(place(ann, "@bob")).to_have_text("@bob 1 unread")
    expect(place(ann, "@cy")).to_have_text("@cy 2 unread")
    lists(ann, "#lobby", "#tea", "@cy", "@bob")
    expect(place(ann, "@cy").get_by_role("img", name="is here")).to_be_visible()
    place(ann, "#tea").get_by_role("link").click()
    looks_at(ann, "#tea")
    ann.sees("bob: nobody in particular", "cy: @Ann, are you there?")
    expect(place(ann, "#tea")).to_have_text("#tea")
    place(ann, "@cy").get_by_role("link").click()
    looks_at(ann, "@cy")
    expect(place(ann, "@cy")).to_have_text("@cy")
    expect(place(ann, "@bob")).to_have_text("@bob 1 unread")
    cy.close()
    expect(place(ann, "@cy").get_by_role("img", name="is here")).to_have_count(0)


def test_more_than_anybody_counts(visitor: NewVisitor, person: NewPerson) -> None:
    ann = visitor("ann", room="tea")
    ann.open("lobby")
    looks_at(ann, "#lobby")
    bob = person("bob", "tea")
    for number in range(99):
        bob.say("tea", f"line {number}")
    expect(place(ann, "#tea")).to_have_text("#tea 99 unread")
    bob.say("tea", "one more")
    expect(place(ann, "#tea")).to_have_text("#tea 99+ unread")


def test_rooms_are_browsed_joined_created_and_left(visitor: NewVisitor, person: NewPerson) -> None:
    person("bob", "tea").command("topic", room="tea", text="at four")
    person("cy", "tea", "garden")
    ann = visitor("ann")
    open_rooms = ann.page.get_by_role("button", name="Join or create a room")
    open_rooms.click()
    rooms = dialog(ann.page)
    there = rooms.locator("li")
    expect(there).to_have_text(["#garden1 here", "#lobby1 here · you are in", "#tea2 hereat four"])
    field = rooms.get_by_role("textbox", name="Name of the room")
    expect(field).to_be_focused()
    field.fill("te")
    expect(there).to_have_text(["#tea2 hereat four"])
    there.get_by_role("button").click()
    looks_at(ann, "#tea")
    expect(ann.page.locator("#topic")).to_have_text("at four")
    ann.sees_people("ann", "bob", "cy")

    open_rooms.click()
    field.fill("no/room")
    expect(rooms.get_by_text("That can't be a room")).to_be_visible()
    expect(rooms.get_by_role("button", name="Join")).to_be_disabled()
    field.fill("#salon_été")
    field.press("Enter")
    expect(ann.page.locator("#room")).to_have_text("#salon_été")
    ann.say("first")
    ann.sees("ann: first")
    lists(ann, "#lobby", "#salon_été", "#tea")

    chooses(ann, "Leave this room")
    looks_at(ann, "#tea")
    lists(ann, "#lobby", "#tea")
    place(ann, "#lobby").hover()
    ann.page.get_by_role("button", name="Leave #lobby").click()
    lists(ann, "#tea")
    looks_at(ann, "#tea")
    ann.page.reload()
    ann.is_in()
    lists(ann, "#tea")
    looks_at(ann, "#tea")
    chooses(ann, "Leave this room")
    looks_at(ann, "#lobby")
    lists(ann, "#lobby")
    ann.page.get_by_role("button", name="More", exact=True).click()
    expect(ann.page.locator("#menu")).to_be_visible()
    expect(ann.page.locator("#menu")).not_to_contain_text("Leave")  # somewhere one has to be


def test_links_to_rooms(visitor: NewVisitor, person: NewPerson) -> None:
    bob = person("bob", "tea")
    bob.say("tea", "the address got you here")
    ann = visitor("ann")
    tab = Visitor(ann.context, ann.page.url.partition("#")[0])
    tab.open("tea")
    tab.is_in()
    looks_at(tab, "#tea")
    tab.sees("bob: the address got you here")
    tab.page.evaluate("location.hash = '#/with/bob'")
    looks_at(tab, "@bob")
    tab.page.go_back()
    looks_at(tab, "#tea")
    tab.page.go_forward()
    looks_at(tab, "@bob")
    tab.page.evaluate("location.hash = '#/room/<b>'")
    looks_at(tab, "#lobby")
    expect(tab.page.locator("#log .error")).to_contain_text("That can't be a room")
    chooses(tab, "Leave this room")
    looks_at(tab, "#tea")
    tab.page.reload()
    looks_at(tab, "#tea")
    lists(tab, "#tea")
    assert tab.troubles == []
    tab.page.close()


def test_people_and_conversations_with_them(visitor: NewVisitor, person: NewPerson) -> None:
    ann, bob = visitor("ann"), person("bob", "lobby", "tea")
    ann.sees_people("ann", "bob")
    ann.page.locator("#people").get_by_role("link", name="bob").click()
    looks_at(ann, "@bob")
    other = ann.page.get_by_role("complementary", name="People")
    expect(other).to_contain_text("is here")
    expect(other.get_by_role("link")).to_have_text(["#lobby"])
    ann.say("between us")
    bob.sees("message", room="@ann", text="between us")
    bob.close()
    expect(other).to_contain_text("is not here now")
    chooses(ann, "Close this conversation")
    looks_at(ann, "#lobby")
    lists(ann, "#lobby")
    ann.page.reload()
    ann.is_in()
    lists(ann, "#lobby")
    again = person("bob", "lobby", session=bob.me["session"])
    again.say("@ann", "still there?")
    expect(place(ann, "@bob")).to_have_text("@bob 1 unread")
    # Somebody to whom one has not spoken is found by the button as well.
    person("Dörte", "lobby")
    ann.sees_people("ann", "bob", "Dörte")
    ann.page.get_by_role("button", name="Talk with somebody").click()
    dialog(ann.page).get_by_role("combobox").fill("dö")
    expect(dialog(ann.page).get_by_role("option")).to_have_text(["@Dörte"])
    ann.page.keyboard.press("Enter")
    expect(ann.page.locator("#room")).to_have_text("@Dörte")


def test_many_people(visitor: NewVisitor, person: NewPerson) -> None:
    for number in range(25):
        person(f"guest{number:02}", "lobby")
    ann = visitor("ann")
    expect(ann.page.locator("#count")).to_have_text("26 here")
    ann.page.get_by_role("searchbox", name="Find somebody").fill("T1")
    expect(ann.page.locator("#people li")).to_have_text([f"guest1{n}" for n in range(10)])


def test_the_topic(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    ann.page.get_by_role("button", name="Set a topic").click()
    field = dialog(ann.page).get_by_role("textbox", name="Topic")
    field.fill("x" * 401)
    field.press("Enter")
    expect(ann.page.get_by_role("alert")).to_contain_text("400")
    field.fill("tea at https://example.org/four")
    field.press("Enter")
    expect(dialog(ann.page)).to_have_count(0)
    for each in (ann, bob):
        topic = each.page.locator("#topic")
        expect(topic).to_have_text("tea at https://example.org/four")
        expect(topic.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer")
    bob.page.get_by_role("button", name="Change the topic").click()
    expect(dialog(bob.page).get_by_role("textbox", name="Topic")).to_have_value(
        "tea at https://example.org/four"
    )
    bob.page.keyboard.press("Escape")
    expect(dialog(bob.page)).to_have_count(0)
    header = bob.page.locator("#middle > header")
    height = header.evaluate("each => each.offsetHeight")
    ann.say("/topic " + "tea and cake " * 30)
    expect(topic).to_contain_text("cake")
    assert header.evaluate("each => each.offsetHeight") == height  # a long one is cut, not wrapped


def test_search_and_go_to_an_old_message(visitor: NewVisitor, person: NewPerson) -> None:
    bob = person("bob", "tea", "lobby")
    bob.say("tea", "the kettle whistles in the kitchen")
    for number in range(300):
        bob.say("tea", f"line {number}")
    bob.say("lobby", "a kettle of fish")
    ann = visitor("ann", room="tea")
    ann.open("lobby")
    looks_at(ann, "#lobby")
    ann.page.get_by_role("button", name="Search").click()
    panel = ann.page.get_by_role("complementary", name="Search")
    expect(panel.get_by_role("searchbox")).to_be_focused()
    panel.get_by_role("searchbox").fill("kettle")
    found = panel.get_by_role("listitem")
    expect(found).to_have_count(2)
    expect(found.first).to_contain_text("a kettle of fish")
    marked = "[...CSS.highlights.get('found')].map(String)"
    assert ann.page.evaluate(marked) == ["kettle", "kettle"]
    panel.get_by_role("checkbox").check()
    expect(found).to_have_count(1)
    panel.get_by_role("checkbox").uncheck()
    expect(found).to_have_count(2)
    found.last.get_by_role("button").click()
    looks_at(ann, "#tea")
    old = ann.page.locator("#log .message").filter(has_text="whistles")
    expect(old).to_be_in_viewport()
    expect(panel).to_be_visible()
    panel.get_by_role("searchbox").fill("nothing of that kind")
    expect(panel.get_by_role("status")).to_have_text("Nothing was found")
    panel.get_by_role("searchbox").fill("line")
    expect(found).to_have_count(30)
    panel.get_by_role("button", name="Show older ones").click()
    expect(found).to_have_count(60)
    panel.get_by_role("searchbox").press("Escape")
    expect(panel).to_have_count(0)


def test_the_quick_switcher(visitor: NewVisitor, person: NewPerson) -> None:
    bob = person("bob", "lobby", "tea", "tearoom")
    ann = visitor("ann", room="tearoom")
    for room in ("tea", "lobby"):
        ann.open(room)
        looks_at(ann, f"#{room}")
    bob.say("tearoom", "@ann look")
    expect(place(ann, "#tearoom")).to_have_text("#tearoom 1 unread")
    ann.page.keyboard.press("Control+k")
    options = dialog(ann.page).get_by_role("option")
    expect(options.first).to_have_text("#tearoom1")
    dialog(ann.page).get_by_role("combobox").fill("te")
    expect(options).to_have_text(["#tearoom1", "#tea", "Join or create #te"])
    ann.page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    ann.page.keyboard.press("Enter")
    looks_at(ann, "#tea")
    expect(ann.page.locator("#text")).to_be_focused()
    ann.page.keyboard.press("Control+k")
    dialog(ann.page).get_by_role("combobox").fill("@b")
    expect(options).to_have_text(["@bob"])
    ann.page.keyboard.press("Enter")
    looks_at(ann, "@bob")
    ann.page.keyboard.press("Control+k")
    expect(dialog(ann.page)).to_have_count(1)
    ann.page.keyboard.press("Escape")
    expect(dialog(ann.page)).to_have_count(0)
    expect(ann.page.locator("#text")).to_be_focused()


def test_keys(visitor: NewVisitor, person: NewPerson) -> None:
    bob = person("bob", "lobby", "tea", "garden")
    ann = visitor("ann", room="tea")
    for room in ("garden", "lobby"):
        ann.open(room)
        looks_at(ann, f"#{room}")
    lists(ann, "#garden", "#lobby", "#tea")
    ann.page.keyboard.press("Alt+ArrowUp")
    looks_at(ann, "#garden")
    ann.page.keyboard.press("Alt+ArrowUp")
    looks_at(ann, "#tea")
    bob.say("lobby", "news")
    expect(place(ann, "#lobby")).to_have_text("#lobby 1 unread")
    ann.page.keyboard.press("Alt+Shift+ArrowDown")
    looks_at(ann, "#lobby")
    expect(ann.page.locator("#text")).to_be_focused()
    ann.page.keyboard.type("?")
    expect(ann.page.locator("#text")).to_have_value("?")
    ann.page.locator("#room").click()
    ann.page.get_by_role("button", name="Search").focus()
    ann.page.keyboard.press("?")
    help = dialog(ann.page)
    expect(help).to_contain_text("Alt+Shift+↓")
    expect(help).to_contain_text("Next one with something unread")
    ann.page.keyboard.press("Escape")
    expect(help).to_have_count(0)
    ann.page.keyboard.press("Escape")
    expect(ann.page.locator("#text")).to_be_focused()
    ann.page.keyboard.press("Control+Shift+f")
    expect(ann.page.get_by_role("searchbox", name="Words to look for")).to_be_focused()


def test_when_the_next_attempt_comes(visitor: NewVisitor, daemon: Twistd) -> None:
    ann = visitor()
    ann.page.clock.install()
    ann.page.reload()
    ann.give_name("ann")
    ann.is_in()
    daemon.stop()
    ann.is_away()
    ann.page.clock.pause_at(ann.page.evaluate("Date.now()") + 1000)
    countdown = ann.page.locator("#countdown")

    def seconds() -> int:
        shown = countdown.inner_text() if countdown.is_visible() else ""
        found = re.search(r"\d+", shown)
        return int(found[0]) if found else 0

    ann.time_passes_until(lambda: seconds() >= 6)
    banner = ann.page.locator("#banner")
    expect(banner).to_contain_text("What you write is sent when the connection is back")
    before = seconds()
    for passed in (1, 2, 3):
        ann.page.clock.run_for(1_000)
        expect(countdown).to_have_text(f"Next attempt in {before - passed} s.")
    daemon.start()
    ann.page.get_by_role("button", name="Now").click()
    expect(countdown).to_be_hidden()  # though no time has passed
    status = ann.page.locator("#status")
    ann.time_passes_until(lambda: status.inner_text() == "connected")
    expect(banner).to_have_count(0)


def test_without_a_network(visitor: NewVisitor, person: NewPerson) -> None:
    ann, bob = visitor("ann"), person("bob", "lobby")
    ann.context.set_offline(True)
    expect(ann.page.locator("#status")).to_have_text("offline")
    banner = ann.page.get_by_role("region", name="Connection")
    expect(banner).to_contain_text("You are offline")
    ann.say("said in a tunnel")
    ann.waits_to_say("said in a tunnel")
    ann.context.set_offline(False)
    ann.is_in()
    expect(banner).to_have_count(0)
    bob.sees("message", text="said in a tunnel")


def test_drawers_of_a_phone(visitor: NewVisitor, person: NewPerson) -> None:
    bob = person("bob", "lobby", "tea")
    ann = visitor("ann", room="tea", **PHONE)
    ann.open("lobby")
    expect(ann.page.locator("#room")).to_have_text("#lobby")
    bob.say("tea", "one")
    bob.say("tea", "two")
    opener = ann.page.get_by_role("button", name="Show rooms and conversations, 2 unread")
    side = ann.page.get_by_role("navigation", name="Rooms and conversations")
    expect(side).to_have_count(0)
    opener.tap()
    expect(side).to_be_visible()
    expect(place(ann, "#lobby").get_by_role("link")).to_be_focused()
    ann.page.keyboard.press("Escape")
    expect(side).to_have_count(0)
    expect(opener).to_be_focused()
    opener.tap()
    ann.page.touchscreen.tap(310, 600)
    expect(side).to_have_count(0)
    opener.tap()
    place(ann, "#tea").get_by_role("link").tap()
    expect(side).to_have_count(0)
    looks_at(ann, "#tea")
    ann.sees("bob: one", "bob: two")
    ann.page.get_by_role("button", name="2 here: show who").tap()
    people = ann.page.get_by_role("complementary", name="People")
    expect(people).to_be_visible()
    people.get_by_role("button", name="Close").tap()
    expect(people).to_have_count(0)
    ann.page.get_by_role("button", name="2 here: show who").tap()
    people.get_by_role("link", name="bob").tap()
    expect(people).to_have_count(0)
    looks_at(ann, "@bob")
    ann.page.get_by_role("button", name="Show rooms and conversations").tap()
    side.get_by_role("button", name="Join or create a room").tap()
    dialog(ann.page).get_by_role("button", name="#lobby").tap()
    expect(side).to_have_count(0)
    looks_at(ann, "#lobby")
    ann.page.get_by_role("button", name="Search").tap()
    ann.page.get_by_role("searchbox").fill("two")
    ann.page.get_by_role("complementary", name="Search").locator("li button").tap()
    looks_at(ann, "#tea")
    expect(ann.page.get_by_role("complementary", name="Search")).to_have_count(0)
    assert ann.page.evaluate("document.documentElement.scrollWidth") == 320


def test_another_device(visitor: NewVisitor) -> None:
    ann, other = visitor("ann"), visitor("somebody")
    chooses(ann, "Settings")
    dialog(ann.page).get_by_role("button", name="Show the word").click()
    word = dialog(ann.page).get_by_role("textbox", name="Your session").input_value()
    chooses(other, "Settings")
    paste = dialog(other.page).get_by_role("textbox", name="Be somebody else")
    paste.fill("nonsense")
    paste.press("Enter")
    expect(other.page.get_by_role("alert")).to_have_text("That is no session word")
    paste.fill("0123456789abcdef.nobodys")
    paste.press("Enter")
    expect(other.page.locator("#log .error")).to_contain_text("Nobody has that session word")
    other.is_in()
    expect(other.page.locator("#me")).to_have_text("somebody")
    chooses(other, "Settings")
    paste.fill(word)
    paste.press("Enter")
    expect(other.page.locator("#me")).to_have_text("ann")
    other.is_in()
    other.sees_people("ann")
