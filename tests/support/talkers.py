"""People who talk, whatever their client speaks: what the chat contract is written in.

A Talker enters the chat and its lobby under a name, says things, and waits to see what others do.
Another transport is another carrier in TRANSPORTS; another protocol is another Talker.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from support.clients import JSONClient, LineClient
from support.nodes import Node
from support.sockjs_carriers import POLLING, STREAMING

LOBBY = "lobby"


class Talker(ABC):
    """One person at one client."""

    nick = ""

    @abstractmethod
    async def enters(self, nick: str) -> set[str]:
        """Take a name and go into the lobby; who else is there."""

    @abstractmethod
    async def cannot_enter(self, nick: str, why: str) -> None:
        """Be refused a name, for a reason that has this word in it; it may be tried again."""

    @abstractmethod
    async def goes_into(self, room: str) -> set[str]:
        """Join a room and talk there from now on; who else is there."""

    @abstractmethod
    async def goes_out_of(self, room: str) -> None:
        """Leave a room; one talks in the lobby again."""

    @abstractmethod
    async def says(self, text: str) -> None:
        """Say something in the room one talks in."""

    @abstractmethod
    async def tells(self, nick: str, text: str) -> None:
        """Say something to one user."""

    @abstractmethod
    async def cannot_tell(self, nick: str, why: str) -> None:
        """Be refused to talk to somebody, for a reason that has this word in it."""

    @abstractmethod
    async def hears(self, nick: str, text: str, room: str = LOBBY) -> None:
        """Wait until somebody said this in a room."""

    @abstractmethod
    async def hears_in_private(self, nick: str, text: str) -> None:
        """Wait until somebody said this to oneself."""

    @abstractmethod
    async def sees_own(self, text: str) -> None:
        """See what one said oneself as this protocol shows it: the JSON protocol sends it to the
        sender as to everybody, the line protocol doesn't send it back."""

    @abstractmethod
    async def heard_nothing_of(self, text: str) -> None:
        """Make sure that all has come, and nothing of this."""

    @abstractmethod
    async def renames(self, nick: str) -> None:
        """Take another name."""

    @abstractmethod
    async def cannot_rename(self, nick: str, why: str) -> None:
        """Be refused another name."""

    @abstractmethod
    async def sees_renamed(self, old: str, new: str) -> None:
        """Wait until somebody has another name."""

    @abstractmethod
    async def sets_topic(self, text: str) -> None:
        """Set the topic of the lobby."""

    @abstractmethod
    async def sees_topic(self, nick: str, text: str) -> None:
        """Wait until somebody has set the topic of the lobby."""

    @abstractmethod
    async def who(self) -> set[str]:
        """Who is in the room one talks in."""

    @abstractmethod
    async def rooms(self) -> dict[str, tuple[int, str]]:
        """All rooms: how many users are in each, and its topic."""

    @abstractmethod
    async def history(self) -> list[tuple[str, str]]:
        """What was said in the room one talks in: nick and text."""

    @abstractmethod
    async def sees_come(self, nick: str, room: str = LOBBY) -> None:
        """Wait until somebody came into a room."""

    @abstractmethod
    async def sees_go(self, nick: str, room: str = LOBBY) -> None:
        """Wait until somebody went out of a room."""

    @abstractmethod
    async def quits(self) -> None:
        """Say good-bye, and wait until the connection has ended."""

    @abstractmethod
    def closes(self) -> None:
        """Close the connection without a good-bye."""

    @abstractmethod
    def vanishes(self) -> None:
        """Be lost without a word."""


