"""The JSON protocol's bytes: whatever comes is a command or is refused, and nothing else."""

from __future__ import annotations

import json as standard
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rabbitchat.chat import commands, events
from rabbitchat.chat.commands import AnyCommand, Command
from rabbitchat.chat.errors import Code
from rabbitchat.codecs import json

TYPES = [str(command.__struct_config__.tag) for command in get_args(AnyCommand)]

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([*TYPES, "lobby"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["type", "id", "room", "text", "msgid", "nick", "session", "recover", "history"]
OBJECTS = st.dictionaries(
    st.sampled_from([*FIELDS, "before", "after", "limit", "active", "other"]), VALUES, max_size=8
)
NEARLY = st.builds(lambda kind, rest: {**rest, "type": kind}, st.sampled_from(TYPES), OBJECTS)


def decoded(data: bytes) -> Command | json.Refused:
    """What becomes of some bytes. Any other exception fails the test."""
    try:
        return json.decode(data)
    except json.Refused as refused:
        return refused


def refused(data: bytes | str) -> json.Refused:
    """Why these are no command."""
    with pytest.raises(json.Refused) as caught:
        json.decode(data.encode() if isinstance(data, str) else data)
    return caught.value


@given(st.binary(max_size=200))
@example(b'{"type":"connect","nick":5,"id":"\xff"}')
@example(b'{"type":"ping","id":"\xff"}')
@example(b'{"type":"p\xff"}')
@example(b'{"\xff":1}')
def test_any_bytes_are_a_command_or_refused(data: bytes) -> None:
    decoded(data)


@given(st.one_of(OBJECTS, NEARLY, VALUES))
def test_any_json_is_a_command_or_refused(value: Any) -> None:
    told = decoded(standard.dumps(value).encode())
    if isinstance(told, json.Refused):
        assert told.error.code in (Code.BAD_JSON, Code.BAD_COMMAND)
        assert told.error.message
    else:
        assert isinstance(value, dict)
        assert told.__struct_config__.tag == value["type"]


@given(NEARLY, st.data())
def test_any_bytes_of_a_nearly_good_command(value: dict[str, Any], data: st.DataObject) -> None:
    """Cut somewhere, and with one byte changed."""
    text = bytearray(standard.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.integers(0, 255))
    decoded(bytes(text))
    decoded(bytes(text[:at]))


SOUND_IDS = st.integers(-(2**53), 2**53) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=64
)


@given(
    SOUND_IDS, st.sampled_from([{"nick": 5}, {"nick": {}}, {"nick": "x" * 1025}, {"session": []}])
)
def test_a_sound_id_is_kept_of_what_is_no_command(command_id: Any, rest: Any) -> None:
    told = refused(standard.dumps({"type": "connect", "id": command_id, **rest}))
    assert (told.id, type(told.id)) == (command_id, type(command_id))
    assert told.error.code is Code.BAD_COMMAND


@given(SOUND_IDS)
def test_a_sound_id_is_kept_of_a_command(command_id: Any) -> None:
    told = json.decode(standard.dumps({"type": "ping", "id": command_id}).encode())
    assert told == commands.Ping(id=command_id)


@pytest.mark.parametrize("command_id", [True, 1.5, [1], {"a": 1}, "x" * 65, 2**53 + 1, -(2**70)])
def test_an_unsound_id_is_refused_and_not_sent_back(command_id: object) -> None:
    told = refused(standard.dumps({"type": "ping", "id": command_id}))
    assert told.id is None


@pytest.mark.parametrize("kind", ["ping", "connect", "publish"])
@pytest.mark.parametrize("field", ["id", "room", "other"])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("closed", [True, False])
def test_depth_bombs_are_refused(
    kind: str, field: str, opening: str, closing: str, closed: bool
) -> None:
    bomb = opening * 30_000 + ("1" + closing * 30_000 if closed else "")
    told = decoded(f'{{"type":"{kind}","{field}":{bomb}}}'.encode())
    assert isinstance(told, json.Refused)


@pytest.mark.parametrize(
    "number", ["9" * 5000, "-" + "9" * 400, "1e400", "1e-400", "1" + "0" * 25]
)
@pytest.mark.parametrize(
    "body", ['"type":"ping","id":%s', '"type":"history","room":"a","id":1,"after":%s']
)
def test_huge_numbers_are_refused(body: str, number: str) -> None:
    refused("{" + body % number + "}")


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "nan", "undefined", "'a'"])
def test_what_only_some_call_json_is_bad_json(constant: str) -> None:
    assert refused(f'{{"type":"ping","id":{constant}}}').error.code is Code.BAD_JSON


