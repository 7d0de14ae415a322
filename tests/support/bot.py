"""A program in the chat that says much at once, beside code that blocks."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from typing import Any

TIMEOUT = 30.0  # seconds
JOINED, STORED, LEFT = 1, 2, 3  # ids of commands


def say(line_port: int, texts: list[str], nick: str = "bot", connections: int = 1) -> None:
    """Come into the lobby, say this, and go. Each is stored.

    With several `connections`, which is faster where storing takes its time, each has a user of
    its own, and says every so many-th text.
    """
    with ExitStack() as stack:
        sockets = []
        for number in range(connections):
            own = nick if connections == 1 else f"{nick}{number}"
            connection = socket.create_connection(("127.0.0.1", line_port), timeout=TIMEOUT)
            sockets.append(stack.enter_context(connection))
            _send(connection, {"type": "connect", "nick": own}, {"type": "join", "room": "lobby"})
        for number, connection in enumerate(sockets):
            said = [_publish(text) for text in texts[number::connections]]
            _send(connection, *said, {"type": "leave", "room": "lobby", "id": LEFT}, begun=True)
        stored = sum(_stored(connection) for connection in sockets)
    assert stored == len(texts), f"{stored} of {len(texts)} were stored"


def _publish(text: str) -> dict[str, Any]:
    return {"type": "publish", "room": "lobby", "text": text, "id": STORED}


def _send(connection: socket.socket, *commands: dict[str, Any], begun: bool = False) -> None:
    lines = [*([] if begun else ["/mode json"]), *map(json.dumps, commands)]
    connection.sendall("".join(f"{line}\r\n" for line in lines).encode())


def _stored(connection: socket.socket) -> int:
    stored = 0
    with connection.makefile(encoding="utf-8") as answers:
        for line in answers:
            answer = json.loads(line) if line.startswith("{") else {}
            assert answer.get("type") != "error", answer
            stored += answer.get("id") == STORED
            if answer.get("id") == LEFT:
                break
    return stored
