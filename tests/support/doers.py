"""People who do something to what was said, whatever their client speaks.

`doer(talker)` gives a Talker these words as well.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from support.clients import Event, texts
from support.talkers import LOBBY, JSONTalker, LineTalker, Talker

DEEDS = {"edit", "delete", "react"}


class Doer(ABC):
    """One person in the lobby."""

    @abstractmethod
    async def edits(self, text: str) -> None:
        """Give one's last message another text."""

    @abstractmethod
    async def deletes(self) -> None:
        """Delete one's last message."""

    @abstractmethod
    async def reacts(self, text: str) -> None:
        """React to what somebody else said last."""

    @abstractmethod
    async def finds(self, words: str) -> list[str]:
        """Search everywhere; the texts, the newest first."""

    @abstractmethod
    async def sees_edited(self, nick: str, text: str) -> None:
        """Wait until somebody has edited a message so."""

    @abstractmethod
    async def sees_deleted(self, nick: str) -> None:
        """Wait until somebody has deleted a message."""

    @abstractmethod
    async def sees_reaction(self, nick: str, text: str) -> None:
        """Wait until somebody has reacted so."""

    @abstractmethod
    async def sees_edited_in_private(self, nick: str, text: str) -> None:
        """Wait until somebody has edited so what was said to oneself."""


class JSONDoer(Doer):
    """Somebody whose client speaks JSON."""

    def __init__(self, talker: JSONTalker) -> None:
        self._nick = talker.nick
        self._client = talker.client

    def _last(self, is_own: bool) -> Event:
        said = [one for one in self._client.got("message", room=LOBBY) if not DEEDS & one.keys()]
        return [one for one in said if (one["from"] == self._nick) == is_own][-1]

    async def edits(self, text: str) -> None:
        """See Doer."""
        msgid = self._last(is_own=True)["msgid"]
        await self._client.command("publish", room=LOBBY, edit=msgid, text=text)

    async def deletes(self) -> None:
        """See Doer."""
        msgid = self._last(is_own=True)["msgid"]
        await self._client.command("publish", room=LOBBY, delete=msgid)

    async def reacts(self, text: str) -> None:
        """See Doer."""
        last = self._last(is_own=False)
        fields = {"react": last["msgid"], "of": last["user"]}
        await self._client.command("publish", room=LOBBY, text=text, **fields)

    async def finds(self, words: str) -> list[str]:
        """See Doer."""
        return texts(await self._client.command("search", words=words))

    async def _sees(self, kind: str, **fields: str) -> None:
        def is_it(push: Event) -> bool:
            return kind in push and fields.items() <= push.items()

        await self._client.pushes.take(is_it, f"{kind} {fields}")

    async def sees_edited(self, nick: str, text: str) -> None:
        """See Doer."""
        await self._sees("edit", **{"room": LOBBY, "from": nick, "text": text})

    async def sees_deleted(self, nick: str) -> None:
        """See Doer."""
        await self._sees("delete", **{"room": LOBBY, "from": nick, "text": ""})

    async def sees_reaction(self, nick: str, text: str) -> None:
        """See Doer."""
        await self._sees("react", **{"room": LOBBY, "from": nick, "text": text})

    async def sees_edited_in_private(self, nick: str, text: str) -> None:
        """See Doer."""
        await self._sees("edit", **{"room": f"@{nick}", "from": nick, "text": text})


class LineDoer(Doer):
    """Somebody who types lines and reads lines."""

    def __init__(self, talker: LineTalker) -> None:
        self._client = talker.client

    async def edits(self, text: str) -> None:
        """See Doer."""
        self._client.types(f"/edit {text}")

    async def deletes(self) -> None:
        """See Doer."""
        self._client.types("/delete")

    async def reacts(self, text: str) -> None:
        """See Doer."""
        self._client.types(f"/react {text}")

    async def finds(self, words: str) -> list[str]:
        """See Doer."""
        before = len(self._client.lines.seen)
        self._client.types(f"/search {words}")
        self._client.types("/help search")
        await self._client.sees_one(lambda line: line.startswith("/search "), "end of the search")
        lines = self._client.lines.seen[before:]
        found = [
            re.fullmatch(r"[0-9-]+ [0-9:]+ (?:#\S+ )?[<\[].*?[>\]] (.*)", one) for one in lines
        ]
        return [one[1] for one in reversed(found) if one]

    async def sees_edited(self, nick: str, text: str) -> None:
        """See Doer."""
        await self._client.sees(f"* {nick} edited: {text}")

    async def sees_deleted(self, nick: str) -> None:
        """See Doer."""
        await self._client.sees(f"* {nick} deleted a message")

    async def sees_reaction(self, nick: str, text: str) -> None:
        """See Doer."""
        await self._client.sees(f"* {nick} reacted {text}")

    async def sees_edited_in_private(self, nick: str, text: str) -> None:
        """See Doer."""
        await self._client.sees(f"* [{nick}] edited: {text}")


def doer(talker: Talker) -> Doer:
    """What somebody can do to what was said."""
    if isinstance(talker, JSONTalker):
        return JSONDoer(talker)
    assert isinstance(talker, LineTalker)
    return LineDoer(talker)
