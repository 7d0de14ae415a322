"""`/`: the web client that `make web` builds, and `/quick`, which needs no building."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from twisted.web.pages import notFound
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request

from rabbitchat.hardening import harden
from rabbitchat.web_files import COMPRESSED, WebFile

PLAIN_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>rabbitchat</title>
<p>This is rabbitchat. Its web client was not built: run <code>make web</code>, which says what is
in the way. Meanwhile there is <a href="quick/">the quick page</a>.
<p>Programs connect to <code>/ws</code>.</html>
"""


class WebClient(Resource):
    """The files of the web client, or a plain page without them."""

    def __init__(self, static: Path) -> None:
        super().__init__()
        self._static = static

    def getChild(self, path: bytes, request: Request) -> IResource:
        """One of the files: whatever the path is, nothing is below it."""
        harden(request)
        request.setHeader(b"Cache-Control", b"no-cache")
        *directories, last = names = [path, *(request.postpath or ())]
        if not all(map(_may_be_a_name, directories)) or not (last == b"" or _may_be_a_name(last)):
            return notFound()
        return self._found([name.decode() for name in names]) or notFound()

    def _found(self, names: Sequence[str]) -> Optional[IResource]:
        file = os.path.join(self._static, *names)
        if names[-1] == "":
            file += "index.html"
        if os.path.isfile(file):
            return WebFile(file)
        if names == [""]:
            return PlainPage()
        if os.path.isfile(os.path.join(file, "index.html")):
            return Below(names[-1])
        return None


def _may_be_a_name(segment: bytes) -> bool:
    """Whether a file of ours can be called so; the hidden ones and the compressed ones are not to
    be had by name."""
    try:
        name = segment.decode()
    except UnicodeDecodeError:
        return False
    hidden = name.startswith(".") or name.endswith(COMPRESSED)
    return name != "" and not hidden and not {"\0", "/", os.sep} & set(name)


class PlainPage(Resource):
    """What `/` is where nothing was built."""

    isLeaf = True

    def render_GET(self, request: Request) -> bytes:
        """The page."""
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        return PLAIN_PAGE


class Below(Resource):
    """Sends a browser that asks for `/quick` to `/quick/`, wherever a proxy has put us."""

    isLeaf = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def render_GET(self, request: Request) -> bytes:
        """The way there."""
        request.setResponseCode(301)
        request.setHeader(b"Location", f"{self._name}/".encode())
        return b""
