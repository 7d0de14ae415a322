"""Which web pages may use this server, and where a client really comes from."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Optional, Union
from urllib.parse import urlsplit

_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")  # a browser sends other names in ASCII too
_DEFAULT_PORTS = {"http": 80, "https": 443}

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def normal(origin: str) -> Optional[str]:
    """An origin with its port, in lower case (RFC 6454, section 6); None if it is none.

    Those of apps and extensions have schemes of their own, and mostly no port.

    >>> normal("https://Chat.example")
    'https://chat.example:443'
    """
    try:
        parts = urlsplit(origin.strip().lower())
        port = _DEFAULT_PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        return None
    if not parts.scheme or "@" in parts.netloc or parts.path or parts.query or parts.fragment:
        return None
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    if not _HOST.fullmatch(host):
        return None
    return f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


class Origins:
    """The pages whose scripts may connect: the server's own and those an operator allowed."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = {normal(origin) for origin in allowed} - {None}

    def allows(self, origin: Optional[str], host: str) -> bool:
        """Whether a request with this Origin header, to this Host, may go on.

        No Origin means no browser; `null` (a file, a sandbox) is nobody's own."""
        if origin is None:
            return True
        given = normal(origin)
        if given is None:
            return False
        scheme = given.partition(":")[0]  # a proxy may have taken TLS off: believe the page
        is_own = scheme in _DEFAULT_PORTS and given == normal(f"{scheme}://{host}")
        return is_own or given in self._allowed


class Proxies:
    """The proxies whose X-Forwarded-For is believed."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted: list[Network] = [ipaddress.ip_network(one, False) for one in trusted]

    def trusts(self, address: str) -> bool:
        """Whether this is the address of a believed proxy."""
        try:
            ip = _ip(address)
        except ValueError:
            return False
        return any(ip in network for network in self._trusted)

    def client(self, peer: str, forwarded_for: str) -> str:
        """The address nearest to us that is no believed proxy."""
        hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
        address = peer
        while hops and self.trusts(address):
            nearer = hops.pop()
            try:
                address = str(_ip(nearer))
            except ValueError:
                break
        return address


def _ip(address: str) -> Union[ipaddress.IPv4Address, ipaddress.IPv6Address]:
    """An IP address, which has one form only: an IPv4 client of a port that takes both is that,
    and the zone of a link-local address says nothing of who it is. ValueError: it is none."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        return ip.ipv4_mapped or ipaddress.IPv6Address(int(ip))
    return ip
