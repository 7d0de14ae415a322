"""A conversation in the line protocol, without sockets: what is asked of the daemon and shown."""

from __future__ import annotations

from typing import Any, Optional

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from zope.interface import implementer
from zope.interface.verify import verifyObject

from rabbitchat.chat import commands, events
from rabbitchat.chat.errors import ChatError, Close, Code
from rabbitchat.clients import IClient
from rabbitchat.codecs.telnet import EndOfInput, Line, TooLong
from rabbitchat.settings import Limits
from rabbitchat.transports.line_arrival import Arrival
from rabbitchat.transports.line_conversation import A_PERSON, LineConversation
from rabbitchat.transports.line_marks import EVERY
from rabbitchat.transports.line_peers import ILineOutput
from rabbitchat.transports.line_standpoint import MOST_OWN
from rabbitchat.transports.line_wires import CRLF_LINES
from support.line_daemon import RecordingConnection, RecordingDaemon, connected, joined, message

GREETING = ["* welcome to rabbitchat; /help lists what you can say", "What is your name?"]


@implementer(ILineOutput)
class Screen:
    """What a user sees."""

    address = "192.0.2.1"
    transport_name = "line"

    def __init__(self) -> None:
        self.written = b""
        self.arrival = Arrival(None)
        self.closed: Optional[tuple[Optional[Close], str]] = None
        self.reading = True

    def write(self, data: bytes) -> None:
        assert self.closed is None
        self.written += data

    def close(self, last_words: bytes, code: Optional[Close], reason: str) -> None:
        self.write(last_words)
        self.closed = (code, reason)

    def pause(self) -> None:
        assert self.reading
        self.reading = False

    def resume(self) -> None:
        assert not self.reading
        self.reading = True

    def new(self) -> list[str]:
        """The lines since the last call."""
        lines = self.written.decode().split("\r\n")
        assert lines.pop() == ""
        self.written = b""
        return lines


class User:
    """Somebody who types."""

    def __init__(self, daemon: Optional[RecordingDaemon] = None) -> None:
        daemon = daemon or RecordingDaemon()
        self.screen = Screen()
        self.clock = Clock()
        self.clock.advance(1795258089)  # 2026-11-21T10:48:09Z
        self.conversation = LineConversation(self.screen, daemon, Limits(), CRLF_LINES, self.clock)
        self.conversation.start()
        self.daemon = daemon

    @property
    def connection(self) -> RecordingConnection:
        return self.daemon.connections[0]

    def types(self, *lines: str) -> None:
        for line in lines:
            self.conversation.take(Line(line))

    def asked(self) -> list[commands.Command]:
        """The commands since the last call, without their ids."""
        taken = [_bare(command) for command in self.connection.commands]
        self.connection.commands.clear()
        return taken


def _bare(command: commands.Command) -> commands.Command:
    fields: dict[str, Any] = {
        name: getattr(command, name) for name in command.__struct_fields__ if name != "id"
    }
    if "msgid" in fields:
        fields["msgid"] = None
    return type(command)(**fields)


def talking(*others: str) -> User:
    """A user called tel who is in the lobby."""
    user = User()
    user.types("tel")
    user.connection.let_in("tel", *others)
    user.screen.new()
    user.connection.commands.clear()
    return user


def test_it_is_a_client() -> None:
    user = User()
    verifyObject(IClient, user.conversation)
    assert user.conversation.address == "192.0.2.1"
    assert user.conversation.transport_name == "line"
    assert user.connection.connect_within == Limits().connect_timeout * A_PERSON


def test_the_first_good_name_connects_and_joins_the_lobby() -> None:
    user = User()
    assert user.screen.new() == GREETING
    user.types("", "tel")
    assert user.asked() == [commands.Connect(nick="tel")]
    user.connection.commands.append(commands.Connect(nick="tel", id="line:1"))
    user.connection.answer(connected("tel"))
    assert user.connection.last(commands.Join).history == 0
    assert user.screen.new() == []
    user.connection.answer(joined("lobby", "ann", "bob", "tel"))
    assert user.screen.new() == ["* you are tel, in lobby with ann, bob"]


def test_a_bad_name_is_explained_and_asked_for_again() -> None:
    user = User()
    user.types("b@d")
    user.connection.fail(ChatError(Code.BAD_NICK, "no @ in a nick"))
    assert user.screen.new()[2:] == ["* error: no @ in a nick", "What is your name?"]
    user.types("good")
    user.connection.let_in("good")
    assert user.screen.new() == ["* you are good, in lobby, alone"]


