"""One connection's state machine: every command in every state, and every limit."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rabbitchat.chat import commands, names, requests, rights
from rabbitchat.chat.entries import Entry, Kind
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.requests import Deed, Request
from rabbitchat.chat.session import Session, State
from rabbitchat.chat.texts import MAX_REACTION, MAX_SEARCH, MAX_TOPIC
from support.fakes import ANN, BOB, entry

COMMANDS: dict[type[commands.Command], commands.Command] = {
    commands.Connect: commands.Connect(nick="ann"),
    commands.Join: commands.Join(room="lobby"),
    commands.Leave: commands.Leave(room="lobby"),
    commands.Publish: commands.Publish(room="lobby", text="hello"),
    commands.Typing: commands.Typing(room="lobby"),
    commands.History: commands.History(room="lobby"),
    commands.Read: commands.Read(room="lobby", seq=7),
    commands.Search: commands.Search(words="tea", room="lobby"),
    commands.Presence: commands.Presence(room="lobby"),
    commands.Rooms: commands.Rooms(),
    commands.Topic: commands.Topic(room="lobby", text="tea"),
    commands.Nick: commands.Nick(nick="anna"),
    commands.Ping: commands.Ping(),
}
IN_LOBBY: dict[type[commands.Command], Request] = {
    commands.Join: requests.Enter("lobby", None, 50),
    commands.Leave: requests.Exit("lobby"),
    commands.Publish: requests.Say(names.Room("lobby"), "hello", None),
    commands.Typing: requests.ShowTyping(names.Room("lobby"), True),
    commands.History: requests.ReadHistory(names.Room("lobby"), None, None, 50),
    commands.Read: requests.MarkRead(names.Room("lobby"), 7),
    commands.Search: requests.Find("tea", names.Room("lobby"), 20, None),
    commands.Presence: requests.ListMembers("lobby"),
    commands.Rooms: requests.ListRooms(),
    commands.Topic: requests.SetTopic("lobby", "tea"),
    commands.Nick: requests.Rename("anna"),
    commands.Ping: requests.Answer(),
}
ANYWHERE = {commands.Join, commands.Rooms, commands.Nick, commands.Ping}
KINDS = sorted(COMMANDS, key=lambda kind: kind.__name__)


def connected(*rooms: str, max_text: int = 4000) -> Session:
    """A session of ann, in these rooms."""
    one = Session(max_text)
    one.connected(ANN, "ann")
    one.rooms.update(rooms)
    return one


def refused(one: Session, command: commands.Command) -> Code:
    """The code that a command is refused with."""
    with pytest.raises(ChatError) as caught:
        one.request(command)
    assert caught.value.message
    return caught.value.code


def test_every_command_is_tried_here() -> None:
    assert set(COMMANDS) == set(get_args(commands.AnyCommand))


@pytest.mark.parametrize("kind", KINDS)
def test_before_connect_only_connect_and_ping(kind: type[commands.Command]) -> None:
    one = Session(4000)
    if kind is commands.Connect:
        assert one.request(COMMANDS[kind]) == requests.Become("ann", None)
    elif kind is commands.Ping:
        assert one.request(COMMANDS[kind]) == requests.Answer()
    else:
        assert refused(one, COMMANDS[kind]) is Code.NOT_CONNECTED
    assert one.state is State.NEW


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_room(kind: type[commands.Command]) -> None:
    one = connected("lobby")
    if kind is commands.Connect:
        assert refused(one, COMMANDS[kind]) is Code.BAD_COMMAND
    else:
        assert one.request(COMMANDS[kind]) == IN_LOBBY[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_outside_of_a_room(kind: type[commands.Command]) -> None:
    one = connected("other")
    if kind is commands.Connect:
        assert refused(one, COMMANDS[kind]) is Code.BAD_COMMAND
    elif kind in ANYWHERE:
        assert one.request(COMMANDS[kind]) == IN_LOBBY[kind]
    else:
        assert refused(one, COMMANDS[kind]) is Code.NOT_IN_ROOM


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not commands.Ping])
def test_after_the_end_everything_is_refused(kind: type[commands.Command]) -> None:
    one = connected("lobby")
    one.closed()
    assert refused(one, COMMANDS[kind]) in (Code.NOT_CONNECTED, Code.BAD_COMMAND)


@pytest.mark.parametrize("room", ["Lobby", "#lobby", "#LOBBY"])
def test_a_room_is_meant_however_it_is_written(room: str) -> None:
    one = connected("lobby")
    assert one.request(commands.Leave(room=room)) == requests.Exit("lobby")
    told = one.request(commands.Publish(room=room, text="x"))
    assert told == requests.Say(names.Room("lobby"), "x", None)


@pytest.mark.parametrize("room", ["", "#", "two words", "a.b", "x" * 65, "#room.*"])
@pytest.mark.parametrize(
    "kind", [commands.Join, commands.Leave, commands.Presence, commands.History, commands.Typing]
)
def test_a_bad_room(kind: type[commands.Join], room: str) -> None:
    assert refused(connected(), kind(room=room)) is Code.BAD_ROOM


@pytest.mark.parametrize("nick", ["", "a b", "-a", "x" * 33, "a\n", "p\u0430ul", "\ud800"])
def test_a_bad_nick(nick: str) -> None:
    assert refused(Session(0), commands.Connect(nick=nick)) is Code.BAD_NICK
    assert refused(connected(), commands.Nick(nick=nick)) is Code.BAD_NICK
    assert refused(connected(), commands.Publish(room=f"@{nick}", text="x")) in (
        Code.BAD_NICK,
        Code.BAD_ROOM,
    )


def test_private_messages_need_no_join() -> None:
    one = connected()
    told = one.request(commands.Publish(room="@Bob", text="x", msgid="m"))
    assert told == requests.Say(names.Peer("Bob"), "x", "m")
    by_id = one.request(commands.Typing(room=f"@+{BOB}", active=False))
    assert by_id == requests.ShowTyping(names.PeerId(BOB), False)
    assert one.request(commands.Read(room="@bob", seq=3)) == requests.MarkRead(
        names.Peer("bob"), 3
    )
    read = one.request(commands.History(room="@bob", before=7, limit=3))
    assert read == requests.ReadHistory(names.Peer("bob"), 7, None, 3)


@pytest.mark.parametrize(
    "command",
    [
        commands.Join(room="@bob"),
        commands.Leave(room="@bob"),
        commands.Presence(room="@bob"),
        commands.Topic(room="@bob", text="x"),
    ],
)
def test_a_private_conversation_is_no_room(command: commands.Command) -> None:
    assert refused(connected(), command) is Code.BAD_ROOM


@pytest.mark.parametrize("text", ["", " ", "\n\t \u2003"])
def test_nothing_to_say(text: str) -> None:
    command = commands.Publish(room="lobby", text=text)
    assert refused(connected("lobby"), command) is Code.BAD_COMMAND


@given(st.integers(1, 20), st.integers(1, 40))
def test_the_length_of_a_text_is_bounded_in_characters(most: int, length: int) -> None:
    one = connected("lobby", max_text=most)
    command = commands.Publish(room="lobby", text="\N{GRINNING FACE}" * length)
    if length > most:
        assert refused(one, command) is Code.TEXT_TOO_LONG
    else:
        assert isinstance(one.request(command), requests.Say)


def test_zero_lifts_the_limit_of_a_text() -> None:
    one = connected("lobby", max_text=0)
    assert one.request(commands.Publish(room="lobby", text="x" * 100_000))


def test_a_topic_is_bounded_and_may_be_empty() -> None:
    one = connected("lobby")
    assert one.request(commands.Topic(room="lobby", text="")) == requests.SetTopic("lobby", "")
    assert one.request(commands.Topic(room="lobby", text="x" * MAX_TOPIC))
    command = commands.Topic(room="lobby", text="x" * (MAX_TOPIC + 1))
    assert refused(one, command) is Code.TEXT_TOO_LONG


# -- what is done to a message


def done(**fields: Any) -> requests.Request:
    """What becomes of a `publish` with these fields."""
    return connected("lobby", max_text=10).request(commands.Publish(room="lobby", **fields))


@pytest.mark.parametrize(
    ("fields", "text", "deed"),
    [
        ({"edit": "m", "text": "hello"}, "hello", Deed("edit", "m")),
        ({"edit": "m", "text": "hello", "active": False}, "hello", Deed("edit", "m")),
        ({"edit": "m", "text": "hello", "of": ANN}, "hello", Deed("edit", "m", ANN)),
        ({"delete": "m"}, "", Deed("delete", "m")),
        ({"react": "m", "text": "👍"}, "👍", Deed("react", "m")),
        ({"react": "m", "text": ":yes:", "of": BOB}, ":yes:", Deed("react", "m", BOB)),
        ({"react": "m", "text": "👍", "active": False}, "👍", Deed("react", "m", None, False)),
    ],
)
def test_what_is_done_to_a_message(fields: dict[str, Any], text: str, deed: Deed) -> None:
    assert done(**fields, msgid="d") == requests.Say(names.Room("lobby"), text, "d", deed)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"edit": "m"}, Code.BAD_COMMAND),
        ({"edit": "m", "text": " \n"}, Code.BAD_COMMAND),
        ({"edit": "m", "text": "x" * 11}, Code.TEXT_TOO_LONG),
        ({"delete": "m", "text": "x"}, Code.BAD_COMMAND),
        ({"react": "m"}, Code.BAD_COMMAND),
        ({"react": "m", "text": "two words"}, Code.BAD_COMMAND),
        ({"edit": "m", "delete": "m", "text": "x"}, Code.BAD_COMMAND),
        ({"delete": "m", "react": "n", "text": "x"}, Code.BAD_COMMAND),
        ({"edit": "m", "react": "m", "delete": "m", "text": "x"}, Code.BAD_COMMAND),
    ],
)
def test_what_cannot_be_done_to_a_message(fields: dict[str, Any], code: Code) -> None:
    with pytest.raises(ChatError) as caught:
        done(**fields)
    assert caught.value.code is code


@pytest.mark.parametrize("deed", ["edit", "delete", "react"])
def test_outside_of_a_room_nothing_is_done_but_a_repeat_is_answered(deed: str) -> None:
    fields: dict[str, Any] = {deed: "m", "text": "" if deed == "delete" else "x"}
    command = commands.Publish(room="lobby", **fields)
    assert refused(connected(), command) is Code.NOT_IN_ROOM
    again = commands.Publish(room="lobby", msgid="d", **fields)
    request = connected().request(again)
    assert isinstance(request, requests.Say)
    assert request.refusal is not None
    assert request.refusal.code is Code.NOT_IN_ROOM


@pytest.mark.parametrize(
    "text", ["👍", "👩‍👩‍👧‍👦", "1️⃣", ":yes:", "+1", "é", "\U0001fae9", "x" * 32]
)
def test_reactions(text: str) -> None:
    assert done(react="m", text=text)


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a\n", "\t", "\x00", "\x7f", "\u2028", "\u200d", "\ufe0f", "x" * 33]
)
def test_no_reactions(text: str) -> None:
    assert len(text) <= MAX_REACTION + 1
    command = commands.Publish(room="lobby", react="m", text=text)
    assert refused(connected("lobby"), command) is Code.BAD_COMMAND


def said_by(user: str) -> Entry:
    return entry(1, user=user)


@pytest.mark.parametrize(
    ("kind", "user", "age", "allowed"),
    [
        ("edit", ANN, 0.0, True),
        ("edit", ANN, 60.0, True),
        ("edit", ANN, 60.1, False),
        ("edit", BOB, 0.0, False),
        ("delete", ANN, 1e9, True),
        ("delete", BOB, 0.0, False),
        ("react", ANN, 1e9, True),
        ("react", BOB, 1e9, True),
    ],
)
def test_who_may_do_what_to_a_message(kind: Kind, user: str, age: float, allowed: bool) -> None:
    if allowed:
        rights.check_deed(kind, said_by(ANN), user, age, 60.0)
        return
    with pytest.raises(ChatError) as caught:
        rights.check_deed(kind, said_by(ANN), user, age, 60.0)
    assert caught.value.code is Code.NOT_ALLOWED


def test_zero_lifts_the_limit_of_the_time_to_edit() -> None:
    rights.check_deed("edit", said_by(ANN), ANN, 1e9, 0.0)


# -- searching


def test_a_search_may_be_of_everything() -> None:
    one = connected("lobby")
    asked = one.request(commands.Search(words="tea", before="c", limit=3))
    assert asked == requests.Find("tea", None, 3, "c")
    asked = one.request(commands.Search(words="tea", room="@bob"))
    assert asked == requests.Find("tea", names.Peer("bob"), 20, None)


def test_a_search_is_for_words() -> None:
    for words in ("", " ", "\n"):
        assert refused(connected(), commands.Search(words=words)) is Code.BAD_COMMAND
    assert refused(connected(), commands.Search(words="x", limit=0)) is Code.BAD_COMMAND
    long = commands.Search(words="x" * (MAX_SEARCH + 1))
    assert refused(connected(), long) is Code.TEXT_TOO_LONG


def test_history_goes_one_way() -> None:
    command = commands.History(room="lobby", before=5, after=1)
    assert refused(connected("lobby"), command) is Code.BAD_COMMAND


def test_membership_is_asked_before_the_length() -> None:
    """Who isn't in a room learns nothing else about it."""
    command = commands.Publish(room="lobby", text="x" * 5000)
    assert refused(connected(), command) is Code.NOT_IN_ROOM


