"""The clients of a benchmark: `python -m bench.load KIND PORT HTTP_PORT RECEIVERS MESSAGES TEXT`.

A process of its own, which says one JSON line a step on stdout, and goes on when it reads a line
on stdin:

    {"ready": N}                        all receivers are in the room and everything is quiet
    {"deliveries": D, "latency": […]}   after the messages; seconds, one for each delivery
"""

from __future__ import annotations

import json
import select
import sys
import time

from bench.kinds import Client, connect, connect_sender

TEXTS = {"plain": "x" * 100, "odd": "é漢\u2028😀\u00ad\ufeff" * 60}
"""100 bytes, and 1 KB of which every character is escaped."""

QUIET = 0.3  # seconds without a byte that mean that all joins were told


def drain(poll: select.epoll, clients: dict[int, Client]) -> None:
    """Read until nothing comes any more."""
    while True:
        ready = poll.poll(QUIET)
        if not ready:
            return
        for number, _ in ready:
            clients[number].link.read()


def measure(
    poll: select.epoll, clients: dict[int, Client], sender: Client, text: str, messages: int
) -> list[float]:
    """Say one thing after the other, each when all have heard the one before; the latencies."""
    latencies: list[float] = []
    for number in range(messages):
        marker = f"#{number:06d}#"
        waiting = set(clients)
        rest = dict.fromkeys(clients, b"")
        begin = time.monotonic()
        sender.say(text + marker)
        while waiting:
            events = poll.poll(10)
            if not events:
                raise SystemExit(f"{len(waiting)} clients did not hear {marker}")
            for ready, _ in events:
                data = rest[ready] + clients[ready].link.read()
                if marker.encode() in data:
                    latencies.append(time.monotonic() - begin)
                    waiting.discard(ready)
                else:
                    rest[ready] = data[-len(marker) :]
    return latencies


def main() -> None:
    """See the module's text."""
    kind, port, http_port, receivers, messages = sys.argv[1], *map(int, sys.argv[2:6])
    text = TEXTS[sys.argv[6]]
    clients: dict[int, Client] = {}
    poll = select.epoll()
    for number in range(receivers):
        client = connect(kind, port)
        client.join(f"u{number}", "lobby")
        clients[client.link.socket.fileno()] = client
        poll.register(client.link.socket, select.EPOLLIN)
        if number % 20 == 19:
            for ready, _ in poll.poll(0):
                clients[ready].link.read()
    sender = connect_sender(kind, http_port)
    sender.join("sender", "lobby")
    drain(poll, clients)
    measure(poll, clients, sender, text, min(20, messages))  # warm up
    print(json.dumps({"ready": receivers}), flush=True)
    sys.stdin.readline()
    latencies = measure(poll, clients, sender, text, messages)
    print(json.dumps({"deliveries": len(latencies), "latency": latencies}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
