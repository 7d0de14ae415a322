"""What every client must go through, by every transport alike."""

from __future__ import annotations

import re
import uuid

from support.cable import Cable
from support.sockjs_clients import Client
from support.sockjs_servers import Server

WAVES = 5
LENGTH = 66  # a thousand times this is all of the basic plane

LOST = {(1006, False), (1002, True)}
"""How a client may learn that its connection is lost: by itself, or from the server when it asks
again. Which comes first is a matter of time."""

STOPPED = LOST | {(3000, True)}
"""How it may learn that the server stops: from the server's last words, if they still get out."""

WEBSOCKETS = ("websocket", "raw")


def _message(number: int) -> str:
    """One of a thousand that have all code units of UTF-16 in them and a thousand characters of
    other planes, and what ends scripts or could be decoded once too often. The code units go
    downwards, so that no two surrogates are a pair."""
    first = number * LENGTH
    odd = "".join(chr(code) for code in range(first + LENGTH - 1, first - 1, -1) if code < 65536)
    astral = chr(0x10000 + number * 1048)
    return f"{number} {odd}{astral} 100%41 %25 \\u0041 </script> <!-- &amp;"


MESSAGES = [_message(number) for number in range(1000)]
assert set(map(chr, range(65536))) <= set("".join(MESSAGES))


def talks(client: Client, url: str, transport: str) -> None:
    """A thousand messages come back as they were, in order. (In waves: with one, a client that
    sends many at once would hear the rest of them in a single frame.)"""
    client.connect(url, transport)
    size = len(MESSAGES) // WAVES
    for start in range(0, len(MESSAGES), size):
        wave = MESSAGES[start : start + size]
        client.send(*wave)
        client.hears(*(map(_as_text, wave) if transport == "raw" else wave))


def _as_text(message: str) -> str:
    """A WebSocket's own text has no lone surrogates: the browser sends U+FFFD for each."""
    return re.sub("[\ud800-\udfff]", "\ufffd", message)


def greets(client: Client, url: str, transport: str) -> str:
    """Connect and be heard; what was said, which names the session."""
    client.connect(f"{url}/echo", transport)
    name = uuid.uuid4().hex
    client.send(name)
    client.hears(name)
    return name


def server_closes(client: Client, url: str, transport: str) -> None:
    """The server closes the session, and the client is told why."""
    client.connect(f"{url}/close", transport)
    assert client.is_closed() == (3000, "Go away!", True)


def client_closes(client: Client, site: Server, transport: str) -> None:
    """The client closes, and the server's session ends."""
    name = greets(client, site.url, transport)
    client.close()
    # The server's answer to a close frame has its code only.
    reason = "" if transport == "raw" else "Normal closure"
    assert client.is_closed() == (1000, reason, True)
    ending = "ClosedByClient" if transport in WEBSOCKETS else "ConnectionLost"
    assert site.ended(name) == ending


def loses_its_connection(client: Client, site: Server, cable: Cable, transport: str) -> None:
    """All TCP connections are cut: both sides notice, and the client can come again."""
    url = f"http://127.0.0.1:{cable.port}"
    name = greets(client, url, transport)
    assert _cut(client, cable) in LOST
    assert site.ended(name) == "ConnectionLost"
    greets(client, url, transport)


def sees_a_restart(client: Client, server: Server, transport: str) -> None:
    """The server is ended and started again, and knows nothing of the session."""
    greets(client, server.url, transport)
    server.restart()
    assert _end(client) in STOPPED
    greets(client, server.url, transport)


def _cut(client: Client, cable: Cable) -> tuple[int, bool]:
    """Cut all TCP connections until the client's one was among them; what it ended with."""
    while True:
        cable.cut()
        client.send("are you there?")
        event, *how = client.event()
        if event == "close":
            code, _, clean = how
            return code, clean
        # Between two polls there was none to cut: both sides are right not to notice.
        assert (event, how) == ("message", ["are you there?"])


def _end(client: Client) -> tuple[int, bool]:
    """The code that a connection has ended with, and whether that was clean."""
    # Some would notice by themselves at the next heartbeat only, others not at all in Node.
    client.send("are you there?")
    code, _, clean = client.is_closed()
    return code, clean
