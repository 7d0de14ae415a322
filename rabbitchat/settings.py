"""What an operator can choose, checked (docs/operations.md). Everything else takes these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional


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


@dataclass(frozen=True)
class Settings:
    """All options of PROTOCOL's table, in its order."""

    node: str
    port: str = "tcp:9191"  # a Twisted endpoint description
    line_port: Optional[str] = "tcp:9192"  # likewise; None: no line protocol
    brokers: tuple[str, ...] = ("memory:",)  # URLs, tried in turn
    exchange: str = "rabbitchat"
    database: str = "memory:"
    limits: Limits = field(default_factory=Limits)
    allow_origins: tuple[str, ...] = ()
    trust_proxies: tuple[str, ...] = ()
