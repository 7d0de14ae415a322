"""The line protocol, what a user types: one line to a command, or to what the line wire does by
itself (docs/protocol.md, "Line protocol"). Pure. What is shown is in `line_text`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Optional, Union

from rabbitchat.chat import commands
from rabbitchat.codecs import line_help, terminal
from rabbitchat.codecs.line_own import (
    FOUND,
    HISTORY,
    MAX_HISTORY,
    MAX_SESSION,
    Delete,
    Echo,
    Edit,
    Help,
    JsonMode,
    Local,
    Quit,
    React,
    Resume,
    ShowSession,
    ShowTopic,
    Since,
)

_WORDS = re.compile(r"/(\S*)\s*(.*)", re.DOTALL)


class LineError(Exception):
    """What was typed can't be understood; the message says what would be right."""


Parsed = Union[commands.Command, Local]


def parse(line: str, room: Optional[str]) -> Optional[Parsed]:
    """What a typed line asks; None if it is blank. `room` is the current one, None without any.

    A command of chat comes without `id` and `msgid`. Raises LineError.
    """
    line = terminal.typed(line).rstrip()
    if not line:
        return None
    if line.startswith("//"):
        return _say(line[1:], room)
    if not line.startswith("/"):
        return _say(line, room)
    words = _WORDS.match(line)
    assert words is not None  # it matches whatever starts with a slash
    return _command(words[1].lower())(words[2], room)


def name(line: str) -> Optional[Parsed]:
    """What a line asks of somebody who has no name yet: to be connected under the name in it, or
    one of the few things that need no name. Raises LineError."""
    parsed = parse(line, "")
    if isinstance(parsed, commands.Publish) and not line.lstrip().startswith("/"):
        return commands.Connect(nick=_name(parsed.text.strip()))
    if isinstance(parsed, commands.Nick):
        return commands.Connect(nick=parsed.nick)
    if isinstance(parsed, (Help, JsonMode, Quit, Resume)):
        return parsed
    if isinstance(parsed, ShowSession):
        raise LineError("give the word that /session showed when you were here: /session WORD")
    if parsed is not None:
        raise LineError("say your name first, then you may talk")
    return None


def explain(command: str) -> list[str]:
    """What `/help` shows: a line for each command, or for the one that is named.

    Raises LineError."""
    if command:
        name = command.lower().lstrip("/")
        _command(name)
        return [line_help.EXPLAINED[name]]
    return [*line_help.EXPLAINED.values(), line_help.SLASH]


def _command(word: str) -> Callable[[str, Optional[str]], Parsed]:
    parser = _PARSERS.get(word)
    if parser is not None:
        return parser
    near = difflib.get_close_matches(word[:20], _PARSERS, 1, 0.5)
    hint = f"did you mean /{near[0]}? " if near else ""
    raise LineError(f"there is no command /{word[:20]}; {hint}/help lists all")


def _current(room: Optional[str]) -> str:
    if room is None:
        raise LineError("you are in no room; /join lobby takes you to one")
    return room


def _needed(argument: str, usage: str) -> str:
    if not argument:
        raise LineError(f"something is missing: {usage}")
    return argument


def _say(text: str, room: Optional[str]) -> commands.Publish:
    return commands.Publish(room=_current(room), text=text)


def _nick(argument: str, room: Optional[str]) -> commands.Nick:
    return commands.Nick(nick=_name(_needed(argument, "/nick ann")))


def _join(argument: str, room: Optional[str]) -> commands.Join:
    return commands.Join(room=_name(_needed(argument, "/join lobby")), history=0)


def _leave(argument: str, room: Optional[str]) -> commands.Leave:
    return commands.Leave(room=_name(argument) or _current(room))


def _msg(argument: str, room: Optional[str]) -> commands.Publish:
    peer, *text = _needed(argument, "/msg bob hello").split(None, 1)
    return commands.Publish(
        room=_name("@" + peer.removeprefix("@")),
        text=_needed("".join(text), f"/msg {peer[:32]} hello"),
    )