def test_lines_typed_ahead_wait_for_the_lobby() -> None:
    user = User()
    user.types("tel", "hello", "again")
    assert user.asked() == [commands.Connect(nick="tel")]
    assert not user.screen.reading
    user.connection.commands.append(commands.Connect(nick="tel", id="line:1"))
    user.connection.let_in()
    said = [c for c in user.connection.commands if isinstance(c, commands.Publish)]
    assert [c.text for c in said] == ["hello", "again"]
    assert user.screen.reading


def test_a_name_typed_ahead_is_taken_when_the_first_was_bad() -> None:
    user = User()
    user.types("b@d", "good")
    assert user.asked() == [commands.Connect(nick="b@d")]
    user.conversation.send(events.error(ChatError(Code.BAD_NICK, "bad"), "line:1"))
    assert user.asked() == [commands.Connect(nick="good")]


def test_what_is_typed_after_a_join_is_said_there() -> None:
    user = talking()
    user.types("/join dev", "hello", "/who")
    join = user.connection.last(commands.Join)
    assert user.asked() == [commands.Join(room="dev", history=0)]
    user.connection.answer(joined("dev", "tel", "ann", topic="tea"), join)
    assert user.screen.new() == ["* you are tel, in dev with ann", "* topic: tea"]
    assert user.asked() == [
        commands.Publish(room="dev", text="hello"),
        commands.Presence(room="dev"),
    ]


def test_other_answers_do_not_end_the_wait_for_a_join() -> None:
    user = talking()
    user.types("/rooms", "/join dev", "hello")
    rooms, join = user.connection.commands
    user.connection.answer(events.RoomList(rooms=[]), rooms)
    assert user.connection.commands == [rooms, join]
    user.connection.answer(joined("dev", "tel"), join)
    assert user.connection.last(commands.Publish).room == "dev"


def test_leaving_the_current_room_goes_back_to_the_one_before() -> None:
    user = talking()
    user.types("/join dev")
    user.connection.answer(joined("dev", "tel"))
    user.types("/leave")
    assert user.connection.last(commands.Leave).room == "dev"
    user.connection.answer(events.Left(room="dev"))
    assert user.screen.new()[1:] == ["* you left dev", "* you are tel, in lobby"]
    user.types("/leave")
    user.connection.answer(events.Left(room="lobby"))
    assert user.screen.new()[1] == "* you are tel, in no room; /join lobby takes you to one"
    user.types("hello")
    assert user.screen.new() == ["* error: you are in no room; /join lobby takes you to one"]


def test_a_refused_join_leaves_one_where_one_was() -> None:
    user = talking()
    user.types("/join a b", "hello")
    user.connection.fail(ChatError(Code.BAD_ROOM, "no such name"))
    assert user.screen.new() == ["* error: no such name"]
    assert user.connection.last(commands.Publish).room == "lobby"


def test_a_lobby_that_refuses_leaves_one_in_no_room() -> None:
    user = User()
    user.types("tel")
    user.connection.answer(connected("tel"))
    user.connection.fail(ChatError(Code.UNAVAILABLE, "later"))
    assert user.screen.new()[2:] == [
        "* error: later",
        "* you are tel, in no room; /join lobby takes you to one",
    ]


def test_messages_show_where_they_were_said() -> None:
    user = talking()
    for event in (message("hi"), message("hi", room="dev"), message("hi", room="@ann")):
        user.connection.tell(event)
    assert user.screen.new() == ["<ann> hi", "#dev <ann> hi", "[ann] hi"]


def test_own_lines_are_not_sent_back() -> None:
    user = talking()
    user.types("hello", "/msg ann psst")
    own = [c.msgid for c in user.connection.commands if isinstance(c, commands.Publish)]
    assert None not in own
    assert len(set(own)) == 2
    user.connection.tell(message("hello", "tel", msgid=own[0]))
    user.connection.tell(message("psst", "tel", room="@ann", msgid=own[1]))
    assert user.screen.new() == []


def test_own_lines_of_another_connection_are_shown() -> None:
    user = talking()
    user.connection.tell(message("hello", "tel", msgid="other"))
    user.connection.tell(message("psst", "tel", room="@ann", msgid="another"))
    assert user.screen.new() == ["<tel> hello", "[-> ann] psst"]


