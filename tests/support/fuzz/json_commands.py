"""JSON commands: from the bytes of a frame to what is to be done."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from rabbitchat.chat import events
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.session import Session
from rabbitchat.codecs import json
from support.fuzz.examples import examples
from support.fuzz.grammar import VALUES, objects_like
from support.fuzz.target import Take, Target

LONGEST_ERROR = 4000
"""Bytes of an error: nobody gets much more back than was sent, but the list of all types."""
_REFUSALS = (Code.BAD_JSON, Code.BAD_COMMAND)


def _sessions() -> tuple[Session, Session]:
    new, connected = Session(4000), Session(4000)
    connected.connected("u", "ann")
    connected.rooms.add("lobby")
    return new, connected


def _check_error(problem: ChatError, command_id: object = None) -> None:
    answer = json.encode(events.error(problem, command_id))  # type: ignore[arg-type]
    assert msgspec.json.decode(answer)["code"] == problem.code
    assert len(answer) < LONGEST_ERROR, f"an error of {len(answer)} bytes"


def _refusal(code: Code) -> str:
    assert code in _REFUSALS
    return code.value


def _take(data: bytes) -> str:
    try:
        command = json.decode(data)
    except json.Refused as refused:
        _check_error(refused.error, refused.id)
        return _refusal(refused.error.code)
    outcome = ""
    for session in _sessions():
        try:
            outcome = type(session.request(command)).__name__
        except ChatError as problem:
            _check_error(problem, command.id)
            outcome = problem.code.value
    return outcome


def _make() -> Take:
    return _take


CORPUS = examples("command")
_drawn = st.one_of(
    objects_like(CORPUS),
    VALUES.map(lambda value: msgspec.json.encode(value) if _is_plain(value) else b"[]"),
    st.binary(max_size=100),
)


def _is_plain(value: object) -> bool:
    try:
        msgspec.json.encode(value)
    except (UnicodeEncodeError, ValueError, OverflowError):
        return False
    return True


COMMANDS = Target("commands", CORPUS, _drawn, _make)
