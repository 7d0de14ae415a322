"""autobahn's protocol, without what it keeps in each connection and doesn't need any more.

Measured with 2,000 idle connections: 9.8 KiB each as it is, most of it a dict of a hundred
attributes (the factory's options once more, flags that never change, the handshake's request and
response) and objects that nobody uses (two deferreds, a queue, statistics). The rules here are
safe for attributes that another release of autobahn has: those are kept.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.protocol import TrafficStats
from autobahn.websocket.utf8validator import Utf8Validator


class _Unheard:
    """In place of a Deferred that nobody waits for."""

    def callback(self, result: object) -> None:
        """Tell nobody."""


_SPENT = frozenset(
    """
    _results _transport_details _valid_events _wskey http_headers http_request_data
    http_request_host http_request_params http_request_path http_request_uri http_response_data
    http_status_line is_closed is_open peer perMessageCompressionAccept send_queue trafficStats
    utf8validator websocket_extensions websocket_extensions_in_use websocket_origin
    websocket_protocols
    """.split()
)
"""What is not looked at after the opening handshake, or has a stand-in on the class."""


class SlimProtocol(WebSocketServerProtocol):
    """A server's protocol that shares with others what is the same for all of them."""

    is_open: Any = _Unheard()
    is_closed: Any = _Unheard()
    send_queue: Any = ()  # only for data that is sent in chops, which we never do
    _transport_details: Any = None
    _valid_events: Any = None
    _results: Any = None
    peer: Any = None

    # How these begin, and mostly stay: `forget_handshake` drops what is the same here.
    _perMessageCompress: Any = None
    autoPingPending: Any = None
    autoPingPendingCall: Any = None
    autoPingPendingSent: Any = None
    autoPingPendingSeq = 0
    autoPingTimeoutCall: Any = None
    closeHandshakeTimeoutCall: Any = None
    closedByMe = False
    current_frame_masker: Any = None
    droppedByMe = False
    failedByMe = False
    localCloseCode: Any = None
    localCloseReason: Any = None
    openHandshakeTimeoutCall: Any = None
    remoteCloseCode: Any = None
    remoteCloseReason: Any = None
    send_state = WebSocketServerProtocol.SEND_STATE_GROUND
    trackedTimings: Any = None
    triggered = False
    wasClean = False
    wasCloseHandshakeTimeout = False
    wasMaxFramePayloadSizeExceeded = False
    wasMaxMessagePayloadSizeExceeded = False
    wasNotCleanReason: Any = None
    wasOpenHandshakeTimeout = False
    wasServerConnectionDropTimeout = False
    wasServingFlashSocketPolicyFile = False
    websocket_protocol_in_use: Any = None

    @cached_property  # which can be written, whatever mypy thinks
    def utf8validator(self) -> Any:  # type: ignore[override]
        """Made for each text message anew."""
        return Utf8Validator()

    def forget_handshake(self) -> None:
        """Keep only what the open connection needs. A dict that shrinks keeps its size, so this
        is a new one."""
        shared = type(self)
        self.__dict__ = {
            name: value
            for name, value in vars(self).items()
            if name not in _SPENT and getattr(shared, name, self) is not value
        }

    def onMessageEnd(self) -> None:
        """A message is complete. autobahn would tell listeners too, which ours has none of."""
        if not self.failedByMe:
            self.onMessage(b"".join(self.message_data), self.message_is_binary)
        self.message_data: Any = None

    def onFrameEnd(self) -> Any:
        """A frame is complete: what was made for it is not kept until the next one."""
        goes_on = super().onFrameEnd()
        self.current_frame_masker = None
        if not self.inside_message:
            vars(self).pop("utf8validator", None)
        return goes_on


P = TypeVar("P", bound=SlimProtocol)


def with_options(protocol: type[P], factory: WebSocketServerFactory) -> type[P]:
    """The protocol with a factory's options on the class: autobahn copies them into each instance,
    and renders all for its log, a quarter of the processor time that a connection takes to open.
    What is callable would be a method there; autobahn copies that."""
    options = {name: getattr(factory, name) for name in protocol.CONFIG_ATTRS}
    shared = {name: value for name, value in options.items() if not callable(value)}
    copied = [name for name in options if name not in shared]
    ours = {"CONFIG_ATTRS": copied, "trafficStats": TrafficStats()}
    return type(protocol.__name__, (protocol,), {**shared, **ours})
