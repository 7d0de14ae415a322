"""A stream's frames are sent at once."""

from __future__ import annotations

from typing import Any

import pytest_twisted
from twisted.internet import reactor as _reactor

from support.sockjs_services import StartApp, new_session
from support.sockjs_transports import XHR_STREAMING

reactor: Any = _reactor


@pytest_twisted.ensureDeferred
async def test_what_the_kernel_takes_needs_no_turn_of_the_reactor(start_app: StartApp) -> None:
    app = start_app()
    stream = await XHR_STREAMING.receive(app, "/app" + new_session())
    await stream.frames("o")
    waiting = reactor.getWriters()
    app.session.transport.write(b"hello")
    assert reactor.getWriters() == waiting
    await stream.frames('a["hello"]')
