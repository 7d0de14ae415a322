"""How a command is answered, whoever carries it out."""

from __future__ import annotations

from typing import Protocol

from rabbitchat.chat import events
from rabbitchat.chat.errors import ChatError, Code


class Answer(Protocol):
    """How a command is answered: once; what comes after that is dropped."""

    given: bool  # true too when the command took too long, and `unavailable` was the answer

    def __call__(self, event: events.Reply) -> None:
        """Answer with this event."""


class Gone(ChatError):
    """The client left, or was told `unavailable`, while its command was carried out.

    Nobody hears this."""

    def __init__(self) -> None:
        super().__init__(Code.UNAVAILABLE, "it took too long")
