"""A site with SockJS services, sockjs-client, and a page that uses them.

    python -m support.sockjs_site PORT OTHER_PORT PATH_OF_SOCKJS_CLIENT

Both ports serve the same, so that a page of one is a foreign page to the other. `/echo` and
`/close` are for the server's own pages, `/allied/echo` for the second port's, too. `/sessions`
tells how many `/echo` has had, and of those that said something how they ended: what they said
first, with the name of the exception that they ended with, null while they are open.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Optional

from twisted.internet import reactor as _reactor
from twisted.internet.protocol import Factory, connectionDone
from twisted.logger import globalLogBeginner, textFileLogObserver
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import Request
from twisted.web.static import Data, File

from rabbitchat.sockjs import BoundedSite, HTTPLimits, SockJSResource
from rabbitchat.sockjs.conformance import Close, Echo

HERE = Path(__file__).parent
reactor: Any = _reactor

OPTIONS = {
    "response_limit": 4096,
    # Short: a jsonp client's last request, which it can't end, lasts until a heartbeat.
    "heartbeat_delay": 1,
    "disconnect_delay": 2,
    "sockjs_url": "/sockjs.js",
    "max_message": 0,  # of a body, in truth: the client sends all that it has in one
}


class Remembered(Echo):
    """An echo whose ending is known."""

    factory: Remembering
    name: Optional[str] = None

    def connectionMade(self) -> None:
        """A session is open."""
        self.factory.count += 1

    def dataReceived(self, data: bytes) -> None:
        """A message came; the first one is the session's name."""
        if self.name is None:
            self.name = data.decode("utf-8", "surrogatepass")
            self.factory.endings[self.name] = None
        super().dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The session is over."""
        if self.name is not None:
            self.factory.endings[self.name] = type(reason.value).__name__


class Remembering(Factory):
    """Knows how many sessions there were, and how they ended."""

    protocol: Any = Remembered

    def __init__(self) -> None:
        self.count = 0
        self.endings: dict[str, Optional[str]] = {}


class Sessions(Resource):
    """Tells it."""

    isLeaf = True

    def __init__(self, factory: Remembering) -> None:
        super().__init__()
        self._factory = factory

    def render_GET(self, request: Request) -> bytes:
        """One JSON object."""
        told = {"count": self._factory.count, "endings": self._factory.endings}
        return json.dumps(told).encode()


def make_root(client: Path, other_port: int) -> Resource:
    """The root of the site."""
    root, allied, echo = Resource(), Resource(), Remembering()
    page = (HERE / "sockjs_page.html").read_bytes()
    root.putChild(b"", Data(page, "text/html; charset=UTF-8"))
    root.putChild(b"sockjs.js", File(str(client / "dist" / "sockjs.min.js")))
    root.putChild(b"driver.js", File(str(HERE / "sockjs_driver.js")))
    root.putChild(b"sessions", Sessions(echo))
    root.putChild(b"echo", SockJSResource(echo, OPTIONS))
    root.putChild(b"close", SockJSResource(Factory.forProtocol(Close), OPTIONS))
    root.putChild(b"allied", allied)
    open_to_others = {**OPTIONS, "allowed_origins": [f"http://127.0.0.1:{other_port}"]}
    allied.putChild(b"echo", SockJSResource(Factory.forProtocol(Echo), open_to_others))
    return root


def main() -> None:
    """Serve until SIGTERM."""
    port, other_port = map(int, sys.argv[1:3])
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
    root = make_root(Path(sys.argv[3]), other_port)
    site: Any = BoundedSite(root, reactor, HTTPLimits(max_body=0))
    for each in (port, other_port):
        reactor.listenTCP(each, site, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main()
