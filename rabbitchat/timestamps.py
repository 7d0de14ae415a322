"""Times as they are written in entries: RFC 3339 in UTC with milliseconds."""

from __future__ import annotations

from datetime import datetime, timezone

from twisted.internet.interfaces import IReactorTime


def timestamp(clock: IReactorTime) -> str:
    """Now, as RFC 3339 in UTC with milliseconds."""
    now = datetime.fromtimestamp(clock.seconds(), timezone.utc)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def age(clock: IReactorTime, time: str) -> float:
    """How many seconds ago a timestamp of a daemon was made; below 0 if its clock is ahead."""
    return clock.seconds() - datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
