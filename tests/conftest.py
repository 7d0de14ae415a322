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

LONGEST = (
    "test_packaging.py", "test_make.py", "test_faults.py", "test_page_xss.py",
    "test_page_access.py", "test_page_transports.py", "test_page_network.py", "test_page_many.py",
    "test_sockjs_browser.py", "test_amqp_link.py", "test_cluster_outages.py", "test_page_list.py",
)  # fmt: skip
"""The modules that take longest come first, in any order: some processes share the modules, and
whoever took one of these last would keep the others waiting."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first. Whatever in e2e/ is not about the web page is about the system:
    `make test-system`."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
    for item in items:
        if E2E in item.path.parents and item.get_closest_marker("ui_acceptance") is None:
            item.add_marker(pytest.mark.system)
