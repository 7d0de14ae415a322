"""An outside AMQP program: it shares nothing with the daemons but the exchange."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pika

Heard = tuple[str, dict[str, Any]]


class Outsider:
    """Posts, and listens. Blocking, with pika's own connection."""

    def __init__(self, url: str, exchange: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()
        self._exchange = exchange
        self.heard: list[Heard] = []

    def publish(self, key: str, body: bytes, **properties: Any) -> None:
        """Publish anything; returns when the broker has it, and some queue wants it."""
        self._channel.basic_publish(
            self._exchange, key, body, pika.BasicProperties(**properties), mandatory=True
        )

    def say(self, room: str, text: str, sender: str, **properties: Any) -> None:
        """Post a line as text/plain."""
        headers = {"from": sender}
        self.publish(
            f"post.{room}",
            text.encode(),
            content_type="text/plain",
            headers=headers,
            **properties,
        )

    def post(self, room: str, body: object, **properties: Any) -> None:
        """Post an object as JSON."""
        encoded = json.dumps(body).encode()
        self.publish(f"post.{room}", encoded, content_type="application/json", **properties)

    def waiting(self, queue: str) -> int:
        """How many messages are ready in a queue."""
        count: int = self._channel.queue_declare(queue, passive=True).method.message_count
        return count

    def listen(self, *patterns: str) -> None:
        """Hear these keys from now on, in a queue of one's own."""
        queue = self._channel.queue_declare("", exclusive=True).method.queue
        for pattern in patterns:
            self._channel.queue_bind(queue, self._exchange, pattern)
        self._channel.basic_consume(queue, self._hear, auto_ack=True)

    def _hear(self, _: object, method: Any, properties: Any, body: bytes) -> None:
        assert properties.content_type == "application/json"
        self.heard.append((method.routing_key, json.loads(body)))

    def hears(self, key: str, **fields: Any) -> dict[str, Any]:
        """Wait for an object on this key with these fields."""
        deadline, looked = time.monotonic() + 10, 0
        while True:
            while looked < len(self.heard):
                on, said = self.heard[looked]
                looked += 1
                if on == key and fields.items() <= said.items():
                    return said
            assert time.monotonic() < deadline, f"no {fields} on {key}: {self.heard[-20:]}"
            self._connection.process_data_events(0.1)

    def close(self) -> None:
        """Go."""
        self._connection.close()


@contextmanager
def outsider(url: str, exchange: str) -> Iterator[Outsider]:
    """One that is closed."""
    made = Outsider(url, exchange)
    try:
        yield made
    finally:
        made.close()
