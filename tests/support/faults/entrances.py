"""Where clients reach the daemons."""

from __future__ import annotations

from typing import NamedTuple


class Entrance(NamedTuple):
    """One daemon's ports as clients see them: by way of a proxy, perhaps."""

    name: str
    host: str
    http_port: int
    line_port: int