class JSONTalker(Talker):
    """Somebody whose client speaks JSON."""

    def __init__(self, client: JSONClient) -> None:
        self.client = client
        self._room = LOBBY

    async def enters(self, nick: str) -> set[str]:
        await self.client.command("connect", nick=nick)
        self.nick = nick
        return await self.goes_into(LOBBY)

    async def cannot_enter(self, nick: str, why: str) -> None:
        assert why in await self.client.refusal("connect", nick=nick)

    async def goes_into(self, room: str) -> set[str]:
        joined = await self.client.command("join", room=room)
        self._room = room
        names = {member["nick"] for member in joined["members"]}
        assert joined["count"] == len(names)
        return names - {self.nick}

    async def goes_out_of(self, room: str) -> None:
        await self.client.command("leave", room=room)
        self._room = LOBBY

    async def says(self, text: str) -> None:
        await self.client.command("publish", room=self._room, text=text)

    async def tells(self, nick: str, text: str) -> None:
        await self.client.command("publish", room=f"@{nick}", text=text)

    async def cannot_tell(self, nick: str, why: str) -> None:
        answer = await self.client.answer("publish", room=f"@{nick}", text="psst")
        assert answer["type"] == "error"
        assert why in answer["message"]

    async def hears(self, nick: str, text: str, room: str = LOBBY) -> None:
        await self.client.push("message", room=room, from_=nick, text=text)

    async def hears_in_private(self, nick: str, text: str) -> None:
        await self.client.push("message", room=f"@{nick}", from_=nick, text=text)

    async def sees_own(self, text: str) -> None:
        await self.client.push("message", from_=self.nick, text=text)

    async def heard_nothing_of(self, text: str) -> None:
        await self.client.nothing_more()
        assert not [event for event in self.client.everything if text in str(event)]

    async def renames(self, nick: str) -> None:
        await self.client.command("nick", nick=nick)
        await self.client.push("nick", nick=nick)
        self.nick = nick

    async def cannot_rename(self, nick: str, why: str) -> None:
        assert why in await self.client.refusal("nick", nick=nick)

    async def sees_renamed(self, old: str, new: str) -> None:
        await self.client.push("nick", from_=old, nick=new)

    async def sets_topic(self, text: str) -> None:
        await self.client.command("topic", room=LOBBY, text=text)

    async def sees_topic(self, nick: str, text: str) -> None:
        await self.client.push("topic", room=LOBBY, from_=nick, text=text)

    async def who(self) -> set[str]:
        reply = await self.client.command("presence", room=self._room)
        return {member["nick"] for member in reply["members"]}

    async def rooms(self) -> dict[str, tuple[int, str]]:
        reply = await self.client.command("rooms")
        return {one["room"]: (one["count"], one["topic"]) for one in reply["rooms"]}

    async def history(self) -> list[tuple[str, str]]:
        reply = await self.client.command("history", room=self._room)
        return [(entry["from"], entry["text"]) for entry in reply["entries"]]

    async def sees_come(self, nick: str, room: str = LOBBY) -> None:
        await self.client.push("join", nick=nick, room=room)

    async def sees_go(self, nick: str, room: str = LOBBY) -> None:
        await self.client.push("leave", nick=nick, room=room)

    async def quits(self) -> None:
        await self.client.close()

    def closes(self) -> None:
        self.client.carrier.close()

    def vanishes(self) -> None:
        self.client.vanish()


class PollingTalker(JSONTalker):
    """Somebody whose connection is a row of requests: that no more come is no good-bye, so one
    says it by leaving one's rooms."""

    def __init__(self, client: JSONClient) -> None:
        super().__init__(client)
        self._rooms: set[str] = set()

    async def goes_into(self, room: str) -> set[str]:
        self._rooms.add(room)
        return await super().goes_into(room)

    async def quits(self) -> None:
        self._leave_all()
        await super().quits()

    def closes(self) -> None:
        self._leave_all()
        super().closes()

    def _leave_all(self) -> None:
        for room in self._rooms:
            self.client.send(type="leave", room=room)


