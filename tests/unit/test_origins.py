"""Which pages may connect, and where a client really comes from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabbitchat.sockjs.origins import Origins, Proxies, normal


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://chat.example", "http://chat.example:80"),
        ("HTTPS://Chat.Example", "https://chat.example:443"),
        (" http://chat.example:9191 ", "http://chat.example:9191"),
        ("http://[::1]:9191", "http://[::1]:9191"),
        ("http://chat.example/", None),
        ("http://chat.example/path", None),
        ("http://chat.example?x", None),
        ("chat.example", None),
        ("null", None),
        ("", None),
        ("http://", None),
        ("file://", None),
        ("http://chat.example:x", None),
        ("http://chat.example:99999", None),
        ("http://[::1", None),
        ("http://[::FFFF:127.0.0.1]", "http://[::ffff:127.0.0.1]:80"),
        ("http://user@chat.example", None),
        ("http://user:secret@chat.example", None),
        ("http://@chat.example", None),
        ("http://*.example", None),
        ("http://a.example,b.example", None),
        ("http://a.example http://b.example", None),
        ("http://a.example, http://b.example", None),
        ("http://b\u00fccher.example", None),  # a browser says xn--bcher-kva
        ("http://xn--bcher-kva.example", "http://xn--bcher-kva.example:80"),
        ("http://chat.example;x", None),
        ("http://chat.example\\@evil.example", None),
        ("http://chat.example:0", "http://chat.example:0"),
        ("http://:80", None),
        ("Capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
        ("://localhost", None),
        ("//localhost", None),
        ("data:,x", None),
        ("blob:http://chat.example", None),
        ("capacitor://localhost:1", "capacitor://localhost:1"),
    ],
)
def test_an_origin_has_one_form(origin: str, same: str | None) -> None:
    assert normal(origin) == same


@given(st.text(max_size=40))
def test_a_form_is_its_own(origin: str) -> None:
    for one in (origin, f"http://{origin}", f"https://{origin}:81"):
        form = normal(one)
        assert form is None or normal(form) == form


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_origin_and_host_are_judged(origin: str, host: str) -> None:
    assert Origins([]).allows(origin, host) in (True, False)


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, "chat.example", True),
        ("http://chat.example", "chat.example", True),
        ("http://chat.example:9191", "chat.example:9191", True),
        ("http://CHAT.example", "chat.EXAMPLE:80", True),
        ("https://chat.example", "chat.example", True),  # a proxy took TLS off
        ("https://friend.example", "chat.example", True),
        ("http://friend.example", "chat.example", False),
        ("https://friend.example:8443", "chat.example", False),
        ("http://chat.example:9192", "chat.example:9191", False),
        ("http://evil.example", "chat.example", False),
        ("http://chat.example.evil.example", "chat.example", False),
        ("null", "chat.example", False),
        ("null", "null", False),
        ("", "", False),
        ("nonsense", "nonsense", False),
        ("http://chat.example@evil.example", "chat.example", False),
        ("http://evil.example@chat.example", "chat.example", False),
        ("http://chat.example", "evil.example@chat.example", False),
        ("http://chat.example, http://evil.example", "chat.example", False),
        ("http://chat.example", "chat.example, evil.example", False),
        ("http://chat.example.", "chat.example", False),
        ("http://chat.example:0", "chat.example", False),
        ("http://", "", False),
        ("http://:80", ":80", False),
        ("app://chat.example", "chat.example", False),  # whose is it?
        ("capacitor://localhost", "chat.example", True),
        ("capacitor://localhost:8080", "chat.example", False),
        ("http://localhost", "chat.example", False),
    ],
)
def test_only_the_own_page_and_friends(origin: str | None, host: str, allowed: bool) -> None:
    assert (
        Origins(["https://Friend.example", "capacitor://localhost"]).allows(origin, host)
        is allowed
    )


def test_an_operators_nonsense_allows_nothing() -> None:
    assert not Origins(["nonsense"]).allows("other nonsense", "chat.example")


PROXIES = Proxies(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.1", "", "198.51.100.1"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),  # nobody asked it
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "1.1.1.1, 203.0.113.9", "203.0.113.9"),  # the first was made up
        ("10.1.2.3", "203.0.113.9, 192.0.2.7, 10.9.9.9", "203.0.113.9"),
        ("10.1.2.3", "10.7.7.7", "10.7.7.7"),
        ("10.1.2.3", "nonsense", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.9, nonsense", "10.1.2.3"),
        ("10.1.2.3", " , ,203.0.113.9 ,", "203.0.113.9"),
        ("2001:db8::1", "2001:0DB8:1::5, 2001:DB9::5", "2001:db9::5"),
        # One client is one address, however it is written.
        ("10.1.2.3", "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "fe80::1%1", "fe80::1"),
    ],
)
def test_a_client_behind_believed_proxies(peer: str, forwarded: str, client: str) -> None:
    assert PROXIES.client(peer, forwarded) == client


@given(st.text(max_size=30), st.text(max_size=60))
def test_any_header_gives_an_address(peer: str, forwarded: str) -> None:
    if not PROXIES.trusts(peer):
        assert PROXIES.client(peer, forwarded) == peer


def test_an_ipv4_proxy_is_known_on_a_port_that_takes_both() -> None:
    proxies = Proxies(["10.0.0.0/8"])
    assert proxies.trusts("::ffff:10.1.2.3")
    assert not proxies.trusts("::ffff:11.1.2.3")
