"""The page was away, and shows all that was said meanwhile, in order and once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support import bot
from support.browser import NewVisitor, Visitor
from support.cable import Cable
from support.middlebox import Middlebox
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance

EVERYTHING = b""
NOTHING = b"(?!)"

DROPS_A_QUESTION = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  window.socket = this;
  if (window.drops && data.includes("history")) {
    window.drops = false;
    this.close();
  } else {
    send.call(this, data);
  }
};
"""
"""The connection is lost as soon as the page asks for what was written meanwhile."""


NewDaemon = Callable[..., Twistd]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[NewDaemon]:
    """Starts daemons with options."""
    running: list[Twistd] = []

    def start(*options: str) -> Twistd:
        running.append(Twistd(tmp_path, *options))
        running[-1].start()
        return running[-1]

    try:
        yield start
        for each in running:
            each.stop()
    finally:
        for each in running:
            each.clean_up()


@contextmanager
def away(visitor: Visitor, box: Middlebox) -> Iterator[None]:
    """The page is without a connection, behind a proxy that lets nothing through."""
    box.refuses = EVERYTHING
    visitor.page.evaluate("window.socket.close()")
    visitor.is_away()
    yield
    box.refuses = NOTHING
    visitor.page.evaluate("dispatchEvent(new Event('online'))")


def behind(box: Middlebox, visitor: NewVisitor, nick: str) -> Visitor:
    """Somebody behind a proxy."""
    made = visitor(url=box.url)
    made.page.add_init_script(DROPS_A_QUESTION)
    made.page.reload()
    made.give_name(nick)
    made.is_in()
    return made


def test_what_was_written_privately_is_shown_all_the_same(
    visitor: NewVisitor, started: NewDaemon
) -> None:
    """Also when coming back is interrupted; and the name is held for a while."""
    daemon = started("--grace=60")
    box = Middlebox(daemon.port)
    try:
        ann, bob = behind(box, visitor, "ann"), visitor("bob", url=daemon.url)
        with away(ann, box):
            bob.say("/msg ann did you see this?")
            bob.say("/msg ann and this?")
            bob.say("it is about tea")
            bob.sees(
                "bob: to ann did you see this?", "bob: to ann and this?", "bob: it is about tea"
            )
            ann.page.evaluate("window.drops = true")
        expected = [
            "bob joined",
            "You missed 1 message",
            "bob it is about tea",
            "You missed 2 messages from bob",
            "bob to you did you see this?",
            "bob to you and this?",
        ]
        rows = ann.page.locator("#log > li:not(.day) > p")
        expect(rows).to_have_text(expected)
        assert ann.page.evaluate("window.drops") is False, "it was never interrupted"
        ann.is_in()
        # What one has seen isn't missed, nor what one says oneself. It begins anew further down.
        with away(ann, box):
            bob.say("one more")
            ann.say("and I am away")
        del expected[1]
        expected += ["You missed 1 message", "bob one more", "ann and I am away"]
        expect(rows).to_have_text(expected)
    finally:
        box.close()


def test_a_night_asleep(visitor: NewVisitor, daemon: Twistd) -> None:
    """The computer's timers stood still and its connection is dead, which nobody has told it."""
    with Cable(daemon.port) as cable:
        ann, bob = visitor(url=f"http://127.0.0.1:{cable.port}/"), visitor("bob")
        ann.page.clock.install()
        ann.page.reload()
        ann.give_name("ann")
        bob.say("good night")
        ann.sees("bob: good night")
        cable.dies()
        said = [f"line {number}" for number in range(5)]
        for text in said:
            bob.say(text)
        bob.say("/msg ann are you awake?")
        bob.sees("bob: good night", *(f"bob: {t}" for t in said), "bob: to ann are you awake?")
        ann.page.clock.fast_forward("08:00:00")
        woke = ann.page.evaluate("Date.now()")
        # Whoever waits for the answer to a question waits 12 s.
        rows = ann.page.locator("#log > li:not(.day) > p")
        expect(rows).to_have_text(
            [
                "bob good night",
                "You missed 5 messages",
                *(f"bob {text}" for text in said),
                "You missed 1 message from bob",
                "bob to you are you awake?",
            ]
        )
        assert ann.page.evaluate("Date.now()") - woke < 11_000, "it has waited for an answer"
        ann.is_in()
        # A connection that is alive is kept when somebody looks. One that isn't is given up sooner
        # than by the page's own questions.
        look = "document.dispatchEvent(new Event('visibilitychange')); Date.now()"
        ann.page.evaluate(look)
        ann.say("good morning")
        expect(bob.page.locator("#log .text").last).to_have_text("good morning")
        addresses = len(ann.websockets)
        cable.dies()
        bob.say("tea?")
        looked = ann.page.evaluate(look)
        ann.page.clock.fast_forward(4_000)
        expect(rows.last).to_have_text("bob tea?")
        assert ann.page.evaluate("Date.now()") - looked < 11_000, "it has waited for an answer"
        assert len(ann.websockets) == addresses + 1
        bob.notices("ann left", times=0)


def test_much_was_missed(visitor: NewVisitor, started: NewDaemon) -> None:
    """More than one answer holds, by count and by size."""
    daemon = started("--database=sqlite:///log.sqlite", "--grace=60")
    box = Middlebox(daemon.port)
    said = [f"line {number}" for number in range(1_200)]
    bots = 40
    try:
        ann = behind(box, visitor, "ann")
        bot.say(daemon.line_port, ["before"], nick="early")
        ann.sees("early: before")
        with away(ann, box):
            bot.say(daemon.line_port, said, connections=bots)
        ann.notices("You missed 1200 messages")
        rows = ann.page.locator("#log > .message > p, #log > .missed > p").all_inner_texts()
        assert rows[:2] == ["early before", "You missed 1200 messages"]
        shown = [row.partition(" ")[2] for row in rows[2:]]
        assert len(shown) == len(said)
        for number in range(bots):
            own = said[number::bots]
            assert [text for text in shown if text in own] == own, "each once, in order"
        line = ann.page.locator("#log .missed")
        expect(line).to_be_in_viewport()  # one begins to read there,
        expect(ann.page).to_have_title("(99+) #lobby - rabbitchat")
        ann.page.get_by_role("button", name="New messages").click()  # and comes to the end
        expect(ann.page).to_have_title("#lobby - rabbitchat")
        # A server that restarts on its database is the same for the page.
        daemon.stop()
        ann.is_away()
        daemon.start()
        bot.say(daemon.line_port, ["after"], nick="late")
        last = ann.page.locator("#log .text").last
        expect(last).to_have_text("after")
        ann.notices("The server's history began anew", times=0)
        ann.has_unread(0)
        ann.page.reload()
        expect(last).to_have_text("after")
        expect(ann.page.locator("#log .missed")).to_have_count(0)
    finally:
        box.close()


def test_more_was_missed_than_is_kept(visitor: NewVisitor, started: NewDaemon) -> None:
    daemon = started("--grace=60")
    box = Middlebox(daemon.port)
    try:
        ann = behind(box, visitor, "ann")
        bot.say(daemon.line_port, ["before"], nick="early")
        ann.sees("early: before")
        with away(ann, box):
            bot.say(daemon.line_port, [f"line {number}" for number in range(1_100)])
        ann.notices("You missed messages that are no longer kept")
        ann.notices("You missed 1000 messages")
        expect(ann.page.locator("#log .message p").last).to_have_text("bot line 1099")
        assert ann.rows()[-1_002:-999] == [
            "You missed messages that are no longer kept",
            "You missed 1000 messages",
            "bot line 100",
        ]
    finally:
        box.close()
