"""The line protocol: what is typed, and what is shown."""

from __future__ import annotations

import re
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabbitchat.chat import commands, events
from rabbitchat.codecs import line, line_own, line_replies, line_text
from rabbitchat.codecs.line_text import View


def message(text: str, **changed: Any) -> events.Message:
    fields: dict[str, Any] = {
        "room": "lobby",
        "epoch": "e",
        "seq": 1,
        "msgid": "m",
        "nick": "ann",
        "user": "u1",
        "time": "2026-11-21T10:48:09.123Z",
    }
    return events.Message(text=text, **{**fields, **changed})


def said(text: str, room: str = "lobby") -> commands.Publish:
    return commands.Publish(room=room, text=text)


# -- what is typed


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("hello", said("hello")),
        ("  hello  ", said("  hello")),
        ("hé\x00l\x1b[Dlo\x85", said("héllo")),
        ("a\tb", said("a\tb")),
        ("two\nlines", said("two\nlines")),
        (" /join x", said(" /join x")),
        ("//join x", said("/join x")),
        ("///", said("//")),
        ("/me waves", said("/me waves")),
        ("/msg bob hi  there", said("hi  there", "@bob")),
        ("/msg @bob hi", said("hi", "@bob")),
        ("/nick anna", commands.Nick(nick="anna")),
        ("/join dev", commands.Join(room="dev", history=0)),
        ("/JOIN  #dev ", commands.Join(room="#dev", history=0)),
        ("/leave", commands.Leave(room="lobby")),
        ("/leave dev", commands.Leave(room="dev")),
        ("/who", commands.Presence(room="lobby")),
        ("/who dev", commands.Presence(room="dev")),
        ("/rooms", commands.Rooms()),
        ("/topic", line_own.ShowTopic()),
        ("/topic tea at five", commands.Topic(room="lobby", text="tea at five")),
        ("/history", commands.History(room="lobby", limit=line_own.HISTORY)),
        ("/history 7", commands.History(room="lobby", limit=7)),
        ("/history @bob", commands.History(room="@bob", limit=line_own.HISTORY)),
        ("/history @bob 7", commands.History(room="@bob", limit=7)),
        ("/history 7 @bob", commands.History(room="@bob", limit=7)),
        ("/since 2h", line_own.Since("lobby", "2h")),
        ("/since 2026-11-20  14:05", line_own.Since("lobby", "2026-11-20 14:05")),
        ("/since 2h @bob", line_own.Since("@bob", "2h")),
        ("/search the  words ", commands.Search(words="the  words", limit=line_own.FOUND)),
        ("/edit I  meant this", line_own.Edit("lobby", "I  meant this")),
        ("/delete", line_own.Delete("lobby")),
        ("/react \U0001f44d", line_own.React("lobby", "\U0001f44d")),
        ("/session", line_own.ShowSession()),
        ("/session 5f0c.hV3k", line_own.Resume("5f0c.hV3k", "")),
        ("/session 5f0c.hV3k  tel ", line_own.Resume("5f0c.hV3k", "tel")),
        ("/echo on", line_own.Echo(True)),
        ("/echo OFF", line_own.Echo(False)),
        ("/mode json", line_own.JsonMode()),
        ("/help", line_own.Help("")),
        ("/help join", line_own.Help("join")),
        ("/quit", line_own.Quit()),
        ("", None),
        (" \t\x00", None),
        ("\ufeff", None),
    ],
)
def test_a_line_asks(typed: str, asked: Optional[line.Parsed]) -> None:
    assert line.parse(typed, "lobby") == asked


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/jion dev", "no command /jion; did you mean /join? /help lists all"),
        ("/xyzzy", "no command /xyzzy; /help lists all"),
        ("/", "no command /"),
        ("/ join", "no command /"),
        ("/nick", "/nick ann"),
        ("/join", "/join lobby"),
        ("/msg", "/msg bob hello"),
        ("/msg bob", "/msg bob hello"),
        ("/me", "/me waves"),
        ("/history x", "a number from 1 to 1000"),
        ("/history 0", "a number from 1 to 1000"),
        ("/history ٣", "a number from 1 to 1000"),
        ("/history " + "9" * 9999, "a number from 1 to 1000"),
        ("/history bob", "a number from 1 to 1000"),
        ("/since", "something is missing: /since 2h"),
        ("/since @bob", "something is missing: /since 2h"),
        ("/search", "something is missing: /search words"),
        ("/edit", "something is missing: /edit "),
        ("/delete that", "/delete deletes your last message here"),
        ("/react", "something is missing: /react "),
        ("/session " + "x" * 257, "no word that /session showed: it has 257 characters"),
        ("/echo", "/echo on or /echo off"),
        ("/mode irc", "/mode json"),
        ("/" + "x" * 60000, "no command /" + "x" * 20 + ";"),
    ],
)
def test_a_mistake_is_explained(typed: str, told: str) -> None:
    with pytest.raises(line.LineError, match=re.escape(told)):
        line.parse(typed, "lobby")


