"""People at the web page who talk in several rooms, and with each other, all at once.

What each has said is known, so it can be seen in the end that in every place everything is there,
once, and in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from playwright.sync_api import expect

from support.browser import Visitor


class Crossing:
    """`people` by their nicks. Each is in all the rooms, and talks with each of the others."""

    def __init__(self, people: dict[str, Visitor], rooms: tuple[str, ...]) -> None:
        self.people = people
        self.rooms = rooms
        self.said: defaultdict[str, list[str]] = defaultdict(list)  # by place: "nick: text"
        for person in people.values():
            for room in rooms:
                person.goes_to(room)
        for person in people.values():
            for room in rooms:
                person.goes_to(room)
                person.sees_people(*people)

    def places(self, nick: str) -> Iterator[tuple[str, str]]:
        """As this one calls them, and what is common to all who are in there."""
        for room in self.rooms:
            yield room, room
        for pair in combinations(self.people, 2):
            if nick in pair:
                other = next(each for each in pair if each != nick)
                yield f"@{other}", " and ".join(pair)

    def everyone_says(self, text: str) -> None:
        """In each of the places, one after the other and waiting for nothing."""
        for nick, person in self.people.items():
            for place, common in self.places(nick):
                said = f"{text} in {common}"
                person.goes_to(place)
                person.say(said)
                self.said[common].append(f"{nick}: {said}")

    def is_confirmed(self) -> None:
        """Nothing is pending anywhere."""
        for nick, person in self.people.items():
            for place, _ in self.places(nick):
                person.goes_to(place)
                expect(person.page.locator("#pending li")).to_have_count(0)

    def is_in_place(self) -> None:
        """Everything, everywhere, once, in the order in which each one said it and the same order
        for all."""
        orders: dict[str, list[str]] = {}
        for nick, person in self.people.items():
            for place, common in self.places(nick):
                person.goes_to(place)
                self.sees_everything(person, common)
                order = orders.setdefault(common, person.messages())
                assert person.messages() == order, f"{nick} sees another order in {common}"

    def sees_everything(self, person: Visitor, common: str) -> None:
        """Who looks at this place sees all of it."""
        said = self.said[common]
        expect(person.page.locator("#log .message")).to_have_count(len(said))
        expect(person.page.locator("#pending li")).to_have_count(0)
        seen = person.messages()
        for nick in self.people:
            own = [message for message in said if message.startswith(f"{nick}: ")]
            assert [each for each in seen if each.startswith(f"{nick}: ")] == own