class LineTalker(Talker):
    """Somebody who types lines and reads lines."""

    def __init__(self, client: LineClient) -> None:
        self.client = client
        self._room = LOBBY

    async def _question(self) -> None:
        await self.client.sees("What is your name?")

    async def _arrived(self, room: str) -> set[str]:
        start = f"* you are {self.nick}, in {room}"
        line = await self._line(start)
        assert line == f"{start}, alone" or line.startswith(f"{start} with ")
        _, _, names = line.partition(" with ")
        return set(names.split(", ")) - {""}

    async def _line(self, start: str) -> str:
        return await self.client.sees_one(lambda line: line.startswith(start), f"line {start}…")

    async def _error(self, why: str) -> None:
        line = await self._line("* error: ")
        assert why in line.lower()

    async def enters(self, nick: str) -> set[str]:
        await self._question()
        self.client.types(nick)
        self.nick = nick
        return await self._arrived(LOBBY)

    async def cannot_enter(self, nick: str, why: str) -> None:
        await self._question()
        self.client.types(nick)
        await self._error(why.partition("_")[0])

    async def goes_into(self, room: str) -> set[str]:
        self.client.types(f"/join {room}")
        self._room = room
        return await self._arrived(room)

    async def goes_out_of(self, room: str) -> None:
        self.client.types(f"/leave {room}")
        await self.client.sees(f"* you left {room}")
        self._room = LOBBY

    async def says(self, text: str) -> None:
        self.client.types(f"/{text}" if text.startswith("/") else text)

    async def tells(self, nick: str, text: str) -> None:
        self.client.types(f"/msg {nick} {text}")

    async def cannot_tell(self, nick: str, why: str) -> None:
        self.client.types(f"/msg {nick} psst")
        await self._error(why)

    async def hears(self, nick: str, text: str, room: str = LOBBY) -> None:
        where = "" if room == self._room else f"#{room} "
        await self.client.sees(f"{where}<{nick}> {text}")

    async def hears_in_private(self, nick: str, text: str) -> None:
        await self.client.sees(f"[{nick}] {text}")

    async def sees_own(self, text: str) -> None:
        await self.heard_nothing_of(text)

    async def heard_nothing_of(self, text: str) -> None:
        self.client.types("/help who")
        await self._line("/who ")
        assert not [line for line in self.client.lines.seen if text in line]

    async def renames(self, nick: str) -> None:
        self.client.types(f"/nick {nick}")
        await self.client.sees(f"* you are now called {nick}")
        self.nick = nick

    async def cannot_rename(self, nick: str, why: str) -> None:
        self.client.types(f"/nick {nick}")
        await self._error(why.partition("_")[0])

    async def sees_renamed(self, old: str, new: str) -> None:
        await self.client.sees(f"* {old} is now called {new}")

    async def sets_topic(self, text: str) -> None:
        self.client.types(f"/topic {text}")

    async def sees_topic(self, nick: str, text: str) -> None:
        await self.client.sees(f"* {nick} set the topic to: {text}")

    async def who(self) -> set[str]:
        self.client.types("/who")
        line = await self._line(f"* in {self._room}: ")
        return set(line.partition(": ")[2].split(", "))

    async def rooms(self) -> dict[str, tuple[int, str]]:
        self.client.types("/rooms")
        self.client.types("/help rooms")
        await self._line("/rooms")
        shown = [re.fullmatch(r"\* (\S+) \((\d+)\)(?:: (.*))?", x) for x in self.client.lines.seen]
        return {one[1]: (int(one[2]), one[3] or "") for one in shown if one}

    async def history(self) -> list[tuple[str, str]]:
        self.client.types("/history")
        self.client.types("/help history")
        await self._line("/history")
        shown = [re.fullmatch(r"\d\d:\d\d <(\S+)> (.*)", x) for x in self.client.lines.seen]
        return [(one[1], one[2]) for one in shown if one]

    async def sees_come(self, nick: str, room: str = LOBBY) -> None:
        await self._line(f"* {nick} joined" + ("" if room == self._room else f" #{room}"))

    async def sees_go(self, nick: str, room: str = LOBBY) -> None:
        await self._line(f"* {nick} left" + ("" if room == self._room else f" #{room}"))

    async def quits(self) -> None:
        self.client.types("/quit")
        await self.client.sees("* good bye")
        await self.client.ended()

    def closes(self) -> None:
        self.client.carrier.close()

    def vanishes(self) -> None:
        self.client.vanish()


async def _websocket(node: Node) -> Talker:
    return JSONTalker(await node.websocket())


async def _sockjs(node: Node) -> Talker:
    return JSONTalker(await node.sockjs())


async def _sockjs_raw(node: Node) -> Talker:
    return JSONTalker(await node.websocket("/chat/websocket"))


async def _sockjs_polling(node: Node) -> Talker:
    return PollingTalker(await node.sockjs(POLLING))


async def _sockjs_streaming(node: Node) -> Talker:
    return PollingTalker(await node.sockjs(STREAMING))


async def _json_lines(node: Node) -> Talker:
    return JSONTalker(await node.json_lines())


async def _line(node: Node) -> Talker:
    return LineTalker(await node.line())


async def _line_on_websocket(node: Node) -> Talker:
    return LineTalker(await node.line_on_websocket())


TRANSPORTS: dict[str, Callable[[Node], Awaitable[Talker]]] = {
    "websocket": _websocket,
    "sockjs": _sockjs,
    "sockjs_raw": _sockjs_raw,
    "sockjs_xhr": _sockjs_polling,
    "sockjs_xhr_streaming": _sockjs_streaming,
    "json_lines": _json_lines,
    "line": _line,
    "line_on_websocket": _line_on_websocket,
}
