"""An SQLite file that can't be had: an operator is told what to mend."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from rabbitchat.database.files import make_directory, make_file


def why_not(path: Path) -> str:
    """What is said of a file."""
    with pytest.raises(OSError) as raised:  # noqa: PT011
        make_file(str(path))
    said = str(raised.value)
    assert "Errno" not in said
    return said


def test_it_is_made_for_its_user_alone_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "chat.sqlite"
    make_file(str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("kept")
    make_file(str(file))
    assert file.read_text() == "kept"


def test_there_is_no_such_directory(tmp_path: Path) -> None:
    assert why_not(tmp_path / "no" / "x") == f"the directory {tmp_path}/no does not exist"


def test_a_relative_path_is_told_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert why_not(Path("no/x")) == f"the directory {tmp_path}/no does not exist"


def test_a_file_is_in_the_place_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert why_not(tmp_path / "file" / "x") == f"{tmp_path}/file is not a directory"
    with pytest.raises(OSError, match=f"{tmp_path}/file/x can't be made: Not a directory"):
        make_directory(str(tmp_path / "file" / "x"))


def test_a_directory_is_in_its_place(tmp_path: Path) -> None:
    assert why_not(tmp_path) == f"{tmp_path} is a directory, not a file"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "this user may not write in the directory {directory}"),
        (errno.EROFS, "the file {directory}/x can't be made: Read-only file system"),
        (errno.ENOSPC, "the file {directory}/x can't be made: No space left on device"),
    ],
)
def test_it_may_not_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def refuse(path: str, *_: int) -> int:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr("rabbitchat.database.files.os.open", refuse)
    assert why_not(tmp_path / "x") == said.format(directory=tmp_path)


@pytest.mark.parametrize("locked", ["file", "directory"])
def test_it_may_not_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locked: str) -> None:
    """The tests may run as a user who may do anything, so the system's answer is given here."""
    file = tmp_path / "x"
    file.touch()
    forbidden = str(file if locked == "file" else tmp_path)
    monkeypatch.setattr(
        "rabbitchat.database.files.os.access", lambda path, mode: str(path) != forbidden
    )
    assert why_not(file).startswith("this user may not ")
    assert forbidden in why_not(file)
    (tmp_path / "x-wal").touch()
    if locked == "directory":
        make_file(str(file))  # another process has it open, and cares for that
