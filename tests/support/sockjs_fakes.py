"""Stand-ins for what a session of polls and streams talks to, each with its promises checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

from twisted.internet.task import Clock

from rabbitchat.sockjs.closing import Ending
from rabbitchat.sockjs.frames import Frame
from rabbitchat.sockjs.session import Receiver, Session


def take_turns(clock: Clock, most: int = 1000) -> None:
    """All that is due on a clock, and what that asks for: `advance(0)` that comes to an end."""
    for _ in range(most):
        if not clock.calls or clock.calls[0].getTime() > clock.seconds():
            return
        call: Any = clock.calls.pop(0)
        call.called = 1
        call.func(*call.args, **call.kw)
    raise AssertionError(f"after {most} turns there is still more: {clock.calls}")


class FakeReceiver:
    """A response: a poll, which takes one frame, or a stream of so many bytes.

    It notes its frames, and those of all receivers in `log`.
    """

    def __init__(self, log: list[Frame], limit: int = 0, ready: bool = True) -> None:
        self._log = log
        self._left = limit
        self.ready = ready
        self.frames: list[Frame] = []
        self.unready: list[Frame] = []  # those that came while it wasn't ready
        self.ended = False
        self.broken = False

    @property
    def is_open(self) -> bool:
        """Whether it may still take frames."""
        return not self.ended and not self.broken

    def send(self, frame: Frame) -> bool:
        """See session.Receiver."""
        assert self.is_open, f"{frame!r} for a response that is over"
        self.frames.append(frame)
        if not self.ready:
            self.unready.append(frame)
        self._log.append(frame)
        self._left -= len(frame)
        self.ended = self._left <= 0
        return not self.ended

    def end(self) -> None:
        """See session.Receiver."""
        self.ended = True


class FakeWatch:
    """Knows whether a session has a receiver, as the service's timers do."""

    def __init__(self) -> None:
        self.is_attached = False
        self.waits = False  # for a receiver
        self.beats = 0
        self.turns: list[Callable[[], None]] = []

    def attached(self, session: Session) -> None:
        """See session.Watch."""
        assert not self.is_attached
        self.is_attached, self.waits = True, False

    def sent(self, session: Session) -> None:
        """See session.Watch."""
        assert self.is_attached
        self.beats += 1

    def detached(self, session: Session) -> None:
        """See session.Watch."""
        self.is_attached, self.waits = False, True

    def later(self, work: Callable[[], None]) -> None:
        """See session.Watch."""
        self.turns.append(work)

    def turn(self) -> None:
        """A turn of the reactor."""
        turns, self.turns = self.turns, []
        for work in turns:
            work()


class FakeApplication:
    """An application that notes what it hears, and checks that it may hear it just then.

    `when` says what it does, once, at one of the events `opened`, `received`, `pause_writing`,
    `resume_writing`, `slow` and `lost`.
    """

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.is_open = False
        self.reads = True
        self.is_paused = False
        self.pauses = 0
        self.lost_by: Optional[Ending] = None
        self.when: dict[str, list[Callable[[], object]]] = {}

    def _do(self, event: str) -> None:
        planned = self.when.get(event)
        if planned:
            planned.pop(0)()

    def opened(self) -> None:
        """See session.Application."""
        assert not self.is_open
        assert self.lost_by is None
        self.is_open = True
        self._do("opened")

    def received(self, data: bytes) -> None:
        """See session.Application."""
        self._check()
        assert self.reads
        self.heard.append(data)
        self._do("received")

    def pause_writing(self) -> None:
        """See session.Application."""
        self._check()
        assert not self.is_paused
        self.is_paused = True
        self.pauses += 1
        self._do("pause_writing")

    def resume_writing(self) -> None:
        """See session.Application."""
        self._check()
        assert self.is_paused
        self.is_paused = False
        self._do("resume_writing")

    def slow(self) -> None:
        """See session.Application: the session is to be ended."""
        self._check()
        self._do("slow")

    def lost(self, ending: Ending) -> None:
        """See session.Application."""
        self._check()
        self.is_open = False
        self.lost_by = ending
        self._do("lost")

    def _check(self) -> None:
        assert self.is_open, "not before `opened`, and not after `lost`"


def opened_session(
    max_buffer: int = 0, receiver: Optional[Receiver] = None
) -> tuple[Session, FakeApplication, FakeWatch]:
    """A session whose first receiver, a poll if not given, has come."""
    watch, application = FakeWatch(), FakeApplication()
    session = Session(watch, max_buffer)
    session.application = application
    session.attach(receiver or FakeReceiver([]))
    return session, application, watch
