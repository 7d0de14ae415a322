"""HTTP connections whose client doesn't read.

twisted.web stops reading from such a client, except while it is at a request: there it forgets
to. Answers of more than 64 KiB, and what stands behind a stream, could then fill the memory.
"""

from __future__ import annotations

from typing import Any, Optional

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.server import Request

AHEAD = 16384
"""Bytes that are taken of what stands behind a request, and at most one more read."""


class PatientChannel(HTTPChannel):
    """Answers a client's next request when it has read the last answer, and cuts it when that
    takes longer than `patience`."""

    transport: Any
    _end: Optional[IDelayedCall] = None
    _unread: Optional[Request] = None  # it was answered, and not all of that was sent

    @property
    def patience(self) -> float:
        """Seconds; 0: for ever."""
        return 60.0

    def rawDataReceived(self, data: bytes) -> None:
        """A part of a body came, or what stands behind a request that is not answered yet."""
        super().rawDataReceived(data)
        if self._handlingRequest and sum(map(len, self._dataBuffer)) > AHEAD:
            self._networkProducer.pauseProducing()

    def requestDone(self, request: Request) -> None:
        """A request is answered."""
        if self._waitingForTransport:
            self._unread = request
            self._wait()
        else:
            super().requestDone(request)

    def resumeProducing(self) -> None:
        """All was sent."""
        super().resumeProducing()
        request, self._unread = self._unread, None
        if request is not None:
            self._wait_no_more()
            super().requestDone(request)

    def loseConnection(self) -> None:
        """Close when all is sent."""
        super().loseConnection()
        self._wait()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client is gone."""
        self._wait_no_more()
        super().connectionLost(reason)

    def cut(self) -> None:
        """Close at once, whatever is unsent."""
        if self.transport is not None:
            self.transport.abortConnection()

    def _wait(self) -> None:
        if self._end is None and self.patience:
            self._end = self.callLater(self.patience, self.cut)

    def _wait_no_more(self) -> None:
        if self._end is not None and self._end.active():
            self._end.cancel()
        self._end = None