@pytest.mark.parametrize(
    "text",
    [
        b'"\\ud800"',
        b'"\\udc00x"',
        b'"a\\ud800\\ud800b"',
        b'"\\ud83d"',
        b'"\xed\xa0\x80"',
        b'"\xff"',
    ],
)
def test_lone_surrogates_and_bad_utf8_are_bad_json(text: bytes) -> None:
    told = refused(b'{"type":"publish","room":"lobby","id":3,"text":' + text + b"}")
    assert told.error.code is Code.BAD_JSON


@pytest.mark.parametrize("text", ["\\ud800", "\\uDC00x", "a\\ud800\\ud800b", "\\uD83D"])
@pytest.mark.parametrize("command_id", [3, "three"])
def test_half_a_surrogate_pair_is_answered_by_the_id(text: str, command_id: commands.Id) -> None:
    told = refused(f'{{"type":"publish","id":{standard.dumps(command_id)},"text":"{text}"}}')
    assert (told.error.code, told.id) == (Code.BAD_JSON, command_id)
    assert "surrogate" in told.error.message


@pytest.mark.parametrize(
    "body", ['{"id":"\\ud800"}', '{"id":1,"x":"\\ud800"', '["\\ud800"]', '"\\ud83d"', "\\ud800"]
)
def test_an_id_that_can_not_be_told_is_none(body: str) -> None:
    told = refused(body)
    assert (told.error.code, told.id) == (Code.BAD_JSON, None)


def test_a_surrogate_pair_is_one_character() -> None:
    told = json.decode(b'{"type":"publish","room":"lobby","text":"\\ud83d\\ude00"}')
    assert told == commands.Publish(room="lobby", text="\N{GRINNING FACE}")


def test_the_last_of_a_duplicate_key_holds() -> None:
    assert json.decode(b'{"type":"leave","room":"a","room":"b"}') == commands.Leave(room="b")
    assert json.decode(b'{"type":"ping","id":"a","id":7}') == commands.Ping(id=7)


def test_a_duplicate_type_does_not_mix_two_commands() -> None:
    told = decoded(b'{"type":"ping","type":"publish","room":"a","text":"x"}')
    assert isinstance(told, (json.Refused, commands.Ping))


def test_unknown_fields_are_ignored() -> None:
    assert json.decode(b'{"type":"ping","colour":{"deep":[1,2]},"id":1}') == commands.Ping(id=1)


@pytest.mark.parametrize(
    ("data", "code", "part"),
    [
        ("", Code.BAD_JSON, "one JSON object"),
        ("[]", Code.BAD_JSON, "one JSON object"),
        ('{"type":"ping"} {}', Code.BAD_JSON, "one JSON object"),
        ('{"room":"a"}', Code.BAD_COMMAND, 'needs a "type"'),
        ('{"type":7}', Code.BAD_COMMAND, 'needs a "type"'),
        ('{"type":"shout"}', Code.BAD_COMMAND, "unknown type 'shout'"),
        ('{"type":"join"}', Code.BAD_COMMAND, "room"),
        ('{"type":"typing","room":"a","active":"yes"}', Code.BAD_COMMAND, "active"),
        ('{"type":"join","room":"a","recover":{"epoch":"e"}}', Code.BAD_COMMAND, "seq"),
        ('{"type":"history","room":"a","limit":-1}', Code.BAD_COMMAND, "limit"),
        ('{"type":"publish","room":"a","text":"x","msgid":""}', Code.BAD_COMMAND, "msgid"),
    ],
)
def test_the_error_says_what_is_wrong(data: str, code: Code, part: str) -> None:
    told = refused(data)
    assert told.error.code is code
    assert part in told.error.message


def test_a_long_unknown_type_is_not_sent_back_whole_when_no_json_follows_either() -> None:
    told = refused('{"type":"' + "x" * 10_000 + '" oops')
    assert told.error.code is Code.BAD_JSON
    assert len(told.error.message) < 200


def test_a_long_unknown_type_is_not_sent_back_whole() -> None:
    assert len(refused(standard.dumps({"type": "x" * 60_000})).error.message) < 300


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 2**53))
def test_an_event_is_one_json_object_on_one_line(text: str, seq: int) -> None:
    message = events.Message(
        room="lobby", epoch="e", seq=seq, msgid="m", nick="ann", user="u", text=text, time="t"
    )
    data = json.encode(message)
    assert b"\n" not in data
    assert b"\r" not in data
    told = standard.loads(data)
    assert told == {
        "type": "message",
        "room": "lobby",
        "epoch": "e",
        "seq": seq,
        "msgid": "m",
        "from": "ann",
        "user": "u",
        "text": text,
        "time": "t",
    }
    assert msgspec.json.decode(data, type=events.Message) == message
