"""One connection's state machine: every command in every state, and every limit."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rabbitchat.chat import commands, names, session
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.session import MAX_TOPIC, Session, State
from support.fakes import ANN, BOB

COMMANDS: dict[type[commands.Command], commands.Command] = {
    commands.Connect: commands.Connect(nick="ann"),
    commands.Join: commands.Join(room="lobby"),
    commands.Leave: commands.Leave(room="lobby"),
    commands.Publish: commands.Publish(room="lobby", text="hello"),
    commands.Typing: commands.Typing(room="lobby"),
    commands.History: commands.History(room="lobby"),
    commands.Presence: commands.Presence(room="lobby"),
    commands.Rooms: commands.Rooms(),
    commands.Topic: commands.Topic(room="lobby", text="tea"),
    commands.Nick: commands.Nick(nick="anna"),
    commands.Ping: commands.Ping(),
}
IN_LOBBY: dict[type[commands.Command], session.Request] = {
    commands.Join: session.Enter("lobby", None, 50),
    commands.Leave: session.Exit("lobby"),
    commands.Publish: session.Say(names.Room("lobby"), "hello", None),
    commands.Typing: session.ShowTyping(names.Room("lobby"), True),
    commands.History: session.Read(names.Room("lobby"), None, None, 50),
    commands.Presence: session.ListMembers("lobby"),
    commands.Rooms: session.ListRooms(),
    commands.Topic: session.SetTopic("lobby", "tea"),
    commands.Nick: session.Rename("anna"),
    commands.Ping: session.Answer(),
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
        assert one.request(COMMANDS[kind]) == session.Become("ann", None)
    elif kind is commands.Ping:
        assert one.request(COMMANDS[kind]) == session.Answer()
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
    assert one.request(commands.Leave(room=room)) == session.Exit("lobby")
    told = one.request(commands.Publish(room=room, text="x"))
    assert told == session.Say(names.Room("lobby"), "x", None)


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
    assert told == session.Say(names.Peer("Bob"), "x", "m")
    by_id = one.request(commands.Typing(room=f"@+{BOB}", active=False))
    assert by_id == session.ShowTyping(names.PeerId(BOB), False)
    read = one.request(commands.History(room="@bob", before=7, limit=3))
    assert read == session.Read(names.Peer("bob"), 7, None, 3)


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
        assert isinstance(one.request(command), session.Say)


def test_zero_lifts_the_limit_of_a_text() -> None:
    one = connected("lobby", max_text=0)
    assert one.request(commands.Publish(room="lobby", text="x" * 100_000))


def test_a_topic_is_bounded_and_may_be_empty() -> None:
    one = connected("lobby")
    assert one.request(commands.Topic(room="lobby", text="")) == session.SetTopic("lobby", "")
    assert one.request(commands.Topic(room="lobby", text="x" * MAX_TOPIC))
    command = commands.Topic(room="lobby", text="x" * (MAX_TOPIC + 1))
    assert refused(one, command) is Code.TEXT_TOO_LONG


def test_history_goes_one_way() -> None:
    command = commands.History(room="lobby", before=5, after=1)
    assert refused(connected("lobby"), command) is Code.BAD_COMMAND


def test_membership_is_asked_before_the_length() -> None:
    """Who isn't in a room learns nothing else about it."""
    command = commands.Publish(room="lobby", text="x" * 5000)
    assert refused(connected(), command) is Code.NOT_IN_ROOM


ROOMS = st.sampled_from(["lobby", "tea", "@bob", f"@+{BOB}", "no room", "#Lobby"])
ANY_COMMAND = st.one_of(
    st.builds(commands.Connect, nick=st.sampled_from(["ann", "no nick"])),
    st.builds(commands.Join, room=ROOMS),
    st.builds(commands.Leave, room=ROOMS),
    st.builds(commands.Publish, room=ROOMS, text=st.sampled_from(["x", " ", "y" * 11])),
    st.builds(commands.Typing, room=ROOMS),
    st.builds(commands.History, room=ROOMS, before=st.none() | st.just(1), after=st.none()),
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

    def carry_out(self, request: session.Request) -> None:
        """Do what the daemon does for a request."""
        if isinstance(request, session.Become):
            self.session.connected(ANN, request.nick)
            self.state = State.CONNECTED
        elif isinstance(request, session.Enter):
            self.session.rooms.add(request.room)
            self.rooms.add(request.room)
        elif isinstance(request, session.Exit):
            assert request.room in self.rooms
            self.session.rooms.discard(request.room)
            self.rooms.discard(request.room)
        elif isinstance(request, (session.Say, session.ShowTyping, session.Read)):
            if isinstance(request.target, names.Room):
                assert request.target.name in self.rooms
        elif isinstance(request, (session.ListMembers, session.SetTopic)):
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
