"""Nothing that anybody says, or is called, runs in the page, in real Chromium."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from support.daemons import wait_for
from support.people import Person, Refused
from support.twistd import Twistd
from support.xss import Victim, attacks, few_attacks, letters

pytestmark = pytest.mark.ui_acceptance

ATTACKS = attacks()
FEW = few_attacks()
AT_ONCE = 20  # messages: all of them are in the document, and no older ones are needed

_ends = count(1)


@pytest.fixture
def victims(browser: Browser, daemon: Twistd) -> Iterator[Callable[..., Victim]]:
    """Makes victims; at the end they are unharmed, unless they were given up."""
    made: list[Victim] = []

    def new(**options: Any) -> Victim:
        made.append(Victim(browser, daemon.url, **options))
        return made[-1]

    yield new
    for each in made:
        each.context.close()


@pytest.fixture
def ann(victims: Callable[..., Victim]) -> Victim:
    """She looks at the lobby."""
    ann = victims()
    ann.comes_as("ann", "lobby")
    return ann


@pytest.fixture
def mallory(daemon: Twistd) -> Iterator[Person]:
    """Who attacks."""
    mallory = Person(daemon.port).connect("mallory", "lobby")
    yield mallory
    mallory.close()


def _batches(texts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), AT_ONCE):
        yield texts[start : start + AT_ONCE]


def _tried(attempt: Callable[..., Any], *args: Any, **fields: Any) -> str:
    """The code of the error, or "" if it was taken."""
    try:
        attempt(*args, **fields)
    except Refused as refused:
        return refused.code
    return ""


def _says_all(mallory: Person, room: str, ann: Victim, texts: list[str]) -> None:
    """Say them, and see that she sees each as it is."""
    for some in _batches(texts):
        shown = [text for text in some if not _tried(mallory.say, room, text)]
        assert len(shown) >= len(some) - 2
        end = f"end {next(_ends)}"
        mallory.say(room, end)
        expect(ann.page.locator("#log .message").last).to_contain_text(end)
        seen = list(map(letters, ann.texts(len(shown) + 1)))
        assert seen == [*map(letters, map(_as_shown, shown)), letters(end)]
        ann.is_unharmed()


def _as_shown(text: str) -> str:
    return text.removeprefix("/me ")


def test_there_are_enough_of_them() -> None:
    """The strings are there, and are different ones."""
    assert len(ATTACKS) == len(set(ATTACKS)) >= 300
    assert len(FEW) == len(set(FEW)) >= 100


def test_said_in_a_room(ann: Victim, mallory: Person) -> None:
    """Messages are shown as they are."""
    _says_all(mallory, "lobby", ann, ATTACKS)


def test_said_privately(ann: Victim, mallory: Person) -> None:
    """So are private ones."""
    mallory.say("@ann", "psst")
    ann.page.goto(ann.page.url.replace("#/room/lobby", "#/with/mallory"))
    expect(ann.page.locator("#log")).to_contain_text("psst")
    _says_all(mallory, "@ann", ann, FEW)


def test_said_in_answers(ann: Victim, mallory: Person) -> None:
    """And quotes."""
    quotes = ["\n".join(f"> {line}" for line in text.split("\n")) for text in FEW]
    _says_all(mallory, "lobby", ann, [f"{quote}\nindeed" for quote in quotes])


def test_as_a_topic(ann: Victim, mallory: Person) -> None:
    """Topics are text."""
    topic = ann.page.locator("#topic")
    taken = [text for text in FEW if not _tried(mallory.command, "topic", room="lobby", text=text)]
    assert len(taken) > len(FEW) - 3
    mallory.command("topic", room="lobby", text="the end")
    expect(topic).to_contain_text("the end")
    ann.is_unharmed()


def test_as_a_reaction(ann: Victim, mallory: Person) -> None:
    """Reactions are text: those that are short enough, and are taken."""
    fit = [text for text in ATTACKS if len(text) <= 32]
    for number, some in enumerate(_batches(fit)):
        mallory.say("lobby", f"hello {number}", msgid=f"m-{number}")
        taken = [text for text in some if not _tried(_react, mallory, text, f"m-{number}")]
        assert taken, some
        row = ann.page.locator("#log .message").filter(has_text=f"hello {number}")
        expect(row.locator(".reaction bdi")).to_have_text(taken)
        ann.is_unharmed()


def _react(mallory: Person, text: str, msgid: str) -> None:
    mallory.command("publish", room="lobby", react=msgid, text=text)


def test_as_a_nick_or_a_room(ann: Victim, mallory: Person) -> None:
    """What is no name is none; what is one is shown."""
    taken = {text for text in FEW if _takes_name(mallory, text)}
    assert {"constructor", "toString"} < taken
    mallory.command("nick", nick="constructor")
    mallory.say("lobby", "the end")
    expect(ann.page.locator("#log")).to_contain_text("the end")
    expect(ann.page.locator("#people")).to_contain_text("constructor")
    ann.is_unharmed()


def _takes_name(mallory: Person, name: str) -> bool:
    refused = _tried(mallory.command, "nick", nick=name)
    assert refused in ("", "bad_nick")
    assert _tried(mallory.command, "join", room=name) in ("", "bad_room", "bad_nick")
    return refused == ""


def test_in_the_address(ann: Victim) -> None:
    """Whatever stands in the address."""
    for kind in ("#/room/", "#/with/", "#", ""):
        ann.page.evaluate(
            """([kind, all]) => {
                for (const each of all) {
                    for (const name of [each, encodeURIComponent(each.toWellFormed())]) {
                        history.replaceState(null, "", kind ? kind + name : `#/room/x?${name}`);
                        dispatchEvent(new HashChangeEvent("hashchange"));
                    }
                }
            }""",
            [kind, FEW],
        )
        ann.is_unharmed()
    ann.page.goto(f"{ann.page.url.partition('#')[0]}#/room/lobby")
    ann.is_in()


def test_said_by_oneself(ann: Victim, mallory: Person) -> None:
    """What one types oneself, waits to be sent, and comes back."""
    texts = [text for text in FEW[::2] if not text.startswith("/")]
    for some in _batches(texts):
        for text in some:
            ann.say(text)
        mallory.say("lobby", end := f"end {next(_ends)}")
        expect(ann.page.locator("#log")).to_contain_text(end)
        expect(ann.page.locator("#pending li")).to_have_count(0)
        ann.is_unharmed()


def test_answered(ann: Victim, mallory: Person) -> None:
    """What one answers to stands beside the answer, and in it."""
    for text in FEW[::10]:
        mallory.say("lobby", text)
        row = ann.page.locator("#log .message").last
        expect(row.locator(".text")).to_contain_text(re.compile(r"\S"))
        row.get_by_role("button", name="Actions").click()
        ann.page.get_by_role("button", name="Reply", exact=True).click()
        ann.is_unharmed()
        ann.say(end := f"end {next(_ends)}")
        expect(ann.page.locator("#log .message.mine").last).to_contain_text(end)
        ann.is_unharmed()


def test_found(ann: Victim, mallory: Person) -> None:
    """What is found is shown as it is, whatever one looks for."""
    for text in FEW:
        _tried(mallory.say, "lobby", text)
    ann.page.locator("#search-button").click()
    words = ann.page.locator("#words")
    for text in ["alert", "xss", "script", *FEW[::20]]:
        words.fill(text.replace("\n", " "))
        expect(ann.page.locator("#search .state")).not_to_have_text("Looking…")
        ann.is_unharmed()
    words.fill("alert")
    expect(ann.page.locator("#search .results .text").nth(20)).to_contain_text("alert")
    ann.is_unharmed()


class AnyName:
    """Stands between a page and the server, and has whoever is called mallory be called something
    else: each time another one of the attacks, in each kind of what the server says."""

    def __init__(self, page: Page) -> None:
        self.shown: Counter[str] = Counter()  # how many names, in each kind
        page.route_web_socket("**/websocket", self._between)

    def _between(self, page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()
        page_side.on_message(server_side.send)
        server_side.on_message(lambda frame: page_side.send(self._renamed(str(frame))))

    def _renamed(self, frame: str) -> str:
        if not frame.startswith("a["):
            return frame
        return "a" + json.dumps([self._called(said) for said in json.loads(frame[1:])])

    def _called(self, said: str) -> str:
        if "mallory" not in said:
            return said
        push = json.loads(said)
        kind = push["type"] + " in private" * push.get("room", "").startswith("@")
        kind += " react" * ("react" in push)
        evil = FEW[self.shown[kind] % len(FEW)]
        self.shown[kind] += 1
        return said.replace("mallory", json.dumps(evil)[1:-1])


def test_who_is_called_by_what_no_server_lets_through(
    victims: Callable[..., Victim], daemon: Twistd
) -> None:
    """Even from a server that takes any name, wherever a name is shown: nothing runs."""
    ann = victims()
    names = AnyName(ann.page)
    ann.comes_as("ann", "lobby")
    mallory = Person(daemon.port).connect("mallory", "lobby")
    for number, _ in enumerate(FEW):
        mallory.command("leave", room="lobby")
        mallory.command("join", room="lobby")
        mallory.command("typing", room="lobby", active=True)
        mallory.command("topic", room="lobby", text="mallory")
        mallory.say("@ann", "psst")
        mallory.say("lobby", f"end {number}.", msgid=f"m-{number}")
        _react(mallory, "mallory", f"m-{number}")
        if number % AT_ONCE == 0:
            expect(ann.page.locator("#log")).to_contain_text(f"end {number}.")
            ann.is_unharmed()
    expect(ann.page.locator("#log")).to_contain_text(f"end {number}.")
    mallory.command("join", room="mallory")
    ann.page.get_by_role("button", name="Join or create a room").first.click()
    expect(ann.page.get_by_role("dialog")).to_contain_text(FEW[0])
    ann.is_unharmed()
    for kind in ("join", "leave", "typing", "topic", "message", "message in private"):
        assert names.shown[kind] >= len(FEW), kind
    assert names.shown["message react"] >= len(FEW)
    mallory.close()


# -- the watch sees what it is there for

SURE = [
    "<img src=x onerror=window.__xss=1>",
    "<svg onload=alert(1)>",
    "<iframe srcdoc='<script>parent.__xss=1</script>'></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=https://a.example/>x</a>",
    "<form action=javascript:alert(1)></form>",
    "<b style='background: url(https://a.example/)'>x</b>",
    "<base href=https://a.example/>",
    "<details open ontoggle=alert(1)>x</details>",
    "<math>x</math>",
]


@pytest.mark.parametrize("unprotected", [False, True])
def test_an_unsafe_page_would_be_seen(
    victims: Callable[..., Victim], mallory: Person, unprotected: bool
) -> None:
    """A page that takes texts for HTML is seen to come to harm, policy or not."""
    ann = victims(unprotected=unprotected)
    ann.comes_as("ann", "lobby")
    for text in SURE:
        mallory.say("lobby", text)
        shown = ann.page.locator("#log .message .text").last
        expect(shown).to_contain_text(text)
        ann.is_unharmed()
        shown.evaluate("(shown) => { shown.innerHTML = shown.textContent; }")
        with pytest.raises(AssertionError):
            ann.is_unharmed()
        shown.evaluate("(shown) => shown.replaceChildren()")
        ann.seen()


def test_what_runs_would_be_seen(victims: Callable[..., Victim]) -> None:
    """What these strings do in an unsafe page is seen: some run, where no policy hinders them."""
    bob = victims(unprotected=True)
    bob.comes_as("bob", "lobby")
    ran = set()
    for text in [*FEW, "<img src=x onerror=alert(1)>"]:
        bob.page.evaluate("(html) => { document.querySelector('#topic').innerHTML = html; }", text)
        ran |= {what.partition("(")[0] for what in bob.seen()}

    def all_ran() -> bool:  # what waits for a picture that doesn't come runs a bit later
        ran.update(what.partition("(")[0] for what in bob.seen())
        return {"alert", "window.__xss is set"} <= ran

    wait_for(all_ran, "some run")
