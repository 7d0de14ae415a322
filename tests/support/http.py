"""One HTTP request at a time, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass

from support.nodes import Node


@dataclass(frozen=True)
class Answer:
    """An answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def parse(data: bytes) -> Answer:
    """An answer that ended with its connection."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(int(first.split()[1]), {k.lower(): v for k, v in headers.items()}, body)


async def fetch(node: Node, path: str, method: str = "GET", *headers: str) -> Answer:
    """Ask for a path and wait for the whole answer."""
    raw = await node.raw()
    lines = [f"{method} {path} HTTP/1.0", "Host: test", *headers]
    raw.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    return parse(await raw.over())
