"""docs/sockjs.md is true: its tables and its pieces of code are those of the package."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields

import pytest
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock
from twisted.web.resource import Resource

import rabbitchat.sockjs
from rabbitchat.sockjs import Options, SockJSTransport, closing, framings, routing, transport
from rabbitchat.sockjs import options as options_module
from rabbitchat.sockjs.multiplex import MAX_TOPICS
from support.daemons import CHECKOUT
from support.sockjs_document import DOCUMENT, EXAMPLE, FRAGMENTS, rows


def literal(cell: str) -> str:
    """What stands between backquotes."""
    match = re.fullmatch(r"`([^`]+)`", cell)
    return match[1] if match else cell


def said_of_options() -> dict[str, str]:
    """What the code says of each option: the strings that follow them."""
    (defined,) = ast.parse(inspect.getsource(Options)).body
    assert isinstance(defined, ast.ClassDef)
    said, name = {}, ""
    for statement in defined.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            said[name] = str(statement.value.value)
    return said


def test_the_options_their_defaults_and_units() -> None:
    table = {literal(name): cells for name, *cells in rows("Options")}
    assert list(table) == [field.name for field in fields(Options)]
    said = said_of_options()
    for field in fields(Options):
        default, unit, _ = table[field.name]
        shown = literal(default)
        if isinstance(field.default, tuple):
            assert (shown, field.default) == ("none", ())
        elif isinstance(field.default, (bool, str)):
            assert shown == str(field.default)
        else:
            assert float(shown) == field.default
            assert unit in said[field.name].lower().split()[:2]
            continue
        assert unit == ""


def test_the_longest_delay() -> None:
    assert f"more than {options_module.LONGEST_DELAY} is refused" in DOCUMENT


def test_the_codes() -> None:
    used = {pair for name, pair in vars(closing).items() if name.isupper()}
    table = {(int(code), reason) for code, reason, _ in rows("Codes that the package uses")}
    assert table - used == {(1007, "Broken JSON encoding.")}, "the one for a WebSocket alone"
    assert used <= table


def test_the_transports() -> None:
    listed = set(re.findall(r"`/SERVER/SESSION/(\w+)`(?:, `(\w+)`)?", DOCUMENT))
    names = {name for pair in listed for name in pair if name}
    known = {
        route.kind
        for name in [*names, "nothing"]
        if (route := routing.find([b"server", b"session", name.encode()])) is not None
    }
    assert known == names
    assert len(names) == 8


def test_the_defaults_named_in_the_text() -> None:
    assert f"at most {framings.LONGEST_CALLBACK} of `a-z A-Z 0-9 - _ .`" in DOCUMENT
    assert f"at most {MAX_TOPICS} topics (`Multiplex(max_topics={MAX_TOPICS})`" in DOCUMENT


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_piece_of_code_runs(fragment: str) -> None:
    memory = MemoryReactorClock()
    echo, chat = Factory.forProtocol(Protocol), Factory.forProtocol(Protocol)
    names = {"echo": echo, "chat": chat, "root": Resource(), "reactor": memory}
    exec(fragment, {**names, "options": {"websocket": False}})
    assert len(memory.tcpServers) == 1
    number, site, *_ = memory.tcpServers[0]
    assert number == 8080
    site.doStop()
    site.doStart()
    site.doStop()


def test_the_example_has_fifteen_lines() -> None:
    assert len([line for line in EXAMPLE.splitlines() if line.strip()]) == 15


def test_every_exported_name_is_in_it() -> None:
    for name in rabbitchat.sockjs.__all__:
        assert re.search(rf"\b{name}\b", DOCUMENT), name


def test_the_transport_has_what_is_said() -> None:
    section = DOCUMENT.partition("## What the transport gives")[2].partition("\n### ")[0]
    names = set(re.findall(r"`(\w+)\(", section)) | set(re.findall(r"`(is_\w+|\w+ed)`", section))
    hooks = set(re.findall(r"`((?:client|session)_\w+)\(\)`", section))
    assert len(hooks) == 3
    assert all(hook in inspect.getsource(transport) for hook in hooks)
    for name in names - hooks - {"Message"}:
        assert hasattr(SockJSTransport, name) or hasattr(Protocol, name), name


def test_the_links_to_our_own_files() -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", DOCUMENT):
        assert (CHECKOUT / "docs" / target).exists(), target
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in DOCUMENT.splitlines()
        if line.startswith("#")
    }
    for anchor in re.findall(r"\]\(#([^)]+)\)", DOCUMENT.replace("\n", "")):
        assert anchor in headings, anchor
