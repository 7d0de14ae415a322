"""Broker URLs: `memory:`, `amqp://user:password@host:5672/vhost`, `amqps://…`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

ACCEPTED = "memory:, amqp://user:password@host:5672/vhost or amqps://user:password@host:5671/vhost"

_PORTS = {"amqp": 5672, "amqps": 5671}
_MASK = "***"


@dataclass(frozen=True)
class Address:
    """Where an AMQP broker is and who to be there. Printing one shows no password."""

    tls: bool
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    vhost: str

    def __str__(self) -> str:
        """The address as a person may see it: no password, no user.

        >>> str(parse_url("amqp://ann:secret@rabbit/chat"))
        'amqp://rabbit:5672/chat'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'amqps' if self.tls else 'amqp'}://{host}:{self.port}/{self.vhost.lstrip('/')}"


def hide_password(url: str) -> str:
    """The same URL, or text with a URL in it, with `***` for the password.

    >>> hide_password("amqp://ann:secret@rabbit/")
    'amqp://ann:***@rabbit/'
    >>> hide_password("postgresql://db/chat?password=secret")
    'postgresql://db/chat?password=***'
    """
    # libpq takes it among its options as well.
    url = re.sub(r"(password=).*", rf"\1{_MASK}", url, flags=re.IGNORECASE | re.DOTALL)
    # Greedy on purpose: a password with an unescaped `@` or `/` in it must not show either.
    # Nor may the one of a mistyped URL without its slashes.
    return re.sub(r"(//[^/:@]*:|^[^/:@]*:(?!//)).*@", rf"\1{_MASK}@", url, flags=re.DOTALL)


def check_url(url: str) -> None:
    """Raise ValueError, saying what is wrong and what is accepted, unless this is a broker URL."""
    if url != "memory:":
        parse_url(url)


def parse_url(url: str) -> Address:
    """Read an `amqp://` or `amqps://` URL; the rules are pika's and the AMQP URI specification's.

    Without a path the vhost is `/`. Raises ValueError like `check_url`.
    """
    parts, port = _split(url)
    if parts.scheme not in _PORTS:
        raise _wrong(url, f"unknown scheme {parts.scheme!r}" if parts.scheme else "no scheme")
    if not parts.hostname:
        raise _wrong(url, "no host")
    if parts.query or parts.fragment:
        raise _wrong(url, "options after ? or # are not known")
    vhost = unquote(parts.path[1:]) or "/"
    user = unquote(parts.username) if parts.username is not None else "guest"
    password = unquote(parts.password) if parts.password is not None else "guest"
    for name, value in (("vhost", vhost), ("user", user), ("host", parts.hostname)):
        if len(value.encode()) > 255:
            raise _wrong(url, f"{name} longer than 255 bytes")
    return Address(
        tls=parts.scheme == "amqps",
        host=parts.hostname,
        port=_PORTS[parts.scheme] if port is None else port,
        user=user,
        password=password,
        vhost=vhost,
    )


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _wrong(url, "not a URL") from None
    try:
        port = parts.port
    except ValueError:  # its text would show what stands where the port should be
        port = 0
    if port == 0:
        raise _wrong(url, "the port is not a number from 1 to 65535")
    return parts, port


def _wrong(url: str, what: str) -> ValueError:
    return ValueError(f"broker URL {hide_password(url)!r}: {what}; accepted: {ACCEPTED}")
