"""The web page behind proxies that let less through than others."""

from __future__ import annotations

import re
from functools import partial

import pytest
from playwright.sync_api import expect

from support.browser import NewVisitor, Visitor
from support.daemons import wait_for
from support.middlebox import STREAM, UPGRADE, Middlebox
from support.telnet import NewTelnet
from support.twistd import Twistd, with_options

pytestmark = pytest.mark.ui_acceptance

XHR = rb"^POST \S+/xhr"
SOCKJS_WEBSOCKET = re.compile(r"ws://127\.0\.0\.1:\d+/chat/\d+/\w+/websocket")

BLOCKED = {
    "xhr-streaming": UPGRADE,
    "eventsource": UPGRADE + rb"|/xhr_streaming",
    "xhr-polling": UPGRADE + b"|" + STREAM,
    "jsonp-polling": UPGRADE + b"|" + STREAM + b"|" + XHR,
}
"""What gets through, and the requests that don't."""


def texts(visitor: Visitor) -> list[str]:
    return visitor.page.locator("#log .message .text").all_inner_texts()


def test_the_page_is_on_websocket(visitor: NewVisitor) -> None:
    ann, bob = visitor("ann"), visitor("bob")
    for each in (ann, bob):
        each.travels_by("websocket")
        (address,) = each.websockets
        assert SOCKJS_WEBSOCKET.fullmatch(address)
    ann.say("hello")
    bob.sees("ann: hello")


@pytest.mark.parametrize("transport", BLOCKED)
def test_two_people_where_websockets_are_refused(
    visitor: NewVisitor, telnet: NewTelnet, middlebox: Middlebox, transport: str
) -> None:
    middlebox.refuses = BLOCKED[transport]
    ann, bob = visitor("ann", url=middlebox.url), visitor("bob", url=middlebox.url)
    for each in (ann, bob):
        each.travels_by(transport)
        each.sees_people("ann", "bob")
    said = [
        "hello bob",
        "two lines,\none message",
        "100% %25 \u2028 \U0001f600",
        '{"a": "\\u0000"}',
    ]
    for text in said:
        ann.say(text)
    for each in (ann, bob):
        each.sees(*(f"ann: {text}" for text in said))
    bob.type("well")
    ann.sees_typing("bob is typing…")
    tel = telnet("tel")
    tel.says("hello pages")
    for each in (ann, bob):
        expect(each.page.locator("#log .message .text").last).to_have_text("hello pages")
        each.notices("tel joined")
    # A reload is nothing that others see; somebody who goes is.
    tried = middlebox.asked(UPGRADE)
    bob.page.reload()
    bob.travels_by(transport)
    assert middlebox.asked(UPGRADE) == tried, "what is known to be blocked isn't tried again"
    bob.page.close()
    ann.notices("bob left (connection lost)")
    ann.sees_people("ann", "tel")
    assert ann.all_notices() == ["bob joined", "tel joined", "bob left (connection lost)"]


@pytest.mark.parametrize("transport", ["xhr-streaming", "xhr-polling"])
def test_where_websockets_are_swallowed(
    visitor: NewVisitor, middlebox: Middlebox, transport: str
) -> None:
    """Nothing is refused: what doesn't get through is found by waiting, once."""
    middlebox.swallows = BLOCKED[transport]
    ann, bob = visitor("ann", url=middlebox.url), visitor("bob")
    ann.travels_by(transport)
    ann.say("hello")
    bob.sees("ann: hello")


@pytest.mark.parametrize(
    ("transport", "how"),
    [
        ("xhr-streaming", "stop"),
        ("xhr-streaming", "kill"),
        ("eventsource", "stop"),
        ("xhr-polling", "kill"),
        ("jsonp-polling", "stop"),
    ],
)
def test_the_server_restarts_behind_the_proxy(
    visitor: NewVisitor, daemon: Twistd, middlebox: Middlebox, transport: str, how: str
) -> None:
    middlebox.refuses = BLOCKED[transport]
    ann, bob = visitor("ann", url=middlebox.url), visitor("bob", url=middlebox.url)
    ann.say("one")
    bob.sees("ann: one")
    tried = middlebox.asked(UPGRADE)
    getattr(daemon, how)()
    for each in (ann, bob):
        each.is_away()
    ann.say("two")
    ann.say("three")
    bob.say("four")
    daemon.start()
    for each in (ann, bob):
        each.travels_by(transport)
        each.notices("The server's history began anew")
        each.sees_people("ann", "bob")
        expect(each.page.locator("#pending li")).to_have_count(0)
        expect(each.page.locator("#log .message .text")).to_have_count(4)
        assert sorted(texts(each)) == ["four", "one", "three", "two"]
        assert texts(each).index("two") < texts(each).index("three")
    assert middlebox.asked(UPGRADE) == tried


