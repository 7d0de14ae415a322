"""A file of the web client, as browsers are to have it: compressed, and kept while it may be."""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from typing import Any

from twisted.web.http import CACHED
from twisted.web.server import Request
from twisted.web.static import File

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
"""Not the system's: they differ from machine to machine."""

HASHED = re.compile(r"/assets/[^/]+-[\w-]{8}\.\w+$")
"""A name that the build makes of what is in the file: what it leads to never changes."""

COMPRESSED = ".gz"
"""What the build calls the compressed copy of a file."""


class WebFile(File):
    """One file. A browser keeps what never changes, and asks each time whether all else is still
    the same: the files of two releases don't mix."""

    isLeaf = True
    contentTypes = TYPES

    def __init__(self, path: str) -> None:
        super().__init__(path, defaultType="application/octet-stream")

    def render_GET(self, request: Request) -> Any:
        """The file, or that it is the same as before."""
        if HASHED.search(self.path):
            request.setHeader(b"Cache-Control", b"public, max-age=31536000, immutable")
        # Dates are no use: those of an older release, put back, are older than what is known.
        request.requestHeaders.removeHeader(b"If-Modified-Since")
        request.requestHeaders.removeHeader(b"Range")  # a thousand ranges are a thousand answers
        file = self._as_accepted(request)
        if request.setETag(file.tag()) is CACHED:
            return b""
        return File.render_GET(file, request)

    render_HEAD = render_GET

    def _as_accepted(self, request: Request) -> WebFile:
        compressed = self.path + COMPRESSED
        if not os.path.isfile(compressed):
            return self
        request.setHeader(b"Vary", b"Accept-Encoding")
        return WebFile(compressed) if _accepts_gzip(request) else self

    def tag(self) -> bytes:
        """The ETag: of what is in it."""
        status = os.stat(self.path)
        return _tag(self.path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _tag(path: str, *_changed: int) -> bytes:
    with open(path, "rb") as file:
        return b'"%b"' % hashlib.sha256(file.read()).hexdigest()[:16].encode()


def _accepts_gzip(request: Request) -> bool:
    offered = b",".join(request.requestHeaders.getRawHeaders(b"Accept-Encoding", []))
    for coding in offered.lower().split(b","):
        name, _, weight = coding.replace(b" ", b"").partition(b";q=")
        if name == b"gzip":
            return not re.fullmatch(rb"0(\.0*)?", weight)
    return False
