"""What `/help` says. Pure."""

from __future__ import annotations

from rabbitchat.codecs.line_own import HISTORY

EXPLAINED = {
    "nick": "/nick ann: take another name",
    "join": "/join dev: enter a room; what you say goes there from then on",
    "leave": "/leave [dev]: go out of this room, or of another",
    "msg": "/msg bob hello: tell bob alone",
    "me": "/me waves: say what you do",
    "who": "/who [dev]: who is in this room, or in another",
    "rooms": "/rooms: which rooms there are",
    "topic": "/topic [text]: show this room's topic, or set it",
    "history": f"/history [{HISTORY}] [@bob]: what was said in this room, or between you and bob:"
    " so many entries",
    "since": "/since 2h [@bob]: what was said since then; also 10m, 3d, 14:05, 2026-11-20,"
    " 2026-11-20T14:05 (times in UTC), or from the entry #41 on",
    "search": "/search words: what was said with all of these words in it, here and elsewhere",
    "edit": "/edit text: say your last message in this room anew",
    "delete": "/delete: delete your last message in this room",
    "react": "/react :-): react to what somebody else said last in this room",
    "session": "/session: show the word to come back with as the same user;"
    " /session WORD, instead of a name: come back",
    "echo": "/echo on: send your own lines back to you; /echo off: don't",
    "mode": "/mode json: speak the JSON protocol, one object a line (for programs)",
    "help": "/help [join]: this list, or one command of it",
    "quit": "/quit: go",
}
"""A line for each command."""

SLASH = "//text: say a line that starts with a slash"
