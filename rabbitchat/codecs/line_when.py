"""What is meant by the WHEN of `/since WHEN` (docs/protocol.md, "Line protocol"). Pure.

10m 2h 3d 1w          so long ago
14:05                 the last time it was that late, in UTC: today, or yesterday
2026-11-20            the beginning of that day, in UTC
2026-11-20T14:05      that minute, in UTC; `2026-11-20 14:05` and seconds will do, too
#41                   the entry with that seq
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Union

from rabbitchat.codecs.line import LineError

WHEN = "10m, 2h, 3d, 14:05, 2026-11-20, 2026-11-20T14:05 (times in UTC) or #41"
"""The forms that are understood, for a person."""

_SEQ = re.compile(r"#([0-9]{1,15})")
_AGO = re.compile(r"([0-9]{1,5})([mhdw])")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?Z?)?")

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse(text: str, now: datetime) -> Union[str, int]:
    """A moment, RFC 3339 in UTC with milliseconds as entries have it, or a seq.

    `now` is aware of its time zone. Raises LineError, also for what is yet to come."""
    seq = _SEQ.fullmatch(text)
    if seq is not None:
        return int(seq[1])
    try:
        moment = _moment(text, now.astimezone(timezone.utc))
    except ValueError:  # there is no such hour or day
        moment = None
    if moment is None:
        raise LineError(f"/since takes one of {WHEN}")
    if moment > now:
        raise LineError(f"that is yet to come: it is {now:%Y-%m-%dT%H:%M} (UTC) now")
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str, now: datetime) -> Union[datetime, None]:
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        today = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return today if today <= now else today - timedelta(days=1)
    day = _DAY.fullmatch(text)
    if day is not None:
        moment = datetime.fromisoformat(f"{day[1]}T{day[2] or '00:00'}{day[3] or ''}")
        return moment.replace(tzinfo=timezone.utc)
    return None
