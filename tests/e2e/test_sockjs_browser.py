"""sockjs-client in Chromium, by each of its transports, and the browser's own WebSocket.

All that the client has can be reached, most of it from a page of another origin than the
server's, too. Two need a word:

- `htmlfile` is for pages of the same origin, others have `iframe-htmlfile`. In Chromium the page
  that streams is in a frame; the ActiveX object of Internet Explorer asks for the same.
- `xdr-streaming` and `xdr-polling` need the XDomainRequest of Internet Explorer 8 and 9. The page
  has a stand-in for it, so that the client's own code makes the requests. To the server they are
  xhr_streaming and xhr, so one scenario is enough.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from support import sockjs_scenarios as scenarios
from support.cable import Cable
from support.sockjs_clients import PageClient, in_page
from support.sockjs_servers import Server, site

__all__ = ["site"]

NATIVE = ["websocket", "raw"]
FOR_ALL = ["xhr-streaming", "xhr-polling", "eventsource", "jsonp-polling"]
FRAMES = ["iframe-eventsource", "iframe-htmlfile", "iframe-xhr-polling"]
FOREIGN = [*NATIVE, *FOR_ALL, *FRAMES]
XDR = ["xdr-streaming", "xdr-polling"]

every_transport = pytest.mark.parametrize("transport", [*FOREIGN, "htmlfile"])


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """Where the pages are shown."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def client(tab: Page, site: Server) -> Iterator[PageClient]:
    """In a page of the server's own origin."""
    with in_page(tab, site.url) as made:
        yield made


@pytest.fixture
def foreigner(tab: Page, site: Server) -> Iterator[PageClient]:
    """In a page of another origin, which `/allied/echo` allows and `/echo` doesn't."""
    with in_page(tab, site.foreign_url) as made:
        yield made


@pytest.mark.parametrize("transport", [*FOREIGN, *XDR])
def test_a_thousand_messages_to_another_host(
    foreigner: PageClient, site: Server, transport: str
) -> None:
    scenarios.talks(foreigner, f"{site.url}/allied/echo", transport)


def test_a_thousand_messages_by_htmlfile(client: PageClient, site: Server) -> None:
    scenarios.talks(client, f"{site.url}/echo", "htmlfile")


@every_transport
def test_the_server_closes(client: PageClient, site: Server, transport: str) -> None:
    scenarios.server_closes(client, site.url, transport)


@every_transport
def test_the_client_closes(client: PageClient, site: Server, transport: str) -> None:
    scenarios.client_closes(client, site, transport)


@every_transport
def test_a_lost_connection(tab: Page, site: Server, transport: str) -> None:
    with Cable(site.port) as cable, in_page(tab, f"http://127.0.0.1:{cable.port}") as client:
        scenarios.loses_its_connection(client, site, cable, transport)


@every_transport
def test_a_restart(client: PageClient, site: Server, transport: str) -> None:
    scenarios.sees_a_restart(client, site, transport)


# -- origins


def test_a_foreign_page_is_told_nothing(foreigner: PageClient, site: Server) -> None:
    foreigner.tries(f"{site.url}/echo")
    assert foreigner.is_closed() == (1002, "Cannot connect to server", False)


@pytest.mark.parametrize("transport", FOREIGN)
def test_a_foreign_page_gets_no_session(
    foreigner: PageClient, site: Server, transport: str
) -> None:
    """Even one that needs no information to know what to try."""
    foreigner.page.route("**/echo/info*", _inform)
    before = site.sessions()["count"]
    foreigner.tries(f"{site.url}/echo", transport)
    code, _, clean = foreigner.is_closed()
    assert (code, clean) == (1006 if transport == "raw" else 2000, False)
    assert site.sessions()["count"] == before


def _inform(route: Route) -> None:
    cors = {
        "Access-Control-Allow-Origin": route.request.headers["origin"],
        "Access-Control-Allow-Credentials": "true",
    }
    route.fulfill(json={"websocket": True, "cookie_needed": False}, headers=cors)


IN_A_FRAME = """url => new Promise(loaded => {
    const frame = document.createElement("iframe");
    frame.src = url;
    frame.onload = () => loaded();
    document.body.append(frame);
})"""


@pytest.mark.parametrize(("service", "may"), [("allied/echo", True), ("echo", False)])
def test_who_may_frame_the_iframe_page(
    foreigner: PageClient, site: Server, service: str, may: bool
) -> None:
    url = f"{site.url}/{service}/iframe.html"
    foreigner.page.evaluate(IN_A_FRAME, url)
    [_, frame] = foreigner.page.frames
    assert frame.url == (url if may else "chrome-error://chromewebdata/")
