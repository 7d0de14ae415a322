"""The users of this node: their connections here, and how fast they may publish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rabbitchat.chat.buckets import Bucket
from rabbitchat.settings import Limits

if TYPE_CHECKING:
    from rabbitchat.connection import Connection


class LocalUser:
    """A user with a connection here, or who had one a minute ago."""

    __slots__ = ("connections", "flood", "publishes")

    def __init__(self, limits: Limits) -> None:
        self.connections: set[Connection] = set()
        self.publishes = Bucket(limits.rate, limits.burst)
        self.flood = Bucket(limits.rate * 10, limits.burst * 10)


class LocalUsers:
    """All of them, by user id."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._users: dict[str, LocalUser] = {}

    def __contains__(self, user: str) -> bool:
        return user in self._users

    def ids(self) -> list[str]:
        """Their ids."""
        return list(self._users)

    def add(self, user: str, connection: Connection) -> LocalUser:
        """A user has one more connection."""
        local = self._users.get(user)
        if local is None:
            local = self._users[user] = LocalUser(self._limits)
        local.connections.add(connection)
        return local

    def remove(self, user: str, connection: Connection) -> None:
        """A user has one connection less; what it spent is remembered until `forget`."""
        local = self._users.get(user)
        if local is not None:
            local.connections.discard(connection)

    def forget(self, user: str) -> None:
        """A user has been away long enough."""
        local = self._users.get(user)
        if local is not None and not local.connections:
            del self._users[user]

    def connections(self, user: str) -> list[Connection]:
        """The connections of a user on this node."""
        local = self._users.get(user)
        return [] if local is None else list(local.connections)

    def several(self, users: Iterable[str]) -> set[Connection]:
        """The connections of some users on this node."""
        return {connection for user in users for connection in self.connections(user)}
