"""JSON that is meant to break its reader, over each way in, end to end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from support.attackers import Attacker, HostileWebSocket, request
from support.hostile import Besieged, besieged
from support.raw import TEXT, frame

DEEP = 4_000  # some readers give up, or crash, at a thousand

BOMBS = {
    "brackets": "[" * 60_000,
    "objects": '{"a":' * DEEP,
    "nested in a command": '{"type":"ping","x":' + "[" * DEEP + "]" * DEEP + "}",
    "a long number": '{"type":"ping","id":' + "9" * 60_000 + "}",
    "a number that is none": '{"type":"publish","room":"lobby","text":NaN}',
    "infinity": '{"type":"join","room":"lobby","history":1e999}',
    "a huge seq": '{"type":"history","room":"lobby","before":99999999999999999999}',
    "half a character": '{"type":"publish","room":"lobby","text":"\\ud800"}',
    "another type": '{"type":{"type":"ping"}}',
    "a type of 60 KB": '{"type":"' + "x" * 60_000 + '"}',
    "a list for a text": '{"type":"publish","room":"lobby","text":["x"]}',
    "an array": '[{"type":"ping"}]',
    "a string": '"ping"',
    "null": "null",
    "nothing": " ",
    "no end": '{"type":"ping"',
    "two": '{"type":"ping"}{"type":"ping"}',
    "a comment": '{"type":"ping"/**/}',
    "a byte order mark": '\ufeff{"type":"ping"}',
}
REFUSALS = {"bad_json", "bad_command"}

_numbers = count(1)


@pytest.fixture(scope="module")
def chat() -> Iterator[Besieged]:
    """A daemon with the limits that it has by default."""
    with besieged() as made:
        yield made


def test_bombs_in_frames(chat: Besieged) -> None:
    """Each gets one `error` that says what was wrong, and the connection stays. Of a key that
    comes twice the last value counts; text that is only odd is text."""
    with chat.attacked(mebibytes=16) as people, HostileWebSocket(chat.port) as attacker:
        attacker.connect("bomber", people.room)
        for number, (name, bomb) in enumerate(BOMBS.items(), 1):
            attacker.send(frame(TEXT, bomb.encode()))
            assert attacker.ask("ping")["type"] == "pong"
            errors = [told for told in attacker.told() if told["type"] == "error"]
            assert len(errors) == number, name
            assert errors[-1]["code"] in REFUSALS, name
            assert len(errors[-1]["message"]) < 1000, name
        twice = '{"type":"publish","room":"x","room":"%s","text":"a","text":"\\u0000<b>"}'
        attacker.send(frame(TEXT, (twice % people.room).encode()))
        people.ann.sees("message", from_="bomber", text="\x00<b>")
        assert people.ann.texts(people.room, from_="bomber") == ["\x00<b>"]


@pytest.mark.parametrize("transport", ["xhr_send", "jsonp_send"])
def test_bombs_in_sockjs_messages(chat: Besieged, transport: str) -> None:
    """Messages that hold a bomb are answered with an `error`; a body that is a bomb itself gets
    500, and the session stays."""
    session = f"/chat/000/bombs{next(_numbers)}"

    def post(path: str, body: str) -> Attacker:
        attacker = Attacker(chat.port)
        attacker.send(request("POST", path, "Connection: close", body=body.encode()))
        attacker.over()
        return attacker

    with chat.attacked(mebibytes=16):
        assert post(f"{session}/xhr", "").data.endswith(b"o\n")
        for name, bomb in BOMBS.items():
            assert post(f"{session}/{transport}", json.dumps([bomb])).status() in (200, 204), name
            heard = post(f"{session}/xhr", "").data.rpartition(b"\r\n\r\n")[2]
            [message] = json.loads(heard.removeprefix(b"a"))
            assert json.loads(message)["code"] in REFUSALS, name
        for body in ("[" * 60_000, '["x"', '[["x"]]', "[1]", '{"a":"b"}', '"x"', "[NaN]"):
            assert post(f"{session}/{transport}", body).status() == 500, body[:20]
        assert (
            post(f"{session}/{transport}", '["{\\"type\\":\\"ping\\",\\"id\\":1}"]').status() < 300
        )
        assert b"pong" in post(f"{session}/xhr", "").data


@pytest.mark.parametrize("named", [False, True])
def test_bombs_in_lines(chat: Besieged, named: bool) -> None:
    """The same for a program at the line port that speaks JSON, be it somebody already or not."""
    with chat.attacked(mebibytes=16), Attacker(chat.line_port) as attacker:
        attacker.send(b"liner\n/mode json\n" if named else b"/mode json\n")
        answered: Callable[[], int] = lambda: attacker.data.count(b'"type":"error"')  # noqa: E731
        bombs = [bomb for bomb in BOMBS.values() if bomb.strip()]
        for number, bomb in enumerate(bombs):
            attacker.send(bomb.encode() + b'\n{"type":"ping","id":"%d"}\n' % number)
            attacker.until(b'"id":"%d"' % number)
            # A byte order mark belongs to no line.
            assert answered() in (number, number + 1)
        assert answered() >= len(bombs) - 1
