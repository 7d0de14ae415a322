"""Fixtures and checks for all tests, by module of tests/support/."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

PLUGINS = (
    "support.examples",
    "support.hygiene",
    "support.postgresql",
    "support.logs",
    "support.rabbitmq",
    "support.nodes",
    "support.sockjs_services",
)

pytest_plugins = [name for name in PLUGINS if find_spec(name) is not None]

E2E = Path(__file__).parent / "e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever in e2e/ is not about the web page is about the system: `make test-system`."""
    for item in items:
        if E2E in item.path.parents and item.get_closest_marker("ui_acceptance") is None:
            item.add_marker(pytest.mark.system)
