"""What the fault test is done to: servers that all seeds share, and for each seed a world of
three daemons on a vhost and a database of their own, reached by ways that can be bad.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThread

from support.faults.brokers import Brokers
from support.faults.entrances import Entrance
from support.faults.node import Node
from support.faults.schedule import DAEMONS
from support.faults.wire import Wire
from support.postgresql import PostgreSQL

EXCHANGE = "chat"
GRACE = 3.0  # seconds that a lost user stays
SUPERVISED = 0.5  # seconds between two looks whether a daemon has ended by itself


class Servers:
    """A RabbitMQ cluster and a PostgreSQL server that nobody else uses."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="rabbitchat-faults-"))
        self.brokers = Brokers(self._directory)
        self.postgresql = PostgreSQL()

    async def start(self) -> None:
        """Start both."""
        self.brokers.launch()
        await self.postgresql.start_later()
        await deferToThread(self.postgresql.make_template)
        await self.brokers.join()

    def close(self) -> None:
        """End both and remove their files."""
        self.brokers.close()
        self.postgresql.close()
        shutil.rmtree(self._directory, ignore_errors=True)


class Way:
    """How clients reach one daemon: both of its ports are behind it."""

    def __init__(self, reactor: Any, node: Node) -> None:
        self.wires = (Wire(reactor, node.http_port), Wire(reactor, node.line_port))
        http, line = self.wires
        self.entrance = Entrance(node.name, "127.0.0.1", http.port, line.port)


class World:
    """Three daemons on the servers. Their logs are in `logs`, a directory for each."""

    def __init__(self, reactor: Any, servers: Servers, logs: Path) -> None:
        self.servers = servers
        self.nodes: Mapping[str, Node] = {}
        self.ways: Mapping[str, Way] = {}
        self.vhost = ""
        self._reactor = reactor
        self._logs = logs
        self._supervisor = LoopingCall(self._supervise)
        self._supervisor.clock = reactor

    async def start(self, program: Optional[list[str]] = None) -> None:
        """Start the daemons and wait until all are well. `program` is what takes the arguments
        of twistd, for daemons with a bug."""
        brokers = self.servers.brokers
        self.vhost = await brokers.new_vhost()
        database = await deferToThread(self.servers.postgresql.new_database)
        nodes = {}
        for number, name in enumerate(DAEMONS):
            order = brokers.nodes if number % 2 == 0 else brokers.nodes[::-1]
            options = ["--broker", brokers.urls(self.vhost, order), "--exchange", EXCHANGE]
            options += ["--database", database, "--rate", "0", "--burst", "0"]
            options += ["--grace", f"{GRACE}"]
            nodes[name] = Node(name, self._logs / name, options, program)
        self.nodes = nodes
        self.ways = {name: Way(self._reactor, node) for name, node in nodes.items()}
        for node in nodes.values():
            node.launch()
        await self.until_well(60.0)
        self._supervisor.start(SUPERVISED)

    def _supervise(self) -> None:
        for node in self.nodes.values():
            node.supervise()

    @property
    def entrances(self) -> Sequence[Entrance]:
        """Where clients come in."""
        return [way.entrance for way in self.ways.values()]

    async def is_well(self) -> bool:
        """Whether all daemons say that they can deliver."""
        each: list[Deferred[Any]] = [
            Deferred.fromCoroutine(node.is_healthy()) for node in self.nodes.values()
        ]
        return all(await gatherResults(each, consumeErrors=True))

    async def until_well(self, seconds: float, steady: float = 0.0) -> None:
        """Wait for that, and that it stays so for `steady` seconds."""
        now = self._reactor.seconds
        deadline, since = now() + seconds, now()
        while not (well := await self.is_well()) or now() - since < steady:
            if not well:
                assert now() < deadline, f"not well in {seconds:g} s: {self._logs}"
                since = now()
            await deferLater(self._reactor, 0.1, lambda: None)

    async def stop(self) -> list[str]:
        """End the daemons in order; returns what was wrong with them."""
        await gatherResults(
            [Deferred.fromCoroutine(node.terminate()) for node in self.nodes.values()],
            consumeErrors=True,
        )
        for node in self.nodes.values():
            node.read_logs()
        return [trouble for node in self.nodes.values() for trouble in node.troubles]

    async def close(self) -> None:
        """Leave nothing behind but the logs."""
        if self._supervisor.running:
            self._supervisor.stop()
        for node in self.nodes.values():
            node.close()
        for way in self.ways.values():
            for wire in way.wires:
                await wire.close()
