"""Broker URLs: what is accepted, and that no password shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from rabbitchat.brokers.choose import make_broker
from rabbitchat.brokers.memory import MemoryBroker
from rabbitchat.brokers.urls import Address, check_url, hide_password, parse_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("amqp://", None),
        ("amqp://rabbit", (False, "rabbit", 5672, "guest", "guest", "/")),
        ("amqp://rabbit/", (False, "rabbit", 5672, "guest", "guest", "/")),
        ("amqps://rabbit/%2f", (True, "rabbit", 5671, "guest", "guest", "/")),
        ("amqp://a:b@rabbit:1/chat", (False, "rabbit", 1, "a", "b", "chat")),
        ("amqp://a%40x:b%2Fc@[::1]:5/v%2Fw", (False, "::1", 5, "a@x", "b/c", "v/w")),
        ("AMQP://Rabbit", (False, "rabbit", 5672, "guest", "guest", "/")),
    ],
)
def test_what_a_url_means(url: str, address: tuple[bool, str, int, str, str, str] | None) -> None:
    if address is None:
        with pytest.raises(ValueError, match="no host"):
            parse_url(url)
    else:
        assert parse_url(url) == Address(*address)


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("", "no scheme"),
        ("rabbit:5672", "unknown scheme 'rabbit'"),
        ("http://a:secret@rabbit/", "unknown scheme 'http'"),
        ("memory://", "unknown scheme 'memory'"),
        ("amqp://a:secret@:5672/", "no host"),
        ("amqp://a:secret@rabbit:many/", "the port is not a number from 1 to 65535"),
        ("amqp://a:secret@rabbit:0/", "the port"),
        ("amqp://a:secret@rabbit:65536/", "the port"),
        ("amqp://a:secret@[::1/", "not a URL"),
        ("amqp://a:sec/ret@rabbit/", "the port"),
        ("amqp://a:secret@rabbit/?heartbeat=1", "options after"),
        (f"amqp://a:secret@rabbit/{'v' * 256}", "vhost longer than 255 bytes"),
    ],
)
def test_a_wrong_url_is_told_with_what_would_be_right(url: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong) as caught:
        check_url(url)
    text = str(caught.value)
    assert "accepted: memory:, amqp://user:password@host:5672/vhost or amqps://" in text
    assert "secret" not in text
    assert "sec" not in text


def test_memory_is_a_broker() -> None:
    check_url("memory:")
    assert isinstance(make_broker(Clock(), ["memory:"], "chat", "a"), MemoryBroker)
    for urls in ([], ["memory:", "memory:"], ["memory:", "amqp://rabbit"]):
        with pytest.raises(ValueError, match="either memory: or one or more"):
            make_broker(Clock(), urls, "chat", "a")


passwords = st.text(st.characters(codec="utf-8"), min_size=1).map(lambda text: f"<{text}>")


@given(passwords)
def test_a_password_never_shows(password: str) -> None:
    hidden = hide_password(f"amqp://ann:{password}@rabbit:5672/chat")
    assert hidden == "amqp://ann:***@rabbit:5672/chat"


def test_an_address_shows_neither_user_nor_password() -> None:
    address = parse_url("amqps://ann:secret@[::1]/chat")
    assert str(address) == "amqps://[::1]:5671/chat"
    assert "secret" not in repr(address)
