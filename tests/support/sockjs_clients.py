"""sockjs-client in Node, and in a page of Chromium, both driven by sockjs_driver.js."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from support.daemons import wait_for
from support.sockjs_servers import sockjs_client

DRIVER = Path(__file__).with_name("sockjs_node.js")
PATIENCE = 20.0  # seconds that anything may take


class Client:
    """One client. A subclass says how commands get there, and events from there."""

    def __init__(self) -> None:
        self.events: list[list[Any]] = []

    def do(self, *command: Any) -> None:
        """Have the driver do this."""
        raise NotImplementedError

    def look(self) -> None:
        """Get the events that there are by now."""

    def connect(self, url: str, transport: str) -> None:
        """Open a connection by this transport and no other."""
        self.tries(url, transport)
        assert self.event() == ["open", transport]

    def tries(self, url: str, transport: str = "") -> None:
        """Have it try to; without a transport, any."""
        assert self.events == []
        self.do("connect", url, transport)

    def event(self) -> list[Any]:
        """Wait for the next event, and take it."""
        self._wait(lambda: bool(self.events), "something happens")
        return self.events.pop(0)

    def send(self, *messages: str) -> None:
        """Send these, if it is open."""
        self.do("send", *messages)

    def hears(self, *messages: str) -> None:
        """These are all that comes, in this order."""
        self._wait(lambda: len(self.events) >= len(messages), f"{len(messages)} messages")
        assert self.events == [["message", message] for message in messages]
        self.events.clear()

    def close(self) -> None:
        """Close the connection."""
        self.do("close")

    def is_closed(self) -> tuple[int, str, bool]:
        """The code, the reason and whether it was clean, when it is closed."""
        event, *how = self.event()
        assert event == "close", how
        code, reason, clean = how
        return code, reason, clean

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        def looked() -> bool:
            self.look()
            return condition()

        wait_for(looked, what, PATIENCE)


class NodeClient(Client):
    """In Node."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        super().__init__()
        self._process = process
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.events.append(json.loads(line))

    def do(self, *command: Any) -> None:
        """See Client."""
        assert self._process.stdin
        print(json.dumps(command), file=self._process.stdin, flush=True)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._reading.join()


def node() -> str:
    """Its program; fails if there is none."""
    found = shutil.which("node")
    if found is None:
        pytest.fail("Node is missing: there is no node on the PATH", pytrace=False)
    return found


@contextmanager
def in_node() -> Iterator[NodeClient]:
    """A client that is ended."""
    command: list[str | Path] = [node(), DRIVER, sockjs_client()]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        client = NodeClient(process)
        try:
            yield client
        finally:
            client.end()


class PageClient(Client):
    """In the page of sockjs_site.py."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.errors: list[str] = []

    def error(self, error: Error) -> None:
        """A script of the page failed."""
        self.errors.append(str(error))

    def do(self, *command: Any) -> None:
        """See Client."""
        self.page.evaluate(
            "command => { const [name, ...what] = JSON.parse(command); driver[name](...what) }",
            json.dumps(command),
        )

    def look(self) -> None:
        """See Client."""
        self.events += json.loads(self.page.evaluate("JSON.stringify(events.splice(0))"))


@contextmanager
def in_page(page: Page, url: str) -> Iterator[PageClient]:
    """A client in this page, opened anew; no error may be in it."""
    client = PageClient(page)
    page.on("pageerror", client.error)
    try:
        page.goto(url)
        yield client
    finally:
        page.remove_listener("pageerror", client.error)
        page.unroute_all()
    assert client.errors == []
