"""A SockJS service as a resource of any twisted.web site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional, Union

from twisted.internet.interfaces import IProtocolFactory, IReactorTime
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from . import framings, headers, routing
from .access import Access
from .framings import BadCallback, Framing, check_callback
from .options import Options, make_options
from .pages import IframePage, Info, greet
from .reactors import installed_reactor
from .receivers import ResponseReceiver
from .refusals import Refused
from .routing import Route
from .senders import Sender, body, form_payload
from .sending import lose_after
from .service import Service, TooManySessions
from .websocket_sessions import WebSockets

_WEBSOCKET = "websocket"
_PUBLIC = frozenset({"greeting", "iframe"})
_CORS = frozenset({"info", "xhr", "xhr_streaming", "xhr_send", "eventsource"})
_SCRIPT = frozenset({"jsonp", "htmlfile"})
"""What another site's page could include, and so read."""

_FRAMINGS = {
    "xhr": framings.XHR,
    "xhr_streaming": framings.XHR_STREAMING,
    "eventsource": framings.EVENTSOURCE,
}


class SockJSResource(Resource):
    """Serves the protocols of a factory under the URL where it is put.

        root.putChild(b"echo", SockJSResource(Factory.forProtocol(Echo)))

    `options` is a mapping of some of the `Options`. OptionError: one is unknown or has a bad
    value. Bodies and headers are bounded by the site: see `BoundedSite`.
    """

    isLeaf = True

    def __init__(
        self,
        factory: IProtocolFactory,
        options: Optional[Union[Options, Mapping[str, Any]]] = None,
        reactor: Optional[IReactorTime] = None,
    ) -> None:
        super().__init__()
        self.wrapped = factory
        self.options = make_options(options)
        self.service = Service(factory, self.options, reactor or installed_reactor())
        self._access = Access(self.options)
        self._websockets = WebSockets(self.service)
        self._info = Info(self.options)
        self._iframe = IframePage(self.options, self._access)
        self._xhr_send = Sender(self.service, 204, b"")
        self._jsonp_send = Sender(self.service, 200, b"ok")
        self._stopped = False

    def start(self) -> None:
        """Serve, again after a stop."""
        self._stopped = False

    def stop(self) -> None:
        """End all sessions, and let no more come by connections that stay open. A port of one's
        own does so by itself: see `SockJSFactory`."""
        self._stopped = True
        self._websockets.stop()
        self.service.stop()

    def render(self, request: Request) -> Any:
        """Answer a request."""
        request.setHeader(b"X-Content-Type-Options", b"nosniff")
        if self._stopped:
            return _refuse(request, 503, "the service has stopped")
        route = routing.find(_segments(request))
        if route is None or (_WEBSOCKET in route.kind and not self.options.websocket):
            return _refuse(request, 404, "there is nothing at this address")
        if request.method not in route.methods:
            return _not_allowed(request, route.methods)
        if not self._may_come(request, route.kind):
            return _refuse(request, 403, "pages from that origin may not connect")
        if route.kind in _CORS:
            _set(request, headers.cors(request.getHeader(b"Origin") or b""))
        if request.method == b"OPTIONS":
            return _answer_preflight(request, route.methods)
        try:
            return self._answer(request, route)
        except Refused as refused:
            return _refuse(request, refused.status, refused.why)

    def _may_come(self, request: Request, kind: str) -> bool:
        if kind in _PUBLIC:
            return True
        if kind in _SCRIPT:
            return self._access.allows_script(request)
        return self._access.allows(request)

    def _answer(self, request: Request, route: Route) -> Any:
        match route.kind:
            case "greeting":
                return greet(request)
            case "info":
                return self._info.render(request)
            case "iframe":
                return self._iframe.render(request)
            case "websocket":
                return self._websockets.sockjs.upgrade(request)
            case "raw_websocket":
                return self._websockets.raw.upgrade(request)
        self._prepare(request)
        match route.kind:
            case "xhr_send":
                self._xhr_send.receive(request, route.session, body(request))
            case "jsonp_send":
                self._jsonp_send.receive(request, route.session, form_payload(request))
            case _:
                self._receive(request, route)
        return NOT_DONE_YET

    def _prepare(self, request: Request) -> None:
        """What all answers of a session have."""
        _set(request, headers.NOT_CACHED)
        if self.options.cookie_needed:
            value = request.getCookie(b"JSESSIONID") or b""
            request.setHeader(b"Set-Cookie", headers.session_cookie(value))

    def _receive(self, request: Request, route: Route) -> None:
        framing = _framing(request, route.kind)
        try:
            session = self.service.find_or_open(route.session, request)
        except TooManySessions:
            raise Refused(503, "there are too many sessions of your address") from None
        if framing.streams and request.channel is not None:
            lose_after(request.channel.transport, self.options.heartbeat_delay)
        limit, clock = self.options.response_limit, self.service.clock
        ResponseReceiver(request, framing, limit, clock).attach(session)


def _framing(request: Request, kind: str) -> Framing:
    """Refused: it needs a callback, and there is no good one."""
    if kind not in _SCRIPT:
        return _FRAMINGS[kind]
    args = request.args or {}
    try:
        callback = check_callback((args.get(b"c") or args.get(b"callback") or [b""])[0])
    except BadCallback as bad:
        raise Refused(500, str(bad)) from None
    if kind == "htmlfile":
        return framings.htmlfile(callback)
    return framings.jsonp(callback)


def _segments(request: Request) -> list[bytes]:
    """What follows our own URL. twisted.web resolves %2F; here only a slash is one."""
    count = len(request.postpath or [])
    return request.path.split(b"/")[-count:] if count else []


def _set(request: Request, several: headers.Headers) -> None:
    for name, value in several.items():
        request.setHeader(name, value)


def _refuse(request: Request, status: int, why: str) -> bytes:
    request.setResponseCode(status)
    request.setHeader(b"Content-Type", headers.TEXT)
    return why.encode("utf-8") + b"\n"


def _not_allowed(request: Request, methods: tuple[bytes, ...]) -> bytes:
    """405. A Content-Length keeps twisted.web from naming a type for the empty body."""
    request.setResponseCode(405)
    request.setHeader(b"Allow", b", ".join(methods))
    request.setHeader(b"Content-Length", b"0")
    return b""


def _answer_preflight(request: Request, methods: tuple[bytes, ...]) -> bytes:
    wanted = request.getHeader(b"Access-Control-Request-Headers") or b""
    _set(request, headers.preflight(methods, wanted))
    request.setResponseCode(204)
    return b""
