"""sockjs-client in Node, by each of its transports there, with the server that comes with the
package."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import sockjs_scenarios as scenarios
from support.cable import Cable
from support.sockjs_clients import Client, in_node
from support.sockjs_servers import Server, conformance, site

__all__ = ["conformance", "site"]

every_transport = pytest.mark.parametrize(
    "transport", ["websocket", "xhr-streaming", "xhr-polling", "eventsource"]
)


@pytest.fixture
def client() -> Iterator[Client]:
    with in_node() as made:
        yield made


@every_transport
def test_a_thousand_messages(client: Client, conformance: Server, transport: str) -> None:
    scenarios.talks(client, f"{conformance.url}/echo", transport)


@every_transport
def test_the_server_closes(client: Client, conformance: Server, transport: str) -> None:
    scenarios.server_closes(client, conformance.url, transport)


@every_transport
def test_the_client_closes(client: Client, site: Server, transport: str) -> None:
    scenarios.client_closes(client, site, transport)


@every_transport
def test_a_lost_connection(client: Client, site: Server, transport: str) -> None:
    with Cable(site.port) as cable:
        scenarios.loses_its_connection(client, site, cable, transport)


@every_transport
def test_a_restart(client: Client, conformance: Server, transport: str) -> None:
    scenarios.sees_a_restart(client, conformance, transport)


@pytest.mark.parametrize(
    ("service", "transport"),
    [
        ("echo", "websocket"),
        ("disabled_websocket_echo", "xhr-streaming"),
        ("cookie_needed_echo", "websocket"),
    ],
)
def test_the_clients_own_choice(
    client: Client, conformance: Server, service: str, transport: str
) -> None:
    client.tries(f"{conformance.url}/{service}")
    assert client.event() == ["open", transport]
    client.send("hello")
    client.hears("hello")
