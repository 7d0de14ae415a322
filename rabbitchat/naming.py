"""What a private conversation is called on each side: `@nick`, or `@+id` when it must be.

The other side's nick is the one it has now, else the last one that is known. When that nick is
somebody else's now, the conversation is called by the user id, so that two never look the same.
"""

from __future__ import annotations

from typing import Optional, Union

from rabbitchat.chat import names
from rabbitchat.chat.entries import Entry, conversation, other_user
from rabbitchat.chat.errors import ChatError, Code
from rabbitchat.chat.views import peer_nick
from rabbitchat.log.interface import ILog
from rabbitchat.presence import Presence

Party = Union[names.Peer, names.PeerId]


class Naming:
    """Names of conversations to log keys and back, for a user."""

    def __init__(self, presence: Presence, log: ILog) -> None:
        self._presence = presence
        self._log = log

    def seen(self, peer: str, last_nick: str) -> str:
        """What a conversation with the user id `peer` is called now."""
        nick = self._presence.nick_of(peer) or last_nick
        holder = self._presence.user_of(nick) if nick else None
        if not nick or holder not in (None, peer):
            return f"@+{peer}"
        return f"@{nick}"

    def entry(self, entry: Entry, viewer: str) -> str:
        """What the room of a private entry is called by one of its two sides."""
        return self.seen(other_user(entry.room, viewer), peer_nick(entry, viewer))

    def present(self, target: Party) -> str:
        """The id of a user who is here now. Raises ChatError NO_SUCH_USER."""
        user = self._here(target)
        if user is None:
            raise ChatError(Code.NO_SUCH_USER, f"{_called(target)} is not here")
        return user

    async def known(self, viewer: str, target: Party) -> str:
        """The log key of a conversation with somebody who is here, or was once talked with."""
        peer = self._here(target)
        if peer is None:
            peer = await self._talked_with(viewer, target)
        if peer is None:
            raise ChatError(
                Code.NO_SUCH_USER, f"{_called(target)} is not here, and you never talked"
            )
        return conversation(viewer, peer)

    def _here(self, target: Party) -> Optional[str]:
        if isinstance(target, names.PeerId):
            return target.user if self._presence.is_present(target.user) else None
        return self._presence.user_of(target.nick)

    async def _talked_with(self, viewer: str, target: Party) -> Optional[str]:
        if isinstance(target, names.PeerId):
            talk = await self._log.talk(viewer, conversation(viewer, target.user))
            return talk.peer if talk else None
        for each in await self._log.talks(viewer):
            if each.nick and names.fold(each.nick) == names.fold(target.nick):
                return each.peer
        return None


def _called(target: Party) -> str:
    return f"@+{target.user}" if isinstance(target, names.PeerId) else f"@{target.nick}"
