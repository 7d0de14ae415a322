"""The reactor for who names none, as Twisted's own older interfaces allow."""

from __future__ import annotations

from typing import cast

from twisted.internet.interfaces import IReactorTime


def installed_reactor() -> IReactorTime:
    """The global reactor. Not imported before it is asked for: a program may still choose one."""
    from twisted.internet import reactor

    return cast(IReactorTime, reactor)
