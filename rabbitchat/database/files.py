"""The file that an SQLite database is in: made, and what is amiss with it in words."""

from __future__ import annotations

import errno
import os
from typing import Optional


def make_file(path: str) -> None:
    """Make an SQLite file for nobody but the daemon's user, if there is none.

    One that is there must not be opened: by closing it again this process would lose all locks
    that SQLite holds on it, and other processes would break the file.

    Raises OSError, whose text says what an operator would have to mend.
    """
    path = os.path.abspath(path)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        amiss = _amiss(path)
        if amiss:
            raise OSError(amiss) from None
    except OSError as why:
        raise OSError(_not_made(path, why)) from None


def make_directory(path: str) -> None:
    """Make a directory for nobody but the daemon's user, and those above it, where missing.

    Raises OSError, likewise.
    """
    try:
        os.makedirs(path, 0o700, exist_ok=True)
    except OSError as why:
        raise OSError(f"the directory {path} can't be made: {why.strerror}") from None


def _amiss(path: str) -> Optional[str]:
    directory = os.path.dirname(path)
    if os.path.isdir(path):
        return f"{path} is a directory, not a file"
    if not os.access(path, os.R_OK | os.W_OK):
        return f"this user may not read and write the file {path}"
    # Where another process has the database open, what SQLite needs beside the file is there.
    if not os.access(directory, os.W_OK | os.X_OK) and not os.path.exists(f"{path}-wal"):
        return f"this user may not write in the directory {directory}, as SQLite has to"
    return None


def _not_made(path: str, why: OSError) -> str:
    directory = os.path.dirname(path)
    if not os.path.lexists(directory) and why.errno == errno.ENOENT:
        return f"the directory {directory} does not exist"
    if why.errno == errno.ENOTDIR:
        return f"{directory} is not a directory"
    if why.errno in (errno.EACCES, errno.EPERM):
        return f"this user may not write in the directory {directory}"
    return f"the file {path} can't be made: {why.strerror}"
