"""twisted.web with an end to everything: to headers, to bodies, and to the time they take.

`BoundedSite` serves any resource; `HTTPLimits` says where the ends are.

The library's own timeout begins again with every byte, and it takes bodies of any size (twisted
issue 4898).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Optional

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, globalLogPublisher
from twisted.python.failure import Failure
from twisted.web.server import Request, Site
from zope.interface import implementer

from .origins import Proxies
from .unread import PatientChannel

MOST_AT_ONCE = 4
"""Requests that are answered of one read: 64 KiB hold two thousand, and answering those would
hold everybody up. Nobody but an attacker sends one before the last one was answered."""

MAX_DIGITS = 20
"""Of a Content-Length; int() raises over 4300."""

MOST_FIELDS = 500
"""In a query, and in cookies, of a request. 16 KiB of nothing but separators take 10 ms, and one
read holds four such requests."""

MOST_CHUNKS = 256
"""Of a body in one read, which could hold eleven thousand: they take 30 ms."""

TOO_LARGE = b"413 Content Too Large"
FIELDS_TOO_LARGE = b"431 Request Header Fields Too Large"
BAD = b"400 Bad Request"


@dataclass(frozen=True)
class HTTPLimits:
    """What one client of a site may do. 0 lifts a limit."""

    max_body: int = 65536  # bytes of a request's body
    request_within: float = 10.0  # seconds, from its first byte or the connection's begin
    connections_per_address: int = 512
    idle: float = 60.0  # seconds between two requests, and for a client to read an answer


@implementer(ILogObserver)
def _serious(event: LogEvent) -> None:
    if event["log_level"] >= LogLevel.warn:
        globalLogPublisher(event)


SERIOUS = Logger(observer=_serious)
"""For twisted.web's own lines: any client can cause those that are not warnings."""


class TooManyChunks(Exception):
    """What came is cut into very small pieces."""


class BoundedRequest(Request):
    """A request whose parts are bounded."""

    _log = SERIOUS
    _body = 0
    channel: BoundedChannel

    def parseCookies(self) -> None:
        """The headers are complete, and those that are cookies are taken apart."""
        cookies = self.requestHeaders.getRawHeaders(b"Cookie", [])
        if sum(several.count(b";") for several in cookies) > MOST_FIELDS:
            self.channel.refuse(FIELDS_TOO_LARGE)
        else:
            super().parseCookies()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """All has come, and the query is taken apart."""
        if path.count(b"&") + path.count(b";") > MOST_FIELDS:
            self.channel.refuse(b"414 URI Too Long")
        else:
            super().requestReceived(command, path, version)

    def gotLength(self, length: Optional[int]) -> None:
        """The headers are complete."""
        if length is not None and self._is_too_large(length):
            length = 0
            self.channel.refuse(TOO_LARGE)
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:
        """A part of the body came. TooManyChunks: in one read with very many others."""
        self.channel.count_chunk()
        self._body += len(data)
        if self._is_too_large(self._body):
            self.channel.refuse(TOO_LARGE)
        else:
            super().handleContentChunk(data)

    def _is_too_large(self, size: int) -> bool:
        return 0 < self.channel.site.limits.max_body < size