def test_much_is_said(visitor: NewVisitor, middlebox: Middlebox) -> None:
    """A streaming response ends after 128 KiB; what follows comes in the next one."""
    middlebox.refuses = UPGRADE
    ann, bob = visitor("ann", url=middlebox.url), visitor("bob", url=middlebox.url)
    streams = middlebox.asked(rb"/xhr_streaming")
    said = [f"{number} " + "x" * 3000 for number in range(60)]
    bob.page.evaluate(
        """(said) => {
            const field = document.querySelector("#text");
            for (const text of said) {
                field.value = text;
                field.dispatchEvent(new InputEvent("input"));
                document.querySelector("#say").requestSubmit();
            }
        }""",
        said,
    )
    for each in (ann, bob):
        expect(each.page.locator("#log .message .text")).to_have_text(said)
        expect(each.page.locator("#pending li")).to_have_count(0)
    assert middlebox.asked(rb"/xhr_streaming") >= streams + 2
    assert ann.all_notices() == ["bob joined"]


def test_websockets_are_tried_again_after_a_while(
    visitor: NewVisitor, middlebox: Middlebox
) -> None:
    """Whenever the page comes back, as it does after its computer slept."""
    middlebox.refuses = UPGRADE
    ann = visitor(url=middlebox.url)
    ann.page.clock.install()
    ann.page.reload()
    ann.give_name("ann")
    ann.travels_by("xhr-streaming")
    middlebox.refuses = b"(?!)"
    for minutes, transport in ((8, "xhr-streaming"), (3, "websocket")):
        tried = middlebox.asked(rb"/chat/info")
        ann.page.clock.fast_forward(minutes * 60_000)
        ann.travels_by(transport)
        assert middlebox.asked(rb"/chat/info") == tried + 1


def test_a_slow_line(visitor: NewVisitor, middlebox: Middlebox) -> None:
    """To find what gets through takes longer than any answer may; it is not cut."""
    middlebox.swallows = BLOCKED["xhr-polling"]
    middlebox.delay = 0.6
    ann = visitor(url=middlebox.url)
    ann.page.clock.install()
    ann.give_name("ann")
    for swallowed in (UPGRADE, rb"/xhr_streaming", rb"/eventsource"):
        wait_for(partial(middlebox.asked, swallowed), f"it tries {swallowed!r}")
        ann.page.clock.fast_forward(4_000)
        expect(ann.page.locator("#status")).to_have_text("connecting…")
        ann.page.clock.fast_forward(4_000)
    ann.travels_by("xhr-polling")
    assert middlebox.asked(rb"/chat/info") == 1


@with_options("--max-text=100000")  # longer texts than it takes bytes
@pytest.mark.parametrize("transport", ["websocket", "xhr-streaming"])
def test_too_much_at_once(
    visitor: NewVisitor, daemon: Twistd, middlebox: Middlebox, transport: str
) -> None:
    """The server closes the connection over it. It is not said again and again."""
    middlebox.refuses = BLOCKED.get(transport, middlebox.refuses)
    ann, bob = visitor("ann", url=middlebox.url), visitor("bob")
    ann.travels_by(transport)
    ann.say("x" * 70_000)
    failed = ann.page.locator("#pending .failed")
    expect(failed).to_contain_text("not sent: it is too long")
    ann.travels_by(transport)
    failed.get_by_role("button", name="Discard").click()
    ann.say("in short: x")
    for each in (ann, bob):
        each.sees("ann: in short: x")
