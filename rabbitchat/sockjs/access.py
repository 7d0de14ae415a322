"""Which pages may use a service, and what tells where a request comes from."""

from __future__ import annotations

from typing import Optional
from urllib.parse import urlsplit

from twisted.web.server import Request

from .options import Options
from .origins import Origins, normal

SAME = ("same-origin", "none")
"""What Sec-Fetch-Site says of requests that no other site's page made (Fetch Metadata)."""


def header(request: Request, name: bytes) -> Optional[str]:
    """A header that may be there once. Several are none of a browser's: the last one, which a
    comparison with anything sensible fails. Bytes that aren't ASCII mean nothing to us."""
    values = request.requestHeaders.getRawHeaders(name, [])
    return ", ".join(value.decode("latin-1") for value in values) if values else None


class Access:
    """Whether the page behind a request may connect.

    A WebSocket, and an XMLHttpRequest to another host, come with an Origin. A script (jsonp), a
    frame (htmlfile) or an EventSource of one's own host comes without: there Sec-Fetch-Site and
    the Referer tell. The iframe page would act in our name for whoever puts it into a frame, so
    the browser is told who may.
    """

    def __init__(self, options: Options) -> None:
        self._any = options.any_origin
        self._origins = Origins(one for one in options.allowed_origins if one != "*")
        self.frame_policy = _frame_policy(options)

    def allows(self, request: Request) -> bool:
        """Whether a request with an Origin, or none, may go on."""
        if self._any:
            return True
        origin = header(request, b"Origin")
        if origin is not None:
            return self._allows_origin(request, origin)
        site = header(request, b"Sec-Fetch-Site")
        if site is None or site in SAME:
            return True
        return self._allows_referer(request)

    def allows_script(self, request: Request) -> bool:
        """The same where an answer could be read by a page that includes it: an old browser that
        sends nothing but a Referer must send that."""
        if self._any:
            return True
        tells = (b"Origin", b"Sec-Fetch-Site")
        if any(request.requestHeaders.hasHeader(name) for name in tells):
            return self.allows(request)
        return self._allows_referer(request)

    def _allows_origin(self, request: Request, origin: str) -> bool:
        return self._origins.allows(origin, header(request, b"Host") or "")

    def _allows_referer(self, request: Request) -> bool:
        try:
            parts = urlsplit(header(request, b"Referer") or "")
        except ValueError:
            return False
        return self._allows_origin(request, f"{parts.scheme}://{parts.netloc}")


def _frame_policy(options: Options) -> Optional[bytes]:
    """The Content-Security-Policy of the iframe page."""
    if options.any_origin:
        return None
    allowed = [origin for origin in options.allowed_origins if normal(origin)]
    return " ".join(["frame-ancestors 'self'", *allowed]).encode("latin-1", "ignore")