class BoundedChannel(PatientChannel):
    """An HTTP connection whose requests must arrive in time."""

    requestFactory = BoundedRequest
    maxHeaders = 100  # the library's 500 of a few bytes take long for what they weigh
    _log = SERIOUS
    _at_once = 0
    _chunks = 0
    transport: Any
    _deadline: Optional[IDelayedCall] = None
    _refused = False
    site: BoundedSite
    counted_as: Optional[str] = None  # the address, while it counts for the site's limit

    @property
    def patience(self) -> float:
        """See PatientChannel."""
        return self.site.limits.idle

    def connectionMade(self) -> None:
        """Somebody connected."""
        super().connectionMade()
        self._expect_request()

    def _expect_request(self) -> None:
        within = self.site.limits.request_within
        if within and self._deadline is None:
            self._deadline = self.callLater(within, self.cut)

    def _arrived(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def dataReceived(self, data: bytes) -> None:
        """Bytes came."""
        if self._refused:
            return
        if not self._handlingRequest:
            self._expect_request()
        if not self._busyReceiving:  # else it is the rest of what was read before
            self._at_once = self._chunks = 0
        super().dataReceived(data)

    def rawDataReceived(self, data: bytes) -> None:
        """A part of a body came, or what stands behind a request."""
        try:
            super().rawDataReceived(data)
        except TooManyChunks:  # which ends the reading of the rest
            self.refuse(BAD)

    def count_chunk(self) -> None:
        """One more of this read. TooManyChunks: that is enough."""
        self._chunks += 1
        if self._chunks > MOST_CHUNKS:
            raise TooManyChunks

    def headerReceived(self, line: bytes) -> bool:
        """A header came. False: the request is refused."""
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and len(value.strip()) > MAX_DIGITS:
            self.refuse(TOO_LARGE)
            return False
        return bool(super().headerReceived(line))

    def checkPersistence(self, request: Request, version: bytes) -> bool:
        """Whether another request may follow on this one."""
        self._at_once += 1
        if self._at_once < MOST_AT_ONCE:
            return bool(super().checkPersistence(request, version))
        request.setHeader(b"Connection", b"close")
        return False

    def lineLengthExceeded(self, line: bytes) -> None:
        """A header is too long."""
        self.refuse(FIELDS_TOO_LARGE)

    def allContentReceived(self) -> None:
        """A whole request has come."""
        self._arrived()
        if not self._refused:
            super().allContentReceived()

    def hand_over(self) -> None:
        """Another protocol takes the connection: it is counted there from now on."""
        self._gone()

    def _gone(self) -> None:
        counted, self.counted_as = self.counted_as, None
        if counted is not None:
            self.site.gone(counted)

    def refuse(self, status: bytes) -> None:
        """Answer this and close, whatever else the client sends."""
        if not self._refused and self.transport is not None:
            self._refused = True
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            self.loseConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        """What came is no request. The library's own answer doesn't say where it ends."""
        self.refuse(BAD)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client is gone."""
        self._arrived()
        self._gone()
        super().connectionLost(reason)


class BoundedSite(Site):
    """A site with limits. It keeps no access log: that is the proxy's.

    Connections of believed proxies are not counted: theirs are everybody's. Forms are left to the
    resources: a Content-Type of brackets, or with a vertical tab, makes the library raise.
    """

    displayTracebacks = False
    protocol = BoundedChannel  # type: ignore[assignment]  # no HTTP/2, so no proxy for it

    def __init__(
        self,
        resource: Any,
        reactor: Any,
        limits: HTTPLimits = HTTPLimits(),  # noqa: B008  # it can't be changed
        proxies: Proxies = Proxies(()),  # noqa: B008
    ) -> None:
        super().__init__(
            resource,
            requestFactory=BoundedRequest,
            timeout=limits.idle or None,
            reactor=reactor,
            parsePOSTFormSubmission=False,
        )
        self.limits = limits
        self.proxies = proxies
        self._open: Counter[str] = Counter()

    def buildProtocol(self, addr: Any) -> Any:
        """A channel, or None: the connection is closed when its address has too many."""
        address = getattr(addr, "host", "")
        most = self.limits.connections_per_address
        counts = most and address and not self.proxies.trusts(address)
        if counts and self._open[address] >= most:
            return None
        channel = super().buildProtocol(addr)
        if counts and isinstance(channel, BoundedChannel):
            channel.counted_as = address
            self._open[address] += 1
        return channel

    def gone(self, address: str) -> None:
        """A connection of this address is over, or another protocol's."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    def log(self, request: Any) -> None:
        """Log nothing: who asked for what is nobody's business."""
