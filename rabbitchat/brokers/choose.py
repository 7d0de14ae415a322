"""Which broker a list of URLs stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rabbitchat.brokers.interface import IBroker
from rabbitchat.brokers.memory import MemoryBroker
from rabbitchat.brokers.urls import check_url


def make_broker(reactor: Any, urls: Sequence[str], exchange: str, node: str) -> IBroker:
    """The broker for `memory:`, or for one or more AMQP URLs that are tried in turn.

    Raises ValueError for a URL that is no broker's, and for `memory:` beside others.
    """
    for url in urls:
        check_url(url)
    if not urls or ("memory:" in urls and len(urls) > 1):
        raise ValueError("give either memory: or one or more amqp:// and amqps:// URLs")
    if urls[0] == "memory:":
        return MemoryBroker(reactor, node)
    # Importing pika's adapter installs a reactor: not before it is wanted.
    from rabbitchat.brokers.amqp import AmqpBroker

    return AmqpBroker(reactor, urls, exchange, node)