def _me(argument: str, room: Optional[str]) -> commands.Publish:
    # The text keeps its "/me ", as XEP-0245 has it: clients that know it show an action, the
    # others show what was typed.
    return _say("/me " + _needed(argument, "/me waves"), room)


def _who(argument: str, room: Optional[str]) -> commands.Presence:
    return commands.Presence(room=_name(argument) or _current(room))


def _rooms(argument: str, room: Optional[str]) -> commands.Rooms:
    return commands.Rooms()


def _topic(argument: str, room: Optional[str]) -> Union[commands.Topic, ShowTopic]:
    if not argument:
        _current(room)
        return ShowTopic()
    return commands.Topic(room=_current(room), text=argument)


def _history(argument: str, room: Optional[str]) -> commands.History:
    count, room = _place(argument, room)
    if not count:
        return commands.History(room=room, limit=HISTORY)
    digits = count if count.isascii() and count.isdigit() and len(count) < 10 else "0"
    if not 1 <= int(digits) <= MAX_HISTORY:
        raise LineError(f"/history takes a number from 1 to {MAX_HISTORY}: /history {HISTORY}")
    return commands.History(room=room, limit=int(digits))


def _since(argument: str, room: Optional[str]) -> Since:
    when, room = _place(argument, room)
    return Since(room, _needed(when, "/since 2h"))


def _place(argument: str, room: Optional[str]) -> tuple[str, str]:
    """An argument without the `@nick` in it, and the room that is meant: that one, else the
    current one."""
    words = argument.split()
    peers = [word for word in words if word.startswith("@")]
    rest = " ".join([word for word in words if not word.startswith("@")])
    return rest, _name(peers[0]) if peers else _current(room)


def _search(argument: str, room: Optional[str]) -> commands.Search:
    return commands.Search(words=_needed(argument, "/search words"), limit=FOUND)


def _edit(argument: str, room: Optional[str]) -> Edit:
    return Edit(_current(room), _needed(argument, "/edit what you meant to say"))


def _delete(argument: str, room: Optional[str]) -> Delete:
    if argument:
        raise LineError("/delete deletes your last message here: it takes nothing more")
    return Delete(_current(room))


def _react(argument: str, room: Optional[str]) -> React:
    return React(_current(room), _needed(argument, "/react and an emoji"))


def _session(argument: str, room: Optional[str]) -> Union[ShowSession, Resume]:
    if not argument:
        return ShowSession()
    word, *nick = argument.split(None, 1)
    if len(word) > MAX_SESSION:
        raise LineError(f"that is no word that /session showed: it has {len(word)} characters")
    return Resume(word, _name("".join(nick)))


def _help(argument: str, room: Optional[str]) -> Help:
    return Help(argument)


def _quit(argument: str, room: Optional[str]) -> Quit:
    return Quit()


def _echo(argument: str, room: Optional[str]) -> Echo:
    if argument.lower() not in ("on", "off"):
        raise LineError("say /echo on or /echo off")
    return Echo(argument.lower() == "on")


def _mode(argument: str, room: Optional[str]) -> JsonMode:
    if argument.lower() != "json":
        raise LineError("there is one other mode: /mode json")
    return JsonMode()


def _name(text: str) -> str:
    """A name no longer than a command may carry: what is longer is wrong in any case."""
    return text[:1024]


_PARSERS: dict[str, Callable[[str, Optional[str]], Parsed]] = {
    "nick": _nick,
    "join": _join,
    "leave": _leave,
    "msg": _msg,
    "me": _me,
    "who": _who,
    "rooms": _rooms,
    "topic": _topic,
    "history": _history,
    "since": _since,
    "search": _search,
    "edit": _edit,
    "delete": _delete,
    "react": _react,
    "session": _session,
    "echo": _echo,
    "mode": _mode,
    "help": _help,
    "quit": _quit,
}
