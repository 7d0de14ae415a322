"""Descriptions of `sockjs:` endpoints: what is beneath, the options, and what can be wrong."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.endpoints import (
    TCP4ServerEndpoint,
    TCP6ServerEndpoint,
    UNIXServerEndpoint,
    quoteStringArgument,
    serverFromString,
)
from twisted.internet.testing import MemoryReactorClock

from rabbitchat.sockjs import OptionError, Options
from rabbitchat.sockjs.endpoint import SockJSEndpoint


def parsed(description: str) -> SockJSEndpoint:
    """The endpoint that Twisted makes of it, by the plugin."""
    endpoint = serverFromString(MemoryReactorClock(), description)
    assert isinstance(endpoint, SockJSEndpoint)
    return endpoint


def options(given: str) -> Options:
    """The options that this gives."""
    return parsed(rf"sockjs:tcp\:9090:{given}")._options


@pytest.mark.parametrize(
    ("description", "kind", "expected"),
    [
        (r"tcp\:9090", TCP4ServerEndpoint, {"_port": 9090}),
        ("tcp:9090", TCP4ServerEndpoint, {"_port": 9090}),
        (r"tcp\:port=9090", TCP4ServerEndpoint, {"_port": 9090}),
        (
            r"tcp\:9090\:interface=127.0.0.1",
            TCP4ServerEndpoint,
            {"_port": 9090, "_interface": "127.0.0.1"},
        ),
        (r"tcp\:9090\:interface\=127.0.0.1", TCP4ServerEndpoint, {"_interface": "127.0.0.1"}),
        (
            r"tcp6\:9\:interface=\\\:\\\:1\:backlog=3",
            TCP6ServerEndpoint,
            {"_interface": "::1", "_backlog": 3},
        ),
        ("unix:/run/a", UNIXServerEndpoint, {"_address": "/run/a"}),
        (r"unix:/run/a\:b", UNIXServerEndpoint, {"_address": "/run/a:b"}),
        (r"unix\:/run/a\\\:b", UNIXServerEndpoint, {"_address": "/run/a:b"}),
    ],
)
def test_what_is_beneath(description: str, kind: type, expected: dict[str, Any]) -> None:
    beneath = parsed(f"sockjs:{description}:websocket=no")._beneath
    assert type(beneath) is kind
    assert {name: getattr(beneath, name) for name in expected} == expected


# Twisted's quoting leaves the equals sign out.
@given(st.text(st.characters(codec="ascii", exclude_characters="\0="), min_size=1))
def test_the_quoting_is_twisteds(path: str) -> None:
    beneath = f"unix:{quoteStringArgument(path)}:mode=600"
    endpoint = parsed(f"sockjs:{quoteStringArgument(beneath)}:heartbeat_delay=3")
    assert isinstance(endpoint._beneath, UNIXServerEndpoint)
    assert (endpoint._beneath._address, endpoint._beneath._mode) == (path, 0o600)
    assert endpoint._options.heartbeat_delay == 3


def test_each_option_can_be_given() -> None:
    texts: dict[str, tuple[str, Any]] = {
        "websocket": ("False", False),
        "cookie_needed": ("yes", True),
        "response_limit": ("4096", 4096),
        "heartbeat_delay": ("2.5", 2.5),
        "disconnect_delay": ("10", 10.0),
        "sockjs_url": (r"https\://a.example/sockjs.js", "https://a.example/sockjs.js"),
        "allowed_origins": (
            r"https\://a.example, https\://b.example\:8443",
            ("https://a.example", "https://b.example:8443"),
        ),
        "trusted_proxies": (r"127.0.0.1,\:\:1,10.0.0.0/8,", ("127.0.0.1", "::1", "10.0.0.0/8")),
        "max_message": ("0", 0),
        "max_buffer": ("1", 1),
        "max_sessions_per_address": ("7", 7),
        "max_fragments": ("8", 8),
        "pings_a_second": ("0.5", 0.5),
    }
    assert set(texts) == {field.name for field in fields(Options)}
    for name, (text, value) in texts.items():
        assert getattr(options(f"{name}={text}"), name) == value
    all_of_them = ":".join(f"{name}={text}" for name, (text, _) in texts.items())
    assert options(all_of_them) == Options(**{name: value for name, (_, value) in texts.items()})


def test_what_is_not_given_has_its_default() -> None:
    assert parsed("sockjs:tcp:9090")._options == Options()


@pytest.mark.parametrize("yes", ["true", "True", "yes", "on", "ON"])
@pytest.mark.parametrize("no", ["false", "no", "No", "off"])
def test_booleans(yes: str, no: str) -> None:
    given = options(f"cookie_needed={yes}:websocket={no}")
    assert (given.cookie_needed, given.websocket) == (True, False)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("websocket=maybe", "the option websocket is 'maybe'; it must be one of true, yes, on, "),
        ("websocket=1", "the option websocket is '1'; it must be one of true, "),
        ("cookie_needed=", "the option cookie_needed is ''; it must be "),
        ("heartbeat_delay=soon", "the option heartbeat_delay is 'soon'; it must be seconds, "),
        ("disconnect_delay=0", "the option disconnect_delay is 0; it must be seconds, more than"),
        ("heartbeat_delay=25000", "the option heartbeat_delay is 25000; it must be seconds, "),
        ("disconnect_delay=nan", "the option disconnect_delay is nan; it must be seconds, "),
        ("max_message=1.5", "the option max_message is 1.5; it must be a whole number, "),
        ("max_buffer=-1", "the option max_buffer is -1; it must be a whole number, 0 for no "),
        ("response_limit=64k", "the option response_limit is '64k'; it must be a whole number "),
        ("sockjs_url=sockjs.js", "the option sockjs_url is 'sockjs.js'; it must be a URL that "),
        (
            r"allowed_origins=https\://a.example,b.example",
            "it must be a list of origins, as https://chat.example, or *; 'b.example' is none",
        ),
        (r"allowed_origins=https\://a.example/", "'https://a.example/' is none"),
        ("allowed_origins=https://a.example", r"quote its colon: https\://a.example"),
        (
            "trusted_proxies=10.0.0.1,10.0.0.256",
            "it must be a list of IP addresses or networks; '10.0.0.256' is none",
        ),
        ("heartbeat=25", "there is no option 'heartbeat'; there are websocket, cookie_needed, "),
        (
            "interface=127.0.0.1",
            "what belongs to the endpoint beneath is quoted, as in "
            r"sockjs:tcp\:8080\:interface=127.0.0.1",
        ),
    ],
)
def test_an_option_that_is_wrong(given: str, problem: str) -> None:
    with pytest.raises(OptionError) as caught:
        options(given)
    assert problem in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("description", ["sockjs", "sockjs:", "sockjs:websocket=no"])
def test_nothing_is_beneath(description: str) -> None:
    with pytest.raises(ValueError, match="it doesn't say where to listen, as sockjs:tcp"):
        parsed(description)


def test_what_is_beneath_is_wrong() -> None:
    with pytest.raises(ValueError, match="Unknown endpoint type: 'tpc'"):
        parsed(r"sockjs:tpc\:9090")
