"""The transports by which a SockJS client receives over HTTP, literally as in the protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from support.sockjs_checks import EVENTS, HTML, JAVASCRIPT, is_not_cached, type_of
from support.sockjs_raw import HTTP11, Connection, Response
from support.sockjs_services import Port

HTMLFILE_HEAD = b"""<!doctype html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.%s;
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>"""


def _literal(frame: str) -> str:
    """A JSON string literal that no script ends in."""
    return json.dumps(frame).replace("<", "\\u003c")


OF_OUR_OWN = ("Sec-Fetch-Site: same-origin",)
"""What a browser says of a script or a frame in a page of the same origin."""


@dataclass(frozen=True)
class Transport:
    """One of them. `prelude` stands before the frames but for white space after it."""

    name: str
    method: str
    content_type: str
    wrap: Callable[[str], str]
    streams: bool = False
    prelude: bytes = b""
    padding: int = 0  # bytes that the prelude is longer than, with white space
    query: str = ""
    headers: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Its name, also of a test's case."""
        return self.name

    def framed(self, frame: str) -> bytes:
        """A frame on its way."""
        return self.wrap(frame).encode("ascii")

    async def receive(
        self, port: Port, url: str, *headers: str, version: str = HTTP11
    ) -> Receiver:
        """Ask on a new connection. When this returns the service has the request, and has sent
        the prelude if there is one."""
        receiver = Receiver(self, await port.connect(), url, headers, version)
        if self.streams:
            await receiver.begin()
        else:
            await port.get("/nothing")  # a round trip: the request before it has arrived
        return receiver

    async def wait(self, port: Port, url: str, version: str = HTTP11) -> Receiver:
        """A receiver of a new session, which is open and waits for more."""
        receiver = await self.receive(port, url, version=version)
        await receiver.frames("o")
        return receiver if self.streams else await self.receive(port, url, version=version)


class Receiver:
    """A response that carries frames, as it comes."""

    def __init__(
        self,
        transport: Transport,
        connection: Connection,
        url: str,
        headers: tuple[str, ...],
        version: str,
    ) -> None:
        self._transport = transport
        self.connection = connection
        path = f"{url}/{transport.name}{transport.query}"
        body = b"" if transport.method == "POST" else None
        self.response: Response = connection.send(
            transport.method, path, *transport.headers, *headers, body=body, version=version
        )

    async def begin(self) -> None:
        """Wait for the head and the prelude."""
        response, transport = await self.response.head(), self._transport
        self._check_head()
        if response.is_chunked:
            prelude = await response.chunk()
        else:
            prelude = await self._prelude_without_chunks()
        assert prelude.rstrip() == transport.prelude.rstrip()
        assert prelude.startswith(transport.prelude)
        assert len(prelude) > transport.padding

    async def _prelude_without_chunks(self) -> bytes:
        connection, transport = self.connection, self._transport
        before, begin = transport.wrap("\n").encode().split(b"\n")[0], connection.read
        size = len(transport.prelude)
        await connection.until(lambda data: before in data[begin + size :], "a frame")
        if transport.padding:
            size = connection.data.index(before, begin + size) - begin
        return await connection.take(size, "the prelude")

    def _check_head(self) -> None:
        assert self.response.status == 200
        assert type_of(self.response) == self._transport.content_type
        is_not_cached(self.response)
        if self._transport.streams:
            assert self.response["Content-Length"] is None

    async def frames(self, *expected: str) -> None:
        """These come next, each in one piece; a poll is over with its first one."""
        for frame in expected:
            framed = self._transport.framed(frame)
            if self._transport.streams:
                await self.response.piece(framed)
            else:
                assert (await self.response.whole()).body == framed
                self._check_head()

    async def ends_with(self, *expected: str) -> None:
        """These come next, and then the response ends."""
        await self.frames(*expected)
        if self._transport.streams:
            await self.response.end()

    def nothing_more(self) -> None:
        """Nothing has come beyond that, and it is not over."""
        self.response.nothing_more()

    def vanish(self) -> None:
        """Be lost."""
        self.connection.vanish()


XHR = Transport("xhr", "POST", JAVASCRIPT, lambda frame: f"{frame}\n")
XHR_STREAMING = Transport(
    "xhr_streaming",
    "POST",
    JAVASCRIPT,
    lambda frame: f"{frame}\n",
    streams=True,
    prelude=b"h" * 2048 + b"\n",
)
EVENTSOURCE = Transport(
    "eventsource",
    "GET",
    EVENTS,
    lambda frame: "data: {}\r\n\r\n".format(frame.replace("%", "%25")),  # clients decode it
    streams=True,
    prelude=b"\r\n",
)
HTMLFILE = Transport(
    "htmlfile",
    "GET",
    HTML,
    lambda frame: f"<script>\np({_literal(frame)});\n</script>\r\n",
    streams=True,
    prelude=HTMLFILE_HEAD % b"callback",
    padding=1024,
    query="?c=%63allback",
    headers=OF_OUR_OWN,
)
JSONP = Transport(
    "jsonp",
    "GET",
    JAVASCRIPT,
    lambda frame: f"/**/callback({_literal(frame)});\r\n",
    query="?c=%63allback",
    headers=OF_OUR_OWN,
)

RECEIVING = [XHR, XHR_STREAMING, EVENTSOURCE, HTMLFILE, JSONP]
STREAMING = [one for one in RECEIVING if one.streams]
POLLING = [one for one in RECEIVING if not one.streams]
