"""The line protocol: answers, and pages of what was said before."""

from __future__ import annotations

from typing import Any

import pytest

from rabbitchat.chat import events
from rabbitchat.codecs import line_replies
from rabbitchat.codecs.line_replies import MOST_BYTES, MOST_LINES


def entry(text: str, seq: int = 1, nick: str = "ann", **changed: Any) -> events.Message:
    fields: dict[str, Any] = {
        "room": "lobby",
        "epoch": "e",
        "msgid": f"m{seq}",
        "user": f"u-{nick}",
        "time": "2026-11-21T10:48:09.123Z",
    }
    return events.Message(text=text, seq=seq, nick=nick, **{**fields, **changed})


def page(*entries: events.Message, room: str = "lobby", more: bool = False) -> events.HistoryPage:
    return events.HistoryPage(room=room, epoch="e", entries=list(entries), more=more)


def missed(*entries: events.Message, read: int = 0, more: bool = False) -> list[str]:
    found = page(*entries, room=entries[0].room, more=more)
    return line_replies.missed(found, "u-tel", read)


def test_in_private_one_s_own_lines_are_marked() -> None:
    talk = [entry("psst", room="@ann"), entry("what?", 2, "tel", room="@ann")]
    assert line_replies.history(page(*talk, room="@ann"), "u-tel")[1:] == [
        "10:48 [ann] psst",
        "10:48 [-> ann] what?",
    ]


def test_of_what_was_missed_only_what_others_said_is_shown() -> None:
    assert missed(entry("a"), entry("mine", 2, "tel"), entry("b\nc", 3)) == [
        "* you missed 2 messages in lobby",
        "* lobby on 2026-11-21, times in UTC",
        "10:48 <ann> a",
        "10:48 <ann> b",
        "10:48 <ann> c",
    ]
    assert missed(entry("mine", 1, "tel")) == []
    assert missed(entry("", 1, deleted=True)) == []


def test_what_was_done_to_messages_is_no_message() -> None:
    assert missed(entry("a"), entry("b", 2, edit="m1")) == [
        "* you missed 1 message in lobby",
        "* lobby on 2026-11-21, times in UTC",
        "10:48 <ann> a",
        "10:48 * ann edited: b",
    ]
    assert missed(entry("", 1, delete="m0"))[0] == "* what you missed in lobby:"


def test_what_was_missed_in_private() -> None:
    heading, *_ = missed(entry("x", 7, room="@ann"), read=3, more=True)
    assert heading == (
        "* you missed more than 1 messages from ann;"
        " /since #4 @ann shows all, these are the newest"
    )


@pytest.mark.parametrize("text", ["\n".join("x" * 300), "x" * 4000])
def test_a_part_of_a_page_is_bounded(text: str) -> None:
    entries = [entry(text, seq) for seq in range(1, 301)]
    for shown in (
        line_replies.history(page(*entries), "u"),
        line_replies.since(page(*entries), "u"),
        line_replies.missed(page(*entries), "u", 0),
        line_replies.found(events.Found(entries=entries), "u"),
    ):
        assert 5 < len(shown) <= MOST_LINES + 2
        assert sum(map(len, shown)) < MOST_BYTES * 1.3
    first, last = line_replies.first(entries, "u"), line_replies.last(entries, "u")
    assert (first[0].seq, last[-1].seq) == (1, 300)
    goes_on = line_replies.since(page(*entries), "u")[-1]
    assert goes_on == f"* there is more: /since #{first[-1].seq + 1} goes on"
    assert line_replies.missed(page(*entries), "u", 0)[0].startswith("* you missed more than ")


def test_a_message_that_is_too_long_by_itself_is_shown() -> None:
    huge = entry("x\n" * 2000)
    assert len(line_replies.history(page(huge), "u")) == 2001


def test_since_in_private_goes_on_there() -> None:
    shown = line_replies.since(page(entry("x", 7, room="@ann"), room="@ann", more=True), "u")
    assert shown[-1] == "* there is more: /since #8 @ann goes on"


def test_what_was_found_is_shown_with_its_place_the_newest_last() -> None:
    found = events.Found(
        entries=[
            entry("tea?", 3, time="2026-11-21T10:48:00.000Z"),
            entry("/me makes tea", 9, room="dev", time="2026-11-20T09:00:00.000Z"),
            entry("tea", 1, "tel", room="@ann", time="2026-11-19T23:59:00.000Z"),
        ]
    )
    assert line_replies.reply(found, "u-tel") == [
        "2026-11-19 23:59 [-> ann] tea",
        "2026-11-20 09:00 #dev <* ann makes tea>",
        "2026-11-21 10:48 #lobby <ann> tea?",
    ]
    more = events.Found(entries=found.entries, next="x")
    assert line_replies.reply(more, "u-tel")[0] == (
        "* there is more; these are the newest. More words find less"
    )
    assert line_replies.reply(events.Found(entries=[]), "u-tel") == ["* nothing was found"]


def test_what_is_no_list_shows_nothing() -> None:
    assert line_replies.reply(events.Ok(), "u") == []
