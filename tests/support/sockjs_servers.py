"""Servers for sockjs-client, each a process of its own that can be ended and started again."""

from __future__ import annotations

import json
import re
import signal
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.daemons import CHECKOUT, Foreground, environment, free_port, wait_for

CLIENT = CHECKOUT / "web" / "node_modules" / "sockjs-client"
_TROUBLE = re.compile(r"Traceback|Unhandled|#(error|critical)\]")


def sockjs_client() -> Path:
    """Where sockjs-client is; fails if it isn't there."""
    if not (CLIENT / "dist" / "sockjs.min.js").exists():
        pytest.fail("sockjs-client is missing in web/node_modules: run make web", pytrace=False)
    return CLIENT


class Server:
    """A Python module that serves these ports of 127.0.0.1."""

    def __init__(self, directory: Path, ports: list[int], module: str, *arguments: object) -> None:
        self.ports = ports
        self._directory = directory
        self._command = [sys.executable, "-m", module, *map(str, arguments)]
        self._start()

    @property
    def port(self) -> int:
        """The first of its ports."""
        return self.ports[0]

    @property
    def url(self) -> str:
        """Its address there."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def foreign_url(self) -> str:
        """Its address at the other port, which is another origin."""
        return f"http://127.0.0.1:{self.ports[1]}"

    def _start(self) -> None:
        path = f"{CHECKOUT}:{CHECKOUT / 'tests'}"
        self._process = Foreground(self._command, self._directory, environment(PYTHONPATH=path))
        self._process.wait_until_accepting(*self.ports)

    def stop(self) -> None:
        """End it; it must have logged nothing amiss."""
        self._process.interrupt(signal.SIGTERM)
        assert not _TROUBLE.search(self._process.output), self._process.output

    def restart(self) -> None:
        """End it and start it again, on the same ports."""
        self.stop()
        self._start()

    def clean_up(self) -> None:
        """End it if it runs."""
        self._process.__exit__()

    # -- what sockjs_site.py tells

    def sessions(self) -> Any:
        """All of it."""
        with urllib.request.urlopen(f"{self.url}/sessions", timeout=5) as answer:
            return json.load(answer)

    def ended(self, name: str) -> str:
        """Wait until the session ended that said this first, and tell how."""
        wait_for(lambda: self.sessions()["endings"][name] is not None, "the session ended")
        return str(self.sessions()["endings"][name])


@contextmanager
def _served(ports: list[int], module: str, *arguments: object) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory), ports, module, *arguments)
        try:
            yield server
            server.stop()
        finally:
            server.clean_up()


@pytest.fixture(scope="module")
def conformance() -> Iterator[Server]:
    """The test services that come with the package."""
    port = free_port()
    with _served([port], "rabbitchat.sockjs.conformance", "--port", port) as server:
        yield server


@pytest.fixture(scope="module")
def site() -> Iterator[Server]:
    """sockjs_site.py, on two ports."""
    ports = [free_port(), free_port()]
    with _served(ports, "support.sockjs_site", *ports, sockjs_client()) as server:
        yield server
