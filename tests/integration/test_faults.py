"""One seed of the fault test (tests/support/faults/ and `make test-faults`), and on the same
servers what a cluster of brokers is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred

from support.faults import report
from support.faults.seed_run import SeedRun
from support.faults.world import EXCHANGE, Servers, World
from support.waiting import until

reactor: Any = _reactor

SEED = 20  # a broker killed, both partitioned, the database frozen and stopped, and eight more
SECONDS = 60.0  # of talk; with what comes before and after, one and a half minutes


STEADY = 6.0  # seconds; a daemon that hears nothing from its broker says so after five


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """A RabbitMQ cluster and a PostgreSQL server that may fail."""
    made = Servers()
    try:
        pytest_twisted.blockon(Deferred.fromCoroutine(made.start()))
        yield made
    finally:
        made.close()


@pytest_twisted.ensureDeferred
async def test_nothing_that_was_said_is_lost_whatever_fails(
    servers: Servers, tmp_path: Path
) -> None:
    outcome = await SeedRun(reactor, servers, SEED, SECONDS, tmp_path).run()
    assert outcome.good, f"{report.of_seed(outcome)}\nthe daemons' logs: {tmp_path}"
    assert len(outcome.faults) >= report.LEAST_KINDS


def _all_say(world: World, words: str) -> bool:
    return all(words in node.log for node in world.nodes.values())


@pytest_twisted.ensureDeferred
async def test_one_broker_of_two_is_enough(servers: Servers, tmp_path: Path) -> None:
    """That the queues of some daemons and the one for posts live on the other costs nothing."""
    world = World(reactor, servers, tmp_path)
    brokers = servers.brokers
    try:
        await world.start()
        posts = await brokers.first.ctl_later("list_queues", "-p", world.vhost, "name", "pid")
        (home,) = [line for line in posts.splitlines() if line.startswith(f"{EXCHANGE}.post")]
        gone = "first" if brokers.first.name in home else "second"
        brokers.kill(gone)
        await world.until_well(20.0, STEADY)
        assert _all_say(world, f"nothing comes from the queue {EXCHANGE}.post")
        await brokers.start(gone)
        await until(lambda: _all_say(world, f"the queue {EXCHANGE}.post is there again"), 15.0)
        assert not await world.stop()
    finally:
        await world.close()
