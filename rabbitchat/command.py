"""The command `rabbitchat`: the daemon in the foreground, until Ctrl+C, its log on stdout."""

from __future__ import annotations

import sys

from twisted.scripts import twistd

FOREGROUND = ("--nodaemon", "--pidfile=")


def main() -> None:
    """Run `twistd --nodaemon rabbitchat` with the same arguments and no pid file."""
    sys.argv = [sys.argv[0], *FOREGROUND, "rabbitchat", *sys.argv[1:]]
    twistd.run()
