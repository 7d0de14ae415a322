"""Which pages may use a service: the whole matrix, and what an attacker's page would try."""

from __future__ import annotations

from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.web.http_headers import Headers
from twisted.web.server import Request
from twisted.web.test.requesthelper import DummyChannel

from rabbitchat.sockjs.access import Access
from rabbitchat.sockjs.options import make_options
from support.sockjs_memory import RecorderFactory, Server, get, post, request

HOST = "chat.example"
OWN, FRIEND, FOREIGN = "https://chat.example", "https://friend.example", "https://evil.example"

ALL = Access(make_options({"allowed_origins": ["*"]}))
FRIENDS = Access(make_options({"allowed_origins": [FRIEND]}))
NOBODY = Access(make_options(None))

Several = list[tuple[str, str]]


def asked(several: Several, host: Optional[str] = HOST) -> Request:
    """A request with these headers."""
    made = Request(DummyChannel(), False)
    made.requestHeaders = Headers()
    for name, value in [*several, *([("Host", host)] if host is not None else [])]:
        made.requestHeaders.addRawHeader(name.encode(), value.encode("latin-1"))
    return made


def may(access: Access, several: Several, host: Optional[str] = HOST) -> tuple[bool, bool]:
    """Whether it may go on, and whether it may where the answer is a script or a page."""
    return access.allows(asked(several, host)), access.allows_script(asked(several, host))


BOTH, NEITHER = (True, True), (False, False)

# An Origin decides, whatever else there is.
ORIGINS = [
    (OWN, True, True),
    ("http://chat.example", True, True),  # a proxy took TLS off, or the page was loaded without
    ("https://CHAT.example:443", True, True),
    (FRIEND, True, False),
    (FRIEND + ":443", True, False),
    ("http://friend.example", False, False),
    (FOREIGN, False, False),
    ("null", False, False),
    ("", False, False),
    (" ", False, False),
    ("chat.example", False, False),
    ("https://chat.example/", False, False),
    ("https://chat.example.evil.example", False, False),
    ("https://chat.example@evil.example", False, False),
    ("https://evil.example@chat.example", False, False),
    ("https://evilchat.example", False, False),
    ("https://chat.example:8443", False, False),
    ("https://evil.example#https://chat.example", False, False),
    ("https://evil.example?https://chat.example", False, False),
    ("https://evil.example\\.chat.example", False, False),
    ("*", False, False),
    ("https://*", False, False),
    ("\xff\xfe", False, False),
    ("https://ch\xe4t.example", False, False),
    ("https://[::1", False, False),
    ("https://chat.example:x", False, False),
]


@pytest.mark.parametrize(("origin", "of_friends", "of_nobody"), ORIGINS)
def test_an_origin_decides(origin: str, of_friends: bool, of_nobody: bool) -> None:
    others: list[Several] = [
        [],
        [("Sec-Fetch-Site", "same-origin"), ("Referer", OWN + "/page")],
        [("Sec-Fetch-Site", "cross-site"), ("Referer", FOREIGN + "/page")],
    ]
    for other in others:
        said = [("Origin", origin), *other]
        assert may(FRIENDS, said) == (of_friends, of_friends)
        assert may(NOBODY, said) == (of_nobody, of_nobody)
        assert may(ALL, said) == BOTH


def test_several_origins_are_none() -> None:
    for several in ([OWN, OWN], [OWN, FOREIGN], [FOREIGN, OWN], ["", OWN], [OWN, "null"]):
        said = [("Origin", one) for one in several]
        assert may(FRIENDS, said) == NEITHER
        assert may(ALL, said) == BOTH


@pytest.mark.parametrize("host", [None, "", "evil.example", "chat.example, x", "\xff", "[::1"])
def test_without_the_right_host_nothing_is_ones_own(host: Optional[str]) -> None:
    assert may(FRIENDS, [("Origin", OWN)], host) == NEITHER
    assert may(FRIENDS, [("Origin", FRIEND)], host) == BOTH
    assert may(FRIENDS, [("Sec-Fetch-Site", "cross-site"), ("Referer", OWN)], host) == NEITHER


