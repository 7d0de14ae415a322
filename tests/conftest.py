"""Fixtures and checks for all tests, by module of tests/support/."""

from __future__ import annotations

from importlib.util import find_spec

PLUGINS = ("support.examples", "support.hygiene", "support.rabbitmq")

pytest_plugins = [name for name in PLUGINS if find_spec(name) is not None]
