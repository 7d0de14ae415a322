"""The example of docs/sockjs.md as a program: with rabbitchat, and with the folder only."""

from __future__ import annotations

import json
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from websocket import WebSocketBadStatusException, create_connection

from support.daemons import CHECKOUT, Foreground, environment, free_port
from support.sockjs_document import EXAMPLE

ALLOWED = "http://localhost:8000"

WITHOUT_RABBITCHAT = """
import runpy, sys
sys.modules["rabbitchat"] = None  # importing it fails
runpy.run_path("example.py", run_name="__main__")
"""


def request(port: int, path: str, body: str | None = None, origin: str = ALLOWED) -> str:
    """The answer to a page's request."""
    data = None if body is None else body.encode()
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Origin": origin})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return bytes(answer.read()).decode()


def everybody_hears(port: int) -> None:
    """Three of different kinds hear what each of them says."""
    assert request(port, "/") == "Welcome to SockJS!\n"
    assert json.loads(request(port, "/info"))["websocket"] is True
    assert request(port, "/000/one/xhr", "") == "o\n"
    framed = create_connection(f"ws://127.0.0.1:{port}/000/two/websocket", origin=ALLOWED)
    assert framed.recv() == "o"
    raw = create_connection(f"ws://127.0.0.1:{port}/websocket")
    raw.send("I")
    assert [raw.recv(), framed.recv()] == ["I", 'a["I"]']
    framed.send('["and \N{SNOWMAN}"]')
    assert [raw.recv(), framed.recv()] == ["and \N{SNOWMAN}", 'a["and \\u2603"]']
    request(port, "/000/one/xhr_send", '["too"]')
    assert [raw.recv(), framed.recv()] == ["too", 'a["too"]']
    assert request(port, "/000/one/xhr", "") == 'a["I","and \\u2603","too"]\n'
    for client in (raw, framed):
        client.close()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        request(port, "/000/one/xhr", "", origin="http://elsewhere.example")
    with pytest.raises(WebSocketBadStatusException, match="403"):
        create_connection(f"ws://127.0.0.1:{port}/websocket", origin="http://elsewhere.example")


def test_the_example(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "example.py").write_text(EXAMPLE.replace("8080", str(port)))
    with Foreground([sys.executable, "example.py"], tmp_path) as program:
        program.wait_until_accepting(port)
        everybody_hears(port)
        program.interrupt()
        assert program.output == ""


def test_the_folder_can_be_taken_as_it_is(tmp_path: Path) -> None:
    not_source = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "rabbitchat" / "sockjs", tmp_path / "sockjs", ignore=not_source)
    port = free_port()
    example = EXAMPLE.replace("rabbitchat.sockjs", "sockjs").replace("8080", str(port))
    (tmp_path / "example.py").write_text(example)
    start = [sys.executable, "-c", WITHOUT_RABBITCHAT]
    with Foreground(start, tmp_path, environment(PYTHONPATH="")) as program:
        program.wait_until_accepting(port)
        everybody_hears(port)
        program.interrupt()
        assert program.output == ""


def test_no_module_of_the_folder_needs_rabbitchat(tmp_path: Path) -> None:
    """Those that the example doesn't use, too."""
    not_source = shutil.ignore_patterns("__pycache__")
    folder = tmp_path / "another_name"
    shutil.copytree(CHECKOUT / "rabbitchat" / "sockjs", folder, ignore=not_source)
    modules = [f"another_name.{module.stem}" for module in folder.glob("[!_]*.py")]
    assert len(modules) > 25
    program = (
        "import importlib, sys\n"
        "sys.modules['rabbitchat'] = None\n"
        f"for module in {modules}: importlib.import_module(module)\n"
        "assert 'twisted.internet.reactor' not in sys.modules\n"
    )
    start = [sys.executable, "-c", program]
    with Foreground(start, tmp_path, environment(PYTHONPATH="")) as imported:
        assert imported.process.wait(30) == 0, imported.output
