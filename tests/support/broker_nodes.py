"""Brokers under test: nodes that record what they get, and a load with a verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet import defer
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from rabbitchat.brokers.interface import IBroker, LinkState, Message, NotSent, Uncertain
from support.waiting import until

reactor: Any = _reactor


class Node:
    """A broker that keeps all that its listener and watcher were told."""

    def __init__(self, broker: IBroker) -> None:
        self.broker = broker
        self.got: list[tuple[str, Message]] = []
        self.states: list[LinkState] = []
        broker.listen(lambda key, message: self.got.append((key, message)))
        broker.watch(self.states.append)

    @property
    def bodies(self) -> list[bytes]:
        """What came, without keys."""
        return [message.body for _, message in self.got]

    @property
    def up(self) -> bool:
        """Whether its link is up."""
        return self.broker.link.up

    async def start(self, *keys: str) -> Node:
        """Start, wait for the link, subscribe."""
        self.broker.startService()
        await self.until_up()
        for key in keys:
            await self.broker.subscribe(key)
        return self

    async def until_up(self, timeout: float = 20.0) -> None:
        """Wait for the link."""
        await until(lambda: self.up, timeout, f"link up; it is {self.broker.link}")

    async def until_down(self, timeout: float = 10.0) -> None:
        """Wait until the link is known to be lost."""
        await until(lambda: not self.up, timeout, "link down")

    async def until_got(self, count: int, timeout: float = 10.0) -> None:
        """Wait for that many deliveries."""
        await until(lambda: len(self.got) >= count, timeout, f"{count} messages")

    async def stop(self) -> None:
        """Stop the broker."""
        await defer.maybeDeferred(self.broker.stopService)

    async def say(self, key: str, body: bytes) -> None:
        """Publish and wait for the confirm."""
        await self.broker.publish(key, Message(body))


class Load:
    """Numbered messages on one key, all the time; every outcome is noted."""

    def __init__(self, sender: IBroker, key: str, size: int = 20, per_tick: int = 4) -> None:
        self.outcomes: dict[int, str] = {}
        self.slowest = 0.0
        self.sent = 0
        self._sender = sender
        self._key = key
        self._size = size
        self._per_tick = per_tick
        self._loop = LoopingCall(self._tick)

    def start(self) -> None:
        """Begin."""
        self._loop.start(0.01)

    async def stop(self) -> None:
        """End, and wait until every publish has its outcome."""
        if self._loop.running:
            self._loop.stop()
        await until(lambda: len(self.outcomes) == self.sent, 10.0, "every publish's outcome")

    def numbers(self, outcome: str) -> set[int]:
        """The messages with that outcome."""
        return {number for number, known in self.outcomes.items() if known == outcome}

    def _tick(self) -> None:
        for _ in range(self._per_tick):
            self.send()

    def send(self) -> None:
        """Publish the next number."""
        number = self.sent
        self.sent += 1
        began = reactor.seconds()
        body = b"%d".ljust(self._size) % number
        outcome = self._sender.publish(self._key, Message(body))

        def note(result: object) -> None:
            self.slowest = max(self.slowest, reactor.seconds() - began)
            self.outcomes[number] = _outcome(result)

        outcome.addBoth(note)


def _outcome(result: object) -> str:
    if result is None:
        return "confirmed"
    assert isinstance(result, Failure)
    if result.check(NotSent):
        return "not_sent"
    assert result.check(Uncertain), result
    return "uncertain"


async def verdict(load: Load, receiver: Node, lossless: bool = True) -> None:
    """Check a load against what one receiver got.

    Whatever happened: an outcome within 10 s, nothing twice, nothing that was refused, and the
    confirmed ones in order. `lossless`: the receiver's queue lived, so it has all confirmed ones.
    """
    await load.stop()
    confirmed = load.numbers("confirmed")

    def got() -> list[int]:
        return [int(body) for body in receiver.bodies]

    if lossless:
        await until(lambda: confirmed <= set(got()), 10.0, "all that was confirmed")
    numbers = got()
    assert len(numbers) == len(set(numbers)), "some came twice"
    assert not load.numbers("not_sent") & set(numbers), "some came that were refused"
    in_order = [number for number in numbers if number in confirmed]
    assert in_order == sorted(in_order), "out of order"
    assert load.slowest < 10.0
    first_failed = load.numbers("not_sent") | load.numbers("uncertain")
    assert not first_failed or confirmed, "nothing was confirmed at all"


def fails_with(outcome: Deferred[Any], error: type[Exception]) -> Callable[[], bool]:
    """A condition: the Deferred has failed with this error. Consumes it."""
    seen: list[object] = []
    outcome.addBoth(seen.append)
    return lambda: bool(seen) and isinstance(seen[0], Failure) and bool(seen[0].check(error))
