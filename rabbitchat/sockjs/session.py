"""A session whose client comes with one HTTP request after the other; pure.

At most one response, the receiver, is attached at a time. What is written while none is waits in
the session, bounded. (On a WebSocket the session is the connection: websocket_session.py.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional, Protocol

from .closing import ANOTHER_CONNECTION, INTERRUPTED, Ending
from .frames import HEARTBEAT, OPEN, Frame, Message, closing, messages

HIGH_WATER = 65536
"""Bytes that wait for the client when the application is asked to write no more for now."""

MESSAGES_A_TURN = 32
"""Messages of one session in one turn of the reactor: a request may bring twenty thousand, and
four hundred clients of one address such requests at once."""

MESSAGE_COST = 64
"""Bytes that a message which waits counts beside its own: else very many empty ones could."""


class Receiver(Protocol):
    """A response that takes frames."""

    @property
    def ready(self) -> bool:
        """Whether the client reads fast enough for one more frame."""

    def send(self, frame: Frame) -> bool:
        """Send a frame. False: that was the last one, and the response has ended."""

    def end(self) -> None:
        """End the response, if it has not ended by itself."""


class Application(Protocol):
    """Whom the session is for: see transport.py."""

    def opened(self) -> None:
        """The client is there."""

    def received(self, data: bytes) -> None:
        """A message came."""

    def pause_writing(self) -> None:
        """More than HIGH_WATER bytes wait."""

    def resume_writing(self) -> None:
        """Nothing waits any more."""

    def slow(self) -> None:
        """More than `max_buffer` bytes waited, and were dropped: end the session."""

    def lost(self, ending: Ending) -> None:
        """The session is over."""


class Watch(Protocol):
    """Who keeps the session's time: see service.py."""

    def attached(self, session: Session) -> None:
        """A receiver is there."""

    def sent(self, session: Session) -> None:
        """A frame went to it."""

    def detached(self, session: Session) -> None:
        """It is gone: another one must come soon. Also said of a session that was closed."""

    def later(self, work: Callable[[], None]) -> None:
        """Do this in the next turn of the reactor."""


class Busy(Exception):
    """The client sends more while what it sent before was not taken yet."""


