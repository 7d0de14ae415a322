"""What a session held is free once it is over, not only when the collector comes by: of ten
thousand that leave at once it would have a long way to go."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
import pytest_twisted

from rabbitchat.sockjs.websockets import WebSocket
from support.sockjs_services import App, StartApp, new_session
from support.waiting import until


@pytest.fixture
def without_collector() -> Iterator[None]:
    """The collector of cycles does not run by itself."""
    gc.disable()
    yield
    gc.enable()


def only_websocket(app: App) -> weakref.ref[WebSocket]:
    """The server's side of the only WebSocket."""
    kinds = app.resource._websockets
    [websocket] = kinds.sockjs.connections | kinds.raw.connections
    return weakref.ref(websocket)


@pytest.mark.parametrize("kind", ["session", "raw"])
@pytest.mark.parametrize("how", ["close", "loss"])
@pytest.mark.usefixtures("without_collector")
@pytest_twisted.ensureDeferred
async def test_a_websocket_leaves_no_cycle(start_app: StartApp, kind: str, how: str) -> None:
    app = start_app()
    path = "/app/websocket" if kind == "raw" else f"/app{new_session()}/websocket"
    websocket = await app.websocket(path)
    websocket.say('["hello"]')
    await until(lambda: app.session.heard, what="the message")
    gc.collect()  # twisted.web's request refers to itself; it is young, so it goes soon
    server = only_websocket(app)
    if how == "loss":
        websocket.connection.vanish()
    else:
        app.session.transport.loseConnection()
        await websocket.frame(8)
        websocket.write(b"\x88\x82\0\0\0\0\x03\xe8")
    await until(lambda: app.session.lost, what="connectionLost")
    app.application.sessions.clear()
    await until(lambda: server() is None, what="the end of the WebSocket")
