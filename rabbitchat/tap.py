"""From options to the service tree: the only place that knows every part."""

from __future__ import annotations

import os
from typing import Any

from twisted.application.service import IService, IServiceCollection

from rabbitchat.options import Options, from_environment
from rabbitchat.settings import Settings

__all__ = ["Options", "compose", "install", "makeService"]


def makeService(options: Options) -> IService:
    """The daemon, as `twistd rabbitchat` and `rabbitchat` run it."""
    from twisted.internet import reactor  # not on import: twistd may still choose another one

    return compose(options.settings(reactor), reactor)


def install(application: object) -> None:
    """Put the daemon, by the RABBITCHAT_* variables, into the application of a tac file."""
    from twisted.internet import reactor

    settings = from_environment(os.environ, reactor)
    compose(settings, reactor).setServiceParent(IServiceCollection(application))


def compose(settings: Settings, reactor: Any) -> IService:
    """Build the service tree. Nothing runs or listens before it is started."""
    raise NotImplementedError("the service tree is not written yet")
