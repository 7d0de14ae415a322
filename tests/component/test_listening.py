"""The listening service in-process."""

from __future__ import annotations

import socket

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.protocol import Factory

from rabbitchat.listening import CannotListen, listen


@pytest_twisted.ensureDeferred
async def test_its_address_is_known_while_it_listens() -> None:
    service = listen("tcp:0:interface=127.0.0.1", Factory(), reactor)
    with pytest.raises(RuntimeError, match="not listening"):
        _ = service.address
    service.startService()
    with socket.create_connection(("127.0.0.1", service.address.port), 5):
        pass
    port = service.address.port
    await service.stopService()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)


@pytest.mark.parametrize("start", ["privilegedStartService", "startService"])
def test_a_port_in_use_exits_with_status_1(start: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        description = f"tcp:{listener.getsockname()[1]}:interface=127.0.0.1"
        with pytest.raises(CannotListen, match="Address already in use") as caught:
            getattr(listen(description, Factory(), reactor), start)()
    assert caught.value.code == 1
