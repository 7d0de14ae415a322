"""The faults: how each is applied and healed. `FAULTS` has them by the kinds of the schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from support.faults.schedule import Planned
from support.faults.wire import Wire
from support.faults.world import EXCHANGE, World


class Fault(Protocol):
    """One kind of fault, made for what was planned."""

    def __init__(self, world: World, planned: Planned) -> None: ...

    async def apply(self) -> None:
        """Let it happen."""

    async def heal(self) -> None:
        """Put right what an operator, a supervisor or time would put right; returns when that
        is done, not when the daemons have recovered."""


# -- the broker


class _OfBroker:
    def __init__(self, world: World, planned: Planned) -> None:
        self.brokers = world.servers.brokers
        self.vhost = world.vhost
        self.part = planned.part

    async def _eval(self, expression: str) -> None:
        await self.brokers.first.ctl_later("eval", expression)

    async def heal(self) -> None:
        """Nothing, unless a kind has more to say."""


class BrokerKilled(_OfBroker):
    async def apply(self) -> None:
        self.brokers.kill(self.part)

    async def heal(self) -> None:
        await self.brokers.start(self.part)


class BrokerRestarted(_OfBroker):
    async def apply(self) -> None:
        await self.brokers.stop(self.part)

    async def heal(self) -> None:
        await self.brokers.start(self.part)


class BrokerFrozen(_OfBroker):
    async def apply(self) -> None:
        self.brokers.freeze(self.part)

    async def heal(self) -> None:
        await self.brokers.thaw(self.part)


class BrokerClosesConnections(_OfBroker):
    async def apply(self) -> None:
        await self.brokers.first.ctl_later("close_all_connections", "-p", self.vhost, "test")


class BrokerOutOfMemory(_OfBroker):
    async def apply(self) -> None:
        await self._watermark("0.0000001")

    async def heal(self) -> None:
        await self._watermark("0.4")

    async def _watermark(self, share: str) -> None:
        (node,) = self.brokers.part(self.part)
        await node.ctl_later("set_vm_memory_high_watermark", share)


class ExchangeDeleted(_OfBroker):
    async def apply(self) -> None:
        name = f'rabbit_misc:r(<<"{self.vhost}">>, exchange, <<"{EXCHANGE}">>)'
        await self._eval(f'rabbit_exchange:delete({name}, false, <<"test">>).')


class QueuesDeleted(_OfBroker):
    async def apply(self) -> None:
        await self._eval(
            f'[rabbit_amqqueue:delete(Q, false, false, <<"test">>) '
            f'|| Q <- rabbit_amqqueue:list(<<"{self.vhost}">>)].'
        )


class BrokersPartitioned(_OfBroker):
    async def apply(self) -> None:
        await self.brokers.separate()

    async def heal(self) -> None:
        await self.brokers.reunite()


# -- the database


class _OfDatabase:
    def __init__(self, world: World, planned: Planned) -> None:
        self.postgresql = world.servers.postgresql


class DatabaseStopped(_OfDatabase):
    async def apply(self) -> None:
        await self.postgresql.stop_later()

    async def heal(self) -> None:
        await self.postgresql.start_later()


class DatabaseFrozen(_OfDatabase):
    async def apply(self) -> None:
        self.postgresql.freeze()

    async def heal(self) -> None:
        self.postgresql.thaw()


# -- a daemon


class _OfDaemon:
    def __init__(self, world: World, planned: Planned) -> None:
        self.node = world.nodes[planned.target]

    async def _start(self) -> None:
        self.node.launch()
        await self.node.until_listening()


class DaemonKilled(_OfDaemon):
    async def apply(self) -> None:
        await self.node.kill()

    async def heal(self) -> None:
        await self._start()


class DaemonTerminated(_OfDaemon):
    async def apply(self) -> None:
        await self.node.terminate()

    async def heal(self) -> None:
        await self._start()


class DaemonFrozen(_OfDaemon):
    async def apply(self) -> None:
        self.node.freeze()

    async def heal(self) -> None:
        self.node.thaw()


# -- the clients' way to a daemon


class _OfWay:
    def __init__(self, world: World, planned: Planned) -> None:
        self.wires = world.ways[planned.target.removeprefix("to ")].wires
        self.amount = planned.amount

    async def apply(self) -> None:
        for wire in self.wires:
            self.disturb(wire)

    def disturb(self, wire: Wire) -> None:
        raise NotImplementedError

    async def heal(self) -> None:
        for wire in self.wires:
            wire.heal()


class ClientsCut(_OfWay):
    def disturb(self, wire: Wire) -> None:
        wire.cut(round(self.amount))


class ClientsHalfOpen(_OfWay):
    def disturb(self, wire: Wire) -> None:
        wire.swallow()


class ClientsDelayed(_OfWay):
    def disturb(self, wire: Wire) -> None:
        wire.slow_down(self.amount)


FAULTS: Mapping[str, type[Fault]] = {
    "broker killed": BrokerKilled,
    "broker restarted": BrokerRestarted,
    "broker frozen": BrokerFrozen,
    "broker closes connections": BrokerClosesConnections,
    "broker out of memory": BrokerOutOfMemory,
    "exchange deleted": ExchangeDeleted,
    "queues deleted": QueuesDeleted,
    "brokers partitioned": BrokersPartitioned,
    "database stopped": DatabaseStopped,
    "database frozen": DatabaseFrozen,
    "daemon killed": DaemonKilled,
    "daemon terminated": DaemonTerminated,
    "daemon frozen": DaemonFrozen,
    "clients cut": ClientsCut,
    "clients half open": ClientsHalfOpen,
    "clients delayed": ClientsDelayed,
}
