"""What browsers are told not to do with our pages. (Not with those under `/chat`, which is made to
be used from elsewhere.)"""

from __future__ import annotations

import re

from twisted.web.server import Request

HEADERS = {
    b"X-Content-Type-Options": b"nosniff",
    b"Referrer-Policy": b"same-origin",
    b"Permissions-Policy": b"camera=(), display-capture=(), geolocation=(), microphone=(),"
    b" payment=(), usb=()",
}

POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    b" connect-src 'self'%b; manifest-src 'self'; worker-src 'self';"
    # sockjs-client's jsonp-polling sends with a form, into a frame of its own.
    b" form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)

_HOST = re.compile(rb"[\w.-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")


def harden(request: Request) -> None:
    """Set the headers of an answer."""
    for name, value in HEADERS.items():
        request.setHeader(name, value)
    request.setHeader(b"Content-Security-Policy", POLICY % _websockets(request))


def _websockets(request: Request) -> bytes:
    """Safari before 15.4 doesn't take the page's own WebSockets for 'self'."""
    host = request.getHeader(b"Host") or b""
    return b" ws://%b wss://%b" % (host, host) if _HOST.fullmatch(host) else b""
