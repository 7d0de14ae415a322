"""Which URLs a SockJS service has (the SockJS protocol, "Static URLs" to "Session URLs"); pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

LONGEST_SESSION = 128
"""Bytes of a session's name; sockjs-client's have 8. Longer ones are no session's."""

GET = (b"GET",)
POST = (b"OPTIONS", b"POST")

_IFRAME = re.compile(rb"iframe[0-9a-z._-]*\.html")

_SESSION_METHODS: dict[bytes, tuple[bytes, ...]] = {
    b"xhr": POST,
    b"xhr_streaming": POST,
    b"xhr_send": POST,
    b"eventsource": GET,
    b"htmlfile": GET,
    b"jsonp": GET,
    b"jsonp_send": (b"POST",),
    b"websocket": GET,
}


@dataclass(frozen=True)
class Route:
    """What a URL asks for: its kind, the methods it has, and the session it names."""

    kind: str
    methods: tuple[bytes, ...]
    session: bytes = b""


_GREETING = Route("greeting", GET)
_INFO = Route("info", (b"OPTIONS", b"GET"))
_IFRAME_PAGE = Route("iframe", GET)
_RAW = Route("raw_websocket", GET)


def find(segments: Sequence[bytes]) -> Optional[Route]:
    """The route for what follows the service's URL, split at each slash and otherwise raw.

    None: there is nothing. `.`, `..` and empty segments are not resolved: they are no names.

    >>> find([b"srv", b"abc", b"xhr"]).session
    b'abc'
    """
    if len(segments) == 3:
        return _session_route(*segments)
    if len(segments) > 1:
        return None
    name = segments[0] if segments else b""
    if name == b"":
        return _GREETING
    if name == b"info":
        return _INFO
    if name == b"websocket":
        return _RAW
    return _IFRAME_PAGE if _IFRAME.fullmatch(name) else None


def _session_route(server: bytes, session: bytes, transport: bytes) -> Optional[Route]:
    methods = _SESSION_METHODS.get(transport)
    if methods is None or not _is_name(server) or not _is_name(session):
        return None
    return Route(transport.decode("ascii"), methods, session)


def _is_name(segment: bytes) -> bool:
    return 0 < len(segment) <= LONGEST_SESSION and b"." not in segment
