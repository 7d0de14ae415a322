"""The users in a database, shared by all processes on it."""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import sha256
from typing import NamedTuple, Optional

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from twisted.application.service import Service
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from rabbitchat.database.database import Database
from rabbitchat.database.tables import read_marks, users
from rabbitchat.users.interface import Account, IUsers

_USER_BYTES = 8  # 16 hex digits
_TOKEN_BYTES = 32
_USER = re.compile("[0-9a-f]{16}")
_NOBODY = sha256(b"").digest()
_EXPIRED_AT_ONCE = 10  # deleted when one user is made: more than is added
_MOST_NOTED = 100_000


class _Kept(NamedTuple):
    """The hash of a session's token, and when it was last used."""

    digest: bytes
    used: float


class _New(NamedTuple):
    digest: bytes
    used: float
    expired: float  # who was last here at this time or before can be deleted


@implementer(IUsers)
class SqlUsers(Service):
    """Users and their session secrets, as rabbitchat.users.memory keeps them, in a database.

    A session is `<user id>.<token>`; only the token's SHA-256 is kept. A user is forgotten
    `keep_seconds` after the last use (0: never). That time is kept to a hundredth of it, an hour
    at most, so that whoever stays connected costs no write every few seconds.
    """

    def __init__(self, database: Database, clock: IReactorTime, keep_seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._precision = min(keep_seconds / 100 if keep_seconds else 3600.0, 3600.0)
        self._noted: dict[str, float] = {}  # user id -> the last use that was written here

    def startService(self) -> None:
        """Open the database. Raises CannotOpen, which ends the process."""
        self._database.hold()
        super().startService()

    async def stopService(self) -> None:
        """Finish what was asked, and close."""
        super().stopService()
        await self._database.release()

    async def create(self) -> Account:
        """See IUsers."""
        now = self._clock.seconds()
        expired = now - self._keep_seconds if self._keep_seconds else float("-inf")
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        user = await self._database.write(_create, _New(_digest(token), now, expired))
        self._note(user, now)
        return Account(user, f"{user}.{token}")

    async def resume(self, session: str) -> Optional[str]:
        """See IUsers."""
        user, _, token = session.partition(".")
        known = None
        if _USER.fullmatch(user):
            known = await self._database.read(_find, user)
        # Compared for an unknown user too, so that the time doesn't tell which ids there are.
        right = hmac.compare_digest(known.digest if known else _NOBODY, _digest(token))
        if known is None or not right or self._is_expired(known):
            return None
        await self.seen(user)
        return user

    async def seen(self, user: str) -> None:
        """See IUsers."""
        now = self._clock.seconds()
        if now - self._noted.get(user, float("-inf")) >= self._precision:
            await self._database.write(_use, (user, now))
            self._note(user, now)

    def _note(self, user: str, now: float) -> None:
        if len(self._noted) >= _MOST_NOTED:
            self._noted.clear()
        self._noted[user] = now

    def _is_expired(self, known: _Kept) -> bool:
        return 0 < self._keep_seconds <= self._clock.seconds() - known.used


def _create(connection: Connection, batch: list[_New]) -> list[str]:
    """Make users; their ids. Deletes some of those who were away for too long."""
    old = select(users.c.id).where(users.c.used <= batch[0].expired)
    some = old.order_by(users.c.used).limit(_EXPIRED_AT_ONCE * len(batch))
    expired = connection.scalars(some).all()
    if expired:
        connection.execute(delete(users).where(users.c.id.in_(expired)))
        # Nobody will ever ask for them again.
        connection.execute(delete(read_marks).where(read_marks.c.user.in_(expired)))
    # An id that exists fails, and the whole is done again with others.
    ids = [secrets.token_hex(_USER_BYTES) for _ in batch]
    connection.execute(
        insert(users),
        [
            {"id": user, "digest": new.digest, "used": new.used}
            for user, new in zip(ids, batch, strict=True)
        ],
    )
    return ids


def _find(connection: Connection, asked: list[str]) -> list[Optional[_Kept]]:
    rows = connection.execute(select(users).where(users.c.id.in_(set(asked))))
    found = {row.id: _Kept(row.digest, row.used) for row in rows}
    return [found.get(user) for user in asked]


def _use(connection: Connection, uses: list[tuple[str, float]]) -> list[None]:
    # In the order of the ids, lest two processes wait for one another.
    connection.execute(
        update(users).where(users.c.id == bindparam("user")).values(used=bindparam("now")),
        [{"user": user, "now": now} for user, now in sorted(uses)],
    )
    return [None] * len(uses)


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
