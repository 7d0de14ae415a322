"""Fixtures of the tests that drive the real programs."""

from __future__ import annotations

from support.browser import browser, visitor
from support.middlebox import middlebox
from support.telnet import telnet
from support.twistd import daemon

__all__ = ["browser", "daemon", "middlebox", "telnet", "visitor"]