def test_echo() -> None:
    user = talking()
    user.types("/echo on")
    user.connection.answer(events.Pong())
    user.types("hello")
    msgid = user.connection.last(commands.Publish).msgid
    user.connection.tell(message("hello", "tel", msgid=msgid))
    assert user.screen.new() == ["* echo is on", "<tel> hello"]
    user.types("/echo off")
    user.connection.answer(events.Pong())
    user.types("hello")
    msgid = user.connection.last(commands.Publish).msgid
    user.connection.tell(message("hello", "tel", msgid=msgid))
    assert user.screen.new() == ["* echo is off"]


def test_a_line_that_was_refused_and_comes_all_the_same_is_shown() -> None:
    user = talking()
    user.types("hello")
    msgid = user.connection.last(commands.Publish).msgid
    user.connection.fail(ChatError(Code.UNAVAILABLE, "perhaps"))
    user.connection.tell(message("hello", "tel", msgid=msgid))
    assert user.screen.new() == ["* error: perhaps", "<tel> hello"]


def test_own_lines_that_never_come_back_are_forgotten_in_time() -> None:
    user = talking()
    user.types(*(f"line {i}" for i in range(MOST_OWN + 1)))
    first, second = (c.msgid for c in user.connection.commands[:2])  # type: ignore[attr-defined]
    user.connection.tell(message("first", "tel", msgid=first))
    user.connection.tell(message("second", "tel", msgid=second))
    assert user.screen.new() == ["<tel> first"]


def test_own_comings_and_goings_are_not_shown() -> None:
    user = talking()
    for nick in ("tel", "ann"):
        user.connection.tell(events.Join(room="lobby", nick=nick, user=f"u-{nick}", count=2))
        fields: dict[str, Any] = {"room": "dev", "nick": nick, "user": f"u-{nick}", "count": 1}
        user.connection.tell(events.Leave(**fields, reason="quit"))
    user.connection.tell(events.Typing(room="lobby", nick="ann", user="u-ann", active=True))
    assert user.screen.new() == ["* ann joined", "* ann left #dev (quit)"]


@pytest.mark.parametrize("answer_first", [True, False])
def test_a_new_name_is_told_once(answer_first: bool) -> None:
    user = talking()
    user.types("/nick anna")
    push = events.NickChange(user="u-tel", old="tel", nick="anna")
    if not answer_first:
        user.connection.tell(push)
    user.connection.answer(events.Renamed(nick="anna"))
    if answer_first:
        user.connection.tell(push)
    assert user.screen.new() == ["* you are now called anna"]
    user.connection.tell(events.NickChange(user="u-bob", old="bob", nick="rob"))
    assert user.screen.new() == ["* bob is now called rob"]


def test_the_topic_is_remembered() -> None:
    user = talking()
    user.types("/topic")
    user.connection.answer(events.Pong())
    user.connection.tell(events.TopicChange(room="lobby", nick="ann", text="tea"))
    user.types("/topic")
    user.connection.answer(events.Pong())
    assert user.screen.new() == [
        "* there is no topic; /topic and a text set one",
        "* ann set the topic to: tea",
        "* topic: tea",
    ]


def test_help_is_limited_like_any_command() -> None:
    user = talking()
    user.types("/help", "/help join")
    one, other = user.connection.commands
    assert isinstance(one, commands.Ping)
    user.connection.answer(events.Pong(), one)
    assert any(line.startswith("/quit") for line in user.screen.new())
    user.connection.fail(ChatError(Code.RATE_LIMITED, "too fast"), other)
    assert user.screen.new() == ["* error: too fast"]


def test_lists_and_history_are_shown() -> None:
    user = talking()
    user.types("/who")
    members = [events.Member("ann", "u")]
    user.connection.answer(events.PresenceList(room="lobby", members=members, count=1))
    user.types("/history")
    page = events.HistoryPage(room="lobby", epoch="e", entries=[message("hi")], more=False)
    user.connection.answer(page)
    assert user.screen.new() == [
        "* in lobby: ann",
        "* lobby on 2026-11-21, times in UTC",
        "10:48 <ann> hi",
    ]


