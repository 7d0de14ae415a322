"""`python -m bench.scrolling`: the frames of the page while somebody scrolls through a long room.

A real Chromium at a real daemon, in a room of 10,000 messages: by the mouse wheel's gestures up to
the first message, all of which are loaded on the way, and down to the newest again. How many
milliseconds lie between two frames, and how many rows stood in the document at most.
"""

from __future__ import annotations

import argparse
import statistics
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from bench.chromium import chromium, known, say, visit
from bench.server import Daemon

MESSAGES = 10_000
SPEED = 6_000  # pixels a second
STRIDE = 12_000  # pixels of one gesture
WIDTH, HEIGHT = 1_280, 800

WATCH = """() => {
    const log = document.getElementById("log");
    window.bench = { frames: [], rows: 0 };
    let last = performance.now();
    const frame = (now) => {
        bench.frames.push(now - last);
        bench.rows = Math.max(bench.rows, log.childElementCount);
        last = now;
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
}"""

TAKE = "() => ({ rows: bench.rows, frames: bench.frames.splice(0) })"

SHOWN = """(text) => [...document.querySelectorAll("#log .text")].some(
    (each) => each.textContent === text,
)"""


def scroll(page: Page, devtools: CDPSession, distance: int, until: str) -> dict[str, Any]:
    """Scroll by so many pixels, up if that is more than 0, until this message is there."""
    page.evaluate(TAKE)
    while not page.evaluate(SHOWN, until):
        devtools.send(
            "Input.synthesizeScrollGesture",
            {
                **{"x": WIDTH // 2, "y": HEIGHT // 2, "yDistance": distance},
                **{"speed": SPEED, "gestureSourceType": "mouse", "preventFling": True},
            },
        )
    taken: dict[str, Any] = page.evaluate(TAKE)
    return taken


def show_scrolling(browser: Browser, url: str, count: int) -> None:
    """A line for each direction."""
    context = visit(browser, known(browser, url), viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.goto(url)
    newest = f"message {count - 1}"
    page.wait_for_function(SHOWN, arg=newest)
    devtools = context.new_cdp_session(page)
    page.evaluate(WATCH)
    for name, distance, until in (("up", STRIDE, "message 0"), ("down", -STRIDE, newest)):
        taken = scroll(page, devtools, distance, until)
        frames = sorted(taken["frames"])
        most = frames[int(len(frames) * 0.99)]
        print(
            f"{name:5}{len(frames):7} frames: median {statistics.median(frames):5.1f} ms, "
            f"99 % within {most:5.1f} ms, longest {frames[-1]:5.1f} ms; "
            f"at most {taken['rows']} rows in the document",
            flush=True,
        )
    context.close()


def main() -> None:
    """Fill a room, and scroll."""
    parser = argparse.ArgumentParser(prog="python -m bench.scrolling", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    options = parser.parse_args()
    with Daemon("--history-keep=0") as daemon, chromium() as browser:
        said = (f"message {number}" for number in range(options.messages))
        say(daemon.port, "bob", "lobby", said)
        show_scrolling(browser, f"http://127.0.0.1:{daemon.port}/", options.messages)


if __name__ == "__main__":
    main()
