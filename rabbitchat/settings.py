"""What an operator can choose, checked (docs/operations.md). Everything else takes these."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional, Union

from twisted.internet.interfaces import IReactorCore

from rabbitchat import checks
from rabbitchat.checks import BadOption, HistoryKeep
from rabbitchat.data_directory import default_database

__all__ = ["BadOption", "Given", "Limits", "Settings", "parse"]

Given = Mapping[str, Union[str, Sequence[str]]]
"""Options by name as they were typed (`line-port`), a sequence for one that may be repeated."""


MOST_DAYS = 36500
"""The longest that a session can be kept, a hundred years."""


@dataclass(frozen=True)
class Limits:
    """What one client or user may do. 0 lifts a limit."""

    rate: float = 2.0  # publishes a second, a user
    burst: int = 5  # publishes at once, a user
    max_text: int = 4000  # characters of a text
    max_line: int = 65536  # bytes of a line or a frame
    max_rooms: int = 100  # rooms a user is in
    max_connections_per_ip: int = 512
    max_buffer: int = 262144  # bytes unsent to one client
    connect_timeout: float = 10.0  # seconds until `connect`
    ping: float = 25.0  # seconds
    grace: float = 10.0  # seconds a lost user stays
    session_keep: float = 30.0  # days
    edit_within: float = 900.0  # seconds that a message can be edited


@dataclass(frozen=True)
class Settings:
    """All that can be chosen (docs/protocol.md, Starting it)."""

    node: str
    database: str
    port: str = "tcp:9191"  # a Twisted endpoint description
    line_port: Optional[str] = "tcp:9192"  # likewise; None: no line protocol
    brokers: tuple[str, ...] = ("memory:",)  # URLs, tried in turn
    exchange: str = "rabbitchat"
    history_keep: HistoryKeep = HistoryKeep()
    limits: Limits = field(default_factory=Limits)
    allow_origins: tuple[str, ...] = ()
    trust_proxies: tuple[str, ...] = ()


def default_node() -> str:
    """The host's short name, cut to what a node's name may hold, and a random suffix."""
    host = re.sub(r"[^A-Za-z0-9_-]", "", socket.gethostname().split(".")[0])
    return f"{host[:57] or 'node'}-{secrets.token_hex(3)}"


_CHECKS: Mapping[str, tuple[str, Callable[[str, str], object]]] = {
    "node": ("node", checks.node),
    "broker": ("brokers", checks.brokers),
    "exchange": ("exchange", checks.exchange),
    "database": ("database", checks.database),
    "history-keep": ("history_keep", checks.history_keep),
}
_CHECKS_OF_MANY: Mapping[str, tuple[str, Callable[[str, Sequence[str]], object]]] = {
    "allow-origin": ("allow_origins", checks.origins),
    "trust-proxy": ("trust_proxies", checks.networks),
}


def parse(given: Given, reactor: IReactorCore) -> Settings:
    """Check what was given; what was not has its default.

    `reactor` is what endpoint descriptions are parsed for; nothing listens yet.

    Raises `BadOption` for the first option that is wrong.
    """
    settings: dict[str, Any] = {"node": default_node()}
    limits: dict[str, Any] = {}
    for name, value in {"database": default_database(), **given}.items():
        field_name = name.replace("-", "_")
        if name in _CHECKS_OF_MANY:
            field_name, check_many = _CHECKS_OF_MANY[name]
            settings[field_name] = check_many(name, [value] if isinstance(value, str) else value)
            continue
        if not isinstance(value, str):
            raise BadOption(name, ",".join(value), "one value")
        if name in _CHECKS:
            field_name, check = _CHECKS[name]
            settings[field_name] = check(name, value)
        elif name == "line-port" and value == "none":
            settings[field_name] = None
        elif name in ("port", "line-port"):
            settings[field_name] = checks.endpoint(name, value, reactor)
        else:
            limits[field_name] = _limit(name, field_name, value)
    return Settings(**settings, limits=Limits(**limits))


def _limit(name: str, field_name: str, value: str) -> Union[int, float]:
    """One of `Limits`, a whole number where its default is one."""
    most = MOST_DAYS if name == "session-keep" else checks.MOST
    check = checks.whole_number if isinstance(getattr(Limits, field_name), int) else checks.number
    return check(name, value, most)