def test_mistakes_count_for_the_flood_limit() -> None:
    user = talking()
    user.types("/jion")
    user.conversation.take(TooLong(65536))
    assert [problem.code for problem in user.connection.refused] == [
        Code.BAD_COMMAND,
        Code.TEXT_TOO_LONG,
    ]
    assert user.screen.new() == [
        "* error: there is no command /jion; did you mean /join? /help lists all",
        "* error: a line may have 65536 bytes; this one had more and was dropped",
    ]


def test_a_paused_client_is_not_read_but_what_was_read_is_weighed() -> None:
    user = talking()
    user.conversation.pause()
    assert not user.screen.reading
    user.types("one", "two")
    assert [c.text for c in user.asked() if isinstance(c, commands.Publish)] == ["one", "two"]
    assert not user.screen.reading
    user.conversation.resume()
    assert user.screen.reading


def test_mode_json_before_a_name() -> None:
    user = User()
    user.screen.new()
    user.types("/mode json", '{"type":"connect","id":1,"nick":"tel"}')
    assert user.connection.commands == [commands.Connect(nick="tel", id=1)]
    user.connection.answer(connected("tel"))
    user.connection.tell(message("/me \x1b hi"))
    first, second = user.screen.new()
    assert '"type":"connected","id":1' in first
    assert '"text":"/me \\u001b hi"' in second


def test_mode_json_while_talking() -> None:
    user = talking()
    user.types("hello", "/mode json", '{"type":"ping","id":"a"}', "")
    said, ping = user.connection.commands
    user.connection.answer(events.Published(room="lobby", msgid="m", seq=1, time="t"), said)
    assert user.screen.new() == []  # a program did not ask that
    user.connection.answer(events.Pong(), ping)
    user.connection.tell(events.Typing(room="lobby", nick="ann", user="u", active=True))
    pong, typing = user.screen.new()
    assert pong == '{"type":"pong","id":"a"}'
    assert '"type":"typing"' in typing


def test_bad_json_is_refused() -> None:
    user = talking()
    user.types("/mode json", "hello", '{"type":"nonsense","id":5}')
    assert [p.code for p in user.connection.refused] == [Code.BAD_JSON, Code.BAD_COMMAND]
    assert '"id":5' in user.screen.new()[1]


# -- coming back


def test_the_word_to_come_back_with_is_shown() -> None:
    user = talking()
    user.types("/session")
    user.connection.answer(events.Pong())
    assert user.screen.new() == [
        "* to come back as the same user, type: /session secret tel",
    ]
    user.types("/session secret")
    assert user.screen.new() == ["* error: you are somebody already; /quit, and come in anew"]


def test_a_word_brings_its_user_back_with_the_nick_they_have() -> None:
    user = User()
    user.types("/session word", "hello")
    assert user.asked() == [commands.Connect(session="word")]
    user.connection.commands.append(commands.Connect(session="word", id="line:1"))
    user.connection.let_in("tel", "ann")
    said = user.connection.last(commands.Publish)
    assert (said.room, said.text) == ("lobby", "hello")
    assert user.screen.new()[2:] == ["* you are tel, in lobby with ann"]


NO_NICK = ChatError(Code.BAD_NICK, "none any more")


def test_a_word_with_a_nick_is_given_again_with_it() -> None:
    user = User()
    user.types("/session word tel")
    user.connection.fail(NO_NICK)
    assert user.connection.last(commands.Connect).nick == "tel"
    assert user.connection.last(commands.Connect).session == "word"
    user.connection.fail(ChatError(Code.NICK_IN_USE, "taken"))
    assert user.screen.new()[2:] == ["* error: taken", "What is your name?"]
    user.types("telly")
    assert user.connection.last(commands.Connect).session == "word"
    user.connection.let_in("telly")
    assert user.screen.new() == [
        "* your word has expired: you are somebody new",  # it is `secret` here
        "* you are telly, in lobby, alone",
    ]


def test_a_word_without_a_nick_is_kept_until_there_is_one() -> None:
    user = User()
    user.types("/session secret")
    user.connection.fail(NO_NICK)
    assert user.screen.new()[2:] == [
        "* welcome back; you have no name any more",
        "What is your name?",
    ]
    user.types("tel")
    assert user.connection.last(commands.Connect).session == "secret"
    user.connection.let_in("tel")
    assert user.screen.new() == ["* you are tel, in lobby, alone"]


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (ChatError(Code.NO_SUCH_USER, "x"), "nobody has that word: it is mistyped, or was not"),
        (ChatError(Code.UNAVAILABLE, "no log just now"), "no log just now"),
    ],
)
def test_a_word_that_brings_nobody_back_is_forgotten(problem: ChatError, told: str) -> None:
    user = User()
    user.types("/session word tel")
    user.connection.fail(problem)
    refused, question = user.screen.new()[2:]
    assert refused.startswith(f"* error: {told}")
    assert question == "What is your name?"
    user.types("tel")
    assert user.connection.last(commands.Connect).session is None


