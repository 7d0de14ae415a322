"""The pages of a service that belong to no session: greeting, info and iframe."""

from __future__ import annotations

import json
import secrets
from hashlib import sha256

from twisted.web.server import Request

from .access import Access
from .framings import HTML
from .headers import CACHED, NOT_CACHED, TEXT
from .options import Options

GREETING = b"Welcome to SockJS!\n"

_IFRAME = """<!DOCTYPE html>
<html>
<head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
  <script src="{url}"></script>
  <script>
    document.domain = document.domain;
    SockJS.bootstrap_iframe();
  </script>
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>"""


def greet(request: Request) -> bytes:
    """Says to a person that the service is there."""
    request.setHeader(b"Content-Type", TEXT)
    return GREETING


class Info:
    """What a client asks first, also to measure how far away the server is."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def render(self, request: Request) -> bytes:
        """One JSON object; `entropy` helps clients that have no good random numbers."""
        request.setHeader(b"Content-Type", b"application/json; charset=UTF-8")
        for name, value in NOT_CACHED.items():
            request.setHeader(name, value)
        info = {
            "websocket": self._options.websocket,
            "origins": ["*:*"],
            "cookie_needed": self._options.cookie_needed,
            "entropy": secrets.randbits(32),
        }
        return json.dumps(info).encode("ascii")


class IframePage:
    """The page that sockjs-client puts into an invisible frame to reach a foreign host from a
    document of that host. It is the same for all its names, which hold the client's version."""

    def __init__(self, options: Options, access: Access) -> None:
        self._body = _IFRAME.format(url=options.sockjs_url).encode("ascii")
        self._etag = b'"' + sha256(self._body).hexdigest()[:32].encode("ascii") + b'"'
        self._policy = access.frame_policy

    def render(self, request: Request) -> bytes:
        """The page, or 304."""
        for name, value in CACHED.items():
            request.setHeader(name, value)
        request.setHeader(b"ETag", self._etag)
        if self._policy is not None:
            request.setHeader(b"Content-Security-Policy", self._policy)
        if request.getHeader(b"If-None-Match") == self._etag:
            request.setResponseCode(304)
            return b""
        request.setHeader(b"Content-Type", HTML)
        return self._body
