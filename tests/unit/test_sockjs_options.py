"""The options of a SockJS service: defaults, and what a wrong one is told."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabbitchat.sockjs import OptionError, Options
from rabbitchat.sockjs.options import make_options

DEFAULTS = {
    "websocket": True,
    "cookie_needed": False,
    "response_limit": 131072,
    "heartbeat_delay": 25.0,
    "disconnect_delay": 5.0,
    "sockjs_url": "/sockjs.js",
    "allowed_origins": (),
    "trusted_proxies": (),
    "max_message": 65536,
    "max_buffer": 262144,
    "max_sessions_per_address": 512,
    "max_fragments": 64,
    "pings_a_second": 20.0,
}

FLAG = "True or False"
SIZE = "a whole number of bytes, 1 or more"
LIMIT = "a whole number, 0 for no limit"
RATE = "a number, 0 for no limit"
DELAY = "seconds, more than 0 and up to 3600"
OPTIONAL_DELAY = "seconds, up to 3600, or 0 for never"
URL = "a URL that starts with / or http:// or https://"
CLEAN_URL = "a URL without spaces, quotes, & and angle brackets"
TEXTS = "a list of strings"
ORIGINS = "a list of origins, as https://chat.example, or *"
NETWORKS = "a list of IP addresses or networks"

WRONG: list[tuple[str, list[Any], str]] = [
    ("websocket", [0, 1, "yes", "false", None], FLAG),
    ("cookie_needed", [1, "true", None, b"x"], FLAG),
    ("response_limit", [0, -1, 1.5, True, "4096", None], SIZE),
    ("heartbeat_delay", [-1, 25000, 3600.5, "25", True, None, float("nan")], OPTIONAL_DELAY),
    ("heartbeat_delay", [float("inf")], OPTIONAL_DELAY),
    ("disconnect_delay", [0, -1, 5000, "5", True, None, float("nan"), float("inf")], DELAY),
    ("sockjs_url", [None, 5, "", "sockjs.js", "ftp://x", "javascript:alert(1)", b"/x"], URL),
    ("sockjs_url", ['/"><script>', "/a b", "/a'b", "/a&b", "/<", "/\n", "/\u00e9"], CLEAN_URL),
    ("allowed_origins", [5, None, "*", "https://chat.example", [5], [b"*"], b"*", 1.5], TEXTS),
    (
        "allowed_origins",
        [
            [""],
            ["chat.example"],
            ["null"],
            ["https://chat.example/"],
            ["https://*.example"],
            ["*", "**"],
            ["https://a.example,b.example"],
            ["https://user@chat.example"],
        ],
        ORIGINS,
    ),
    ("trusted_proxies", [5, None, "10.0.0.1", [5], [b"10.0.0.1"]], TEXTS),
    (
        "trusted_proxies",
        [["nonsense"], ["10.0.0.0/33"], ["10.0.0.1", ""], ["10.0.0.1:80"]],
        NETWORKS,
    ),
    ("max_message", [-1, 1.5, True, "1", None], LIMIT),
    ("max_buffer", [-1, 1.5, False, "1", None], LIMIT),
    ("max_sessions_per_address", [-1, 1.5, True, "1", None], LIMIT),
    ("max_fragments", [-1, 1.5, True, "1", None], LIMIT),
    ("pings_a_second", [-1, -0.5, True, "1", None, float("nan")], RATE),
]


def test_the_defaults() -> None:
    assert dataclasses.asdict(Options()) == DEFAULTS
    assert make_options(None) == make_options({}) == Options()


def test_each_wrong_value_is_told_the_option_itself_and_what_is_right() -> None:
    assert {name for name, _, _ in WRONG} == set(DEFAULTS)
    for name, values, right in WRONG:
        for value in values:
            with pytest.raises(OptionError) as caught:
                make_options({name: value})
            said = str(caught.value)
            assert said.startswith(f"the option {name} is {value!r}; it must be {right}"), said


def test_a_wrong_one_among_several_is_named() -> None:
    for options, name in (
        ({"allowed_origins": ["https://a.example", "b.example"]}, "'b.example' is none"),
        ({"trusted_proxies": ["10.0.0.1", "proxy"]}, "'proxy' is none"),
    ):
        with pytest.raises(OptionError, match=name):
            make_options(options)


def test_milliseconds_are_refused_with_a_word_of_seconds() -> None:
    for name in ("heartbeat_delay", "disconnect_delay"):
        with pytest.raises(OptionError, match=rf"{name} is 25000; it must be seconds"):
            make_options({name: 25000})


@pytest.mark.parametrize("name", ["heartbeat", "", "WebSocket", "websocket ", 5, None, "log"])
def test_an_unknown_name_is_told_and_which_there_are(name: Any) -> None:
    with pytest.raises(OptionError) as caught:
        make_options({"websocket": True, name: 5})
    said = str(caught.value)
    assert said == f"there is no option {name!r}; there are {', '.join(DEFAULTS)}"


RIGHT: list[tuple[str, Any, Any]] = [
    ("websocket", False, False),
    ("cookie_needed", True, True),
    ("response_limit", 1, 1),
    ("heartbeat_delay", 0, 0.0),
    ("heartbeat_delay", 0.1, 0.1),
    ("disconnect_delay", 3600, 3600.0),
    ("sockjs_url", "//cdn.example/sockjs.js", "//cdn.example/sockjs.js"),
    ("sockjs_url", "https://cdn.example/s.js?v=1.6.1#x", "https://cdn.example/s.js?v=1.6.1#x"),
    ("allowed_origins", ["*"], ("*",)),
    (
        "allowed_origins",
        ("https://A.example", "http://[::1]:81"),
        ("https://A.example", "http://[::1]:81"),
    ),
    ("allowed_origins", [], ()),
    ("trusted_proxies", ["10.0.0.1/8", "2001:db8::/32"], ("10.0.0.1/8", "2001:db8::/32")),
    ("max_message", 0, 0),
    ("max_buffer", 1, 1),
    ("pings_a_second", 0, 0.0),
    ("pings_a_second", 2, 2.0),
]


@pytest.mark.parametrize(("name", "value", "kept"), RIGHT)
def test_right_values_are_kept(name: str, value: Any, kept: Any) -> None:
    options = make_options({name: value})
    assert getattr(options, name) == kept
    assert type(getattr(options, name)) is type(kept)
    assert dataclasses.asdict(options) == {**DEFAULTS, name: kept}


def test_any_iterable_of_strings_is_a_list_even_one_that_can_be_read_once() -> None:
    once = (f"https://{name}.example" for name in "ab")
    assert Options(allowed_origins=once).allowed_origins == (  # type: ignore[arg-type]
        "https://a.example",
        "https://b.example",
    )


def test_what_was_given_may_change_afterwards() -> None:
    given = {"allowed_origins": ["https://a.example"]}
    options = make_options(given)
    given["allowed_origins"].append("*")
    assert not options.any_origin
    assert make_options({"allowed_origins": ["https://a.example", "*"]}).any_origin


def test_options_are_taken_as_they_are_and_do_not_change() -> None:
    options = Options(websocket=False)
    assert make_options(options) is options
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.websocket = True  # type: ignore[misc]


@given(
    st.dictionaries(
        st.sampled_from([*DEFAULTS, "x"]),
        st.none()
        | st.booleans()
        | st.integers(-2, 5000)
        | st.floats()
        | st.text(max_size=5)
        | st.lists(st.text(max_size=5) | st.integers(), max_size=2),
        max_size=3,
    )
)
def test_whatever_is_given_is_options_or_an_option_error(given: dict[str, Any]) -> None:
    try:
        options = make_options(given)
    except OptionError as error:
        assert any(repr(name) in str(error) or f"option {name} " in str(error) for name in given)  # noqa: PT017
    else:
        hash(options)
