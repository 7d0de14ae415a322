"""The response headers that the SockJS protocol asks for; pure."""

from __future__ import annotations

from collections.abc import Mapping

Headers = Mapping[bytes, bytes]

TEXT = b"text/plain; charset=UTF-8"
YEAR = b"31536000"  # seconds

NOT_CACHED: Headers = {
    b"Cache-Control": b"no-store, no-cache, no-transform, must-revalidate, max-age=0"
}

CACHED: Headers = {
    b"Cache-Control": b"public, max-age=" + YEAR,
    b"Expires": b"Thu, 31 Dec 2099 23:59:59 GMT",
}


def cors(origin: bytes) -> Headers:
    """What lets a page read the answer (Fetch standard, "CORS protocol"); for allowed origins.

    `null`, the origin of sandboxes and files, is repeated like any other."""
    if not origin:
        return {b"Access-Control-Allow-Origin": b"*", b"Vary": b"Origin"}
    return {
        b"Access-Control-Allow-Origin": origin,
        b"Access-Control-Allow-Credentials": b"true",
        b"Vary": b"Origin",
    }


def preflight(methods: tuple[bytes, ...], wanted_headers: bytes) -> Headers:
    """What answers the question whether a request may be made."""
    answer = {
        b"Access-Control-Max-Age": YEAR,
        b"Access-Control-Allow-Methods": b", ".join(methods),
        **CACHED,
    }
    if wanted_headers:
        answer[b"Access-Control-Allow-Headers"] = wanted_headers
    return answer


def session_cookie(value: bytes) -> bytes:
    """The cookie that load balancers keep a client on its server by."""
    return b"JSESSIONID=" + (value or b"dummy") + b"; path=/"