def test_what_was_missed_is_shown_and_then_what_came_meanwhile() -> None:
    user = User()
    user.types("tel")
    user.connection.answer(connected("tel"))
    user.connection.answer(msgspec.structs.replace(joined("lobby", "tel"), seq=10, read=8))
    user.connection.tell(message("live", seq=11))
    missed = user.connection.last(commands.History)
    assert (missed.before, missed.limit) == (11, 2)
    found = [message("one", seq=9), message("mine", "tel", seq=10)]
    user.connection.answer(events.HistoryPage(room="lobby", epoch="e", entries=found, more=True))
    assert user.connection.last(commands.History).after == 10
    live = [message("live", seq=11)]
    user.connection.answer(events.HistoryPage(room="lobby", epoch="e", entries=live, more=False))
    user.connection.tell(message("later", seq=12))
    assert user.screen.new()[3:] == [
        "* you missed 1 message in lobby",
        "* lobby on 2026-11-21, times in UTC",
        "10:48 <ann> one",
        "<ann> live",
        "<ann> later",
    ]


def test_nothing_is_shown_twice() -> None:
    user = talking()
    for seq in (1, 2, 2, 1, 3):
        user.connection.tell(message(f"{seq}", seq=seq))
    assert user.screen.new() == ["<ann> 1", "<ann> 2", "<ann> 3"]


def test_what_was_shown_is_marked_as_read_after_a_while() -> None:
    user = talking()
    user.connection.tell(message("a", seq=1))
    user.connection.tell(message("b", seq=2))
    user.clock.advance(EVERY)
    assert user.asked() == [commands.Read(room="lobby", seq=2)]
    user.connection.tell(events.Read(room="lobby", seq=3))  # at another of tel's connections
    user.connection.tell(message("c", seq=3))
    user.clock.advance(EVERY)
    assert user.asked() == []
    assert user.clock.getDelayedCalls() == []
    assert user.screen.new() == ["<ann> a", "<ann> b", "<ann> c"]


def test_a_mark_that_is_refused_is_nobody_s_concern() -> None:
    user = talking()
    user.connection.tell(message("a", room="@ann"))
    user.clock.advance(EVERY)
    assert user.connection.last(commands.Read).room == "@+u-ann"
    user.connection.fail(ChatError(Code.NO_SUCH_USER, "gone"))
    assert user.screen.new() == ["[ann] a"]
    user.connection.tell(message("b"))
    user.clock.advance(EVERY)
    user.connection.fail(ChatError(Code.UNAVAILABLE, "no log just now"))
    user.connection.tell(message("c", room="@ann"))
    user.clock.advance(EVERY)
    assert [type(command) for command in user.asked()] == [commands.Read] * 4  # one of them again
    assert user.screen.new() == ["<ann> b", "[ann] c"]


def test_quit_waits_until_what_was_read_is_kept() -> None:
    user = talking()
    user.connection.tell(message("a"))
    user.types("/quit")
    assert user.screen.new() == ["<ann> a"]
    user.connection.answer(events.Ok(), user.connection.last(commands.Read))
    assert user.screen.new() == ["* good bye"]
    assert user.connection.ended == [(True, "quit")]


@pytest.mark.parametrize("go", ["/quit", "/mode json"])
def test_what_was_shown_is_marked_as_read_at_the_end(go: str) -> None:
    user = talking()
    user.connection.tell(message("a", seq=1))
    user.types(go)
    assert user.asked() == [commands.Read(room="lobby", seq=1)]
    assert user.clock.getDelayedCalls() == []


def test_what_was_shown_in_a_room_is_marked_before_it_is_left() -> None:
    user = talking()
    user.connection.tell(message("a", seq=1))
    user.types("/leave #Lobby")
    assert user.asked() == [
        commands.Read(room="lobby", seq=1),
        commands.Leave(room="#Lobby"),
    ]


def test_the_end_of_a_connection_ends_what_is_asked() -> None:
    user = talking()
    user.types("/since #1")
    user.conversation.lost(clean=False)
    assert user.screen.new() == []
    user.connection.answer(events.HistoryPage(room="lobby", epoch="e", entries=[], more=False))


