"""The page was away, and shows all that was said meanwhile, in order and once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from support import bot
from support.browser import NewVisitor, Visitor
from support.cable import Cable
from support.middlebox import Middlebox
from support.twistd import Twistd, with_options

pytestmark = pytest.mark.ui_acceptance

EVERYTHING = b""
NOTHING = b"(?!)"

DROPS_A_QUESTION = r"""
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  window.socket = this;
  if (window.drops && /type\W+history/.test(data)) {
    window.drops = false;
    this.close();
  } else {
    send.call(this, data);
  }
};
"""
"""The connection is lost as soon as the page asks for what was written meanwhile."""


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


@with_options("--grace=60")
def test_what_was_written_privately_is_shown_all_the_same(
    visitor: NewVisitor, middlebox: Middlebox
) -> None:
    """Also when coming back is interrupted; and the name is held for a while."""
    ann, bob = behind(middlebox, visitor, "ann"), visitor("bob")
    ann.notices("bob joined")
    with away(ann, middlebox):
        bob.say("it is about tea")
        bob.sees("bob: it is about tea")
        bob.goes_to("@ann")
        bob.say("did you see this?")
        bob.say("and this?")
        bob.sees("bob: did you see this?", "bob: and this?")
        bob.goes_to("#lobby")
        ann.page.evaluate("window.drops = true")
    ann.sees_rows("bob joined", "You missed 1 message", "bob it is about tea")
    ann.has_unread(2, **{"@bob": 2})
    ann.goes_to("@bob")
    ann.sees_rows("You missed 2 messages", "bob did you see this?", "bob and this?")
    assert ann.page.evaluate("window.drops") is False, "it was never interrupted"
    ann.is_in()
    ann.goes_to("#lobby")
    # What one has seen isn't missed, nor what one says oneself. It begins anew further down.
    with away(ann, middlebox):
        bob.say("one more")
        ann.say("and I am away")
    ann.sees_rows(
        *("bob joined", "bob it is about tea"),
        *("You missed 1 message", "bob one more", "ann and I am away"),
    )


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
        bob.sees("bob: good night", *(f"bob: {text}" for text in said))
        bob.goes_to("@ann")
        bob.say("are you awake?")
        bob.sees("bob: are you awake?")
        bob.goes_to("#lobby")
        ann.page.clock.fast_forward("08:00:00")
        woke = ann.page.evaluate("Date.now()")
        # Whoever waits for the answer to a question waits 12 s.
        ann.sees_rows("bob good night", "You missed 5 messages", *(f"bob {text}" for text in said))
        assert ann.page.evaluate("Date.now()") - woke < 11_000, "it has waited for an answer"
        ann.is_in()
        ann.has_unread(1, **{"@bob": 1})
        ann.goes_to("@bob")
        ann.sees_rows("You missed 1 message", "bob are you awake?")
        ann.goes_to("#lobby")
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
        expect(ann.page.locator("#log .said").last).to_have_text("bob tea?")
        assert ann.page.evaluate("Date.now()") - looked < 11_000, "it has waited for an answer"
        assert len(ann.websockets) == addresses + 1
        bob.notices("ann left", times=0)


@with_options("--database=sqlite:///log.sqlite", "--grace=60")
def test_much_was_missed(visitor: NewVisitor, daemon: Twistd, middlebox: Middlebox) -> None:
    """More than one answer holds, by count and by size."""
    said = [f"line {number}" for number in range(1_200)]
    bots = 40
    ann = behind(middlebox, visitor, "ann")
    bot.say(daemon.line_port, ["before"], nick="early")
    ann.sees("early: before")
    with away(ann, middlebox):
        bot.say(daemon.line_port, said, connections=bots)
    ann.is_in()
    line = ann.page.locator("#log .missed")
    expect(line).to_have_text("You missed 1,200 messages")
    expect(line).to_be_in_viewport()  # one begins to read there,
    expect(ann.page).to_have_title("(99+) #lobby - rabbitchat")
    rows = [row for row in ann.reads_all() if not row.endswith((" joined", " left"))]
    assert rows[:2] == ["early: before", "You missed 1,200 messages"]
    shown = [row.partition(": ")[2] for row in rows[2:]]
    assert len(shown) == len(said)
    for number in range(bots):
        own = said[number::bots]
        assert [text for text in shown if text in own] == own, "each once, in order"
    ann.has_unread(0)  # and comes to the end
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


@with_options("--grace=60")
def test_more_was_missed_than_is_kept(
    visitor: NewVisitor, daemon: Twistd, middlebox: Middlebox
) -> None:
    ann = behind(middlebox, visitor, "ann")
    bot.say(daemon.line_port, ["before"], nick="early")
    ann.sees("early: before")
    with away(ann, middlebox):
        bot.say(daemon.line_port, [f"line {number}" for number in range(1_100)])
    ann.notices("You missed 1,000 messages")
    rows = ann.reads_all()
    assert rows[-1_002:-999] == [
        "You missed messages that are no longer kept",
        "You missed 1,000 messages",
        "bot: line 100",
    ]
    assert rows[-1] == "bot: line 1099"
