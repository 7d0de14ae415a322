"""The line protocol, what a user sees: events to lines (docs/protocol.md, "Line protocol"). Pure.
Answers to questions are in `line_replies`.

    <ann> hello          said in the current room; elsewhere: #dev <ann> hello
    <* ann waves>        the same, typed as /me waves
    [ann] hello          to you alone; [-> bob] hello is your own, from your other connection
    * ann joined         a notice
    * ann edited: hello  what was done to a message; in private: * [ann] edited: hello
    10:48 <ann> hello    out of the history

No line of a person's text starts a line of the wire: `*` begins notices only, a nick begins with
a letter or a digit and holds no bracket, a text of many lines gets its `<ann> ` before each.
So nobody can make a line that looks like another's, or like the server's. (A time in brackets
before an entry would look like a private message of somebody called 10.48.)
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Optional

from rabbitchat.chat import events
from rabbitchat.chat.errors import Code
from rabbitchat.codecs import terminal

MAX_NAMES = 200
"""Names in one list; the others are counted."""

NAMES_A_LINE = 15

QUESTION = "What is your name?"

GREETING = "* welcome to rabbitchat; /help lists what you can say"

FAREWELL = "* good bye"

NAMELESS = "* welcome back; you have no name any more"


class View(enum.Enum):
    """Whose eyes see an event: somebody's in that room, somebody's elsewhere, its author's."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    AUTHOR = "author"


def push(event: events.Event, view: View) -> list[str]:
    """The lines that show a push; none if it has nothing to show, as `typing`."""
    return [terminal.safe(line) for line in _push(event, view)]


def notice(text: str) -> str:
    """One line from the server; line breaks in the text become spaces."""
    return "* " + " ".join(" ".join(terminal.lines(text)).split())


def error(problem: events.Error) -> str:
    """Why a command was refused."""
    return notice(f"error: {problem.message}")


def not_resumed(problem: events.Error) -> str:
    """Why somebody who wanted to come back could not."""
    if problem.code != Code.NO_SUCH_USER:
        return error(problem)
    return notice("error: nobody has that word: it is mistyped, or was not used for too long")


def arrived(nick: str, joined: events.Joined, user: str) -> list[str]:
    """The answer to a join: who one is, where, with whom, and what it is about."""
    others = [member.nick for member in joined.members if member.user != user]
    count = max(len(others), joined.count - 1)
    company = f" with {_names(others[:NAMES_A_LINE], count)}" if count else ", alone"
    lines = [notice(f"you are {nick}, in {joined.room}{company}")]
    return [*lines, notice(f"topic: {joined.topic}")] if joined.topic else lines


def now_in(nick: str, room: Optional[str]) -> str:
    """Which room is the current one after another was left."""
    if room is None:
        return notice(f"you are {nick}, in no room; /join lobby takes you to one")
    return notice(f"you are {nick}, in {room}")


def session(secret: str, nick: str) -> str:
    """With which word one is the same user again."""
    return notice(f"to come back as the same user, type: /session {secret} {nick}")


def topic(text: str) -> str:
    """The topic of the current room."""
    return notice(f"topic: {text}" if text else "there is no topic; /topic and a text set one")


def _names(names: Sequence[str], count: int) -> str:
    rest = count - len(names)
    if rest <= 0:
        return ", ".join(names)
    return f"{', '.join(names)} and {rest} more" if names else f"{rest} more"


@singledispatch
def _push(event: events.Event, view: View) -> Iterator[str]:
    return iter(())


@_push.register
def _(event: events.Message, view: View) -> Iterator[str]:
    if event.edit or event.delete or event.react:
        return _deed(event, view)
    return iter(()) if event.deleted else _message(event, view)


def _message(event: events.Message, view: View) -> Iterator[str]:
    private = event.room.startswith("@")
    opening, closing = "[]" if private else "<>"
    to_other = private and view is View.AUTHOR
    sender = f"-> {event.room[1:]}" if to_other else event.nick
    room = f"#{event.room} " if view is View.ELSEWHERE and not private else ""
    # An action: the text keeps its "/me " on the wire (XEP-0245).
    action = event.text.startswith("/me ") and not to_other
    text = event.text[4:] if action else event.text
    for line in _said(text):
        if action:
            yield f"{room}{opening}* {sender} {line}{closing}"
        else:
            yield f"{room}{opening}{sender}{closing} {line}"


def _deed(event: events.Message, view: View) -> Iterator[str]:
    """What somebody did to a message; nothing where it took a reaction back, or was erased."""
    who, room = event.nick, "" if view is not View.ELSEWHERE else f" in #{event.room}"
    if event.room.startswith("@"):
        who = f"[-> {event.room[1:]}]" if view is View.AUTHOR else f"[{event.nick}]"
        room = ""
    if event.edit and not event.deleted:
        yield from (f"* {who} edited{room}: {line}" for line in _said(event.text))
    elif event.delete:
        yield notice(f"{who} deleted a message{room}")
    elif event.react and event.active is not False:
        yield notice(f"{who} reacted {event.text}{room}")


def _said(text: str) -> list[str]:
    """A text's lines without the blank ones, but one at least."""
    return [line for line in terminal.lines(text) if line.strip()] or [""]


@_push.register
def _(event: events.Join, view: View) -> Iterator[str]:
    yield notice(f"{event.nick} joined{_elsewhere(event.room, view)}")


@_push.register
def _(event: events.Leave, view: View) -> Iterator[str]:
    reason = f" ({event.reason})" if event.reason else ""
    yield notice(f"{event.nick} left{_elsewhere(event.room, view)}{reason}")


@_push.register
def _(event: events.NickChange, view: View) -> Iterator[str]:
    who = "you are" if view is View.AUTHOR else f"{event.old} is"
    yield notice(f"{who} now called {event.nick}")


@_push.register
def _(event: events.TopicChange, view: View) -> Iterator[str]:
    room = "" if view is View.HERE else f" of #{event.room}"
    yield notice(f"{event.nick} set the topic{room} to: {event.text}")


@_push.register
def _(event: events.Error, view: View) -> Iterator[str]:
    yield error(event)


@_push.register
def _(event: events.Disconnect, view: View) -> Iterator[str]:
    yield notice(f"disconnected: {event.reason} ({event.code})")


def _elsewhere(room: str, view: View) -> str:
    return "" if view is View.HERE else f" #{room}"
