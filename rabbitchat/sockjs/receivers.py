"""Responses that carry frames: session.Receiver over twisted.web."""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.python.failure import Failure
from twisted.web.server import Request
from zope.interface import implementer

from .finishing import finish_soon
from .frames import Frame
from .framings import Framing
from .sending import send_chunk
from .session import Session


@implementer(IPushProducer)
class ResponseReceiver:
    """One response. It ends by itself after one frame, or when a streaming one has carried
    `limit` bytes of them: a browser keeps all of a response in memory.

    Prelude and frames are one write each, which makes each of them an HTTP chunk of its own: the
    client may see them as they come."""

    __slots__ = ("_clock", "_framing", "_left", "_request", "_session", "ready")

    def __init__(
        self, request: Request, framing: Framing, limit: int, clock: IReactorTime
    ) -> None:
        self._request = request
        self._clock = clock
        self._framing = framing
        self._left = limit
        self._session: Session | None = None
        self.ready = True
        request.setHeader(b"Content-Type", framing.content_type)
        if framing.streams:
            request.setHeader(b"X-Accel-Buffering", b"no")  # nginx would keep it until its end
            request.registerProducer(self, True)
            request.write(framing.prelude)

    def attach(self, session: Session) -> None:
        """Take the frames of this session."""
        self._session = session
        self._request.notifyFinish().addErrback(self._lost)
        session.attach(self)

    def _lost(self, reason: Failure) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.receiver_lost(self)

    def send(self, frame: Frame) -> bool:
        """See session.Receiver."""
        if self._session is None:
            return False
        data = self._framing.wrap(frame)
        if self._framing.streams:
            send_chunk(self._request, data)
            self._left -= len(data)
            if self._left > 0:
                return True
        else:
            self._request.setHeader(b"Content-Length", b"%d" % len(data))
            self._request.write(data)
        self.end()
        return False

    def end(self) -> None:
        """See session.Receiver."""
        if self._session is None:
            return
        self._session = None
        if self._framing.streams:
            self._request.unregisterProducer()
        finish_soon(self._request, self._clock)

    # -- IPushProducer: how fast the client reads

    def pauseProducing(self) -> None:
        """It doesn't keep up: frames wait in the session, where they are bounded."""
        self.ready = False

    def resumeProducing(self) -> None:
        """It does again."""
        self.ready = True
        if self._session is not None:
            self._session.flush()

    def stopProducing(self) -> None:
        """It is gone; `_lost` is called, too."""
        self.ready = False