@pytest.mark.parametrize(
    "typed",
    ["hello", "/me x", "/leave", "/who", "/topic", "/history"]
    + ["/since 2h", "/edit x", "/delete", "/react x"],
)
def test_what_needs_a_room_says_so(typed: str) -> None:
    with pytest.raises(line.LineError, match="you are in no room"):
        line.parse(typed, None)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("ann", commands.Connect(nick="ann")),
        ("  ann \r", commands.Connect(nick="ann")),
        ("/nick ann", commands.Connect(nick="ann")),
        ("GET / HTTP/1.1", commands.Connect(nick="GET / HTTP/1.1")),
        ("/mode json", line_own.JsonMode()),
        ("/help", line_own.Help("")),
        ("/quit", line_own.Quit()),
        ("/session 5f0c.hV3k ann", line_own.Resume("5f0c.hV3k", "ann")),
        ("", None),
    ],
)
def test_a_name_is_asked_for(typed: str, asked: Optional[line.Parsed]) -> None:
    assert line.name(typed) == asked


@pytest.mark.parametrize("typed", ["/who", "/join x", "//x", "/me x", "/msg a b", "/echo on"])
def test_a_name_comes_first(typed: str) -> None:
    with pytest.raises(line.LineError, match="your name first"):
        line.name(typed)


def test_the_word_itself_is_needed_to_come_back() -> None:
    with pytest.raises(line.LineError, match="/session WORD"):
        line.name("/session")


def test_every_command_is_explained() -> None:
    names = "nick join leave msg me who rooms topic history since search edit delete react".split()
    names += "session help quit echo mode".split()
    explained = line.explain("")
    for name in names:
        assert any(text.startswith(f"/{name}") for text in explained)
        assert line.explain(name) == line.explain(f"/{name.upper()}")
        assert line.explain(name)[0] in explained
    assert any(text.startswith("//") for text in explained)
    with pytest.raises(line.LineError, match="did you mean /join"):
        line.explain("jion")


TYPED = st.one_of(
    st.text(),
    st.builds(
        "/{}{}{}".format,
        st.sampled_from(
            ["", "msg", "history", "help", "echo", "topic", "x", "since", "session", "react"]
        ),
        st.sampled_from(["", " ", "\t", "\u3000", "\x1f", "/"]),
        st.text(),
    ),
)


@given(TYPED, st.sampled_from([None, "lobby"]))
def test_any_line_is_understood_or_refused(typed: str, room: Optional[str]) -> None:
    for parse in (lambda: line.parse(typed, room), lambda: line.name(typed)):
        try:
            parse()
        except line.LineError as problem:
            assert str(problem)  # noqa: PT017


# -- what is shown


