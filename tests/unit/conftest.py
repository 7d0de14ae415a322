"""Fixtures of the unit tests."""

from __future__ import annotations

from support.presence_people import net

__all__ = ["net"]
