"""A SockJS server for Twisted (docs/sockjs.md). It knows nothing of chat, and imports nothing of
this project but itself: the folder can be taken as it is."""

from .factory import SockJSFactory, SockJSMultiFactory
from .frames import Message
from .http_limits import BoundedSite, HTTPLimits
from .multiplex import Multiplex, SockJSMultiplexResource
from .options import OptionError, Options
from .resource import SockJSResource
from .transport import ClosedByClient, SockJSTransport

__all__ = [
    "BoundedSite",
    "ClosedByClient",
    "HTTPLimits",
    "Message",
    "Multiplex",
    "OptionError",
    "Options",
    "SockJSFactory",
    "SockJSMultiFactory",
    "SockJSMultiplexResource",
    "SockJSResource",
    "SockJSTransport",
]
