"""Which URLs a SockJS service has, and which it has not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rabbitchat.sockjs.routing import LONGEST_SESSION, Route, find


def route(path: str) -> Route | None:
    """The route of what follows the service's URL, which begins with a slash or is empty."""
    return find([segment.encode() for segment in path.split("/")[1:]])


GET, OPTIONS, POST = b"GET", b"OPTIONS", b"POST"

ROUTES = [
    ("", "greeting", {GET}, b""),
    ("/", "greeting", {GET}, b""),
    ("/info", "info", {GET, OPTIONS}, b""),
    ("/iframe.html", "iframe", {GET}, b""),
    ("/iframe-a.html", "iframe", {GET}, b""),
    ("/iframe-.html", "iframe", {GET}, b""),
    ("/iframe-0.1.2.html", "iframe", {GET}, b""),
    ("/iframe-0.1.2abc-dirty.2144.html", "iframe", {GET}, b""),
    ("/iframe_x.html", "iframe", {GET}, b""),
    ("/iframe..html", "iframe", {GET}, b""),
    ("/websocket", "raw_websocket", {GET}, b""),
    ("/a/b/websocket", "websocket", {GET}, b"b"),
    ("/a/b/xhr", "xhr", {POST, OPTIONS}, b"b"),
    ("/a/b/xhr_send", "xhr_send", {POST, OPTIONS}, b"b"),
    ("/a/b/xhr_streaming", "xhr_streaming", {POST, OPTIONS}, b"b"),
    ("/a/b/jsonp", "jsonp", {GET}, b"b"),
    ("/a/b/jsonp_send", "jsonp_send", {POST}, b"b"),
    ("/a/b/eventsource", "eventsource", {GET}, b"b"),
    ("/a/b/htmlfile", "htmlfile", {GET}, b"b"),
    ("/a/a/xhr", "xhr", {POST, OPTIONS}, b"a"),
    ("/_/_/xhr", "xhr", {POST, OPTIONS}, b"_"),
    ("/1/1/xhr", "xhr", {POST, OPTIONS}, b"1"),
    ("/abcdefgh_i-j%20/abcdefgh_i-j%20/xhr", "xhr", {POST, OPTIONS}, b"abcdefgh_i-j%20"),
    ("/%2f/%2F%2e/xhr", "xhr", {POST, OPTIONS}, b"%2F%2e"),  # as they are: no slash, no dot
    ("/info/websocket/xhr", "xhr", {POST, OPTIONS}, b"websocket"),
]


@pytest.mark.parametrize(("path", "kind", "methods", "session"), ROUTES)
def test_these_are_there(path: str, kind: str, methods: set[bytes], session: bytes) -> None:
    found = route(path)
    assert found is not None
    assert (found.kind, set(found.methods), found.session) == (kind, methods, session)


NOWHERE = [
    "//xhr",
    "///xhr",
    "////xhr",
    "/a./a/xhr",
    "/a/a./xhr",
    "/././xhr",
    "/../../xhr",
    "/./a/xhr",
    "/a/../xhr",
    "/a.b/c/xhr",
    "//a/xhr",
    "/a//xhr",
    "/a",
    "/a.html",
    "//",
    "///",
    "////",
    "/a/a",
    "/a/a/",
    "/a/",
    "/.",
    "/..",
    "/iframe",
    "/iframe.htm",
    "/iframe.HTML",
    "/IFRAME",
    "/IFRAME.HTML",
    "/IFRAME.html",
    "/iframe.xml",
    "/iframe-/.html",
    "/iframe-A.html",
    "/iframe-\u00e9.html",
    "/iframe.html\n",
    "/iframe.html/",
    "/iframexhtml",
    "/xiframe.html",
    "/iframe%2ehtml",
    "/info/",
    "/Info",
    "/INFO",
    "/info ",
    "/infos",
    "/%69nfo",
    "/websocket/",
    "/Websocket",
    "/websockets",
    "/xhr",
    "/a/xhr",
    "/a/b/xhr/",
    "/a/b/c/xhr",
    "/a/b/XHR",
    "/a/b/xhr_",
    "/a/b/",
    "/a/b/.",
    "/a/b/greeting",
    "/a/b/info",
    "/a/b/iframe.html",
    "/a/b/raw_websocket",
    "/a/b/xhr\n",
    "/a/b/xhr%20",
]


@pytest.mark.parametrize("path", NOWHERE)
def test_these_are_not(path: str) -> None:
    assert route(path) is None


@pytest.mark.parametrize("server", [1, LONGEST_SESSION, LONGEST_SESSION + 1])
@pytest.mark.parametrize("session", [1, LONGEST_SESSION, LONGEST_SESSION + 1])
def test_names_have_an_end(server: int, session: int) -> None:
    found = route(f"/{'x' * server}/{'y' * session}/xhr")
    assert (found is not None) == (max(server, session) <= LONGEST_SESSION)


TRANSPORTS = [b"xhr", b"xhr_send", b"xhr_streaming", b"jsonp", b"websocket", b"htmlfile"]
SEGMENT = st.binary(max_size=6).map(lambda data: data.replace(b"/", b"")) | st.sampled_from(
    [b"", b".", b"..", b"info", b"iframe.html", b"a", b"a.b", *TRANSPORTS]
)


@given(st.lists(SEGMENT, max_size=5))
@example([b"\xff", b"\x00", b"xhr"])
@example([b"", b"", b"xhr"])
def test_any_bytes_are_somewhere_or_nowhere(segments: list[bytes]) -> None:
    found = find(segments)
    if found is None:
        return
    assert found.methods
    if len(segments) == 3:
        assert found.session == segments[1]
        assert all(segments)
        assert not any(b"." in segment for segment in segments)
        assert found.kind.encode() == segments[2]
    else:
        assert len(segments) <= 1
        assert found.session == b""
        assert found.kind in ("greeting", "info", "iframe", "raw_websocket")