@pytest.mark.parametrize(
    ("event", "view", "lines"),
    [
        (message("hello"), View.HERE, ["<ann> hello"]),
        (message("hello"), View.ELSEWHERE, ["#lobby <ann> hello"]),
        (message("hello", room="@ann"), View.ELSEWHERE, ["[ann] hello"]),
        (message("hello", room="@bob"), View.AUTHOR, ["[-> bob] hello"]),
        (message("a\n\nb\r\nc"), View.HERE, ["<ann> a", "<ann> b", "<ann> c"]),
        (message("\u200b"), View.HERE, ["<ann> "]),
        (message("/me waves"), View.HERE, ["<* ann waves>"]),
        (message("/me waves"), View.ELSEWHERE, ["#lobby <* ann waves>"]),
        (message("/me waves", room="@ann"), View.ELSEWHERE, ["[* ann waves]"]),
        (message("/me waves", room="@bob"), View.AUTHOR, ["[-> bob] /me waves"]),
        (message("/melon"), View.HERE, ["<ann> /melon"]),
        (message("new", edit="m"), View.HERE, ["* ann edited: new"]),
        (message("a\nb", edit="m"), View.HERE, ["* ann edited: a", "* ann edited: b"]),
        (message("new", edit="m"), View.ELSEWHERE, ["* ann edited in #lobby: new"]),
        (message("new", edit="m", room="@ann"), View.HERE, ["* [ann] edited: new"]),
        (message("new", edit="m", room="@bob"), View.AUTHOR, ["* [-> bob] edited: new"]),
        (message("", edit="m", deleted=True), View.HERE, []),
        (message("", delete="m"), View.HERE, ["* ann deleted a message"]),
        (message("", delete="m"), View.ELSEWHERE, ["* ann deleted a message in #lobby"]),
        (message("", delete="m", room="@ann"), View.ELSEWHERE, ["* [ann] deleted a message"]),
        (message("+1", react="m"), View.HERE, ["* ann reacted +1"]),
        (message("+1", react="m"), View.ELSEWHERE, ["* ann reacted +1 in #lobby"]),
        (message("+1", react="m", room="@bob"), View.AUTHOR, ["* [-> bob] reacted +1"]),
        (message("+1", react="m", active=False), View.HERE, []),
        (message("new", edited="2026-11-21T10:50:00.000Z"), View.HERE, ["<ann> new"]),
        (message("", deleted=True), View.HERE, []),
        (events.Read(room="lobby", seq=7), View.HERE, []),
        (
            events.Join(room="dev", nick="ann", user="u", count=2),
            View.HERE,
            ["* ann joined"],
        ),
        (
            events.Join(room="dev", nick="ann", user="u", count=2),
            View.ELSEWHERE,
            ["* ann joined #dev"],
        ),
        (
            events.Leave(room="dev", nick="ann", user="u", count=2, reason="quit"),
            View.HERE,
            ["* ann left (quit)"],
        ),
        (
            events.Leave(room="dev", nick="ann", user="u", count=2, reason=""),
            View.ELSEWHERE,
            ["* ann left #dev"],
        ),
        (
            events.NickChange(user="u", old="ann", nick="anna"),
            View.HERE,
            ["* ann is now called anna"],
        ),
        (
            events.NickChange(user="u", old="ann", nick="anna"),
            View.AUTHOR,
            ["* you are now called anna"],
        ),
        (
            events.TopicChange(room="dev", nick="ann", text="tea\nat five"),
            View.HERE,
            ["* ann set the topic to: tea at five"],
        ),
        (
            events.TopicChange(room="dev", nick="ann", text="tea"),
            View.ELSEWHERE,
            ["* ann set the topic of #dev to: tea"],
        ),
        (
            events.Error(code="bad_nick", message="no such\n* thing", temporary=False),
            View.HERE,
            ["* error: no such * thing"],
        ),
        (
            events.Disconnect(code=3000, reason="shutting down", reconnect=True),
            View.HERE,
            ["* disconnected: shutting down (3000)"],
        ),
        (events.Typing(room="dev", nick="ann", user="u", active=True), View.HERE, []),
        (events.Pong(), View.HERE, []),
    ],
)
def test_an_event_shows_as(event: events.Event, view: View, lines: list[str]) -> None:
    assert line_text.push(event, view) == lines


def joined(nicks: list[str], count: int, topic: str = "") -> events.Joined:
    return events.Joined(
        room="lobby",
        members=[events.Member(nick, f"u-{nick}") for nick in nicks],
        count=count,
        topic=topic,
        epoch="e",
        seq=0,
        entries=[],
        more=False,
        recovered=False,
    )


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        (joined(["ann", "bob", "tel"], 3), ["* you are tel, in lobby with ann, bob"]),
        (joined(["tel"], 1), ["* you are tel, in lobby, alone"]),
        (joined(["tel"], 1, "tea"), ["* you are tel, in lobby, alone", "* topic: tea"]),
        (
            joined([*(f"n{i}" for i in range(20)), "tel"], 5000),
            [
                "* you are tel, in lobby with "
                + ", ".join(f"n{i}" for i in range(15))
                + " and 4984 more"
            ],
        ),
    ],
)
def test_where_one_is(answer: events.Joined, lines: list[str]) -> None:
    assert line_text.arrived("tel", answer, "u-tel") == lines


