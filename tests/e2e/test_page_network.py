"""What networks do to the page: after each of it, everything is in its place in all rooms and
conversations, and meanwhile one is told what is the matter."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor, Visitor
from support.cable import Cable
from support.crossing import Crossing
from support.middlebox import UPGRADE, Middlebox
from support.twistd import Twistd, with_options

pytestmark = pytest.mark.ui_acceptance

ROOMS = ("#lobby", "#tea")

SLOW = {
    "offline": False,
    "latency": 300,
    "downloadThroughput": 100_000,
    "uploadThroughput": 50_000,
}
"""A bad line of a telephone, in ms and bytes a second."""


def with_a_clock(visitor: NewVisitor, url: str, nick: str) -> Visitor:
    """Somebody whose page's time we can let pass."""
    made = visitor(url=url)
    made.page.clock.install()
    made.page.reload()
    made.give_name(nick)
    made.is_in()
    return made


@with_options("--grace=60")
def test_websockets_get_blocked_in_the_middle(visitor: NewVisitor, middlebox: Middlebox) -> None:
    ann, bob = visitor("ann", url=middlebox.url), visitor("bob")
    crossing = Crossing({"ann": ann, "bob": bob}, ROOMS)
    crossing.everyone_says("one")
    ann.travels_by("websocket")
    middlebox.refuses = UPGRADE
    ann.page.evaluate("dispatchEvent(new Event('online'))")
    crossing.everyone_says("two")
    ann.travels_by("xhr-streaming")
    bob.travels_by("websocket")
    crossing.is_in_place()
    middlebox.refuses, middlebox.swallows = b"(?!)", UPGRADE
    ann.page.reload()  # it knows by now what doesn't get through
    ann.travels_by("xhr-streaming")
    crossing.everyone_says("three")
    crossing.is_in_place()


@with_options("--grace=60")
def test_a_slow_network(visitor: NewVisitor, middlebox: Middlebox) -> None:
    ann, bob = visitor("ann", url=middlebox.url), visitor("bob")
    crossing = Crossing({"ann": ann, "bob": bob}, ROOMS)
    bob.goes_to("#lobby")
    middlebox.lag = 0.3
    network = ann.context.new_cdp_session(ann.page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW)
    ann.page.reload()
    ann.is_in()
    ann.goes_to("#lobby")
    said = [f"line {number}" for number in range(5)]
    for text in said:
        ann.say(text)
        expect(ann.page.locator("#talk .message .text").last).to_have_text(text)
    crossing.said["#lobby"] += [f"ann: {text}" for text in said]
    bob.sees(*(f"ann: {text}" for text in said))
    crossing.everyone_says("one")
    crossing.everyone_says("two")
    crossing.is_in_place()


@with_options("--grace=60")
def test_offline_and_online_again(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    crossing = Crossing({"ann": ann, "bob": bob}, ROOMS)
    crossing.everyone_says("one")
    crossing.is_in_place()
    ann.context.set_offline(True)
    expect(ann.page.locator("#status")).to_have_text("offline")
    banner = ann.page.locator("#banner")
    expect(banner).to_contain_text("You are offline.")
    expect(banner).to_contain_text("What you write is sent when the connection is back.")
    crossing.everyone_says("two")
    ann.goes_to("#tea")
    ann.waits_to_say("two in #tea")
    ann.context.set_offline(False)
    ann.is_in()
    expect(banner).to_have_count(0)
    crossing.everyone_says("three")
    crossing.is_in_place()


@pytest.mark.parametrize("how", ["a while", "a night"])
@with_options("--grace=60")
def test_the_connection_dies_silently(visitor: NewVisitor, daemon: Twistd, how: str) -> None:
    """The page finds out by asking; or because its computer slept."""
    with Cable(daemon.port) as cable:
        ann = with_a_clock(visitor, f"http://127.0.0.1:{cable.port}/", "ann")
        bob = visitor("bob")
        crossing = Crossing({"ann": ann, "bob": bob}, ROOMS)
        crossing.everyone_says("one")
        crossing.is_in_place()
        opened = len(ann.websockets)
        cable.dies()
        crossing.everyone_says("two")
        ann.goes_to("#lobby")
        ann.waits_to_say("two in #lobby")
        if how == "a night":
            ann.page.clock.fast_forward("08:00:00")
        else:
            ann.time_passes_until(lambda: len(ann.websockets) > opened)
        ann.is_in()
        crossing.everyone_says("three")
        crossing.is_in_place()


def test_countdown_and_now(visitor: NewVisitor, daemon: Twistd) -> None:
    ann = with_a_clock(visitor, daemon.url, "ann")
    ann.say("hello")
    ann.sees("ann: hello")
    daemon.stop()
    ann.is_away()
    ann.page.clock.pause_at(ann.page.evaluate("Date.now()") + 1_000)
    shown = ann.page.locator("#countdown")

    def seconds() -> int:
        said = shown.inner_text(timeout=1_000) if shown.count() else ""
        found = re.fullmatch(r"Next attempt in (\d+) s\.", said)
        return int(found[1]) if found else 0

    ann.time_passes_until(lambda: seconds() >= 6)
    before = seconds()
    ann.page.clock.run_for(2_000)
    assert before - 3 <= seconds() <= before - 1
    ann.say("are you there?")
    ann.waits_to_say("are you there?")
    daemon.start()
    pressed, left = ann.page.evaluate("Date.now()"), seconds()
    ann.page.get_by_role("button", name="Now").click()
    status = ann.page.locator("#status")
    ann.time_passes_until(lambda: status.get_attribute("data-state") == "connected")
    assert ann.page.evaluate("Date.now()") - pressed < left * 1_000, "it has waited all the same"
    ann.page.clock.resume()
    ann.sees("ann: hello", "ann: are you there?")
    expect(ann.page.locator("#banner")).to_have_count(0)
