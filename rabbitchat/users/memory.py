"""The users of one process, kept in memory: what `--database memory:` means."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Optional

from twisted.application.service import Service
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from rabbitchat.users.interface import Account, IUsers

_USER_BYTES = 8  # 16 hex digits
_TOKEN_BYTES = 32
_A_LOOK = 2  # expired users dropped at each call: more than it adds, so they can't pile up


@dataclass(frozen=True)
class _Secret:
    """The hash of a session's token, and when it was last used."""

    digest: bytes
    used: float


_NOBODY = _Secret(sha256(b"").digest(), 0.0)


@implementer(IUsers)
class MemoryUsers(Service):
    """Users and their session secrets since the process started. Its methods never wait.

    A session is `<user id>.<token>`; only the token's SHA-256 is kept. That is enough for a
    random token of 256 bits: a slow hash protects passwords, which can be guessed. A user is
    forgotten `keep_seconds` after the last use (0: never), and beyond `most` users the one that
    was used longest ago.
    """

    def __init__(self, clock: IReactorTime, keep_seconds: float, most: int = 100_000) -> None:
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._most = most
        # By user id, the last used one last.
        self._secrets: OrderedDict[str, _Secret] = OrderedDict()

    async def create(self) -> Account:
        """See IUsers."""
        now = self._clock.seconds()
        self._expire(now)
        user = secrets.token_hex(_USER_BYTES)
        while user in self._secrets:
            user = secrets.token_hex(_USER_BYTES)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._secrets[user] = _Secret(_digest(token), now)
        if len(self._secrets) > self._most:
            self._secrets.popitem(last=False)
        return Account(user, f"{user}.{token}")

    async def resume(self, session: str) -> Optional[str]:
        """See IUsers."""
        now = self._clock.seconds()
        self._expire(now)
        user, _, token = session.partition(".")
        known = self._secrets.get(user)
        # Compared for an unknown user too, so that the time doesn't tell which ids there are.
        right = hmac.compare_digest((known or _NOBODY).digest, _digest(token))
        if known is None or not right or self._is_expired(known, now):
            return None
        self._used(user, known, now)
        return user

    async def seen(self, user: str) -> None:
        """See IUsers."""
        known = self._secrets.get(user)
        if known is not None:
            self._used(user, known, self._clock.seconds())

    def _used(self, user: str, secret: _Secret, now: float) -> None:
        self._secrets[user] = _Secret(secret.digest, now)
        self._secrets.move_to_end(user)

    def _is_expired(self, secret: _Secret, now: float) -> bool:
        return 0 < self._keep_seconds <= now - secret.used

    def _expire(self, now: float) -> None:
        for user in list(islice(self._secrets, _A_LOOK)):
            if self._is_expired(self._secrets[user], now):
                del self._secrets[user]


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
