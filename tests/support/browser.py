"""People at the web page, in the system's own Chromium.

`ann = visitor("ann")` opens the page in a profile of its own and comes in. `ann.goes_to("#tea")`
and `ann.goes_to("@bob")` look at a room and at a conversation; what she says and sees is in the
place that she looks at, and the others are listed: `ann.has_unread(3, **{"#tea": 2, "@bob": 1})`.
An error in a page's console, or a page that asks any other server, fails the test.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from support.twistd import Twistd

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_FEATURES = (
    "SpareRendererForSitePerProcess",  # a process for each page, and one for its next one
    "WebUIOmniboxPopup",  # a process for each window, for what nobody sees
    "WebUIOmniboxAimPopup",
    # Those that playwright turns off: the last such option counts.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
ELSEWHERE = "chat.test"
"""A name for this machine that the browser doesn't take for it: what it allows only to pages that
came over HTTPS it doesn't allow there, as on a home network."""

ARGUMENTS = (
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(NO_FEATURES)}",
)
PATIENCE = 15_000.0  # milliseconds: a page that comes back waits up to some seconds in between

expect.set_options(timeout=PATIENCE)

AWAY = re.compile(
    r"WebSocket connection to 'ws://[^']*' failed"
    r"|Service Worker registration blocked by Playwright"
    r"|Unable to preload CSS for |Failed to fetch dynamically imported module"
    r"|Failed to load resource: (net::ERR_|the server responded with a status of (502|413))"
)
"""What Chromium logs when the server is away, also for parts of the page that come later, refuses
behind a proxy, or was sent too much; and that a visitor has no service worker."""

TOO_LATE = re.compile(r"the server responded with a status of 404 .*/(xhr|jsonp)_send(\?|$)")
"""A message that set out just before its session ended, with the server that stops."""


READ_ALL = """async () => {
    const talk = document.querySelector("#talk");
    const read = new Map();
    const painted = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    const text = (row, part) => row.querySelector(part)?.textContent ?? "";
    talk.scrollTop = 0;
    for (let before = -1; before !== talk.scrollTop; ) {
        await painted();
        const rows = [...document.querySelectorAll("#log > li:not(.day)")];
        if (rows.length > 200) throw new Error(`${rows.length} rows are in the document`);
        for (const row of rows) {
            const said = row.matches(".message") && `${text(row, ".name")}: ${text(row, ".text")}`;
            read.set(row.dataset.key ?? row.textContent, said || text(row, "p"));
        }
        before = talk.scrollTop;
        talk.scrollTop += talk.clientHeight / 2;
    }
    return [...read.values()];
}"""

NOTICE = "#log .notice:not(.day) p"


def chromium() -> str:
    """The browser's program; fails if there is none."""
    for name in (os.environ.get("RABBITCHAT_CHROMIUM"), *NAMES):
        found = shutil.which(name) if name else None
        if found is not None:
            return found
    pytest.fail(f"Chromium is missing: none of {', '.join(NAMES)} is on the PATH", pytrace=False)


