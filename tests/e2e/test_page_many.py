"""Several people in several rooms and conversations at once, on several devices: everything is
everywhere, once and in order, whatever happens to the pages and to the server."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor
from support.crossing import Crossing
from support.twistd import Twistd, with_options

pytestmark = pytest.mark.ui_acceptance

ROOMS = ("#lobby", "#milk", "#tea")


def people(visitor: NewVisitor, nicks: str, *rooms: str) -> Crossing:
    """All of them in all rooms."""
    return Crossing({nick: visitor(nick) for nick in nicks.split()}, rooms)


def test_three_people_in_three_rooms(visitor: NewVisitor) -> None:
    crossing = people(visitor, "ann bob cy", *ROOMS)
    ann, bob = crossing.people["ann"], crossing.people["bob"]
    crossing.everyone_says("one")
    crossing.everyone_says("two")
    crossing.is_in_place()
    for nick, person in crossing.people.items():
        person.has_unread(0)
        person.has_places(*(place for place, _ in crossing.places(nick)))
        person.goes_to("#lobby")
    # What nobody looks at is counted; whoever wrote it has read it.
    bob.goes_to("#tea")
    bob.say("tea?")
    bob.say("anybody?")
    bob.goes_to("@ann")
    bob.say("tea, ann?")
    crossing.said["#tea"] += ["bob: tea?", "bob: anybody?"]
    crossing.said["ann and bob"].append("bob: tea, ann?")
    ann.has_unread(3, **{"#tea": 2, "@bob": 1})
    crossing.people["cy"].has_unread(2, **{"#tea": 2})
    bob.has_unread(0)
    # A reload forgets nothing, and reads nothing.
    ann.page.reload()
    ann.is_in()
    ann.is_at("#lobby")
    ann.has_unread(3, **{"#tea": 2, "@bob": 1})
    ann.goes_to("@bob")
    ann.has_unread(2, **{"#tea": 2})
    crossing.is_in_place()
    ann.has_unread(0)
    crossing.everyone_says("three")
    crossing.is_in_place()


def test_one_user_at_three_pages(visitor: NewVisitor) -> None:
    """Two tabs of one browser, and another browser."""
    bob = visitor("bob", room="tea")
    bob.goes_to("#lobby")
    ann = visitor("ann", room="tea")
    ann.goes_to("#lobby")
    pages = ann, ann.another_tab("lobby"), visitor(same_as=ann, room="lobby")
    _, tab, phone = pages
    for each in pages:
        each.sees_people("ann", "bob")
        each.has_unread(0)
    bob.goes_to("#tea")
    bob.sees_people("ann", "bob")
    bob.say("tea?")
    bob.goes_to("@ann")
    bob.say("ann?")
    bob.say("are you there?")
    for each in pages:
        each.has_unread(3, **{"#tea": 1, "@bob": 2})
    tab.goes_to("#tea")
    for each in pages:
        each.has_unread(2, **{"@bob": 2})
    phone.goes_to("@bob")
    phone.say("I am")
    bob.sees("bob: ann?", "bob: are you there?", "ann: I am")
    for each in pages:
        each.has_unread(0)
    ann.goes_to("#tea")
    ann.say("with milk")
    for each in (*pages, bob):
        each.goes_to("#tea")
        each.sees("bob: tea?", "ann: with milk")
        each.goes_to("@bob" if each is not bob else "@ann")
        each.sees("bob: ann?", "bob: are you there?", "ann: I am")
        each.has_unread(0)
    # A page that is closed is no good-bye as long as there is another one.
    phone.page.close()
    tab.page.reload()
    tab.is_in()
    tab.sees("bob: ann?", "bob: are you there?", "ann: I am")
    tab.page.close()
    bob.goes_to("#tea")
    bob.say("still here?")
    ann.has_unread(1, **{"#tea": 1})
    ann.goes_to("#tea")
    ann.say("yes")
    bob.sees("bob: tea?", "ann: with milk", "bob: still here?", "ann: yes")
    bob.sees_people("ann", "bob")


@pytest.mark.parametrize("how", ["stop", "kill"])
@with_options("--database=sqlite:///log.sqlite", "--grace=60")
def test_the_server_restarts_on_its_database(
    visitor: NewVisitor, daemon: Twistd, how: str
) -> None:
    """In the middle of all that is said: nobody notices more than a pause."""
    crossing = people(visitor, "ann bob cy", "#lobby", "#tea")
    crossing.everyone_says("one")
    getattr(daemon, how)()
    crossing.everyone_says("two")
    for person in crossing.people.values():
        person.is_away()
    daemon.start()
    crossing.people["ann"].page.reload()  # what she has not sent isn't lost by that
    crossing.everyone_says("three")
    crossing.is_in_place()
    for person in crossing.people.values():
        person.is_in()
        person.has_unread(0)
        person.page.reload()
        person.is_in()
    crossing.everyone_says("four")
    crossing.is_in_place()
    for person in crossing.people.values():
        expect(person.page.locator("#log .gap")).to_have_count(0)


def test_the_server_restarts_and_forgets(visitor: NewVisitor, daemon: Twistd) -> None:
    """What was said before stays in view, and what was said meanwhile is said to the new one."""
    crossing = people(visitor, "ann bob", "#lobby", "#tea")
    crossing.everyone_says("one")
    crossing.is_in_place()
    daemon.kill()
    for person in crossing.people.values():
        person.is_away()
    crossing.everyone_says("two")
    daemon.start()
    for person in crossing.people.values():
        person.is_in()
    crossing.is_in_place()
    for nick, person in crossing.people.items():
        for place, _ in crossing.places(nick):
            person.goes_to(place)
            person.notices("The server's history began anew")
    # Who comes now is told what this server knows.
    for said in crossing.said.values():
        said[:] = [each for each in said if ": one in" not in each]
    for person in crossing.people.values():
        person.page.reload()
        person.is_in()
    crossing.everyone_says("four")
    crossing.is_in_place()
