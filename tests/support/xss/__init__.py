"""Strings that attack web pages, and a page that is watched while it is shown them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from support.browser import Visitor

_HERE = Path(__file__).parent
_WATCH = (_HERE / "watch.js").read_text()


PUBLIC = (_HERE / "naughty_strings.txt").read_text().splitlines()
OWN: list[str] = json.loads((_HERE / "own.json").read_text())


def attacks() -> list[str]:
    """All strings. Those with bytes in writing, `\\x3C`, also with the bytes themselves."""
    return list(dict.fromkeys([*PUBLIC, *map(_as_bytes, PUBLIC), *OWN]))


def few_attacks() -> list[str]:
    """One of ten of the public ones, many of which differ in a byte, and all of our own: for
    what takes longer than to say something."""
    return list(dict.fromkeys([*map(_as_bytes, PUBLIC[::10]), *OWN]))


def _as_bytes(text: str) -> str:
    return re.sub(r"\\x([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text)


class Victim(Visitor):
    """Somebody at a page that notes all that runs in it, and each element that has no business
    there, at the moment when it comes. With `unprotected` its Content-Security-Policy is not
    heeded."""

    def __init__(self, browser: Browser, url: str, *, unprotected: bool = False) -> None:
        context = browser.new_context(
            locale="en-GB", bypass_csp=unprotected, service_workers="block"
        )
        context.add_init_script(_WATCH)
        super().__init__(context, url)
        self._own_url = url
        self.page.on("dialog", self._dialog)
        self.page.on("popup", lambda popup: self.troubles.append(f"opened {popup.url}"))
        self.page.on("framenavigated", self._navigated)

    def _dialog(self, dialog: Any) -> None:
        self.troubles.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _navigated(self, frame: Any) -> None:
        if not frame.url.startswith((self._own_url, "about:blank")) or frame.parent_frame:
            self.troubles.append(f"went to {frame.url}")

    def seen(self) -> list[str]:
        """All that has happened since the last look that should not."""
        noted: list[str] = self.page.evaluate("window.__noted()")
        noted += self.troubles
        self.troubles.clear()
        return noted

    def is_unharmed(self) -> None:
        """Nothing ran, nothing came into the document, and it is the same page."""
        seen = self.seen()
        assert not seen, seen
        assert self.page.frames == [self.page.main_frame]
        assert self.page.url.startswith(self._own_url)

    def comes_as(self, nick: str, room: str = "") -> None:
        """Open the page and come in."""
        self.open(room)
        self.give_name(nick)
        self.is_in()

    def texts(self, count: int) -> list[str]:
        """The texts of the newest messages, as the document has them, without what it adds."""
        said: list[str] = self.page.locator("#log .message .text").evaluate_all(
            """(texts, count) => texts.slice(-count).map((each) => {
                const copy = each.cloneNode(true);
                for (const added of copy.querySelectorAll("bdi > small")) added.remove();
                return copy.textContent;
            })""",
            count,
        )
        return said


def letters(text: str) -> str:
    """A text without what may be a sign of markup."""
    return re.sub(r"[*_`>\s\ufeff]", "", text)
