"""The options of a SockJS service, under the protocol's own names; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_network
from typing import Any, Optional, Union

from .origins import normal

LONGEST_DELAY = 3600
"""Seconds. A larger delay was most likely meant as milliseconds, as in other implementations."""


class OptionError(ValueError):
    """An option is unknown or can't have this value; says which, and what is right."""


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False")
    return value


def _bytes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number of bytes, 1 or more")
    return value


def _limit(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number, 0 for no limit")
    return value


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int, float))


def _rate(value: Any) -> float:
    if not _is_number(value) or not value >= 0:
        raise ValueError("a number, 0 for no limit")
    return float(value)


def _delay(value: Any) -> float:
    if not _is_number(value) or not 0 < value <= LONGEST_DELAY:
        raise ValueError(f"seconds, more than 0 and up to {LONGEST_DELAY}")
    return float(value)


def _optional_delay(value: Any) -> float:
    if not _is_number(value) or not 0 <= value <= LONGEST_DELAY:
        raise ValueError(f"seconds, up to {LONGEST_DELAY}, or 0 for never")
    return float(value)


def _url(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(("/", "http://", "https://")):
        raise ValueError("a URL that starts with / or http:// or https://")
    if not value.isascii() or set(value) & set("\"'<>& \r\n\t"):
        raise ValueError("a URL without spaces, quotes, & and angle brackets")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, Iterable) and not isinstance(value, str):
        several = tuple(value)
        if all(isinstance(one, str) for one in several):
            return several
    raise ValueError("a list of strings")


def _origins(value: Any) -> tuple[str, ...]:
    origins = _texts(value)
    for one in origins:
        if one != "*" and normal(one) is None:
            raise ValueError(f"a list of origins, as https://chat.example, or *; {one!r} is none")
    return origins


def _networks(value: Any) -> tuple[str, ...]:
    networks = _texts(value)
    for one in networks:
        try:
            ip_network(one, False)
        except ValueError:
            raise ValueError(f"a list of IP addresses or networks; {one!r} is none") from None
    return networks


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "websocket": _flag,
    "cookie_needed": _flag,
    "response_limit": _bytes,
    "heartbeat_delay": _optional_delay,
    "disconnect_delay": _delay,
    "sockjs_url": _url,
    "allowed_origins": _origins,
    "trusted_proxies": _networks,
    "max_message": _limit,
    "max_buffer": _limit,
    "max_sessions_per_address": _limit,
    "max_fragments": _limit,
    "pings_a_second": _rate,
}


@dataclass(frozen=True)
class Options:
    """How a service behaves. OptionError: a value can't be used."""

    websocket: bool = True
    """Whether there is a WebSocket transport, the raw one too."""

    cookie_needed: bool = False
    """Whether a cookie JSESSIONID is set, for load balancers that go by it."""

    response_limit: int = 131072
    """Bytes after which a streaming response ends and the client asks for the next one."""

    heartbeat_delay: float = 25.0
    """Seconds of silence after which the client is sent a heartbeat; 0: never. On a WebSocket it
    is pinged as well, and closed when it doesn't answer."""

    disconnect_delay: float = 5.0
    """Seconds that a session without a receiver is kept."""

    sockjs_url: str = "/sockjs.js"
    """Where the iframe page finds sockjs-client: a path on this host, or a whole URL."""

    allowed_origins: tuple[str, ...] = ()
    """Origins, as `https://chat.example`, whose pages may connect. The server's own always may;
    `*` stands for all."""

    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies whose X-Forwarded-For is believed."""

    max_message: int = 65536
    """Bytes of a message from a client, or of a request's body (there: with `BoundedSite`)."""

    max_buffer: int = 262144
    """Bytes that may wait for a client; one that reads more slowly is closed. A message that waits
    for a poll counts 64 more."""

    max_sessions_per_address: int = 512
    """Sessions of one address, those that just ended included."""

    max_fragments: int = 64
    """Frames of one WebSocket message."""

    pings_a_second: float = 20.0
    """WebSocket pings and pongs that a client may send."""

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            given = getattr(self, name)
            try:
                object.__setattr__(self, name, check(given))
            except ValueError as problem:
                why = f"the option {name} is {given!r}; it must be {problem}"
                raise OptionError(why) from None

    @property
    def any_origin(self) -> bool:
        """Whether pages from everywhere may connect."""
        return "*" in self.allowed_origins


def make_options(given: Optional[Union[Options, Mapping[str, Any]]]) -> Options:
    """Options from a mapping of some of them. OptionError: an unknown name or a bad value."""
    if isinstance(given, Options):
        return given
    known = [field.name for field in fields(Options)]
    for name in given or {}:
        if name not in known:
            raise OptionError(f"there is no option {name!r}; there are {', '.join(known)}")
    return Options(**(given or {}))
