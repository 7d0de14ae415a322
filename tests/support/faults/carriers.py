"""Each way a program can reach a daemon, opened within a time or given up without a trace."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred

from support.carriers import (
    Carrier,
    End,
    WebSocket,
    open_lines,
    open_websocket,
)
from support.faults.entrances import Entrance
from support.faults.polling import Polling
from support.sockjs_carriers import POLLING, STREAMING, FramedWebSocket

OPEN_WITHIN = 4.0
"""Seconds until a connection that doesn't open is given up."""

Open = Callable[[Any, Entrance], Awaitable[Carrier]]
"""Takes the reactor."""


class CannotOpen(Exception):
    """There is nobody, or nobody who answers in time."""


async def opened(reactor: Any, way: Open, entrance: Entrance) -> Carrier:
    """Open a carrier. Raises CannotOpen, whatever went wrong."""
    opening = Deferred.fromCoroutine(_coroutine(way(reactor, entrance)))
    opening.addTimeout(OPEN_WITHIN, reactor)
    try:
        return await opening
    except Exception as why:
        raise CannotOpen(f"{type(why).__name__}: {why}") from why


async def _coroutine(work: Awaitable[Carrier]) -> Carrier:
    return await work


async def _websocket_at(port: int, path: str, *protocols: str) -> WebSocket:
    made: list[WebSocket] = []

    def keep(factory: Any) -> None:
        build = factory.buildProtocol

        def build_and_keep(address: object) -> WebSocket:
            made.append(build(address))
            return made[-1]

        factory.buildProtocol = build_and_keep

    try:
        return await open_websocket(port, path, protocols, configure=keep)
    except BaseException:
        for websocket in made:
            if websocket.transport is not None:
                websocket.transport.abortConnection()
        raise


class _Framed(FramedWebSocket):
    """Told its end as it is: a cut may come between the last frame and the close."""

    def over(self, end: End) -> None:
        """The WebSocket is gone."""
        self.receiver.over(end)


async def _websocket(reactor: Any, entrance: Entrance) -> Carrier:
    return await _websocket_at(entrance.http_port, "/ws")


async def _raw_websocket(reactor: Any, entrance: Entrance) -> Carrier:
    return await _websocket_at(entrance.http_port, "/chat/websocket")


async def _sockjs_websocket(reactor: Any, entrance: Entrance) -> Carrier:
    path = f"/chat/000/{secrets.token_hex(8)}/websocket"
    carrier = _Framed(await _websocket_at(entrance.http_port, path))
    return await _when_open(carrier, carrier.opened)


def _sockjs(transport: str) -> Open:
    async def way(reactor: Any, entrance: Entrance) -> Carrier:
        where = f"http://{entrance.host}:{entrance.http_port}"
        carrier = Polling(reactor, f"{where}/chat/000/{secrets.token_hex(8)}", transport)
        return await _when_open(carrier, carrier.opened)

    return way


async def _when_open(carrier: Carrier, is_open: Deferred[None]) -> Carrier:
    try:
        await is_open
    except BaseException:
        carrier.vanish()
        raise
    return carrier


async def _json_lines(reactor: Any, entrance: Entrance) -> Carrier:
    """What comes before the first object is for people."""
    lines = await open_lines(entrance.line_port)
    lines.send_text("/mode json")
    return lines


async def text_lines(reactor: Any, entrance: Entrance) -> Carrier:
    """The line port, for somebody who types."""
    return await open_lines(entrance.line_port)


async def text_on_websocket(reactor: Any, entrance: Entrance) -> Carrier:
    """Lines in WebSocket frames."""
    return await _websocket_at(entrance.http_port, "/ws", "rabbitchat.line")


JSON_TRANSPORTS: dict[str, Open] = {
    "websocket": _websocket,
    "sockjs_websocket": _sockjs_websocket,
    "sockjs_xhr_streaming": _sockjs(STREAMING),
    "sockjs_xhr": _sockjs(POLLING),
    "raw_websocket": _raw_websocket,
    "json_lines": _json_lines,
}

LINE_TRANSPORTS: dict[str, Open] = {"line": text_lines, "line_on_websocket": text_on_websocket}
