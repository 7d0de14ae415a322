"""Fixtures of the tests that drive the real programs."""

from __future__ import annotations

from support.browser import browser, visitor
from support.telnet import telnet
from support.twistd import daemon

__all__ = ["browser", "daemon", "telnet", "visitor"]
