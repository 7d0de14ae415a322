"""Says where a daemon with these options is found, for `make run`."""

from __future__ import annotations

import re
import sys

from twisted.internet.testing import MemoryReactor

from rabbitchat.brokers.urls import hide_password
from rabbitchat.options import Options


def main(arguments: list[str]) -> None:
    """Print it. A wrong option ends this with one line, as it would end the daemon."""
    if {"--help", "--version"} & set(arguments):
        return  # the daemon answers, and doesn't start
    options = Options()
    options.parseOptions(arguments)
    settings = options.settings(MemoryReactor())
    print("rabbitchat is starting; Ctrl+C ends it.")
    print(f"  in a browser:   {_place(settings.port, 'http://{host}:{port}/')}")
    if settings.line_port is not None:
        print(f"  in a terminal:  {_place(settings.line_port, 'telnet {host} {port}')}")
    print(f"  what is said:   {hide_password(settings.database)}")
    sys.stdout.flush()


def _place(description: str, form: str) -> str:
    plain = re.fullmatch(r"tcp6?:(\d+)(?::interface=([\d.]+))?", description)
    if plain is None:
        return description
    host = plain[2] or "localhost"
    return form.format(
        host="localhost" if host in ("0.0.0.0", "127.0.0.1") else host, port=plain[1]
    )


main(sys.argv[1:])
