"""TCP ports for servers that a test starts.

They lie below the range that the system gives to outgoing connections. So nobody takes the port
of a server that is stopped for a moment, and test processes side by side do not meet.
"""

from __future__ import annotations

import itertools
import os
import socket

FIRST, COUNT = 20_000, 12_000

_numbers = itertools.count(os.getpid() * 211 % COUNT)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    while True:
        port = FIRST + next(_numbers) % COUNT
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
