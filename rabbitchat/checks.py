"""What the value of each option must be. A wrong one raises `BadOption`, one line for a person."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IReactorCore

from rabbitchat.brokers.urls import ACCEPTED, check_url, hide_password

MOST = 1_000_000_000
"""The largest number taken for a limit. Whoever wants more wants none, which is 0."""

_INNERMOST = re.compile(r"(?:(?:haproxy|sockjs):)*(\w+):(?:(?:port|path)=)?([^:]*)")
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class BadOption(ValueError):
    """An option has a value that it can't have. `str()` of it is one line without a password."""

    def __init__(self, option: str, given: str, accepted: str) -> None:
        super().__init__(option, given, accepted)
        self.option = option
        self.given = given
        self.accepted = accepted

    def named(self, name: str) -> str:
        """The line, with the option called `name` (`--port`, `RABBITCHAT_PORT`)."""
        given = repr(hide_password(self.given))
        if len(given) > 200:
            given = f"{given[:200]}..."
        return f"{name}: {given} was given; accepted is {' '.join(self.accepted.split())}"

    def __str__(self) -> str:
        return self.named(f"--{self.option}")


def whole_number(option: str, given: str, most: int = MOST) -> int:
    """A count: digits only."""
    if not re.fullmatch(r"[0-9]{1,10}", given) or int(given) > most:
        raise BadOption(option, given, f"a whole number from 0 (no limit) to {most}")
    return int(given)


def number(option: str, given: str, most: int = MOST) -> float:
    """A rate or a time: digits, perhaps with a decimal point. No sign, no exponent, no nan."""
    if not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,9})?", given) or float(given) > most:
        raise BadOption(option, given, f"a number from 0 (no limit) to {most}")
    return float(given)


def endpoint(option: str, given: str, reactor: IReactorCore) -> str:
    """A Twisted endpoint description that can be listened on; a bare number N means `tcp:N`.

    It is really parsed, which for TLS reads the files that it names.
    """
    description = f"tcp:{given}" if re.fullmatch(r"[0-9]+", given) else given
    try:
        if option == "port" and description.startswith("sockjs:"):
            raise ValueError("HTTP can't be carried by SockJS; this port has a SockJS at /chat")
        serverFromString(reactor, description)
        _check_endpoint_argument(description)
    except Exception as why:  # a parser may be a plugin of another package and raise anything
        reason = re.sub(r"^_\w+\(\) ", "", str(why))
        raise BadOption(
            option,
            given,
            "a port number from 0 to 65535 or a Twisted endpoint description such as "
            f"tcp:9191:interface=127.0.0.1 ({reason})",
        ) from None
    return description


def _check_endpoint_argument(description: str) -> None:
    """What Twisted itself would notice only when it listens."""
    match = _INNERMOST.match(description.replace("\\:", ":"))  # quoted beneath sockjs:
    kind, argument = match.groups() if match else ("", "")
    if kind in ("tcp", "tcp6", "ssl") and argument.isdigit() and int(argument) > 65535:
        raise ValueError(f"no such port: {argument}")
    if kind in ("tcp", "tcp6", "ssl") and argument.startswith("-"):
        raise ValueError(f"no such port: {argument}")
    if kind == "tls" and not os.path.isdir(argument):
        raise ValueError(f"no such directory of certificates: {argument}")


def brokers(option: str, given: str) -> tuple[str, ...]:
    """`memory:`, or AMQP URLs separated by commas."""
    urls = tuple(part.strip() for part in given.split(","))
    for count, url in enumerate(urls, start=1):
        try:
            check_url(url)
            if url == "memory:" and len(urls) > 1:
                raise ValueError("memory: is a broker of one process")
        except ValueError:
            accepted = f"{ACCEPTED}; several, without memory:, separated by commas"
            raise BadOption(option, given, f"{accepted} (number {count} is wrong)") from None
    return urls


def database(option: str, given: str) -> str:
    """Where what was said is kept: `memory:`, or the URL of a database."""
    if given != "memory:":
        # Not before it is wanted: it takes a while to import.
        from rabbitchat.database.urls import ACCEPTED_DATABASES, parse_url

        try:
            parse_url(given)
        except ValueError as why:
            raise BadOption(option, given, f"{ACCEPTED_DATABASES} ({why})") from None
    return given


@dataclass(frozen=True)
class HistoryKeep:
    """How much of a room's history is kept. None: as the log does by itself; 0: no limit."""

    entries: Optional[int] = None
    days: float = 0.0


def history_keep(option: str, given: str) -> HistoryKeep:
    """A number of messages, a number of days with a `d`, or both."""
    count, days = r"([0-9]{1,9})", r"([0-9]{1,5}(?:\.[0-9]{1,9})?)d"
    match = re.fullmatch(f"{count}|{days}|{count},{days}", given)
    if match is None:
        raise BadOption(
            option,
            given,
            "how many messages a room keeps, such as 10000, for how many days, such as 90d, or "
            "both: 10000,90d; 0 keeps all",
        )
    entries = match[1] or match[3]
    return HistoryKeep(int(entries) if entries else None, float(match[2] or match[4] or 0))


def exchange(option: str, given: str) -> str:
    """The name of the AMQP exchange, and what the names of the queues begin with."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,127}", given):
        raise BadOption(option, given, "1 to 127 of the letters A-Z and a-z, digits, _ . and -")
    return given


def node(option: str, given: str) -> str:
    """The name of a node; it is a word of a routing key, so it has no dot."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", given):
        raise BadOption(option, given, "1 to 64 of the letters A-Z and a-z, digits, _ and -")
    return given


def origins(option: str, given: Sequence[str]) -> tuple[str, ...]:
    """Web origins as browsers send them (RFC 6454, 6.2): lower case, no default port."""
    return tuple(dict.fromkeys(_origin(option, one) for one in given))


def _origin(option: str, given: str) -> str:
    accepted = "an origin such as https://chat.example or http://localhost:8080"
    if given == "*":
        raise BadOption(
            option, given, f"{accepted} (with * any web page could speak in its visitor's name)"
        )
    match = _ORIGIN.fullmatch(given.lower())
    if match is None or int(match[3] or 1) not in range(1, 65536):
        raise BadOption(option, given, f"{accepted}: scheme, host and port, without a path")
    scheme, host, port = match.groups()
    if port is None or int(port) == _DEFAULT_PORTS.get(scheme):
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{int(port)}"


def networks(option: str, given: Sequence[str]) -> tuple[str, ...]:
    """IP addresses and networks, in their usual notation."""
    return tuple(dict.fromkeys(_network(option, one) for one in given))


def _network(option: str, given: str) -> str:
    try:
        if not re.fullmatch(r"[0-9A-Fa-f.:/]+", given):  # no zone: it could hold anything
            raise ValueError(f"{given!r} is neither")
        network = ipaddress.ip_network(given)
    except ValueError as why:
        accepted = f"an IP address or a network such as 10.0.0.0/8 ({why})"
        raise BadOption(option, given, accepted) from None
    return str(network) if "/" in given else str(network.network_address)
