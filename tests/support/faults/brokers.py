"""Two RabbitMQ nodes that are one cluster, and what can happen to it.

Partitions are handled by `autoheal`: both sides go on, and when they see one another again the
one with fewer clients restarts. With two nodes `pause_minority` would stop both, `ignore` would
leave the cluster broken until somebody comes. Autoheal forgets what one side's queues held,
which is right where a log is the truth and the broker only the fast road.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread

from support.rabbitmq import RabbitMQ

HEALING = 60.0  # seconds; usually one, and 5 when a node restarts
_PAUSE = 0.3  # seconds between two looks


class Brokers:
    """The cluster. What takes long leaves the reactor running; `launch` and `close` are for
    the thread of the reactor."""

    def __init__(self, directory: Path) -> None:
        for name in ("first", "second"):
            (directory / name).mkdir(parents=True)
        self.first = RabbitMQ(directory / "first")
        self.second = RabbitMQ(directory / "second", beside=self.first)
        for node in self.nodes:
            node.configure("cluster_partition_handling = autoheal")

    @property
    def nodes(self) -> tuple[RabbitMQ, RabbitMQ]:
        """Both."""
        return self.first, self.second

    def part(self, name: str) -> Sequence[RabbitMQ]:
        """The nodes that `first`, `second` or `both` stands for."""
        return self.nodes if name == "both" else (getattr(self, name),)

    def launch(self) -> None:
        """Begin to start both."""
        for node in self.nodes:
            node.launch()

    async def join(self) -> None:
        """Wait until both are ready, and make them one."""
        await _each(self.nodes, RabbitMQ.wait_ready)
        await self.second.ctl_later(
            "eval",
            f"rabbit:stop(), ok = rabbit_mnesia:join_cluster('{self.first.name}', disc), "
            "rabbit:start().",
        )
        await self.until_whole()

    async def new_vhost(self) -> str:
        """The name of a vhost that nobody has used."""
        return await deferToThread(self.first.new_vhost)

    def urls(self, vhost: str, order: Sequence[RabbitMQ]) -> str:
        """The value of --broker."""
        return ",".join(node.url(vhost) for node in order)

    async def stop(self, part: str) -> None:
        """SIGTERM."""
        await _each(self.part(part), RabbitMQ.stop)

    def kill(self, part: str) -> None:
        """SIGKILL, at the same moment."""
        for node in self.part(part):
            node.kill()

    async def start(self, part: str) -> None:
        """Start again what was stopped or killed."""
        for node in self.part(part):
            node.launch()
        await _each(self.part(part), RabbitMQ.wait_ready)
        await self.until_whole()

    def freeze(self, part: str) -> None:
        """SIGSTOP."""
        for node in self.part(part):
            node.freeze()

    async def thaw(self, part: str) -> None:
        """SIGCONT."""
        for node in self.part(part):
            node.thaw()
        await self.until_whole()

    async def separate(self) -> None:
        """Neither hears the other any more; both think that it is gone."""
        other = self.second.name
        await self.first.ctl_later(
            "eval", f"erlang:set_cookie('{other}', wrong), erlang:disconnect_node('{other}')."
        )

    async def reunite(self) -> None:
        """They can hear one another again."""
        other = self.second.name
        await self.first.ctl_later(
            "eval",
            f"erlang:set_cookie('{other}', erlang:get_cookie()), pong = net_adm:ping('{other}').",
        )
        await self.until_whole()

    async def until_whole(self) -> None:
        """Wait until both run and see one another."""
        await deferToThread(self._until_whole)

    def _until_whole(self) -> None:
        deadline = time.monotonic() + HEALING
        while not all(_is_well(node) for node in self.nodes):
            assert time.monotonic() < deadline, f"the cluster isn't whole after {HEALING:g} s"
            time.sleep(_PAUSE)

    def close(self) -> None:
        """End both."""
        self.second.close()
        self.first.close()


def _is_well(node: RabbitMQ) -> bool:
    try:
        seen = node.ctl(
            "eval",
            "{rabbit:is_running(), length(rabbit_nodes:all_running()), "
            "rabbit_node_monitor:partitions()}.",
        )
    except AssertionError:  # it is just stopping or starting
        return False
    return seen.strip() == "{true,2,[]}"


async def _each(nodes: Sequence[RabbitMQ], do: Callable[[RabbitMQ], None]) -> None:
    await gatherResults([deferToThread(do, node) for node in nodes], consumeErrors=True)
