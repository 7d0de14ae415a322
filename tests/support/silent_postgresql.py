"""A server that lets in whoever speaks PostgreSQL's protocol, and is silent from then on.

So does a real one that is stopped between the two; nobody could stop it in time.
"""

from __future__ import annotations

import socket
import struct
from threading import Thread

_SSL_REQUEST = 80877103
_GSS_REQUEST = 80877104


class SilentPostgreSQL:
    """Listens on a free port of 127.0.0.1 until it is closed."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepted: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Of a database there."""
        return f"postgresql://chat@127.0.0.1:{self.port}/chat"

    @property
    def accepted(self) -> int:
        """How many connections it has let in."""
        return len(self._accepted)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
                self._let_in(connection)
            except OSError:
                return

    def _let_in(self, connection: socket.socket) -> None:
        while True:
            length, code = struct.unpack("!ii", connection.recv(8, socket.MSG_WAITALL))
            if code not in (_SSL_REQUEST, _GSS_REQUEST):
                connection.recv(length - 8, socket.MSG_WAITALL)
                break
            connection.sendall(b"N")
        said = _message(b"R", struct.pack("!i", 0))  # AuthenticationOk
        for name, value in (("server_version", "15.0"), ("client_encoding", "UTF8")):
            said += _message(b"S", f"{name}\0{value}\0".encode())
        said += _message(b"K", struct.pack("!ii", 1, 1)) + _message(b"Z", b"I")
        connection.sendall(said)
        self._accepted.append(connection)

    def close(self) -> None:
        """Stop listening, and cut all that it let in."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for connection in self._accepted:
            connection.close()


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body
