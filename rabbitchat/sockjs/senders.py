"""Requests that bring messages: xhr_send and jsonp_send."""

from __future__ import annotations

from typing import Any, Optional
from urllib.parse import parse_qs

from twisted.internet.interfaces import IReactorTime
from twisted.web.server import Request

from .finishing import finish_soon
from .frames import BrokenPayload, decode
from .headers import TEXT
from .refusals import Refused
from .service import Service
from .session import Busy

_FORM = b"application/x-www-form-urlencoded"


class Sender:
    """Takes the messages that a request brings to a session that is open already."""

    def __init__(self, service: Service, status: int, answer: bytes) -> None:
        self._service = service
        self._status = status
        self._answer = answer

    def receive(self, request: Request, name: bytes, payload: bytes) -> None:
        """Answers when the application has taken them. Refused: it can't."""
        most = self._service.options.max_message
        if 0 < most < len(payload):  # a `BoundedSite` has refused it before
            raise Refused(413, f"a request may bring {most} bytes")
        batch = _batch(payload)
        session = self._service.find(name)
        if session is None:
            raise Refused(404, "there is no such session")
        answer = Answer(request, self._status, self._answer, self._service.clock)
        try:
            session.receive(batch, answer.give)
        except Busy:
            raise Refused(503, "the messages before these were not taken yet") from None


class Answer:
    """The answer to a request that may have to wait for it, and may be gone by then: it is not
    kept that long, for a client can make very many that it doesn't wait for."""

    __slots__ = ("_body", "_clock", "_request", "_status")

    def __init__(self, request: Request, status: int, body: bytes, clock: IReactorTime) -> None:
        self._request: Optional[Request] = request
        self._status = status
        self._body = body
        self._clock = clock
        request.notifyFinish().addErrback(self._lost)

    def _lost(self, reason: object) -> None:
        self._request = None

    def give(self) -> None:
        """The messages were taken."""
        request = self._request
        if request is None:
            return
        request.setResponseCode(self._status)
        request.setHeader(b"Content-Type", TEXT)
        if self._body:
            request.setHeader(b"Content-Length", b"%d" % len(self._body))
            request.write(self._body)
        finish_soon(request, self._clock)


def _batch(payload: bytes) -> list[bytes]:
    if not payload:
        raise Refused(500, "Payload expected.")
    try:
        return decode(payload)
    except BrokenPayload as broken:
        raise Refused(500, str(broken)) from None


def body(request: Request) -> bytes:
    """The body as it came; twisted.web may have read a form in it already."""
    content: Any = request.content
    content.seek(0)
    return bytes(content.read())


def form_payload(request: Request) -> bytes:
    """The body of jsonp_send: the field `d` of a form, or else the body itself."""
    kind = (request.getHeader(b"Content-Type") or b"").partition(b";")[0].strip().lower()
    if kind != _FORM:
        return body(request)
    # In Latin-1 each byte is a character: parse_qs can't give bytes beyond ASCII otherwise.
    form = body(request).decode("latin-1")
    try:
        fields = parse_qs(form, max_num_fields=100, encoding="latin-1")
    except ValueError:  # too many
        return b""
    return fields.get("d", [""])[-1].encode("latin-1")
