"""The clients of a benchmark: plain sockets on epoll, so that the load costs little itself.

Run as a process of its own: `python -m bench.load KIND HOST_PORT RECEIVERS MESSAGES`. It speaks
one JSON line a step on stdout, and goes on when it reads a line on stdin:

    {"ready": N}                        all receivers are in the room and everything is quiet
    {"deliveries": D, "latency": […]}   after the messages; seconds, one for each delivery
"""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import struct
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

TEXT = "x" * 100
QUIET = 0.3  # seconds without a byte that mean that all joins were told


def masked(payload: bytes) -> bytes:
    """A client's text frame with a mask of zeros (RFC 6455, section 5.3)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, 0x80 | size)) + b"\0\0\0\0" + payload
    return struct.pack("!BBH", 0x81, 0x80 | 126, size) + b"\0\0\0\0" + payload


class Client(ABC):
    """One connection; what it says differs by kind."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read_until(self, end: bytes) -> bytes:
        """What comes up to these bytes."""
        data = b""
        while end not in data:
            chunk = self.socket.recv(1 << 20)
            if not chunk:
                raise SystemExit(f"the server closed: {data[-300:]!r}")
            data += chunk
        return data

    @abstractmethod
    def join(self, nick: str, room: str) -> None:
        """Be somebody and enter a room."""

    @abstractmethod
    def say(self, room: str, text: str) -> None:
        """Publish."""


class WebSocket(Client):
    """`/ws`."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        self.read_until(b"\r\n\r\n")

    def _command(self, **fields: object) -> None:
        self.socket.sendall(masked(json.dumps(fields).encode()))

    def join(self, nick: str, room: str) -> None:
        """Be somebody and enter a room."""
        self._command(type="connect", id=1, nick=nick)
        self.read_until(b'"connected"')
        self._command(type="join", id=2, room=room, history=0)
        self.read_until(b'"joined"')

    def say(self, room: str, text: str) -> None:
        """Publish."""
        self._command(type="publish", room=room, text=text)


class Line(Client):
    """The line protocol."""

    def join(self, nick: str, room: str) -> None:
        """Be somebody and enter a room."""
        self.read_until(b"name")
        self.socket.sendall(f"{nick}\r\n".encode())
        self.read_until(b"you are")
        if room != "lobby":
            self.socket.sendall(f"/join {room}\r\n".encode())
            self.read_until(room.encode())

    def say(self, room: str, text: str) -> None:
        """Publish."""
        self.socket.sendall(f"{text}\r\n".encode())


KINDS: dict[str, Callable[[int], Client]] = {"websocket": WebSocket, "line": Line}


def drain(poll: select.epoll, clients: dict[int, Client]) -> None:
    """Read until nothing comes any more."""
    while True:
        ready = poll.poll(QUIET)
        if not ready:
            return
        for number, _ in ready:
            clients[number].socket.recv(1 << 20)


def measure(
    poll: select.epoll, clients: dict[int, Client], sender: Client, messages: int
) -> list[float]:
    """Say one thing after the other, each when all have heard the one before; the latencies."""
    latencies: list[float] = []
    for number in range(messages):
        marker = f"{number:06d}{TEXT}".encode()
        waiting = set(clients)
        rest = dict.fromkeys(clients, b"")
        begin = time.monotonic()
        sender.say("lobby", marker.decode())
        while waiting:
            for ready, _ in poll.poll(10):
                data = rest[ready] + clients[ready].socket.recv(1 << 16)
                if marker in data:
                    latencies.append(time.monotonic() - begin)
                    waiting.discard(ready)
                else:
                    rest[ready] = data[-1024:]
    return latencies


def main() -> None:
    """See the module's text."""
    kind, port, receivers, messages = sys.argv[1], *map(int, sys.argv[2:5])
    clients: dict[int, Client] = {}
    poll = select.epoll()
    for number in range(receivers):
        client = KINDS[kind](port)
        client.join(f"u{number}", "lobby")
        clients[client.socket.fileno()] = client
        poll.register(client.socket, select.EPOLLIN)
        if number % 20 == 19:
            for ready, _ in poll.poll(0):
                clients[ready].socket.recv(1 << 20)
    sender = WebSocket(int(sys.argv[5]))
    sender.join("sender", "lobby")
    sender_poll = select.epoll()
    sender_poll.register(sender.socket, select.EPOLLIN)
    drain(poll, clients)
    measure(poll, clients, sender, min(20, messages))  # warm up
    print(json.dumps({"ready": receivers}), flush=True)
    sys.stdin.readline()
    latencies = measure(poll, clients, sender, messages)
    print(json.dumps({"deliveries": len(latencies), "latency": latencies}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
