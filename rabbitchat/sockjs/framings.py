"""How frames look in the response of each receiving transport of the SockJS protocol; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .frames import Frame

JAVASCRIPT = b"application/javascript; charset=UTF-8"
HTML = b"text/html; charset=UTF-8"

LONGEST_CALLBACK = 128  # bytes; sockjs-client's are about 15


@dataclass(frozen=True, eq=False)
class Framing:
    """One way to carry frames in a response.

    `prelude` comes before the first frame. `streams`: a response carries many frames, else one.
    `quotes`: frames are JSON string literals. `escapes`: `%` is written `%25`. `shared`: the same
    for all clients, so that a frame can keep what it looks like here.
    """

    content_type: bytes
    prelude: bytes = b""
    before: bytes = b""
    after: bytes = b""
    streams: bool = False
    quotes: bool = False
    escapes: bool = False
    shared: bool = True

    def wrap(self, frame: Frame) -> bytes:
        """The bytes that carry a frame."""
        if not self.shared:
            return self._wrap(frame)
        framed = frame.framed.get(self)
        if framed is None:
            framed = frame.framed[self] = self._wrap(frame)
        return framed

    def _wrap(self, frame: Frame) -> bytes:
        data: bytes = frame.literal if self.quotes else frame
        if self.escapes:
            data = data.replace(b"%", b"%25")
        return self.before + data + self.after


XHR = Framing(JAVASCRIPT, after=b"\n")
XHR_STREAMING = Framing(JAVASCRIPT, prelude=b"h" * 2048 + b"\n", after=b"\n", streams=True)
EVENTSOURCE = Framing(
    b"text/event-stream",
    prelude=b"\r\n",
    before=b"data: ",
    after=b"\r\n\r\n",
    streams=True,
    escapes=True,  # not in the protocol, but every client calls decodeURI, which fails on "100%"
)

_HTMLFILE_HEAD = b"""<!doctype html>
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

HTMLFILE_PADDING = 1024
"""Bytes that some browsers wait for before they show, and run, anything."""


def htmlfile(callback: bytes) -> Framing:
    """A page that calls `parent.CALLBACK.message` by one script for each frame."""
    head = _HTMLFILE_HEAD % callback
    return Framing(
        HTML,
        prelude=head.ljust(HTMLFILE_PADDING + len(callback)) + b"\r\n\r\n",
        before=b"<script>\np(",
        after=b");\n</script>\r\n",
        streams=True,
        quotes=True,
        shared=False,
    )


def jsonp(callback: bytes) -> Framing:
    """A script that calls CALLBACK. The comment before it keeps what a caller chose from being
    the first bytes of the answer, which some plugins took for a program (CVE-2014-4671)."""
    before = b"/**/" + callback + b"("
    return Framing(JAVASCRIPT, before=before, after=b");\r\n", quotes=True, shared=False)


class BadCallback(ValueError):
    """The name of the function to call is missing, or is none."""


def check_callback(callback: bytes) -> bytes:
    """The callback, if it is one. BadCallback: nothing but a name may become part of a script."""
    if not callback:
        raise BadCallback('"callback" parameter required')
    if len(callback) > LONGEST_CALLBACK or not re.fullmatch(rb"[a-zA-Z0-9\-_.]+", callback):
        raise BadCallback('invalid "callback" parameter')
    return callback
