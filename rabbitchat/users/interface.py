"""Who one is. A user has an id of its own; a nick is only a name that it holds for a while.

The secret of a session makes a later connection the same user again. Only its hash is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from twisted.application.service import IService


@dataclass(frozen=True)
class Account:
    """A user id (16 hex digits) and the session secret to become that user again."""

    user: str
    session: str


class IUsers(IService):
    """The users and their session secrets. All of it may raise rabbitchat.log's Unavailable."""

    async def create() -> Account:
        """Make a new user. The secret is told here and never again."""

    async def resume(session: str) -> Optional[str]:
        """The id of the user whose secret this is; None if unknown or not used for too long.

        Compared in constant time. Counts as use."""

    async def seen(user: str) -> None:
        """A user was here until now: that counts as use of the secret."""
