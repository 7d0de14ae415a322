"""The HTTP port: the web client, `/ws`, `/chat`, `/health`, `/metrics`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request
from twisted.web.static import File

from rabbitchat.daemon import ChatDaemon
from rabbitchat.sockjs.http_limits import BoundedSite, HTTPLimits
from rabbitchat.sockjs.origins import Origins, Proxies
from rabbitchat.sockjs.resource import SockJSResource
from rabbitchat.transports.websocket import WebSocketFactory, WebSocketPage

STATIC = Path(__file__).parent / "static"
"""What `make web` builds."""

PLAIN_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>rabbitchat</title>
<p>This is rabbitchat. Its web client was not built: run <code>make web</code>.
Programs connect to <code>/ws</code>.</p></html>
"""

SECURITY_HEADERS = {
    b"Content-Security-Policy": b"default-src 'self'; connect-src 'self' ws: wss:;"
    b" frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    b"X-Content-Type-Options": b"nosniff",
    b"Referrer-Policy": b"same-origin",
}


class WebClient(Resource):
    """`/`: the files of the web client, or a plain page without them."""

    def __init__(self, static: Path) -> None:
        super().__init__()
        self._index = static / "index.html"
        self._files = File(str(static))

    def getChild(self, path: bytes, request: Request) -> IResource:
        """A file of the web client. A browser asks each time whether it is still the same: the
        scripts of two releases don't mix."""
        _harden(request)
        request.setHeader(b"Cache-Control", b"no-cache")
        request.requestHeaders.removeHeader(b"range")  # a thousand ranges are a thousand answers
        if path == b"":
            return self._page()
        segments: list[bytes] = [path, *(request.postpath or ())]
        if not all(map(_may_be_a_name, segments)):
            missing: IResource = self._files.childNotFound
            return missing
        child: IResource = self._files.getChildWithDefault(path, request)
        return child

    def _page(self) -> IResource:
        if self._index.is_file():
            page: IResource = File(str(self._index))
            return page
        return Plain("text/html; charset=utf-8", PLAIN_PAGE)


def _may_be_a_name(segment: bytes) -> bool:
    """Whether a file can be called so: twisted.web logs a traceback over what can't."""
    try:
        return "\0" not in segment.decode()
    except UnicodeDecodeError:
        return False


class Plain(Resource):
    """One fixed answer."""

    isLeaf = True

    def __init__(self, content_type: str, body: bytes) -> None:
        super().__init__()
        self._content_type = content_type
        self._body = body

    def render_GET(self, request: Request) -> bytes:
        """The answer."""
        request.setHeader(b"Content-Type", self._content_type.encode())
        return self._body


class HealthPage(Resource):
    """`/health`: 200 when the node can really deliver, else 503 and why."""

    isLeaf = True

    def __init__(self, daemon: ChatDaemon) -> None:
        super().__init__()
        self._daemon = daemon

    def render_GET(self, request: Request) -> bytes:
        """One JSON object."""
        _harden(request)
        request.setHeader(b"Content-Type", b"application/json")
        request.setHeader(b"Cache-Control", b"no-store")
        report = self._daemon.report()
        if report["status"] != "ok":
            request.setResponseCode(503)
        return json.dumps(report).encode() + b"\n"


class MetricsPage(Resource):
    """`/metrics`: the node's figures as Prometheus text."""

    isLeaf = True

    def __init__(self, daemon: ChatDaemon) -> None:
        super().__init__()
        self._daemon = daemon

    def render_GET(self, request: Request) -> bytes:
        """Prometheus text."""
        _harden(request)
        request.setHeader(b"Content-Type", CONTENT_TYPE_LATEST.encode())
        return generate_latest(self._daemon.metrics.registry)


def _harden(request: Request) -> None:
    for name, value in SECURITY_HEADERS.items():
        request.setHeader(name, value)


def make_site(
    reactor: Any,
    daemon: ChatDaemon,
    websockets: WebSocketFactory,
    sockjs: SockJSResource,
    origins: Origins,
    proxies: Proxies,
    static: Path = STATIC,
) -> BoundedSite:
    """The site that the HTTP port serves."""
    root = WebClient(static)
    root.putChild(b"ws", WebSocketPage(websockets, origins))
    root.putChild(b"chat", sockjs)
    root.putChild(b"health", HealthPage(daemon))
    root.putChild(b"metrics", MetricsPage(daemon))
    limits = HTTPLimits(
        max_body=daemon.limits.max_line,
        connections_per_address=daemon.limits.max_connections_per_ip,
    )
    return BoundedSite(root, reactor, limits, proxies)