# -- what was said before


def test_since() -> None:
    user = talking()
    user.types("/since 2h")
    user.connection.last(commands.History)
    page = events.HistoryPage(room="lobby", epoch="e", entries=[message("hi", seq=3)], more=False)
    user.connection.answer(page)
    assert user.connection.last(commands.History).after == 2
    user.connection.answer(page)
    assert user.screen.new() == ["* lobby on 2026-11-21, times in UTC", "10:48 <ann> hi"]
    user.types("/since yesterday")
    assert user.screen.new()[0].startswith("* error: /since takes one of 10m, 2h, ")


def test_search() -> None:
    user = talking()
    user.types("/search tea")
    assert user.connection.last(commands.Search).words == "tea"
    user.connection.answer(events.Found(entries=[message("tea", "tel", room="@ann")]))
    assert user.screen.new() == ["2026-11-21 10:48 [-> ann] tea"]


# -- what is done to messages


def test_one_s_last_message_can_be_edited_and_deleted() -> None:
    user = talking()
    user.types("/edit new")
    assert user.screen.new() == [
        "* error: you have said nothing here, since you came, that you could edit"
    ]
    user.types("helo", "/msg ann psst", "/edit hello", "/delete", "/delete")
    said, _, edit, delete = user.connection.commands
    assert isinstance(said, commands.Publish)
    assert isinstance(edit, commands.Publish)
    assert isinstance(delete, commands.Publish)
    assert (edit.room, edit.text, edit.edit) == ("lobby", "hello", said.msgid)
    assert (delete.room, delete.text, delete.delete) == ("lobby", "", said.msgid)
    assert user.screen.new() == [
        "* error: you have said nothing here, since you came, that you could delete"
    ]
    done = message("hello", "tel", msgid=edit.msgid, edit=said.msgid)
    user.connection.tell(done)
    assert user.screen.new() == ["* tel edited: hello"]  # so one sees that it was


def test_what_was_refused_is_not_one_s_last_message() -> None:
    user = talking()
    user.types("first", "second")
    first, second = user.connection.commands
    user.connection.fail(ChatError(Code.RATE_LIMITED, "too fast"), second)
    user.types("/delete")
    delete = user.connection.last(commands.Publish)
    assert isinstance(first, commands.Publish)
    assert delete.delete == first.msgid
    user.connection.fail(ChatError(Code.UNAVAILABLE, "later"), delete)
    user.types("/edit anew")
    assert user.connection.last(commands.Publish).edit == first.msgid


def test_what_somebody_else_said_last_can_be_reacted_to() -> None:
    user = talking()
    user.types("/react :-)")
    assert user.screen.new()[0].startswith("* error: nobody else has said anything here")
    user.connection.tell(message("hi", msgid="m1"))
    user.connection.tell(message("psst", room="@bob", nick="bob"))
    user.connection.tell(message("hello", msgid="m2", edit="m1"))
    user.connection.tell(message("mine", "tel", msgid="m3"))
    user.types("/react :-)")
    reaction = user.connection.last(commands.Publish)
    assert (reaction.room, reaction.text) == ("lobby", ":-)")
    assert (reaction.react, reaction.of) == ("m1", "u-ann")


def test_what_is_looked_up_from_before_is_not_what_was_said_last() -> None:
    user = talking()
    user.connection.tell(message("hi", msgid="last", seq=2))
    user.types("/since #1")
    page = [message("long ago", msgid="first", seq=1)]
    user.connection.answer(events.HistoryPage(room="lobby", epoch="e", entries=page, more=True))
    user.types("/react :-)")
    assert user.connection.last(commands.Publish).react == "last"


# -- going


def test_quit() -> None:
    user = talking()
    user.types("/quit", "hello")
    assert user.screen.new() == ["* good bye"]
    assert user.screen.closed == (None, "quit")
    user.conversation.lost(clean=True)
    assert user.connection.ended == [(True, "quit")]
    assert user.asked() == []


def test_quit_lets_what_was_said_be_answered() -> None:
    user = talking()
    user.types("hello", "/quit")
    assert user.screen.closed is None
    user.connection.fail(ChatError(Code.RATE_LIMITED, "too fast"))
    assert user.screen.new() == ["* error: too fast", "* good bye"]
    assert user.connection.ended == [(True, "quit")]


