"""What is meant by the WHEN of `/since WHEN`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabbitchat.codecs import line_when
from rabbitchat.codecs.line import LineError

NOW = datetime(2026, 11, 21, 10, 48, 9, 123000, timezone.utc)

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("10m", "2026-11-21T10:38:09.123Z"),
        ("0m", "2026-11-21T10:48:09.123Z"),
        ("2h", "2026-11-21T08:48:09.123Z"),
        ("3d", "2026-11-18T10:48:09.123Z"),
        ("1w", "2026-11-14T10:48:09.123Z"),
        ("10:48", "2026-11-21T10:48:00.000Z"),
        ("9:05", "2026-11-21T09:05:00.000Z"),
        ("10:49", "2026-11-20T10:49:00.000Z"),
        ("14:05", "2026-11-20T14:05:00.000Z"),
        ("2026-11-20", "2026-11-20T00:00:00.000Z"),
        ("2026-11-20T14:05", "2026-11-20T14:05:00.000Z"),
        ("2026-11-20 14:05", "2026-11-20T14:05:00.000Z"),
        ("2026-11-20T14:05:06Z", "2026-11-20T14:05:06.000Z"),
        ("#41", 41),
        ("#0", 0),
    ],
)
def test_a_moment_or_a_place(typed: str, meant: Union[str, int]) -> None:
    assert line_when.parse(typed, NOW) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "yesterday", "10", "10 m", "-1h", "1.5h", "٣h", "25:00", "10:60", "1:5", "#", "#-1", "#x"]
    + ["2026-13-01", "2026-11-31", "2026-1-1", "2026-11-20T25:00", "9" * 99999 + "d"],
)
def test_what_can_not_be_understood_is_answered_with_what_can(typed: str) -> None:
    with pytest.raises(LineError, match=re.escape("10m, 2h, 3d, 14:05, 2026-11-20, ")):
        line_when.parse(typed, NOW)


@pytest.mark.parametrize("typed", ["2026-11-22", "2026-11-21T10:49", "9999-12-31"])
def test_what_is_yet_to_come(typed: str) -> None:
    with pytest.raises(LineError, match="yet to come: it is 2026-11-21T10:48"):
        line_when.parse(typed, NOW)


def test_the_clock_may_be_elsewhere() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=9)))
    assert line_when.parse("10:40", there) == "2026-11-21T10:40:00.000Z"


@given(st.text() | st.from_regex(r"[0-9#:TmhdwZ -]{0,20}", fullmatch=True))
def test_anything_is_a_past_moment_a_seq_or_refused(typed: str) -> None:
    try:
        meant = line_when.parse(typed, NOW)
    except LineError as problem:
        assert str(problem)  # noqa: PT017
        return
    if isinstance(meant, str):
        assert RFC_3339.fullmatch(meant)
        assert meant <= "2026-11-21T10:48:09.123Z"
    else:
        assert meant >= 0
