"""From options to the service tree: the only place that knows every part."""

from __future__ import annotations

import os
import resource
from typing import Any

from twisted.application.service import IService, IServiceCollection, MultiService
from twisted.internet.defer import DeferredList, maybeDeferred

from rabbitchat import interpreter
from rabbitchat.brokers.choose import make_broker
from rabbitchat.daemon import ChatDaemon
from rabbitchat.data_directory import default_database
from rabbitchat.listening import ListeningService, listen
from rabbitchat.log.interface import ILog
from rabbitchat.log.memory import MemoryLog
from rabbitchat.metrics import Metrics
from rabbitchat.options import Options, from_environment
from rabbitchat.presence import Presence
from rabbitchat.settings import Settings
from rabbitchat.site import make_site
from rabbitchat.sockjs.origins import Origins, Proxies
from rabbitchat.sockjs.resource import SockJSResource
from rabbitchat.transports.line import LineFactory
from rabbitchat.transports.sockjs import SockJSConversations, chat_options
from rabbitchat.transports.websocket import WebSocketFactory
from rabbitchat.users.interface import IUsers
from rabbitchat.users.memory import MemoryUsers

__all__ = ["Options", "compose", "install", "makeService"]


def makeService(options: Options) -> IService:
    """The daemon, as `twistd rabbitchat` and `rabbitchat` run it."""
    from twisted.internet import reactor  # not on import: twistd may still choose another one

    interpreter.tune(reactor)
    return compose(options.settings(reactor), reactor)


def install(application: object) -> None:
    """Put the daemon, by the RABBITCHAT_* variables, into the application of a tac file."""
    from twisted.internet import reactor

    settings = from_environment(os.environ, reactor)
    interpreter.tune(reactor)
    compose(settings, reactor).setServiceParent(IServiceCollection(application))


DAY = 86400.0
"""Seconds."""


class RabbitChat(MultiService):
    """The whole daemon. It stops in an order of its own: MultiService stops all at once."""

    def __init__(
        self, daemon: ChatDaemon, websockets: WebSocketFactory, sockjs: SockJSResource
    ) -> None:
        super().__init__()
        self.daemon = daemon
        self.ports: list[ListeningService] = []
        self._websockets = websockets
        self._sockjs = sockjs
        daemon.setServiceParent(self)

    def add_port(self, port: ListeningService) -> None:
        """Listen there too."""
        self.ports.append(port)
        port.setServiceParent(self)

    def startService(self) -> None:
        """Start all parts."""
        _allow_many_files()
        super().startService()

    async def stopService(self) -> None:
        """Let nobody in any more, then say good-bye, flush and close; 5 s in all."""
        self.running = 0
        await DeferredList([maybeDeferred(port.stopService) for port in self.ports])
        await maybeDeferred(self.daemon.stopService)
        self._websockets.stop()
        self._sockjs.stop()


def compose(settings: Settings, reactor: Any) -> RabbitChat:
    """Build the service tree. Nothing runs or listens before it is started."""
    limits = settings.limits
    broker = make_broker(reactor, settings.brokers, settings.exchange, settings.node)
    metrics = Metrics()
    log, users = _kept_in(settings, reactor, metrics)
    daemon = ChatDaemon(
        reactor,
        broker,
        log,
        users,
        Presence(reactor, broker, limits.grace),
        limits,
        settings.exchange,
        metrics,
    )
    proxies = Proxies(settings.trust_proxies)
    websockets = WebSocketFactory(reactor, daemon, proxies)
    options = chat_options(limits, settings.allow_origins, settings.trust_proxies)
    sockjs = SockJSResource(SockJSConversations(daemon), options, reactor)
    service = RabbitChat(daemon, websockets, sockjs)
    origins = Origins(settings.allow_origins)
    site = make_site(reactor, daemon, websockets, sockjs, origins, proxies)
    service.add_port(listen(settings.port, site, reactor))
    if settings.line_port is not None:
        lines = LineFactory(daemon, limits, reactor)
        service.add_port(listen(settings.line_port, lines, reactor))
    return service


def _kept_in(settings: Settings, reactor: Any, metrics: Metrics) -> tuple[ILog, IUsers]:
    """The log and the users, in memory or in one database."""
    url, keep = settings.database, settings.history_keep
    bounds: dict[str, Any] = {"keep_seconds": keep.days * DAY} if keep.days else {}
    if keep.entries is not None:
        bounds["keep"] = keep.entries
    session_keep = settings.limits.session_keep * DAY
    if url == "memory:":
        return MemoryLog(reactor, **bounds), MemoryUsers(reactor, session_keep)
    # Not before it is wanted: it takes a while to import.
    from rabbitchat.database.database import Database
    from rabbitchat.database.figures import Figures
    from rabbitchat.log.sql import SqlLog
    from rabbitchat.users.sql import SqlUsers

    figures = Figures(metrics.registry)
    database = Database(reactor, url, url == default_database(), figures)
    return SqlLog(database, reactor, **bounds), SqlUsers(database, reactor, session_keep)


def _allow_many_files() -> None:
    """Every client is an open file: take as many as the system lets this process have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
