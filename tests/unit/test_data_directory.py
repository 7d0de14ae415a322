"""Where what was said is kept when nobody chose a place."""

from __future__ import annotations

from pathlib import Path

import pytest

from rabbitchat.data_directory import data_directory, default_database


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home, and nothing else that says where data belong."""
    for name in ("STATE_DIRECTORY", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_of_a_person(home: Path) -> None:
    assert data_directory() == f"{home}/.local/share/rabbitchat"
    assert default_database() == f"sqlite:///{home}/.local/share/rabbitchat/rabbitchat.sqlite"
    assert default_database().startswith("sqlite:////")


def test_of_a_person_who_keeps_data_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert data_directory() == "/elsewhere/rabbitchat"


@pytest.mark.parametrize("relative", ["", "data", "./data"])
def test_a_relative_one_is_ignored(
    monkeypatch: pytest.MonkeyPatch, home: Path, relative: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", relative)
    monkeypatch.setenv("STATE_DIRECTORY", relative)
    assert data_directory() == f"{home}/.local/share/rabbitchat"


@pytest.mark.parametrize("given", ["/var/lib/chat", "/var/lib/chat:/var/lib/other"])
def test_of_a_service_of_systemd(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", given)
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert data_directory() == "/var/lib/chat"


@pytest.mark.parametrize("home", ["/nonexistent", "/", "~"])
def test_without_a_home(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("HOME", home)
    assert data_directory() == "/var/lib/rabbitchat"


def test_without_a_variable_the_system_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: _User(str(tmp_path)))
    assert data_directory() == f"{tmp_path}/.local/share/rabbitchat"


def test_a_user_of_whom_the_system_knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert data_directory() == "/var/lib/rabbitchat"


class _User:
    def __init__(self, home: str) -> None:
        self.pw_dir = home
