"""How much of what was written to a line client has arrived: people at telnet can't be asked."""

from __future__ import annotations

import fcntl
import struct
import sys
import termios
from typing import Any, Optional

from twisted.internet.tcp import Connection as TCPConnection

from rabbitchat.sockjs.sending import unsent


class Arrival:
    """Counts what is written to one connection, and knows how much of it the other end's TCP has
    confirmed. Where the kernel doesn't tell, all that was handed to it counts as arrived.

    What goes out through TLS, or besides what is counted, makes it tell less, never more.
    """

    __slots__ = ("_known", "_transport", "written")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._known = 0
        self.written = 0  # bytes

    def arrived(self) -> int:
        """Bytes of those written that are on the other side; after the end of the connection
        those of which that was known before."""
        on_the_way = _on_the_way(self._transport)
        if on_the_way is not None:
            self._known = max(self._known, self.written - on_the_way)
        return self._known


def _on_the_way(transport: Any) -> Optional[int]:
    """Bytes that were written and not confirmed; None if that can't be known any more."""
    waiting = unsent(transport) or 0
    while hasattr(transport, "transport"):
        transport = transport.transport  # TLS, or the PROXY protocol, around it
    if not isinstance(transport, TCPConnection) or sys.platform != "linux":
        return waiting
    if not transport.connected:
        return None
    answer = bytearray(struct.calcsize("i"))
    try:
        fcntl.ioctl(transport.fileno(), termios.TIOCOUTQ, answer)  # tcp(7), SIOCOUTQ
    except OSError:  # no TCP, but something that looks like it
        return waiting
    return waiting + int(struct.unpack("i", answer)[0])
