"""Databases for the tests here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as _reactor

from rabbitchat.database.database import Database
from rabbitchat.log.sql import SqlLog
from support.databases import KINDS, fresh_url

reactor: Any = _reactor


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An unused database of each kind."""
    return fresh_url(request.param, tmp_path)


@pytest_twisted.async_yield_fixture
async def open_log() -> AsyncIterator[Callable[..., SqlLog]]:
    """Opens logs as so many processes do, each with connections of its own."""
    logs: list[SqlLog] = []

    def start(url: str, **options: Any) -> SqlLog:
        log = SqlLog(Database(reactor, url), reactor, **options)
        log.startService()
        logs.append(log)
        return log

    yield start
    for log in logs:
        if log.running:
            await log.stopService()
