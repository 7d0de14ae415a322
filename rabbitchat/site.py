"""The HTTP port: the web client, `/ws`, `/chat`, `/health`, `/metrics`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from twisted.web.resource import Resource
from twisted.web.server import Request

from rabbitchat.daemon import ChatDaemon
from rabbitchat.hardening import harden
from rabbitchat.sockjs.http_limits import BoundedSite, HTTPLimits
from rabbitchat.sockjs.origins import Origins, Proxies
from rabbitchat.sockjs.resource import SockJSResource
from rabbitchat.transports.websocket import WebSocketFactory, WebSocketPage
from rabbitchat.web_client import WebClient

STATIC = Path(__file__).parent / "static"
"""What `make web` builds."""


class HealthPage(Resource):
    """`/health`: 200 when the node can really deliver, else 503 and why."""

    isLeaf = True

    def __init__(self, daemon: ChatDaemon) -> None:
        super().__init__()
        self._daemon = daemon

    def render_GET(self, request: Request) -> bytes:
        """One JSON object."""
        harden(request)
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
        harden(request)
        request.setHeader(b"Content-Type", CONTENT_TYPE_LATEST.encode())
        return generate_latest(self._daemon.metrics.registry)


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
