"""The end of a response that an application may have caused."""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.web.server import Request


def finish_soon(request: Request, clock: IReactorTime) -> None:
    """Finish a request in a later turn of the reactor, unless its connection is lost before.

    twisted.web goes on at once with a request that came behind it on the same connection. Were
    that in the middle of an application's `write`, the application would be called within a call
    of its own, and the session in the middle of sending: messages were lost.
    """
    turn = clock.callLater(0, request.finish)
    request.notifyFinish().addErrback(lambda lost: turn.cancel())
