"""The page of one text area and one input line, at `/quick`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from support.browser import NewVisitor, Visitor
from support.daemons import CHECKOUT
from support.middlebox import Middlebox
from support.telnet import NewTelnet
from support.twistd import Twistd

pytestmark = pytest.mark.ui_acceptance


class Quick(Visitor):
    """Somebody at the quick page."""

    @property
    def said(self) -> Locator:
        """All that came and was typed."""
        return self.page.get_by_role("textbox", name="What is said")

    @property
    def field(self) -> Locator:
        """Where one types."""
        return self.page.get_by_role("textbox", name="Your line")

    def types(self, line: str) -> None:
        """A line and Enter, wherever the keyboard is."""
        self.page.keyboard.type(line)
        self.page.keyboard.press("Enter")

    def reads(self, *lines: str) -> None:
        """These stand there in this order, maybe with others between them."""
        pattern = "(.*\n)*".join(f"{re.escape(line)}\n" for line in lines)
        expect(self.said).to_have_value(re.compile(rf"(^|\n){pattern}"))


NewQuick = Callable[[str], Quick]


@pytest.fixture
def quick(browser: Browser) -> Iterator[NewQuick]:
    """Opens the quick page of the server with this address."""
    opened: list[Quick] = []

    def new(url: str) -> Quick:
        made = Quick(browser.new_context(), url)
        opened.append(made)
        made.page.goto(f"{url}quick")
        return made

    yield new
    for each in opened:
        each.context.close()
    assert not [trouble for each in opened for trouble in each.troubles]


def test_three_people(
    daemon: Twistd, quick: NewQuick, telnet: NewTelnet, visitor: NewVisitor
) -> None:
    ann = quick(daemon.url)
    ann.reads("What is your name?")
    ann.types("ann")
    ann.reads("> ann", "* you are ann, in lobby, alone")
    tel, bob = telnet("tel"), visitor("bob")
    ann.reads("* tel joined", "* bob joined")
    ann.types("hello <b>everybody</b>")
    tel.sees("<ann> hello <b>everybody</b>")
    expect(bob.page.locator("#log .message").last).to_contain_text("hello <b>everybody</b>")
    tel.says("hello quick one")
    ann.reads("<tel> hello quick one")
    bob.say("two\nlines")
    ann.reads("> hello <b>everybody</b>", "<tel> hello quick one", "<bob> two", "<bob> lines")
    expect(ann.field).to_have_value("")


def scrolled_to_the_end(page: Page) -> bool:
    return bool(
        page.evaluate(
            "() => { const { scrollHeight, scrollTop, clientHeight } = "
            "document.querySelector('textarea'); return scrollHeight > clientHeight "
            "&& scrollHeight - scrollTop - clientHeight < 2 }"
        )
    )


def test_the_newest_line_is_in_view(daemon: Twistd, quick: NewQuick) -> None:
    ann = quick(daemon.url)
    ann.reads("What is your name?")
    ann.types("ann")
    for number in range(60):
        ann.types(f"line {number}")
    ann.reads("> line 0", "> line 59")
    assert scrolled_to_the_end(ann.page)


def test_a_lost_connection_is_said(daemon: Twistd, quick: NewQuick) -> None:
    ann = quick(daemon.url)
    ann.reads("What is your name?")
    ann.types("ann")
    ann.reads("* you are ann, in lobby, alone")
    daemon.stop()
    ann.reads("* load this page again to come back")
    assert "* connection lost" in ann.said.input_value()
    ann.types("is somebody there?")
    expect(ann.field).to_have_value("is somebody there?")
    daemon.start()
    ann.page.reload()
    ann.reads("What is your name?")


def test_below_a_path_of_another_server(daemon: Twistd, quick: NewQuick) -> None:
    box = Middlebox(daemon.port, below="/team")
    try:
        ann = quick(box.url)
        ann.reads("What is your name?")
        assert ann.page.url == f"{box.url}quick/"
        assert ann.websockets == [f"{box.url}ws".replace("http", "ws")]
    finally:
        box.close()


def test_it_is_an_example_to_read() -> None:
    """The simplest client stays simple."""
    files = (CHECKOUT / "web" / "quick").iterdir()
    assert sum(len(file.read_text().splitlines()) for file in files) < 60