# Without an Origin: what else the browser says.
REFERERS = [
    (OWN + "/", True),
    (OWN, True),
    (OWN + ":443/a?b#c", True),
    (FRIEND + "/page?x=https://evil.example", True),
    (FOREIGN + "/", False),
    (FOREIGN + "/https://chat.example/", False),
    (FOREIGN + "?https://chat.example/", False),
    ("https://chat.example.evil.example/", False),
    ("https://chat.example@evil.example/", False),
    ("https://evil.example@chat.example/", False),
    ("https://chat.example:80/", False),
    ("http://friend.example/", False),
    ("//chat.example/", False),
    ("/page", False),
    ("about:blank", False),
    ("null", False),
    ("", False),
    ("\xff", False),
    ("https://[::1/", False),
    ("https://chat.example:x/", False),
]


@pytest.mark.parametrize(("referer", "allowed"), REFERERS)
def test_of_another_sites_page_the_referer_tells_whose_it_is(referer: str, allowed: bool) -> None:
    for site in ("cross-site", "same-site", "", "SAME-ORIGIN", "nonsense", "\xff"):
        said = [("Sec-Fetch-Site", site), ("Referer", referer)]
        assert may(FRIENDS, said) == (allowed, allowed)
        assert may(ALL, said) == BOTH


@pytest.mark.parametrize(("referer", "allowed"), REFERERS)
def test_an_old_browser_must_say_where_a_script_is_included(referer: str, allowed: bool) -> None:
    assert may(FRIENDS, [("Referer", referer)]) == (True, allowed)


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_what_the_browser_knows_to_be_ours_needs_no_referer(site: str) -> None:
    for other in ([], [("Referer", FOREIGN)]):
        assert may(NOBODY, [("Sec-Fetch-Site", site), *other]) == BOTH


def test_several_of_what_a_browser_sends_once_are_not_believed() -> None:
    twice = [("Sec-Fetch-Site", "same-origin")] * 2
    assert may(FRIENDS, twice) == NEITHER
    assert may(FRIENDS, [("Sec-Fetch-Site", "cross-site"), *[("Referer", OWN)] * 2]) == NEITHER


def test_who_says_nothing_is_no_browser_and_gets_no_script() -> None:
    assert may(FRIENDS, []) == (True, False)
    assert may(ALL, []) == BOTH


TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Origin", "Referer", "Sec-Fetch-Site"]),
        TEXT | st.sampled_from([OWN, FRIEND, FOREIGN, "null", "same-origin", "cross-site"]),
    ),
    max_size=4,
)


@given(several=HEADERS, host=st.none() | TEXT)
def test_whatever_the_headers_there_is_an_answer(several: Several, host: Optional[str]) -> None:
    anybody, script = may(FRIENDS, several, host)
    assert anybody or not script  # what may include a script may do all else
    if ("Origin", FOREIGN) in several or ("Origin", "null") in several:
        assert not anybody
    assert may(ALL, several, host) == BOTH


def test_who_may_put_the_iframe_page_into_a_frame() -> None:
    assert NOBODY.frame_policy == b"frame-ancestors 'self'"
    assert FRIENDS.frame_policy == b"frame-ancestors 'self' https://friend.example"
    several = Access(make_options({"allowed_origins": [FRIEND, "http://[::1]:81", "app://x"]}))
    assert several.frame_policy == (
        b"frame-ancestors 'self' https://friend.example http://[::1]:81 app://x"
    )
    assert ALL.frame_policy is None
    for_all = Access(make_options({"allowed_origins": [FRIEND, "*"]}))
    assert for_all.frame_policy is None


# -- what an attacker's page would try, against the whole resource

FORM = {"Content-Type": "text/plain", "Origin": FOREIGN}
SCRIPT = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script", "Referer": FOREIGN + "/"}
SANDBOX = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
}

