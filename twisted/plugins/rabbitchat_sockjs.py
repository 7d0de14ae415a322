"""Tells Twisted's endpoints of `sockjs:`. What it takes is imported when it is used: Twisted
imports this module whenever it looks for an endpoint or makes its list of plugins."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IStreamServerEndpoint, IStreamServerEndpointStringParser
from twisted.plugin import IPlugin
from zope.interface import implementer


@implementer(IPlugin, IStreamServerEndpointStringParser)
class SockJSParser:
    """Makes endpoints of descriptions that begin with `sockjs:`."""

    prefix = "sockjs"

    def parseStreamServer(self, reactor: Any, *args: Any, **given: Any) -> IStreamServerEndpoint:
        """See rabbitchat/sockjs/endpoint.py."""
        from rabbitchat.sockjs.endpoint import parse

        return parse(reactor, args, given)


sockjs = SockJSParser()
