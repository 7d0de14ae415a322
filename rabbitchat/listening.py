"""Listening on a port, or ending the daemon with one clear line when that is not possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

from twisted.application import strports
from twisted.application.internet import StreamServerEndpointService
from twisted.application.service import MultiService
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.logger import Logger
from zope.interface import implementer


class CannotListen(SystemExit, Exception):
    """Ends the process with status 1 and without a traceback.

    It is an Exception as well, because twistd takes its pid file away, and tells the process that
    waits for a daemon to start, only for these. The log has the line for the operator, so none is
    printed.
    """

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.code = 1
        self.line = line

    def __str__(self) -> str:
        return self.line


@implementer(IStreamServerEndpoint)
class _Remembering:
    """An endpoint that keeps the port it listened on."""

    def __init__(self, endpoint: IStreamServerEndpoint) -> None:
        self._endpoint = endpoint
        self.port: Optional[IListeningPort] = None

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        return self._endpoint.listen(protocolFactory).addCallback(self._keep)

    def _keep(self, port: IListeningPort) -> IListeningPort:
        self.port = port
        return port


class ListeningService(MultiService):
    """Listens while it runs. When it can't start, the process ends (`CannotListen`).

    A bare StreamServerEndpointService would log the error and the daemon would stay up, deaf.
    """

    log = Logger()

    def __init__(self, description: str, factory: IProtocolFactory, reactor: Any) -> None:
        super().__init__()
        self.description = description
        service: StreamServerEndpointService = strports.service(description, factory, reactor)
        self._endpoint = service.endpoint = _Remembering(service.endpoint)
        service.setServiceParent(self)

    def privilegedStartService(self) -> None:
        """Listen, before twistd gives up root's rights."""
        self._or_exit(super().privilegedStartService)

    def startService(self) -> None:
        """Listen, unless that was done."""
        self._or_exit(super().startService)

    @property
    def address(self) -> Any:
        """The address it listens on (IPv4Address, ...). RuntimeError before it does."""
        if self._endpoint.port is None:
            raise RuntimeError(f"not listening on {self.description}")
        return self._endpoint.port.getHost()

    def _or_exit(self, start: Callable[[], None]) -> None:
        try:
            start()
        except (CannotListenError, OSError, OverflowError, ValueError) as why:
            line = f"cannot listen on {self.description}: {_reason(why)}"
            self.log.critical("{line}", line=line)
            raise CannotListen(line) from None


def _reason(why: Exception) -> str:
    """The operating system's words, without the error number."""
    cause = why.socketError if isinstance(why, CannotListenError) else why
    return (isinstance(cause, OSError) and cause.strerror) or str(cause)


def listen(description: str, factory: IProtocolFactory, reactor: Any) -> ListeningService:
    """A service that listens on the endpoint of this description (`tcp:9191`)."""
    return ListeningService(description, factory, reactor)
