"""What the users in memory do beyond the contract: stay bounded, and keep no secret."""

from __future__ import annotations

import pytest_twisted
from twisted.internet.task import Clock

from rabbitchat.users.memory import MemoryUsers


@pytest_twisted.ensureDeferred
async def test_beyond_the_bound_the_least_recently_used_is_forgotten() -> None:
    users = MemoryUsers(Clock(), keep_seconds=0, most=3)
    one, two, three = [await users.create() for _ in range(3)]
    await users.resume(one.session)
    four = await users.create()
    assert await users.resume(two.session) is None
    for account in (one, three, four):
        assert await users.resume(account.session) == account.user


@pytest_twisted.ensureDeferred
async def test_expired_users_take_no_room() -> None:
    clock = Clock()
    users = MemoryUsers(clock, keep_seconds=10)
    for _ in range(50):
        await users.create()
    clock.advance(11)
    for _ in range(25):
        await users.create()
    assert len(users._secrets) == 25


@pytest_twisted.ensureDeferred
async def test_the_token_itself_is_not_kept() -> None:
    users = MemoryUsers(Clock(), keep_seconds=10)
    account = await users.create()
    token = account.session.partition(".")[2]
    assert token not in repr(vars(users))
    assert account.user in repr(vars(users))