# -- a whole life

ROOMS = st.sampled_from(["lobby", "tea", "@bob", f"@+{BOB}", "no room", "#Lobby"])
ANY_COMMAND = st.one_of(
    st.builds(commands.Connect, nick=st.sampled_from(["ann", "no nick"])),
    st.builds(commands.Join, room=ROOMS),
    st.builds(commands.Leave, room=ROOMS),
    st.builds(commands.Publish, room=ROOMS, text=st.sampled_from(["x", " ", "y" * 11])),
    st.builds(commands.Typing, room=ROOMS),
    st.builds(commands.History, room=ROOMS, before=st.none() | st.just(1), after=st.none()),
    st.builds(commands.Publish, room=ROOMS, edit=st.just("m"), text=st.just("x")),
    st.builds(commands.Read, room=ROOMS, seq=st.just(1)),
    st.builds(commands.Search, words=st.just("x"), room=st.none() | ROOMS),
    st.builds(commands.Presence, room=ROOMS),
    st.builds(commands.Rooms),
    st.builds(commands.Topic, room=ROOMS, text=st.text(max_size=3)),
    st.builds(commands.Nick, nick=st.sampled_from(["anna", ""])),
    st.builds(commands.Ping),
)


class Life(RuleBasedStateMachine):
    """A session through a whole life, beside the few facts that decide what it may do."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(10)
        self.state = State.NEW
        self.rooms: set[str] = set()

    @rule(command=ANY_COMMAND)
    def command(self, command: commands.Command) -> None:
        """A command: its request is carried out; a refusal changes nothing."""
        code, request = None, None
        try:
            request = self.session.request(command)
        except ChatError as problem:
            code = problem.code
        if request is None:
            if self.state is not State.CONNECTED and not isinstance(command, commands.Connect):
                assert code is Code.NOT_CONNECTED
            return
        assert isinstance(command, commands.Ping) or (
            isinstance(command, commands.Connect) == (self.state is State.NEW)
        )
        assert self.state is not State.CLOSED or isinstance(command, commands.Ping)
        self.carry_out(request)

    def carry_out(self, request: Request) -> None:
        """Do what the daemon does for a request."""
        if isinstance(request, requests.Become):
            self.session.connected(ANN, request.nick or "ann")
            self.state = State.CONNECTED
        elif isinstance(request, requests.Enter):
            self.session.rooms.add(request.room)
            self.rooms.add(request.room)
        elif isinstance(request, requests.Exit):
            assert request.room in self.rooms
            self.session.rooms.discard(request.room)
            self.rooms.discard(request.room)
        elif isinstance(
            request,
            (
                requests.Say,
                requests.ShowTyping,
                requests.ReadHistory,
                requests.MarkRead,
                requests.Find,
            ),
        ):
            if isinstance(request.target, names.Room):
                assert request.target.name in self.rooms
        elif isinstance(request, (requests.ListMembers, requests.SetTopic)):
            assert request.room in self.rooms

    @rule()
    def end(self) -> None:
        """The connection is gone."""
        self.session.closed()
        self.state = State.CLOSED

    @invariant()
    def agrees(self) -> None:
        """The session knows where it is."""
        assert self.session.state is self.state
        assert self.session.rooms == self.rooms


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=30, stateful_step_count=30)
