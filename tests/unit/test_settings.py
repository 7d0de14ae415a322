"""Every option: what is accepted, and the one line that is said when something else is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.testing import MemoryReactor

from rabbitchat.brokers.urls import hide_password
from rabbitchat.checks import HistoryKeep
from rabbitchat.data_directory import default_database
from rabbitchat.settings import BadOption, Given, Limits, Settings, default_node, parse


def settings(**given: str | Sequence[str]) -> Settings:
    options: Given = {name.replace("_", "-"): value for name, value in given.items()}
    return parse(options, MemoryReactor())


def refused(name: str, value: str | Sequence[str]) -> str:
    """The line that is said; checked to be one."""
    with pytest.raises(BadOption) as caught:
        settings(**{name: value})
    line = str(caught.value)
    assert caught.value.option == name.replace("_", "-")
    assert line.startswith(f"--{caught.value.option}: ")
    assert "accepted" in line
    assert "\n" not in line
    return line


def test_defaults() -> None:
    chosen = settings()
    assert chosen == Settings(chosen.node, default_database())


def test_default_node_is_a_valid_name_and_differs_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for host, shown in [("box7.example.org", "box7"), ("büro_1", "bro_1"), ("..", "node")]:
        monkeypatch.setattr("socket.gethostname", lambda host=host: host)
        assert re.fullmatch(rf"{shown}-[0-9a-f]{{6}}", default_node())
    monkeypatch.setattr("socket.gethostname", lambda: "h" * 200)
    assert settings(node=default_node()).node.startswith("h" * 57 + "-")
    assert default_node() != default_node()


@pytest.mark.parametrize(
    ("value", "description"),
    [
        ("9191", "tcp:9191"),
        ("0", "tcp:0"),
        ("tcp:9191:interface=127.0.0.1", "tcp:9191:interface=127.0.0.1"),
        ("tcp6:9191", "tcp6:9191"),
        ("haproxy:tcp:9191", "haproxy:tcp:9191"),
        ("unix:/run/chat.sock", "unix:/run/chat.sock"),
    ],
)
def test_ports(value: str, description: str) -> None:
    assert settings(port=value).port == description
    assert settings(line_port=value).line_port == description


def test_sockjs_is_for_the_line_port() -> None:
    assert settings(line_port=r"sockjs:tcp\:9192").line_port == r"sockjs:tcp\:9192"
    assert "this port has a SockJS at /chat" in refused("port", r"sockjs:tcp\:9191")


def test_line_port_can_be_turned_off_and_the_http_port_can_not() -> None:
    assert settings(line_port="none").line_port is None
    refused("port", "none")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "endpoint"),
        ("http", "http"),
        ("-1", "-1"),
        ("65536", "no such port: 65536"),
        ("tcp:port=70000", "no such port: 70000"),
        ("tcp:-5", "no such port: -5"),
        ("haproxy:tcp:70000", "no such port: 70000"),
        ("tcp", "port"),
        ("tcp:x", "'x'"),
        ("tcp:9191:colour=red", "colour"),
        ("ssl:9191:privateKey=/no/such/key.pem", "/no/such/key.pem"),
        ("tls:/no/such/directory", "/no/such/directory"),
        ("systemd:domain=INET:index=0", "out of range"),
        ("99\n99", "endpoint"),
    ],
)
@pytest.mark.parametrize("name", ["port", "line_port"])
def test_bad_ports(name: str, value: str, reason: str) -> None:
    assert reason in refused(name, value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (r"sockjs:tcp\:70000", "no such port: 70000"),
        (r"sockjs:tls\:/no/such", "no such directory of certificates: /no/such"),
        (r"sockjs:tcp\:9192:websocket=maybe", "it must be one of true, yes"),
    ],
)
def test_bad_sockjs_ports(value: str, reason: str) -> None:
    assert reason in refused("line_port", value)


def test_a_key_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("not a key")
    refused("port", f"ssl:9191:privateKey={tmp_path}/key.pem")


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        ("memory:", ("memory:",)),
        ("amqp://host", ("amqp://host",)),
        (
            "amqp://u:p@one:5672/v, amqps://u:p@two",
            ("amqp://u:p@one:5672/v", "amqps://u:p@two"),
        ),
        ("amqp://u:p@[::1]:5672/%2F", ("amqp://u:p@[::1]:5672/%2F",)),
    ],
)
def test_brokers(value: str, urls: tuple[str, ...]) -> None:
    assert settings(broker=value).brokers == urls


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("", 1),
        ("memory", 1),
        ("memory:,amqp://host", 1),
        ("amqp://host,memory:", 2),
        ("memory:,memory:", 1),
        ("http://u:secret@host", 1),
        ("amqp://u:secret@host:port/", 1),
        ("amqp://u:secret@host:99999/", 1),
        ("amqp://u:secret@host:0/", 1),
        ("amqp://u:secret@", 1),
        ("amqp://u:secr,et@host", 1),
        ("amqp:u:secret@host", 1),
        ("amqp:/u:secret@host", 1),
        ("u:secret@host", 1),
        ("amqp://u:sec/ret@host", 1),
        ("amqp://u:s://ecret@host", 1),
        ("amqp://ok,", 2),
    ],
)
def test_bad_brokers(value: str, number: int) -> None:
    line = refused("broker", value)
    assert f"(number {number} is wrong)" in line
    for part in ("secr", "ret@"):
        assert part not in line


def test_a_password_is_hidden_wherever_it_was_given() -> None:
    assert hide_password("amqp://host:5672/vhost") == "amqp://host:5672/vhost"
    for name in ("port", "line_port", "database", "exchange", "node", "rate", "allow_origin"):
        assert "secret" not in refused(name, "amqp://u:secret@host")
    for options in ("?password=secret", "?sslmode=require&sslpassword=&sec", "?PASSWORD=sec@"):
        assert "sec" not in refused("database", f"postgresql://u@host/{options}")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="@"), min_size=1))
def test_no_password_is_ever_shown(password: str) -> None:
    marked = f"<<{password}>>"
    assert "<<" not in hide_password(f"postgresql://user:{marked}@host/db")


@pytest.mark.parametrize(
    "value",
    [
        "memory:",
        "sqlite:///chat.sqlite",
        "sqlite:////var/lib/rabbitchat/chat.sqlite",
        "postgresql://u:secret@host/db",
        "postgresql://u@host:5433/db?sslmode=require",
        "postgresql:///db",
    ],
)
def test_database(value: str) -> None:
    assert settings(database=value).database == value


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "not a database URL"),
        ("chat.sqlite", "not a database URL"),
        ("mysql://u:secret@host/db", "unknown scheme"),
        ("postgresql+asyncpg://u:secret@host/db", "unknown scheme"),
        ("sqlite://chat.sqlite", "three slashes before a relative path"),
        ("sqlite:///", "no file"),
        ("sqlite:///:memory:", "no file"),
        ("sqlite:///chat.sqlite?mode=ro", "options after ? are not known"),
        ("postgresql://u:secret@host", "no name of a database"),
        ("postgresql://u:secret@host:99999/db", "the port is not a number from 1 to 65535"),
        ("postgresql://u:secret@host:port/db", "not a database URL"),
    ],
)
def test_no_database(value: str, why: str) -> None:
    line = refused("database", value)
    assert why in line
    assert "sqlite:////absolute.sqlite or postgresql://" in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("value", "entries", "days"),
    [
        ("0", 0, 0),
        ("10000", 10000, 0),
        ("90d", None, 90),
        ("0.5d", None, 0.5),
        ("10000,90d", 10000, 90),
        ("0,7d", 0, 7),
    ],
)
def test_history_keep(value: str, entries: Optional[int], days: float) -> None:
    assert settings(history_keep=value).history_keep == HistoryKeep(entries, days)


@pytest.mark.parametrize(
    "value", ["", ",", "d", "-1", "1.5", "90d,10000", "10000,", ",90d", "10000 90d", "1e3", "9w",
              "100090d,", "10,10", "1d1d", "9" * 10]
)  # fmt: skip
def test_no_history_keep(value: str) -> None:
    assert "10000,90d; 0 keeps all" in refused("history_keep", value)


@pytest.mark.parametrize("value", ["rabbitchat", "a", "A.b_c-9", "x" * 127])
def test_exchange(value: str) -> None:
    assert settings(exchange=value).exchange == value


@pytest.mark.parametrize("value", ["", "x" * 128, "a b", "ä", "a\n", "a#", "a*"])
def test_bad_exchange(value: str) -> None:
    refused("exchange", value)


@pytest.mark.parametrize("value", ["n1", "A_b-9", "x" * 64])
def test_node(value: str) -> None:
    assert settings(node=value).node == value


@pytest.mark.parametrize("value", ["", "x" * 65, "a.b", "ä", "a\n", "#", "*"])
def test_bad_node(value: str) -> None:
    refused("node", value)


LIMITS = [limit.name for limit in fields(Limits)]


@pytest.mark.parametrize("name", LIMITS)
def test_limits(name: str) -> None:
    for value in ("0", "7", "36500"):
        limit = getattr(settings(**{name: value}).limits, name)
        assert limit == int(value)
        assert type(limit) is type(getattr(Limits, name))


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(
    "value", ["", "x", "-1", "+1", "nan", "inf", "1e3", " 1", "1_000", "٣", "9" * 400, "1\n", "."]
)
def test_bad_limits(name: str, value: str) -> None:
    refused(name, value)


def test_a_fraction_is_for_rates_and_times() -> None:
    assert settings(rate="0.5", ping="2.25").limits == Limits(rate=0.5, ping=2.25)
    assert "whole number" in refused("burst", "0.5")


def test_a_session_is_kept_a_hundred_years_at_most() -> None:
    assert "36500" in refused("session_keep", "36501")


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("https://chat.example", "https://chat.example"),
        ("HTTPS://Chat.Example:443", "https://chat.example"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("app://chat", "app://chat"),
    ],
)
def test_origins(value: str, origin: str) -> None:
    assert settings(allow_origin=[value, value]).allow_origins == (origin,)


def test_several_origins() -> None:
    both = ("https://a.example", "https://b.example")
    assert settings(allow_origin=both).allow_origins == both


@pytest.mark.parametrize(
    "value",
    [
        "",
        "null",
        "*",
        "chat.example",
        "https://",
        "https://chat.example/",
        "https://chat.example/page",
        "https://user@chat.example",
        "https://chat.example:0",
        "https://chat.example:65536",
        "https://*.example",
        "https://chat.example\n",
    ],
)
def test_bad_origins(value: str) -> None:
    refused("allow_origin", ["https://fine.example", value])


def test_a_star_is_explained() -> None:
    assert "any web page" in refused("allow_origin", ["*"])


def test_proxies() -> None:
    given = ["10.0.0.0/8", "127.0.0.1", "::1", "fd00::/8", "127.0.0.1"]
    assert settings(trust_proxy=given).trust_proxies == tuple(given[:4])


@pytest.mark.parametrize("value", ["", "proxy", "10.0.0.1/8", "10.0.0.0/33", "1.2.3", "::1%lo\n"])
def test_bad_proxies(value: str) -> None:
    refused("trust_proxy", ["127.0.0.1", value])


def test_an_option_given_once_only() -> None:
    assert "one value" in refused("rate", ["1", "2"])


def test_a_long_value_is_cut() -> None:
    assert len(refused("node", "x" * 10_000)) < 400
