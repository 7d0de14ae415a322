"""The line port and the whole daemon: nobody's text can pass for anything else."""

from __future__ import annotations

import pytest
import pytest_twisted

from support.clients import JSONClient, LineClient
from support.nodes import Node, StartNode
from support.waiting import until


async def with_people(node: StartNode, **options: object) -> tuple[Node, JSONClient, LineClient]:
    """A daemon with ann, a program, and tel, who types; both are in the lobby."""
    chat = await node(**options)
    ann = await chat.connected("ann", "lobby")
    tel = await chat.line()
    tel.types("tel")
    await tel.sees("* you are tel, in lobby with ann")
    tel.lines.forget()
    return chat, ann, tel


async def shown(ann: JSONClient, tel: LineClient, text: str) -> list[str]:
    """The lines that tel sees when ann says a text."""
    await ann.says("lobby", text)
    await ann.says("lobby", "and that was it")
    await tel.sees("<ann> and that was it")
    return tel.lines.seen[:-1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
@pytest_twisted.ensureDeferred
async def test_each_line_of_a_text_has_its_sender(node: StartNode, end: str) -> None:
    _, ann, tel = await with_people(node)
    text = end.join(["hello", "<bob> I am not bob", "* ann left", "[bob] psst", "/quit"])
    assert await shown(ann, tel, text) == [
        "<ann> hello",
        "<ann> <bob> I am not bob",
        "<ann> * ann left",
        "<ann> [bob] psst",
        "<ann> /quit",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a\x1b[2Jb",
        "a\x1b]0;title\x07b",
        "a\x9b31mb",
        "a\x00\x07\x08\x7fb",
        "a\u202eb",
        "a\u2066b\u2069",
        "a\u200b\u200e\ufeffb",
        "\xff\xf4\xff\xfd\x06ab",
    ],
)
@pytest_twisted.ensureDeferred
async def test_no_text_controls_a_terminal(node: StartNode, text: str) -> None:
    _, ann, tel = await with_people(node)
    await ann.command("topic", room="lobby", text=text)
    lines = await shown(ann, tel, text)
    assert len(lines) == 2
    for line in lines:
        assert line.replace("ÿ", "").isprintable()
        assert line.endswith("b")


@pytest_twisted.ensureDeferred
async def test_a_topic_is_one_line(node: StartNode) -> None:
    _, ann, tel = await with_people(node)
    await ann.command("topic", room="lobby", text="tea\r\n* bob left\n<bob> x")
    line = await tel.lines.next()
    assert line.startswith("* ann set the topic to: tea")
    assert await shown(ann, tel, "x") == [line, "<ann> x"]


@pytest_twisted.ensureDeferred
async def test_emoji_and_joined_letters_stay_whole(node: StartNode) -> None:
    _, ann, tel = await with_people(node)
    text = "👩‍🚀 می‌خواهم क्‍ष"
    assert await shown(ann, tel, text) == [f"<ann> {text}"]


@pytest_twisted.ensureDeferred
async def test_a_line_without_an_end(node: StartNode) -> None:
    chat, ann, tel = await with_people(node, max_line=1000)
    raw = await chat.raw_line()
    raw.write(b"raw\n")
    await ann.push("join", nick="raw")
    for _ in range(100):
        raw.write(b"x" * 10_000)
        await until(lambda: True)
    await raw.until(lambda data: b"* error: a line may have 1000 bytes" in data, "refusal")
    await ann.says("lobby", "all is well")
    await tel.sees("<ann> all is well")
    raw.write(b"\nthe next one\n")
    await ann.push("message", from_="raw", text="the next one")
    assert len(ann.got("message", from_="raw")) == 1
    assert raw.data.count(b"* error") == 1


@pytest_twisted.ensureDeferred
async def test_telnet_s_negotiation_is_taken_out_and_refused(node: StartNode) -> None:
    chat, ann, _ = await with_people(node)
    raw = await chat.raw_line()
    raw.write(b"\xff\xfd\x01\xff\xfb\x18ra\xff\xf1w\r\n")  # DO ECHO, WILL TERMINAL-TYPE, NOP
    await ann.push("join", nick="raw")
    raw.write(b"one\xff\xfa\x18\x00x\nterm\xff\xf0 li\xff\xf9ne\r\x00")
    await ann.push("message", from_="raw", text="one line")
    assert b"\xff\xfc\x01" in raw.data  # WONT ECHO
    assert b"\xff\xfe\x18" in raw.data  # DONT TERMINAL-TYPE


@pytest_twisted.ensureDeferred
async def test_bad_bytes_are_replaced(node: StartNode) -> None:
    chat, ann, _ = await with_people(node)
    raw = await chat.raw_line()
    raw.write(b"raw\na\xc3(b \xe2\x82\xac \xed\xa0\x80\n")
    text = (await ann.push("message", from_="raw"))["text"]
    assert text.startswith("a\ufffd(b € \ufffd")


@pytest_twisted.ensureDeferred
async def test_json_mode_is_refused_what_is_no_json_and_stays(node: StartNode) -> None:
    chat, ann, _ = await with_people(node)
    program = await chat.json_lines()
    for line in ("nonsense", "[" * 50_000, '{"type":"nonsense"}', "/quit"):
        program.carrier.send_text(line)
        await program.push("error")
    await program.command("connect", nick="program")
    await program.command("join", room="lobby")
    await program.says("lobby", "two\nlines")
    await ann.push("message", from_="program", text="two\nlines")


@pytest_twisted.ensureDeferred
async def test_json_mode_after_a_name_is_the_same_user(node: StartNode) -> None:
    _, ann, tel = await with_people(node)
    tel.types("/mode json")
    program = JSONClient(tel.carrier)
    assert (await program.command("presence", room="lobby"))["count"] == 2
    await program.says("lobby", "hello")
    await ann.push("message", from_="tel", text="hello")
    assert await program.refusal("connect", nick="tel") == "bad_command"


@pytest_twisted.ensureDeferred
async def test_lines_that_come_too_fast_wait_their_turn(node: StartNode) -> None:
    chat, ann, tel = await with_people(node, rate=40.0, burst=4)
    raw = await chat.raw_line()
    raw.write(b"raw\n" + b"".join(b"spam %d\n" % number for number in range(20)) + b"/quit\n")
    await ann.says("lobby", "all is well")
    await tel.sees("<ann> all is well")
    assert b"good bye" in await raw.over()
    said = [push["text"] for push in ann.got("message", from_="raw")]
    assert said == [f"spam {number}" for number in range(20)]


@pytest_twisted.ensureDeferred
async def test_far_more_lines_are_refused_and_a_flood_is_cut_off(node: StartNode) -> None:
    chat, ann, tel = await with_people(node, rate=1.0, burst=2)
    raw = await chat.raw_line()
    raw.write(b"raw\n" + b"spam\n" * 10)
    await raw.until(lambda said: b"* error: too fast" in said, "a refusal")
    raw.write(b"spam\n" * 100)
    assert b"(3500)" in await raw.over()
    await ann.says("lobby", "all is well")
    await tel.sees("<ann> all is well")


@pytest_twisted.ensureDeferred
async def test_a_flood_of_nonsense_is_cut_off(node: StartNode) -> None:
    chat, ann, tel = await with_people(node)
    raw = await chat.raw_line()
    raw.write(b"raw\n")
    await ann.push("join", nick="raw")
    raw.write(b"/nonsense\n" * 1000)
    assert b"(3500)" in await raw.over()
    await ann.push("leave", nick="raw")
    await ann.says("lobby", "all is well")
    await tel.sees("<ann> all is well")


@pytest_twisted.ensureDeferred
async def test_who_does_not_read_is_sent_away(node: StartNode) -> None:
    chat, ann, tel = await with_people(node, max_text=0, max_line=1 << 20, max_buffer=100_000)
    tel.carrier.stop_reading()
    await chat.fill_up(ann)
    tel.carrier.read_again()
    await tel.sees_one(lambda line: "(3001)" in line, "why")
    await tel.ended()
    await ann.push("leave", nick="tel")


@pytest_twisted.ensureDeferred
async def test_no_name_in_time(node: StartNode) -> None:
    chat = await node(connect_timeout=0.2)
    silent = await chat.json_lines()
    assert await silent.closed() == (3501, False)


@pytest_twisted.ensureDeferred
async def test_ones_own_lines_with_echo_on(node: StartNode) -> None:
    _, ann, tel = await with_people(node)
    tel.types("not shown")
    tel.types("/echo on")
    tel.types("shown")
    await tel.sees("<tel> shown")
    tel.types("/echo off")
    tel.types("/me waves")
    await ann.push("message", text="/me waves")
    tel.types("/help me")
    await tel.sees_one(lambda line: line.startswith("/me"), "help")
    assert [line for line in tel.lines.seen if "tel" in line] == ["<tel> shown"]
