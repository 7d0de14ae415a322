"""What many responses of a SockJS service have in common, literally."""

from __future__ import annotations

import re
from typing import Optional

from support.sockjs_raw import Response

NOT_CACHED = "no-store, no-cache, no-transform, must-revalidate, max-age=0"
JAVASCRIPT = "application/javascript;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
PLAIN = "text/plain;charset=UTF-8"
EVENTS = "text/event-stream"


def type_of(response: Response) -> Optional[str]:
    """The Content-Type without its spaces."""
    kind = response["Content-Type"]
    return kind if kind is None else kind.replace(" ", "")


def is_not_cached(response: Response) -> None:
    """Nobody may keep it."""
    assert response["Cache-Control"] == NOT_CACHED
    assert response["Expires"] is None
    assert response["Last-Modified"] is None


def is_cached(response: Response) -> None:
    """Everybody may keep it for long."""
    kept = response["Cache-Control"] or ""
    assert "public" in kept
    assert re.search("max-age=[1-9][0-9]{6}", kept)
    assert response["Expires"]
    assert response["Last-Modified"] is None


def may_be_read_by(response: Response, origin: Optional[str]) -> None:
    """A page from there may read it, with cookies; None: any page, without."""
    assert response["Access-Control-Allow-Origin"] == (origin or "*")
    assert response["Access-Control-Allow-Credentials"] == ("true" if origin else None)
    assert response["Vary"] == "Origin"


def is_not_allowed(response: Response) -> None:
    """405, as it has to look."""
    assert response.status == 405
    assert response["Allow"]
    assert response["Content-Type"] is None
    assert response.body == b""