class Session:
    """One session. `max_buffer`: bytes that may wait for the client, and as many from it while
    the application doesn't read; 0: any number."""

    __slots__ = (
        "_buffer",
        "_buffered",
        "_delivering",
        "_farewell",
        "_full",
        "_held",
        "_held_size",
        "_is_new",
        "_max_buffer",
        "_receiver",
        "_watch",
        "application",
        "reading",
    )

    application: Application

    def __init__(self, watch: Watch, max_buffer: int) -> None:
        self._watch = watch
        self._max_buffer = max_buffer
        self._receiver: Optional[Receiver] = None
        self._farewell: Optional[Frame] = None
        self._is_new = True
        self._buffer: list[Message] = []
        self._buffered = 0
        self._full = False
        self._held: list[tuple[list[bytes], Callable[[], None]]] = []  # last message first
        self._held_size = 0
        self._delivering = False
        self.reading = True

    @property
    def closed(self) -> bool:
        """Whether it is over; receivers are still told so for a while."""
        return self._farewell is not None

    # -- what the client's requests do

    def attach(self, receiver: Receiver) -> None:
        """A response is there to take frames; it may end at once."""
        if self._farewell is not None:
            self._say_farewell(receiver)
        elif self._receiver is not None:
            receiver.send(closing(*ANOTHER_CONNECTION))
            receiver.end()
        else:
            self._receiver = receiver
            self._watch.attached(self)
            if self._is_new:
                self._is_new = False
                self._send_frame(OPEN)
                self.application.opened()
            self.flush()

    def receiver_lost(self, receiver: Receiver) -> None:
        """The client broke the connection of this response."""
        if receiver is self._receiver:
            self._receiver = None
            self._end(*INTERRUPTED, Ending.LOST)

    def receive(self, batch: list[bytes], answer: Callable[[], None]) -> None:
        """Messages came; `answer` is called when the application has taken them.

        Busy: there is too much already that it hasn't."""
        if self._farewell is not None:
            answer()
            return
        size = _cost(batch)
        if self._max_buffer and self._held and self._held_size + size > self._max_buffer:
            raise Busy
        self._held.append((batch[::-1], answer))
        self._held_size += size
        self._deliver()

    def _deliver(self) -> None:
        """Hand over what came, in order, also when the application pauses or resumes meanwhile.

        What is left of a batch is never copied or counted again: an application that pauses after
        each of twenty thousand messages would have us do nothing else."""
        if self._delivering:
            return
        self._delivering = True
        left = MESSAGES_A_TURN
        try:
            while self._held and self.reading:
                if not left:
                    self._watch.later(self._deliver)
                    break
                left -= 1
                batch, answer = self._held[0]
                now = [batch.pop()] if batch else []
                self._held_size -= _cost(now)
                is_last = not batch
                if is_last:
                    del self._held[0]
                for data in now:
                    self.application.received(data)
                if is_last:
                    answer()
        finally:
            self._delivering = False

    # -- what time does

    def heartbeat(self) -> None:
        """Nothing was sent for a while."""
        if self._receiver is None:
            return
        if self._receiver.ready:
            self._send_frame(HEARTBEAT)
        else:
            self._watch.sent(self)  # there is enough on its way

    def timed_out(self) -> None:
        """No receiver came for a while."""
        if self._farewell is None:
            self._end(*INTERRUPTED, Ending.LOST)

    # -- what the application does

    def send(self, message: Message) -> None:
        """Send a message, now or when the client asks for it. ValueError: it isn't UTF-8."""
        if self._farewell is not None:
            return
        receiver = self._receiver
        if receiver is not None and not self._buffer and receiver.ready:
            self._send_frame(message.frame)
            return
        self._buffered += len(message.quoted) + MESSAGE_COST  # ValueError now, not when it is sent
        self._buffer.append(message)
        if self._max_buffer and self._buffered > self._max_buffer:
            self._drop_buffer()
            self.application.slow()
        elif self._buffered > HIGH_WATER and not self._full:
            self._full = True
            self.application.pause_writing()

    def flush(self) -> None:
        """Send what waits, if the client reads."""
        receiver = self._receiver
        if receiver is None or not receiver.ready:
            return
        if self._buffer:
            waiting, self._buffer, self._buffered = self._buffer, [], 0
            self._send_frame(messages(waiting))
        if self._full:
            self._full = False
            self.application.resume_writing()

    def end(self, code: int, reason: str, last_words: Optional[Message] = None) -> None:
        """End the session; what was written before is still sent."""
        if self._farewell is None:
            if last_words is not None:
                self._buffer.append(last_words)
            self._end(code, reason, Ending.CLOSED)

    def abort(self, code: int, reason: str) -> None:
        """End the session; what waits is dropped."""
        if self._farewell is None:
            self._drop_buffer()
            self._end(code, reason, Ending.LOST)

    def pause(self) -> None:
        """Take no more messages for now: requests that bring some are answered later."""
        self.reading = False

    def resume(self) -> None:
        """Take messages again, first of all those that were held back."""
        self.reading = True
        self._deliver()

    # -- how it is done

    def _drop_buffer(self) -> None:
        self._buffer.clear()
        self._buffered = 0

    def _send_frame(self, frame: Frame) -> None:
        receiver = self._receiver
        assert receiver is not None
        if receiver.send(frame):
            self._watch.sent(self)
        else:
            self._receiver = None
            self._watch.detached(self)

    def _end(self, code: int, reason: str, ending: Ending) -> None:
        self._farewell = closing(code, reason)
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            self._say_farewell(receiver)
        self._watch.detached(self)
        held, self._held = self._held, []
        for _, answer in held:
            answer()
        self.application.lost(ending)

    def _say_farewell(self, receiver: Receiver) -> None:
        """What was written before the end comes first; a poll takes one frame at a time."""
        assert self._farewell is not None
        waiting, self._buffer, self._buffered = self._buffer, [], 0
        if not waiting or receiver.send(messages(waiting)):
            receiver.send(self._farewell)
        receiver.end()


def _cost(batch: list[bytes]) -> int:
    """Bytes; a batch of none has an answer that waits, too."""
    return sum(map(len, batch)) + MESSAGE_COST * max(1, len(batch))
