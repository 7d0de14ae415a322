"""Draws the icons of the installed page, in web/public/, from icon.svg there.

    .venv/bin/python scripts/icons.py

What it draws is kept in the repository: it is run again when icon.svg has changed.
"""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

PUBLIC = Path(__file__).parent.parent / "web" / "public"
OFF_CENTRE = 0.06  # of its box: the drawing leaves more free on its right
PAPER = "#f1efe9"  # as in manifest.webmanifest

ICONS = (
    ("icon-192.png", 192, "transparent", 0.94),
    ("icon-512.png", 512, "transparent", 0.94),
    # These two are cut by the system: a maskable icon to a circle of 80 %.
    ("icon-180.png", 180, PAPER, 0.76),
    ("icon-maskable.png", 512, PAPER, 0.68),
)
"""The name of each, its size, what is behind it, and how much of it the drawing takes."""


def draw(browser: Browser, name: str, size: int, background: str, part: float) -> None:
    """One icon."""
    drawing = base64.b64encode((PUBLIC / "icon.svg").read_bytes()).decode()
    page = browser.new_page(viewport={"width": size, "height": size})
    page.set_content(
        f"<body style='margin:0;display:grid;place-items:center;height:100vh;"
        f"background:{background}'>"
        f"<img width={size * part} style='translate:{OFF_CENTRE:%}'"
        f" src='data:image/svg+xml;base64,{drawing}'>"
    )
    page.screenshot(path=PUBLIC / name, omit_background=True)
    page.close()


def main() -> None:
    """All of them."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for icon in ICONS:
            draw(browser, *icon)
        browser.close()


if __name__ == "__main__":
    main()
