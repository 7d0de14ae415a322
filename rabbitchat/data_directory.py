"""Where the daemon keeps what was said when nobody chose a place."""

from __future__ import annotations

import os

SYSTEM = "/var/lib/rabbitchat"
"""For a user without a home, such as one of a system's services."""

DATABASE = "rabbitchat.sqlite"


def data_directory() -> str:
    """The directory for this user's data, as an absolute path. It need not exist.

    The one that systemd gives (`StateDirectory=`), else `rabbitchat` in the data directory of the
    XDG Base Directory Specification, else SYSTEM.
    """
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if os.path.isabs(given):
        return given
    base = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(base):  # the specification has relative ones ignored
        return os.path.join(base, "rabbitchat")
    home = os.path.expanduser("~")  # $HOME, or what the system knows of this user
    if not os.path.isdir(home) or home in ("/", "~"):
        return SYSTEM
    return os.path.join(os.path.abspath(home), ".local", "share", "rabbitchat")


def default_database() -> str:
    """The URL of the SQLite file in the data directory."""
    return f"sqlite:///{data_directory()}/{DATABASE}"