def test_all_that_was_piped_in_is_dealt_with_before_the_end() -> None:
    user = User()
    user.types("tel", "hello")
    user.conversation.take(EndOfInput("closed"))
    user.connection.let_in("tel")
    user.connection.answer(events.Published(room="lobby", msgid="m", seq=1, time="t"))
    assert user.connection.ended == [(True, "closed")]
    assert user.screen.new()[2:] == ["* you are tel, in lobby, alone", "* good bye"]


def test_the_end_of_a_program_says_no_good_bye() -> None:
    user = talking()
    user.types("/mode json", '{"type":"ping","id":1}')
    user.conversation.take(EndOfInput("closed"))
    assert user.screen.closed is None
    user.connection.answer(events.Pong())
    assert user.screen.new() == ['{"type":"pong","id":1}']
    assert user.screen.closed == (None, "closed")


@pytest.mark.parametrize(
    ("clean", "ended"), [(True, (True, "closed")), (False, (False, "connection lost"))]
)
def test_a_lost_connection(clean: bool, ended: tuple[bool, str]) -> None:
    user = talking()
    user.conversation.lost(clean)
    assert user.connection.ended == [ended]
    user.types("hello")
    assert user.asked() == []


@pytest.mark.parametrize(
    ("code", "clean"), [(Close.SHUTTING_DOWN, False), (Close.SLOW, False), (Close.FLOOD, True)]
)
def test_sent_away(code: Close, clean: bool) -> None:
    user = talking()
    user.conversation.close(code, "so it is")
    user.conversation.close(Close.REPLACED, "twice")
    assert user.screen.new() == [f"* disconnected: so it is ({int(code)})"]
    assert user.screen.closed == (code, "so it is")
    user.types("hello")
    assert user.asked() == []
    user.conversation.lost(clean=True)
    assert user.connection.ended[0][0] is clean


def test_a_program_is_sent_away_in_json() -> None:
    user = talking()
    user.types("/mode json")
    user.conversation.close(Close.SHUTTING_DOWN, "x")
    assert user.screen.new() == ['{"type":"disconnect","code":3000,"reason":"x","reconnect":true}']


def test_refused_at_the_door() -> None:
    daemon = RecordingDaemon()
    daemon.refuse_with = Close.TOO_MANY_CONNECTIONS
    user = User(daemon)
    assert user.screen.new() == ["* disconnected: not now (3502)"]
    user.types("tel")
    user.conversation.lost(clean=True)
    assert daemon.connections == []


HEARD = st.one_of(
    st.builds(Line, st.text()),
    st.builds(
        Line,
        st.sampled_from(
            ["tel", "hello", "/join dev", "/leave", "/nick x", "/msg a b", "/help", "/echo on"]
            + ["/session", "/session word", "/session word tel", "/since 2h", "/since #1"]
            + ["/search x", "/edit x", "/delete", "/react x"]
            + ["/topic", "/history", "/mode json", '{"type":"ping","id":1}', "{}", "/who"]
        ),
    ),
    st.just(TooLong(10)),
)


@given(st.lists(HEARD, max_size=30), st.randoms(use_true_random=False))
def test_every_line_in_any_order_with_any_answers(heard: list[Any], random: Any) -> None:
    """No line and no answer raises, every line is dealt with, and the end always comes."""
    user = User()
    answers = [events.Ok(), connected("tel"), joined("lobby", "tel"), joined("dev", "tel", "ann")]
    answers += [events.Left(room="lobby"), events.Renamed(nick="x"), events.Pong()]
    answers += [msgspec.structs.replace(joined("lobby", "tel"), seq=9, read=3)]
    page = events.HistoryPage(room="lobby", epoch="e", entries=[message("x", seq=10)], more=False)
    answers += [page, events.Found(entries=[message("x")])]
    refusal = events.error(ChatError(Code.RATE_LIMITED, "too fast"))
    answered = 0
    for item in [*heard, EndOfInput("closed")]:
        user.conversation.take(item)
        if random.random() < 0.5:
            user.conversation.pause()
            user.conversation.resume()
    while answered < len(user.connection.commands):
        command = user.connection.commands[answered]
        if command.id is not None:
            user.connection.answer(random.choice([*answers, refusal]), command)
        answered += 1
    assert user.screen.closed == (None, "closed")
    assert user.connection.ended == [(True, "closed")]
