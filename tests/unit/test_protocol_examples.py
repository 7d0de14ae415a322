"""docs/protocol.md is true: its examples are what the daemon's types take and make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union

import msgspec
import pytest

from rabbitchat.chat import commands, events, names
from rabbitchat.chat.errors import TEMPORARY, ChatError, Close, Code
from rabbitchat.codecs import json, presence
from rabbitchat.settings import Limits

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")
FENCE = re.compile(r"^```json ?([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [(found[1], found[2].strip()) for found in FENCE.finditer(DOCUMENT)]
KINDS = {"command", "reply", "push", "presence", "post"}


def subclasses(kind: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """The Structs below a kind that have a type of their own on the wire."""
    below = [*kind.__subclasses__()]
    for struct in below:  # grows while it is walked
        below.extend(struct.__subclasses__())
    ours = [struct for struct in below if struct.__module__ == kind.__module__]
    return [struct for struct in ours if not struct.__subclasses__()]


COMMANDS = subclasses(commands.Command)
EVENTS = subclasses(events.Event)
ANY_EVENT: Any = Union[tuple(EVENTS)]  # noqa: UP007


def examples(*kinds: str) -> list[str]:
    """The JSON texts of these kinds."""
    return [text for kind, text in EXAMPLES if kind in kinds]


def types(*kinds: str) -> set[str]:
    """The types of the examples of these kinds."""
    return {msgspec.json.decode(text)["type"] for text in examples(*kinds)}


def tags(structs: Sequence[type[msgspec.Struct]]) -> set[str]:
    """The types of Structs on the wire."""
    return {str(struct.__struct_config__.tag) for struct in structs}


def assert_known(given: Any, known: Any, where: str = "") -> None:
    """Check that all that is given came through: a Struct drops fields that it doesn't know."""
    if isinstance(given, dict):
        for name, value in given.items():
            assert name in known, f"{where}: unknown field {name}"
            assert_known(value, known[name], f"{where}.{name}")
    else:
        assert given == known, where


def test_every_example_is_of_a_kind_that_is_checked() -> None:
    assert {kind for kind, _ in EXAMPLES} == KINDS


@pytest.mark.parametrize("text", examples("command"))
def test_a_command_is_understood_completely(text: str) -> None:
    command = json.decode(text.encode())
    assert_known(msgspec.json.decode(text), msgspec.to_builtins(command))


@pytest.mark.parametrize("text", examples("reply", "push"))
def test_a_reply_or_push_is_exactly_what_is_sent(text: str) -> None:
    event = msgspec.json.decode(text, type=ANY_EVENT)
    assert msgspec.json.decode(json.encode(event)) == msgspec.json.decode(text)


def test_there_is_an_example_of_every_command() -> None:
    assert types("command") == tags(COMMANDS) == {c.__name__.lower() for c in COMMANDS}


def test_there_is_an_example_of_every_reply_and_push() -> None:
    replies = [event for event in EVENTS if issubclass(event, events.Reply)]
    pushes = [event for event in EVENTS if not issubclass(event, events.Reply)]
    assert types("reply") == tags(replies) - {"error"}
    assert types("push") == tags(pushes) | {"error"}


@pytest.mark.parametrize("text", examples("command", "reply"))
def test_names_in_examples_are_canonical(text: str) -> None:
    told = msgspec.json.decode(text)
    if "room" in told:
        target = names.target(told["room"])
        assert not isinstance(target, names.Room) or target.name == told["room"]
    if "nick" in told:
        assert names.nick(told["nick"]) == told["nick"]


@pytest.mark.parametrize("text", examples("presence"))
def test_an_announcement_is_exactly_what_is_told(text: str) -> None:
    told = presence.decode(text.encode())
    assert told is not None
    assert msgspec.json.decode(presence.encode(told)) == msgspec.json.decode(text)


@pytest.mark.parametrize("text", examples("post"))
def test_a_post_has_the_fields_of_a_post(text: str) -> None:
    assert msgspec.json.decode(text).keys() == {"text", "from", "msgid"}


def rows(heading: str) -> dict[str, str]:
    """The table below a heading: its first column without backquotes, and the whole row."""
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return {line.split("|")[1].strip(" `"): line for line in lines[2:]}


def test_every_error_code_is_listed_and_whether_it_is_temporary() -> None:
    table = rows("Error codes")
    assert set(table) == {code.value for code in Code}
    assert {code for code, row in table.items() if "(temporary)" in row} == {
        code.value for code in TEMPORARY
    }
    assert all(ChatError(code, "").temporary == (code in TEMPORARY) for code in Code)


def test_every_close_code_is_listed_and_whether_to_come_back() -> None:
    table = rows("Close codes")
    assert {int(code) for code in table} == {int(close) for close in Close}
    for close in Close:
        answer = table[str(int(close))].rsplit("|", 2)[1].strip()
        assert answer == ("yes" if close.reconnect else "no")


def test_the_defaults_of_the_limits_are_those_of_the_settings() -> None:
    shown: dict[str, str] = {}
    for options, row in rows("Starting it").items():
        fields = re.findall(r"--([a-z-]+)", options)
        defaults = row.split("|")[2].split(",")
        if len(fields) == len(defaults):
            shown.update(zip(fields, (default.strip() for default in defaults), strict=True))
    for name in Limits.__dataclass_fields__:
        assert float(shown[name.replace("_", "-")]) == getattr(Limits(), name)