def test_who_is_present() -> None:
    def present(nicks: list[str], count: int) -> list[str]:
        members = [events.Member(nick, nick) for nick in nicks]
        found = events.PresenceList(room="dev", members=members, count=count)
        return line_replies.reply(found, "u")

    assert present(["ann", "bob"], 2) == ["* in dev: ann, bob"]
    assert present([], 0) == ["* in dev: nobody"]
    many = present([f"n{i}" for i in range(1000)], 1000)
    assert many[1].startswith("* in dev: n15, ")
    assert many[-1] == "* and 800 more"


def test_which_rooms_there_are() -> None:
    rooms = [events.RoomInfo("dev", 1, ""), events.RoomInfo("lobby", 3, "tea")]
    assert line_replies.reply(events.RoomList(rooms=rooms), "u") == [
        "* lobby (3): tea",
        "* dev (1)",
    ]
    assert line_replies.reply(events.RoomList(rooms=[]), "u") == ["* there are no rooms"]
    many = [events.RoomInfo(f"r{i}", 0, "") for i in range(201)]
    assert line_replies.reply(events.RoomList(rooms=many), "u")[-1] == "* and 1 more"


def test_history_has_times_and_days() -> None:
    entries = [
        message("late", time="2026-11-20T23:59:59.000Z"),
        message("one\ntwo"),
        message("/me waves"),
    ]
    page = events.HistoryPage(room="lobby", epoch="e", entries=entries, more=True)
    assert line_replies.reply(page, "u") == [
        "* lobby on 2026-11-20, times in UTC",
        "23:59 <ann> late",
        "* lobby on 2026-11-21, times in UTC",
        "10:48 <ann> one",
        "10:48 <ann> two",
        "10:48 <* ann waves>",
    ]
    empty = events.HistoryPage(room="dev", epoch="e", entries=[], more=False)
    assert line_replies.reply(empty, "u") == ["* nothing was said in dev yet"]


def test_history_shows_what_was_done_and_nothing_of_what_was_deleted() -> None:
    entries = [
        message("", deleted=True),
        message("new", edited="2026-11-21T10:50:00.000Z"),
        message("new", edit="m"),
        message("", delete="m"),
    ]
    page = events.HistoryPage(room="lobby", epoch="e", entries=entries, more=True)
    assert line_replies.reply(page, "u")[1:] == [
        "10:48 <ann> new",
        "10:48 * ann edited: new",
        "10:48 * ann deleted a message",
    ]


TRICKS = st.lists(
    st.sampled_from(
        ["\r\n", "\n", "\r", "\u2028", "\x85", "\v", "\x1b[2J", "* bob left", "<bob> hi", "[bob]"]
        + ["#dev ", "10:48 ", "/me ", "\x1b]0;x\x07", "\u202e", "x", "\u200d", "\x00"]
    )
).map("".join)


@given(TRICKS, st.sampled_from(list(View)), st.sampled_from(["lobby", "@ann"]))
def test_nobody_can_make_a_line_that_is_not_theirs(text: str, view: View, room: str) -> None:
    own = r"(#lobby )?(<ann> |<\* ann )" if room == "lobby" else r"\[ann\] |\[\* ann |\[-> ann\] "
    shown = line_text.push(message(text, room=room), view)
    assert shown
    for one in shown:
        assert re.match(own, one)
        assert one.isprintable() or "\u200d" in one


@given(TRICKS, TRICKS)
def test_a_notice_is_one_line(reason: str, topic: str) -> None:
    left = events.Leave(room="r", nick="ann", user="u", count=1, reason=reason)
    changed = events.TopicChange(room="r", nick="ann", text=topic)
    for event in (left, changed):
        (one,) = line_text.push(event, View.HERE)
        assert one.startswith("* ann ")
        assert not set("\r\n\v\x85\u2028\x1b") & set(one)


@given(TRICKS, st.sampled_from(list(View)), st.sampled_from(["lobby", "@ann"]))
def test_an_edit_looks_like_nothing_else(text: str, view: View, room: str) -> None:
    who = "ann" if room == "lobby" else r"\[(-> )?ann\]"
    shown = line_text.push(message(text, room=room, edit="m"), view)
    assert shown
    assert all(re.match(rf"\* {who} edited( in #lobby)?: ", one) for one in shown)