class Visitor:
    """Somebody at the page; `page` is playwright's."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.tabs: list[Visitor] = []  # more of the same browser
        self.websockets: list[str] = []  # the addresses of all that it opened
        self._url = url
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self._request)
        self.page.on("websocket", lambda websocket: self.websockets.append(websocket.url))

    def _console(self, message: Any) -> None:
        if message.type not in ("error", "warning"):
            return
        said = f"{message.text} {message.location.get('url', '')}"
        if not AWAY.search(said) and not TOO_LATE.search(said):
            self.troubles.append(said)

    def _request(self, request: Any) -> None:
        if not request.url.startswith(self._url):
            self.troubles.append(f"asked for {request.url}")

    # -- what a person does

    def open(self, room: str = "") -> None:
        """Open the page, at a room or at a conversation, `@bob`."""
        self.page.goto(f"{self._url}{address(room)}" if room else self._url)

    def goes_to(self, place: str) -> None:
        """Look at a room, `#tea`, or at a conversation, `@bob`, by the page's address."""
        self.page.evaluate("address => { location.hash = address }", address(place))
        self.is_at(place)

    def clicks(self, place: str) -> None:
        """Look at one of the places that are listed."""
        self.page.locator(f'#places a[href="{address(place)}"]').click()
        self.is_at(place)

    def another_tab(self, place: str = "") -> Visitor:
        """The same user in another tab of the same browser, which is connected."""
        tab = Visitor(self.context, self._url)
        self.tabs.append(tab)
        tab.open(place)
        tab.is_in()
        return tab

    def give_name(self, nick: str) -> None:
        """Answer the question for a name."""
        self.page.get_by_role("textbox", name="Your name").fill(nick)
        self.page.keyboard.press("Enter")

    def type(self, text: str) -> None:
        """Type, key by key, without an end."""
        self.page.get_by_role("textbox", name="Say something").press_sequentially(text)

    def say(self, text: str) -> None:
        """Type a line and Enter; at a phone, where that begins a line, Control and Enter."""
        field = self.page.get_by_role("textbox", name="Say something")
        field.fill(text)
        field.press("Enter" if field.get_attribute("enterkeyhint") == "send" else "Control+Enter")

    def reads_all(self) -> list[str]:
        """Scroll through all that the place has loaded, from its beginning: each message once,
        `nick: text`, and each line that is none. Never more than 200 rows are in the document."""
        rows: list[str] = self.page.evaluate(READ_ALL)
        return rows

    def looks_away(self, away: bool = True) -> None:
        """Have another tab in front of the page, or the page again."""
        self.page.evaluate(
            """(away) => {
                Object.defineProperty(document, "hidden", { get: () => away, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            away,
        )

    def does(self, action: str, text: str) -> None:
        """Press one of the actions of the message that says this: "Edit", "React with 👍"."""
        row = self.page.locator("#log .message").filter(has_text=text)
        row.get_by_role("button", name="Actions").click()
        row.get_by_role("button", name=action).click()

    def time_passes_until(self, seen: Callable[[], bool]) -> None:
        """Let the page's stopped clock go on a bit at a time, and no further than it has to."""
        for _ in range(500):
            if seen():
                return
            self.page.clock.run_for(100)
        raise AssertionError("it isn't seen within 50 s of the page's time")

    # -- what a person sees

    def is_in(self) -> None:
        """The page is connected."""
        expect(self.page.locator("#status")).to_have_attribute("data-state", "connected")

    def is_at(self, place: str) -> None:
        """It shows this place: `#tea`, `@bob`."""
        expect(self.page.locator("#room")).to_have_text(_name(place))

    def has_places(self, *places: str) -> None:
        """These are listed, and no others: rooms, and conversations."""
        listed = self.page.locator("#places a[href]")
        expect(listed).to_have_count(len(places))
        shown = [row.get_attribute("href") for row in listed.all()]
        assert sorted(map(str, shown)) == sorted(map(address, places))

    def travels_by(self, transport: str) -> None:
        """The page is connected, and says by what."""
        self.is_in()
        shown = self.page.locator("#transport")
        expect(shown).to_have_text(transport)
        expect(shown).to_be_visible()
        blocked = "" if transport == "websocket" else "Something on the way .* blocks WebSockets"
        expect(shown).to_have_attribute("title", re.compile(f"^{blocked}.*[Mm]essages come"))

    def is_away(self) -> None:
        """The page says that it lost its connection and comes back."""
        away = re.compile("^(connecting|waiting|offline)$")
        expect(self.page.locator("#status")).to_have_attribute("data-state", away)

    def sees(self, *messages: str) -> None:
        """These messages, `nick: text`, are all there are, in this order, confirmed."""
        expect(self.page.locator("#pending li")).to_have_count(0)
        expect(self.page.locator("#log .said")).to_have_text(
            [re.compile(rf"^\s*{re.escape(message)}$") for message in map(_as_shown, messages)]
        )

    def messages(self) -> list[str]:
        """The messages that stand there just now, `nick: text`."""
        rows: list[str] = self.page.locator("#log .said").evaluate_all(
            """rows => rows.map(row => {
                const [name, text] = [".name", ".text"].map(part => row.querySelector(part));
                return `${name.textContent}: ${text.textContent}`;
            })"""
        )
        return rows

    def waits_to_say(self, *texts: str) -> None:
        """These texts were not confirmed so far."""
        expect(self.page.locator("#pending .text")).to_have_text(list(texts))

    def notices(self, text: str, times: int = 1) -> None:
        """A line that is no message says this, so many times."""
        notices = self.page.locator(NOTICE).filter(has_text=re.compile(rf"^{re.escape(text)}$"))
        expect(notices).to_have_count(times)

    def sees_reactions(self, text: str, *reactions: str) -> None:
        """These stand under the message that says this: "👍 2"."""
        row = self.page.locator("#log .message").filter(has_text=text)
        expect(row.locator(".reaction")).to_have_text(list(reactions))

    def has_unread(self, count: int, **places: int) -> None:
        """So many messages aren't read, as the title says; in these places, as stands there."""
        expect(self.page).to_have_title(re.compile(rf"^\({count}\) " if count else r"^[^(]"))
        marked = self.page.locator("#places .unread")
        expect(marked).to_have_count(len(places))
        for place, unread in places.items():
            row = self.page.locator("#places .unread").filter(
                has=self.page.locator(f'a[href="{address(place)}"]')
            )
            expect(row).to_have_text(re.compile(rf"^[#@]?{place[1:]}\D*{unread}(\D|$)"))

    def sees_rows(self, *rows: str) -> None:
        """These rows are all there are, in this order, but for the dates: messages, `nick text`,
        and lines that are none."""
        expect(self.page.locator(f"#log .said, {NOTICE}")).to_have_text(
            [re.compile(rf"^\s*{re.escape(row)}$") for row in rows]
        )

    def all_notices(self) -> list[str]:
        """The lines that are no messages, without the dates."""
        return self.page.locator(NOTICE).all_inner_texts()

    def sees_people(self, *nicks: str) -> None:
        """These are here, and no others; their count says so too."""
        expect(self.page.locator("#people li")).to_have_text(list(nicks))
        expect(self.page.locator("#count")).to_have_text(f"{len(nicks)} here")

    def sees_typing(self, text: str) -> None:
        """The line of those who type says this."""
        expect(self.page.locator("#typing")).to_have_text(text)


def address(place: str) -> str:
    """The fragment of the page's address for `#tea` (or `tea`), or for `@bob`."""
    kind, name = ("with", place[1:]) if place.startswith("@") else ("room", place.lstrip("#"))
    return f"#/{kind}/{quote(name)}"


def _name(place: str) -> re.Pattern[str]:
    return re.compile(rf"^{'@?' if place.startswith('@') else '#?'}{re.escape(place[1:])}$")


def _as_shown(message: str) -> str:
    nick, _, text = message.partition(": ")
    return f"{nick} {text}"


NewVisitor = Callable[..., Visitor]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module; playwright's event loop ends with it."""
    program = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def visitor(browser: Browser, daemon: Twistd) -> Iterator[NewVisitor]:
    """Makes visitors: `visitor("ann", room="tea", viewport=…)`; without a name they are asked.
    With `url` the page is had from there; with `same_as=ann` it is ann at another browser.

    They have no service worker, which costs a process, but with `service_workers="allow"`.
    """
    visitors: list[Visitor] = []

    def new(
        nick: str = "",
        room: str = "",
        url: str = "",
        same_as: Visitor | None = None,
        **context: Any,
    ) -> Visitor:
        if same_as is not None:
            context["storage_state"] = same_as.context.storage_state()
        context = {"locale": "en-GB", "service_workers": "block", **context}
        made = Visitor(browser.new_context(**context), url or daemon.url)
        visitors.append(made)
        made.open(room)
        if nick:
            made.give_name(nick)
        if nick or same_as:
            made.is_in()
        return made

    yield new
    for each in visitors:
        each.context.close()
    tabs = [tab for each in visitors for tab in (each, *each.tabs)]
    troubles = [trouble for each in tabs for trouble in each.troubles]
    assert not troubles, troubles
