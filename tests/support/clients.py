"""Clients for tests: a program that speaks JSON, a person who types lines, and raw bytes.

`ann = await node.connected("ann", "lobby")` is such a program; then
`reply = await ann.command("publish", room="lobby", text="hello")` sends a command, and
`push = await bob.push("message", text="hello", from_="ann")` waits for what others see of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any, Union

from support.carriers import Carrier, End, hand_over
from support.inbox import Inbox

Event = dict[str, Any]

_numbers = count(1)


class _Client:
    """What all clients have: a carrier and its end."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.ends: Inbox[End] = Inbox()

    @property
    def is_open(self) -> bool:
        """Whether the connection has not ended."""
        return not self.ends.seen

    async def ended(self) -> End:
        """Wait for the end of the connection."""
        await self.ends.take(lambda end: True, "end of the connection")
        return self.ends.seen[0]

    def vanish(self) -> None:
        """Be lost."""
        self.carrier.vanish()


class JSONClient(_Client):
    """A program that speaks the JSON protocol over any carrier.

    `pushes` are those events that answer nothing; `everything` is all that came, in order.
    """

    def __init__(self, carrier: Carrier) -> None:
        super().__init__(carrier)
        self.pushes: Inbox[Event] = Inbox()
        self.replies: Inbox[Event] = Inbox()
        self.everything: list[Event] = []
        self.me: Event = {}  # the reply `connected`
        hand_over(carrier, self)

    def received(self, text: str) -> None:
        """An object came."""
        event: Event = json.loads(text)
        self.everything.append(event)
        (self.replies if "id" in event else self.pushes).put(event)

    def over(self, end: End) -> None:
        """The carrier is gone."""
        for inbox in (self.pushes, self.replies):
            inbox.end(str(end))
        self.ends.put(end)

    def send(self, **command: Any) -> None:
        """Send an object, whatever is in it; a trailing `_` is taken off names."""
        self.carrier.send_text(json.dumps(_plain(command)))

    async def answer(self, type: str, **fields: Any) -> Event:
        """Send a command and return its reply, be it an error or not."""
        number = next(_numbers)
        self.send(type=type, id=number, **fields)
        return await self.reply(number)

    async def reply(self, command_id: Union[int, str]) -> Event:
        """The reply to a command that was sent."""
        return await self.replies.take(
            lambda reply: bool(reply["id"] == command_id), f"reply {command_id!r}"
        )

    async def command(self, type: str, **fields: Any) -> Event:
        """Send a command, which must succeed, and return its reply."""
        reply = await self.answer(type, **fields)
        assert reply["type"] != "error", reply
        return reply

    async def refusal(self, type: str, **fields: Any) -> str:
        """Send a command, which must be refused, and return the code of the error."""
        reply = await self.answer(type, **fields)
        assert reply["type"] == "error", reply
        assert isinstance(reply["message"], str)
        assert reply["message"]
        code: str = reply["code"]
        return code

    async def push(self, type: str, **fields: Any) -> Event:
        """The next push of this type that has these fields."""
        wanted = {"type": type, **_plain(fields)}
        return await self.pushes.take(
            lambda push: wanted.items() <= push.items(), f"push {wanted}"
        )

    async def says(self, room: str, text: str, **fields: Any) -> Event:
        """Publish and wait until it comes back; gives the reply."""
        reply = await self.command("publish", room=room, text=text, **fields)
        await self.push("message", room=reply["room"], seq=reply["seq"])
        return reply

    async def says_many(self, room: str, count: int, text: str = "{}") -> list[Event]:
        """Publish so many texts at once, `{}` in them being the number; gives the replies."""
        ids = [f"n{next(_numbers)}" for _ in range(count)]
        for number, command_id in enumerate(ids, 1):
            self.send(type="publish", id=command_id, room=room, text=text.format(number))
        return [await self.reply(command_id) for command_id in ids]

    async def nothing_more(self) -> None:
        """All that the server had for this client when it was asked has come."""
        await self.command("ping")

    def got(self, type: str, **fields: Any) -> list[Event]:
        """All pushes so far of this type that have these fields, taken or not."""
        wanted = {"type": type, **_plain(fields)}
        return [push for push in self.pushes.seen if wanted.items() <= push.items()]

    async def close(self) -> End:
        """Close cleanly."""
        self.carrier.close()
        return await self.ended()

    async def closed(self) -> tuple[int, bool]:
        """Be sent away: the code and `reconnect` of the push `disconnect`, and the same code in
        the close frame where there is one."""
        farewell = await self.push("disconnect")
        end = await self.ended()
        assert end.code in (None, farewell["code"]), end
        assert farewell["reason"]
        return farewell["code"], farewell["reconnect"]


class LineClient(_Client):
    """A person at `telnet` or `nc`."""

    def __init__(self, carrier: Carrier) -> None:
        super().__init__(carrier)
        self.lines: Inbox[str] = Inbox()
        hand_over(carrier, self)

    def received(self, text: str) -> None:
        """A line came."""
        self.lines.put(text)

    def over(self, end: End) -> None:
        """The carrier is gone."""
        self.lines.end(str(end))
        self.ends.put(end)

    def types(self, line: str) -> None:
        """Type a line."""
        self.carrier.send_text(line)

    async def sees(self, line: str) -> None:
        """Wait for exactly this line."""
        await self.lines.take(lambda seen: seen == line, f"line {line!r}")

    async def sees_one(self, wanted: Callable[[str], bool], what: str) -> str:
        """Wait for a line that is wanted."""
        return await self.lines.take(wanted, what)

    async def close(self) -> End:
        """Close without a word."""
        self.carrier.close()
        return await self.ended()


def texts(reply: Event) -> list[str]:
    """What the entries of a reply say."""
    return [entry["text"] for entry in reply["entries"]]


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name.rstrip("_"): value for name, value in fields.items()}
