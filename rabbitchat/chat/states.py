"""A node's whole state, cut into messages of a bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Union

from msgspec.structs import replace

from rabbitchat.chat.announcements import (
    MOST_USERS,
    PART_SIZE,
    Held,
    State,
    TopicSet,
    UserState,
)
from rabbitchat.chat.members import Stay

Piece = Union[UserState, Held, TopicSet]
FRAME = 128  # bytes, about, of the JSON around one piece


def parts(head: State, users: Sequence[tuple[str, Stay]]) -> Iterator[State]:
    """Cut a state with all its holds and topics, and these users, into parts.

    Lazy: a part is made when it is asked for, so that making a big state can be spread out.
    """
    sizes = [
        *(_size(user, stay.claim.nick, *stay.rooms) for user, stay in users),
        *(_size(held.nick, held.user) for held in head.holds),
        *(_size(topic.room, topic.nick, topic.text) for topic in head.topics),
    ]
    cuts = _cuts(sizes)
    others: list[Piece] = [*head.holds, *head.topics]
    for part in range(1, len(cuts)):
        first, last = cuts[part - 1], cuts[part]
        rest = others[max(0, first - len(users)) : max(0, last - len(users))]
        yield replace(
            head,
            part=part,
            parts=len(cuts) - 1,
            users=[_user_state(user, stay) for user, stay in users[first:last]],
            holds=[piece for piece in rest if isinstance(piece, Held)],
            topics=[piece for piece in rest if isinstance(piece, TopicSet)],
        )


def _size(*texts: str) -> int:
    """Bytes of JSON, about: a character takes up to four in UTF-8."""
    return FRAME + sum(4 + (len(text) if text.isascii() else 4 * len(text)) for text in texts)


def _cuts(sizes: Sequence[int]) -> list[int]:
    """Where parts begin and end; one part at least."""
    cuts, filled = [0], 0
    for place, size in enumerate(sizes):
        full = filled + size > PART_SIZE or place - cuts[-1] >= MOST_USERS
        if full and place > cuts[-1]:
            cuts.append(place)
            filled = 0
        filled += size
    return [*cuts, len(sizes)]


def _user_state(user: str, stay: Stay) -> UserState:
    claim = stay.claim
    return UserState(
        user=user,
        nick=claim.nick,
        claimed=claim.time,
        by=claim.node,
        rooms=sorted(stay.rooms),
    )