ATTACKS: dict[str, bytes] = {
    "include jsonp as a script": get("/x/a/new/jsonp?c=steal", SCRIPT),
    "the same, without a referer": get("/x/a/new/jsonp?c=steal", {**SCRIPT, "Referer": None}),
    "the same, from a sandbox": get("/x/a/new/jsonp?c=steal", SANDBOX),
    "the same, in an old browser": get("/x/a/new/jsonp?c=steal", {"Referer": FOREIGN + "/"}),
    "the same, in one that hides where from": get("/x/a/new/jsonp?c=steal"),
    "include eventsource as a script": get("/x/a/new/eventsource", SCRIPT),
    "frame htmlfile": get("/x/a/new/htmlfile?c=steal", {**SCRIPT, "Sec-Fetch-Dest": "iframe"}),
    "open an EventSource": get("/x/a/new/eventsource", {"Origin": FOREIGN}),
    "open one with credentials from a sandbox": get("/x/a/new/eventsource", SANDBOX),
    "post a form to poll": post("/x/a/new/xhr", b"", FORM),
    "post a form to stream": post("/x/a/new/xhr_streaming", b"", FORM),
    "post a form from a sandbox": post("/x/a/new/xhr", b"", SANDBOX),
    "post a form to the session": post("/x/a/s/xhr_send", b'["evil"]', FORM),
    "post a form to the session, with jsonp_send": post(
        "/x/a/s/jsonp_send",
        b"d=%5B%22evil%22%5D",
        {"Content-Type": "application/x-www-form-urlencoded", "Origin": FOREIGN},
    ),
    "take the session over": post("/x/a/s/xhr", b"", {"Origin": FOREIGN}),
    "take it over as a script": get("/x/a/s/jsonp?c=steal", SCRIPT),
    "open a WebSocket": get("/x/a/new/websocket", {**UPGRADE, "Origin": FOREIGN}),
    "open a raw one": get("/x/websocket", {**UPGRADE, "Origin": FOREIGN}),
    "open one from a sandbox": get("/x/a/new/websocket", {**UPGRADE, **SANDBOX}),
    "open one from a page that looks like ours": get(
        "/x/websocket", {**UPGRADE, "Origin": "https://chat.example.evil.example"}
    ),
    "read info": get("/x/info", {"Origin": FOREIGN}),
    "ask before it posts": request("OPTIONS", "/x/a/new/xhr", b"", {"Origin": FOREIGN}),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attackers_page_gets_nothing(attack: str) -> None:
    factory = RecorderFactory()
    server = Server(factory, {"allowed_origins": [FRIEND]})
    server.ask(post("/x/a/s/xhr"))
    factory.sessions[0].transport.write(b"secret")
    answer = server.ask(ATTACKS[attack])
    assert answer.status == 403
    assert not any("access-control" in name for name in answer.headers)
    assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.body == b"pages from that origin may not connect\n"
    assert factory.heard == ["made"]  # no other session, no message
    assert server.ask(post("/x/a/s/xhr")).body == b'a["secret"]\n'


ANSWERED = [
    name
    for name, attack in ATTACKS.items()
    if FOREIGN.encode() in attack and b"Upgrade" not in attack  # there is no socket to take over
]


@pytest.mark.parametrize("attack", ANSWERED)
def test_the_same_of_a_friends_page_is_allowed(attack: str) -> None:
    """So it is the page that was refused, not the request."""
    factory = RecorderFactory()
    server = Server(factory, {"allowed_origins": [FRIEND]})
    server.ask(post("/x/a/s/xhr"))
    factory.sessions[0].transport.write(b"secret")
    answer = server.ask(ATTACKS[attack].replace(FOREIGN.encode(), FRIEND.encode()))
    assert answer.status in (200, 204)


def test_the_iframe_page_says_who_may_frame_it() -> None:
    for allowed, policy in (([], "frame-ancestors 'self'"), (["*"], None)):
        server = Server(RecorderFactory(), {"allowed_origins": allowed})
        answer = server.ask(get("/x/iframe.html", SCRIPT))
        assert answer.status == 200
        assert answer.headers.get("content-security-policy") == policy
