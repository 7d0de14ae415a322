"""What every store of users promises (rabbitchat/users/interface.py): one row in USERS a store."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock

from rabbitchat.users.interface import IUsers
from rabbitchat.users.memory import MemoryUsers
from rabbitchat.users.sql import SqlUsers
from support.databases import fresh

KEEP = 1000.0  # seconds

MakeUsers = Callable[[IReactorTime, float, Path], IUsers]
USERS: dict[str, MakeUsers] = {
    "memory": lambda clock, keep_seconds, directory: MemoryUsers(clock, keep_seconds),
    "sqlite": lambda clock, keep_seconds, directory: SqlUsers(
        fresh("sqlite", directory), clock, keep_seconds
    ),
    "postgresql": lambda clock, keep_seconds, directory: SqlUsers(
        fresh("postgresql", directory), clock, keep_seconds
    ),
}


@dataclass
class Bench:
    """A running store of users and its clock."""

    users: IUsers
    clock: Clock


@pytest.fixture(params=[KEEP])
def keep_seconds(request: pytest.FixtureRequest) -> float:
    """How long a session is kept after its last use."""
    seconds: float = request.param
    return seconds


@pytest.fixture(params=list(USERS))
def bench(
    request: pytest.FixtureRequest, keep_seconds: float, tmp_path: Path
) -> Generator[Bench, None, None]:
    """The store under test, started; stopped afterwards."""
    clock = Clock()
    clock.advance(5000)
    users = USERS[request.param](clock, keep_seconds, tmp_path)
    users.startService()
    yield Bench(users, clock)
    pytest_twisted.blockon(maybeDeferred(users.stopService))


@pytest_twisted.ensureDeferred
async def test_a_new_user_can_come_back(bench: Bench) -> None:
    account = await bench.users.create()
    assert re.fullmatch("[0-9a-f]{16}", account.user)
    assert await bench.users.resume(account.session) == account.user
    assert await bench.users.resume(account.session) == account.user


@pytest_twisted.ensureDeferred
async def test_users_and_secrets_are_all_different(bench: Bench) -> None:
    accounts = [await bench.users.create() for _ in range(20)]
    assert len({account.user for account in accounts}) == 20
    assert len({account.session for account in accounts}) == 20
    for account in accounts:
        assert len(account.session) <= 256
        assert await bench.users.resume(account.session) == account.user


@pytest_twisted.ensureDeferred
async def test_a_secret_that_is_wrong_is_nobody(bench: Bench) -> None:
    one, other = await bench.users.create(), await bench.users.create()
    token = one.session.removeprefix(one.user)
    wrong = [
        "",
        ".",
        one.user,
        one.user + ".",
        one.session + "x",
        one.session[:-1],
        one.session.swapcase(),
        other.user + token,
        "0" * 16 + token,
        token,
        "é\x00😀",
        "\ud800",
        "x" * 256,
    ]
    for session in wrong:
        assert await bench.users.resume(session) is None
    assert await bench.users.resume(one.session) == one.user


@pytest_twisted.ensureDeferred
async def test_a_session_that_was_not_used_for_too_long_is_nobody(bench: Bench) -> None:
    account = await bench.users.create()
    bench.clock.advance(KEEP + 1)
    assert await bench.users.resume(account.session) is None


@pytest_twisted.ensureDeferred
async def test_each_use_makes_a_session_last(bench: Bench) -> None:
    account = await bench.users.create()
    for _ in range(5):
        bench.clock.advance(KEEP - 1)
        assert await bench.users.resume(account.session) == account.user


@pytest_twisted.ensureDeferred
async def test_a_failed_try_is_no_use(bench: Bench) -> None:
    account = await bench.users.create()
    bench.clock.advance(KEEP - 1)
    assert await bench.users.resume(account.user + ".wrong") is None
    bench.clock.advance(2)
    assert await bench.users.resume(account.session) is None


@pytest.mark.parametrize("keep_seconds", [0.0], indirect=True)
@pytest_twisted.ensureDeferred
async def test_zero_keeps_for_ever(bench: Bench) -> None:
    account = await bench.users.create()
    bench.clock.advance(1e9)
    assert await bench.users.resume(account.session) == account.user


@pytest_twisted.ensureDeferred
async def test_whoever_stays_connected_for_long_can_come_back_after_it(bench: Bench) -> None:
    account = await bench.users.create()
    bench.clock.advance(KEEP - 1)
    await bench.users.seen(account.user)
    bench.clock.advance(KEEP - 1)
    assert await bench.users.resume(account.session) == account.user
    await bench.users.seen("0" * 16)  # nobody: nothing to remember
