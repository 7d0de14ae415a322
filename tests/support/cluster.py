"""Several real daemons on one RabbitMQ: the nodes of one chat, each a process of its own."""

from __future__ import annotations

import json
import re
import signal
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from support.daemons import SCRIPTS, Foreground, free_port, wait_for
from support.people import Person, Refused

GRACE = 1.0  # seconds that a lost user stays
LEASE = 15.0  # seconds after which a silent node is given up


class Daemon:
    """One node. It may be ended and started again on the same port, with another name or not."""

    def __init__(self, node: str, broker: str, directory: Path, *options: str) -> None:
        self.node = node
        self.port = free_port()
        self._options = ["--node", node, "--broker", broker, *options]
        self._directory = directory
        self._process: Foreground | None = None
        self._people: list[Person] = []

    def launch(self) -> None:
        """Begin to start."""
        self._process = Foreground(
            [
                *(SCRIPTS / "twistd", "-n", "--pidfile=", "rabbitchat"),
                *("--port", f"tcp:{self.port}:interface=127.0.0.1", "--line-port", "none"),
                *("--database", "memory:", "--rate", "0", "--grace", f"{GRACE}", *self._options),
            ],
            self._directory,
        )

    def wait_listening(self) -> None:
        """Wait until clients may come."""
        self._running.wait_until_accepting(self.port)

    def wait_healthy(self, seconds: float = 15.0) -> None:
        """Wait until it can really deliver."""
        wait_for(lambda: self.health()[0] == 200, f"{self.node} is healthy", seconds)

    @property
    def _running(self) -> Foreground:
        assert self._process is not None, "not started"
        return self._process

    def end(self) -> None:
        """End its clients and itself, if they run still."""
        for person in self._people:
            person.vanish()
        self._people.clear()
        if self._process is not None:
            self._process.__exit__()

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self._running.interrupt(signal.SIGKILL)

    def terminate(self, seconds: float = 5.0) -> None:
        """End it in order (SIGTERM), within so many seconds."""
        self._running.interrupt(signal.SIGTERM, seconds)
        assert self.said("Server Shut Down"), self.log

    # people

    def person(self, nick: str, *rooms: str, **fields: Any) -> Person:
        """Somebody on this node, in these rooms."""
        person = Person(self.port)
        self._people.append(person)
        return person.connect(nick, *rooms, **fields)

    def person_once_free(self, nick: str, *rooms: str) -> Person:
        """Somebody under a nick that is held for its last owner still, for the grace time."""
        deadline = time.monotonic() + GRACE + 2
        while True:
            try:
                return self.person(nick, *rooms)
            except Refused:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    # what it says of itself

    def _get(self, path: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode()

    def health(self) -> tuple[int, dict[str, Any]]:
        """The status code and report of `/health`."""
        status, body = self._get("/health")
        return status, json.loads(body)

    def figure(self, name: str, **labels: str) -> float:
        """One of its metrics, 0 where there is none."""
        inner = ",".join(f'{label}="{value}"' for label, value in labels.items())
        start = f"rabbitchat_{name}" + (f"{{{inner}}}" if inner else "") + " "
        for line in self._get("/metrics")[1].splitlines():
            if line.startswith(start):
                return float(line.removeprefix(start))
        return 0.0

    @property
    def log(self) -> str:
        """All that it has logged since it was started last."""
        return self._running.output

    def said(self, pattern: str, since: int = 0) -> list[str]:
        """The lines of its log that hold this regular expression, from a position on."""
        return [line for line in self.log[since:].splitlines() if re.search(pattern, line)]

    def wait_said(self, pattern: str, seconds: float = 15.0) -> None:
        """Wait for such a line."""
        wait_for(lambda: bool(self.said(pattern)), f"{self.node} logs {pattern!r}", seconds)

    def check_log(self) -> None:
        """Nothing went wrong inside."""
        trouble = self.said(r"Traceback|Unhandled|Error:|\[.*#(error|critical)\]")
        assert not trouble, f"{self.node} logged {trouble}:\n{self.log[-5000:]}"


class Cluster:
    """The nodes of one chat, by name."""

    def __init__(self, broker: str) -> None:
        self.broker = broker
        self.exchange = "chat"
        self._stack = ExitStack()
        self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.nodes: list[Daemon] = []

    def add(self, node: str, *options: str, broker: str | None = None) -> Daemon:
        """Launch one more node."""
        daemon = Daemon(
            node, broker or self.broker, self._directory, "--exchange", self.exchange, *options
        )
        daemon.launch()
        self.nodes.append(daemon)
        self._stack.callback(daemon.end)
        return daemon

    def start(self, *names: str) -> list[Daemon]:
        """Launch these nodes side by side and wait until all are well."""
        daemons = [self.add(name) for name in names]
        for daemon in daemons:
            daemon.wait_listening()
        for daemon in daemons:
            daemon.wait_healthy()
        return daemons

    def check_logs(self) -> None:
        """Nothing went wrong inside any of them."""
        for daemon in self.nodes:
            daemon.check_log()

    def close(self) -> None:
        """End all."""
        self._stack.close()


@contextmanager
def cluster(broker: str) -> Iterator[Cluster]:
    """A cluster that is ended, and whose logs are checked."""
    made = Cluster(broker)
    try:
        yield made
        made.check_logs()
    finally:
        made.close()
