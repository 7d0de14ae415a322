"""SockJS on a port of its own, for one service or for several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional, Union

from twisted.internet.interfaces import IProtocolFactory, IReactorTime
from twisted.web.pages import notFound
from twisted.web.resource import Resource
from twisted.web.server import Request

from .http_limits import BoundedSite, HTTPLimits
from .options import Options
from .origins import Proxies
from .reactors import installed_reactor
from .resource import SockJSResource

GivenOptions = Optional[Union[Options, Mapping[str, Any]]]


class SockJSSite(BoundedSite):
    """A site whose services start and end with it. Its limits are the widest of theirs."""

    def __init__(self, root: Resource, reactor: Optional[IReactorTime]) -> None:
        self.services: list[SockJSResource] = []
        super().__init__(root, reactor or installed_reactor())

    def add_service(self, service: SockJSResource) -> None:
        """Take care of a service that is part of this site."""
        self.services.append(service)
        several = [one.options for one in self.services]
        self.limits = HTTPLimits(
            max_body=_widest([options.max_message for options in several]),
            # A polling client has one to receive by and one to send.
            connections_per_address=2
            * _widest([options.max_sessions_per_address for options in several]),
        )
        self.proxies = Proxies(address for one in several for address in one.trusted_proxies)

    def startFactory(self) -> None:
        """The port listens."""
        super().startFactory()
        for service in self.services:
            service.wrapped.doStart()
            service.start()

    def stopFactory(self) -> None:
        """The port listens no more: all sessions end."""
        for service in self.services:
            service.stop()
            service.wrapped.doStop()
        super().stopFactory()


def _widest(limits: list[int]) -> int:
    return 0 if 0 in limits else max(limits)


class SockJSFactory(SockJSSite):
    """Serves the protocols of a factory by SockJS, at the root of a port.

        reactor.listenTCP(8080, SockJSFactory(Factory.forProtocol(Echo)))

    OptionError: one of the `options` is unknown or has a bad value.
    """

    def __init__(
        self,
        wrapped_factory: IProtocolFactory,
        options: GivenOptions = None,
        reactor: Optional[IReactorTime] = None,
    ) -> None:
        service = SockJSResource(wrapped_factory, options, reactor)
        super().__init__(service, reactor)
        self.add_service(service)


class Segment(Resource):
    """A part of services' URLs at which there is none itself."""

    def render(self, request: Request) -> Any:
        """404, as for any other address."""
        return notFound().render(request)


class SockJSMultiFactory(SockJSSite):
    """Serves several factories on one port, each under a URL of its own.

    factory = SockJSMultiFactory()
    factory.addFactory(Factory.forProtocol(Echo), "echo")
    factory.addFactory(Factory.forProtocol(Chat), "chat", {"heartbeat_delay": 10})
    reactor.listenTCP(8080, factory)
    """

    def __init__(self, reactor: Optional[IReactorTime] = None) -> None:
        self._root = Segment()
        self._reactor = reactor
        super().__init__(self._root, reactor)

    def addFactory(
        self, factory: IProtocolFactory, prefix: str, options: GivenOptions = None
    ) -> SockJSResource:
        """Serve a factory under `/prefix`, which may have several segments, before the port
        listens. ValueError: there is a service already, or the prefix is empty."""
        service = SockJSResource(factory, options, self._reactor)
        segments = [segment.encode("utf-8") for segment in prefix.strip("/").split("/")]
        if b"" in segments:
            raise ValueError(f"the prefix {prefix!r} is none: name it like 'echo' or 'a/echo'")
        self._put(segments, service, prefix)
        self.add_service(service)
        return service

    def _put(self, segments: list[bytes], service: SockJSResource, prefix: str) -> None:
        *parents, name = segments
        parent: Any = self._root
        for segment in parents:
            if segment not in parent.children:
                parent.putChild(segment, Segment())
            parent = parent.children[segment]
            if isinstance(parent, SockJSResource):
                break
        if isinstance(parent, SockJSResource) or name in parent.children:
            raise ValueError(f"there is something at {prefix!r} already")
        parent.putChild(name, service)
