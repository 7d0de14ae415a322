r"""The server endpoint `sockjs:`, for programs that take descriptions of endpoints.

    sockjs:tcp\:8080\:interface=127.0.0.1:heartbeat_delay=10:allowed_origins=https\://a.example

The endpoint beneath comes first, quoted like any argument that holds a colon; all else are
`Options`. (What makes Twisted know it is a module in twisted/plugins/.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Optional

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import quoteStringArgument, serverFromString
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IReactorTime,
    IStreamServerEndpoint,
)
from zope.interface import implementer

from .factory import GivenOptions, SockJSFactory
from .options import OptionError, Options, make_options

EXAMPLE = r"sockjs:tcp\:8080\:interface=127.0.0.1"

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_KINDS: dict[str, type] = {field.name: type(field.default) for field in fields(Options)}


@implementer(IStreamServerEndpoint)
class SockJSEndpoint:
    """Serves any factory by SockJS, at the root of the port of another endpoint.

    OptionError: one of the `options` is unknown or has a bad value.
    """

    def __init__(
        self,
        beneath: IStreamServerEndpoint,
        options: GivenOptions = None,
        reactor: Optional[IReactorTime] = None,
    ) -> None:
        self._beneath = beneath
        self._options = make_options(options)
        self._reactor = reactor

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """Listen; fails as the endpoint beneath does."""
        site = SockJSFactory(protocolFactory, self._options, self._reactor)
        return self._beneath.listen(site)


def parse(reactor: Any, args: Sequence[str], given: Mapping[str, str]) -> SockJSEndpoint:
    """The endpoint of a description: its arguments, and those that have a name.

    OptionError: an option is unknown or has a bad value. ValueError, or what its parser raises:
    the endpoint beneath is missing or wrong."""
    beneath = _beneath(args, given)
    texts = {name: text for name, text in given.items() if ":" not in name}
    options = make_options({name: _value(name, text) for name, text in texts.items()})
    return SockJSEndpoint(serverFromString(reactor, beneath), options, reactor)


def _beneath(args: Sequence[str], given: Mapping[str, str]) -> str:
    r"""The description of the endpoint beneath. Twisted has taken its quotes off, once.

    In `tcp\:8080\:interface=127.0.0.1` Twisted sees something named `tcp:8080:interface`. Several
    arguments weren't quoted: `sockjs:tcp:8080` leaves no doubt either."""
    pieces = [*args] if len(args) == 1 else [quoteStringArgument(one) for one in args]
    pieces += [f"{name}={value}" for name, value in given.items() if ":" in name]
    description = ":".join(pieces)
    if not description:
        raise ValueError(f"it doesn't say where to listen, as {EXAMPLE} does")
    return description


def _value(name: str, text: str) -> Any:
    """What a text stands for. A bad one is left to `Options` to refuse."""
    kind = _KINDS.get(name)
    if kind is None:
        known = ", ".join(_KINDS)
        raise OptionError(
            f"there is no option {name!r}; there are {known}; and what belongs to the endpoint "
            f"beneath is quoted, as in {EXAMPLE}"
        )
    if kind is bool:
        return _flag(name, text)
    if text in ("http", "https"):
        raise OptionError(rf"the option {name} is {text!r}; quote its colon: {text}\://a.example")
    if kind is tuple:
        return [one.strip() for one in text.split(",") if one.strip()]
    return text if kind is str else _number(text)


def _flag(name: str, text: str) -> bool:
    flag = _FLAGS.get(text.lower())
    if flag is None:
        raise OptionError(f"the option {name} is {text!r}; it must be one of {', '.join(_FLAGS)}")
    return flag


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
