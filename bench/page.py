"""`python -m bench.page`: how long the page takes until somebody can write, and what it loads.

A real Chromium at a real daemon, as a user whom the page knows, in a room of some messages.
`cold`: nothing of the page is in the browser. `warm`: it was there before; `kept`: its service
worker has it. Each figure is the median of the runs; compare runs on one machine.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession

from bench.chromium import NETWORKS, chromium, known, say, visit
from bench.server import Daemon

MESSAGES = 200

WATCH = """
window.bench = {};
const look = () => {
    const field = document.querySelector("#text");
    if (!("composer" in bench) && field && !field.disabled && field.checkVisibility())
        bench.composer = performance.now();
    if (!("connected" in bench) && document.querySelector('#status[data-state="connected"]'))
        bench.connected = performance.now();
    if (!("messages" in bench) && document.querySelector("#log .message"))
        bench.messages = performance.now();
};
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
"""
"""Notes, in ms from the begin of the navigation, when the page has come how far."""

DONE = "() => ['composer', 'connected', 'messages'].every((each) => each in bench)"

PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"

TIMES = ("painted", "composer", "connected", "messages")
SIZES = ("Document", "Script", "Stylesheet", "all")

Figures = dict[str, float]


class Wire:
    """Counts what a page loads, as it comes over the network: compressed, with its headers."""

    def __init__(self, devtools: CDPSession) -> None:
        self.bytes: Figures = dict.fromkeys(SIZES, 0.0)
        self._kinds: dict[str, str] = {}
        devtools.on("Network.responseReceived", self._received)
        devtools.on("Network.loadingFinished", self._finished)
        devtools.send("Network.enable")

    def _received(self, event: Any) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _finished(self, event: Any) -> None:
        size = event["encodedDataLength"]
        self.bytes["all"] += size
        kind = self._kinds.get(event["requestId"], "")
        if kind in self.bytes:
            self.bytes[kind] += size


def load(context: BrowserContext, url: str, network: dict[str, float] | None) -> Figures:
    """Open the page in a new tab, until all is there; how long that took, and what came."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    wire = Wire(devtools)
    if network is not None:
        devtools.send("Network.emulateNetworkConditions", {"offline": False, **network})
    page.add_init_script(WATCH)
    page.goto(url, wait_until="commit")
    page.wait_for_function(DONE)
    found: Figures = {**page.evaluate("bench"), "painted": page.evaluate(PAINTED), **wire.bytes}
    page.close()
    return found


def wait_until_kept(context: BrowserContext, url: str) -> None:
    """Have the service worker keep the page."""
    page = context.new_page()
    page.goto(url)
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("async () => (await navigator.serviceWorker.ready).active?.state")
    page.close()


def visits(
    browser: Browser, url: str, kept: Any, network: dict[str, float] | None
) -> Iterator[tuple[str, Figures]]:
    """One visit of each kind. Chromium slows down what a page asks for, and not what its service
    worker does: there is no `kept` on a slow network."""
    context = visit(browser, kept, service_workers="block")
    yield "cold", load(context, url, network)
    yield "warm", load(context, url, network)
    context.close()
    if network is None:
        context = visit(browser, kept)
        wait_until_kept(context, url)
        yield "kept", load(context, url, network)
        context.close()


def show_loading(browser: Browser, url: str, runs: int) -> None:
    """A table: milliseconds, and KiB."""
    kept = known(browser, url)
    print(f"{'network':14}{'cache':6}" + "".join(f"{name:>12}" for name in (*TIMES, *SIZES)))
    for name, network in NETWORKS.items():
        found: dict[str, list[Figures]] = {}
        for _ in range(runs):
            for cache, figures in visits(browser, url, kept, network):
                found.setdefault(cache, []).append(figures)
        for cache, rows in found.items():
            middle = {each: statistics.median(row[each] for row in rows) for each in rows[0]}
            times = "".join(f"{middle[each]:9.0f} ms" for each in TIMES)
            sizes = "".join(f"{middle[each] / 1024:8.1f} KiB" for each in SIZES)
            print(f"{name:14}{cache:6}{times}{sizes}", flush=True)


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    parser.add_argument("--runs", type=int, default=9, help="of each kind of visit")
    options = parser.parse_args()
    with Daemon() as daemon, chromium() as browser:
        url = f"http://127.0.0.1:{daemon.port}/"
        say(daemon.port, "bob", "lobby", (f"message {number}" for number in range(MESSAGES)))
        show_loading(browser, url, options.runs)


if __name__ == "__main__":
    main()
