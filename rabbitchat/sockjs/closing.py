"""How sessions end: the codes that this package uses by itself, and who ended it."""

from __future__ import annotations

import enum

GO_AWAY = (3000, "Go away!")
"""The application closed the session without a code of its own, as the protocol has it."""

INTERRUPTED = (1002, "Connection interrupted")
"""The client was lost. It is told so should it come again."""

ANOTHER_CONNECTION = (2010, "Another connection still open")
"""Said to a second receiver; the session goes on."""

SLOW = (3001, "You read too slowly")
"""More than `max_buffer` bytes wait for the client."""

SILENT = (3002, "No answer to a ping")
"""The client of a WebSocket did not answer."""

FAILED = (1011, "The server failed")
"""The application raised an exception, which was logged (1011: RFC 6455, section 7.4.1)."""


class Ending(enum.Enum):
    """Who ended a session."""

    CLOSED = "the application closed it"
    LEFT = "the client closed it"
    LOST = "the connection was lost"
