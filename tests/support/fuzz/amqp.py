"""AMQP bodies: whatever comes on our exchange, to the whole daemon on a clock that stands."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from twisted.internet.testing import MemoryReactorClock

from rabbitchat.brokers.interface import BadMessage, Message
from rabbitchat.codecs import amqp, presence
from rabbitchat.settings import Limits, Settings
from rabbitchat.tap import compose
from support.fakes import begun
from support.fuzz.examples import examples
from support.fuzz.grammar import VALUES, objects_like
from support.fuzz.target import Take, Target

NODE = "fuzzed"
USER, OTHER = "5f0c2b9e4d7a1136", "b81d90ce77f2a405"
TALK = f"@{USER}+{OTHER}"
ELSEWHERE = {"node": "alpha-3f9c"}

Properties = dict[str, Any]

ENVELOPES: list[tuple[str, Properties]] = [
    ("room.lobby", {"headers": ELSEWHERE}),
    ("room.lobby", {"headers": {"node": 7}}),
    (f"user.{USER}", {"headers": {**ELSEWHERE, "conversation": TALK, "peer": "bob"}}),
    (f"user.{USER}", {"headers": {**ELSEWHERE, "conversation": "@a+b"}}),
    ("presence.alpha-3f9c", {}),
    (f"presence.{NODE}", {}),
    (f"canary.{NODE}", {}),
    ("missed.alpha-3f9c", {"headers": {**ELSEWHERE, "milliseconds": 5}, "type": "wanted"}),
    ("missed.alpha-3f9c", {"headers": {**ELSEWHERE, "to": NODE}, "type": "follows"}),
    ("post.lobby", {"content_type": "application/json"}),
    ("post.lobby", {"content_type": "text/plain", "headers": {"from": "ci"}}),
    ("post.lobby", {"message_id": "m" * 64, "headers": {"from": "ci"}}),
    ("post.a.b", {"content_type": "application/json"}),
]
POSTS = [number for number, (key, _) in enumerate(ENVELOPES) if key.startswith("post.")]

STEP, PERIOD = 20.0, 200
"""So many seconds pass after so many inputs: silent nodes are dropped, lookups made."""


def _parse(data: bytes) -> None:
    """The codecs by themselves: refused by their own exceptions or taken."""
    parsers: list[tuple[Callable[[bytes], object], type[Exception]]] = [
        (amqp.parse, amqp.Alien),
        (presence.decode, presence.BadAnnouncement),
    ]
    for parse, refusal in parsers:
        with contextlib.suppress(refusal):
            parse(data)


class _Node:
    """A daemon with nobody on it, which hears what is published."""

    def __init__(self) -> None:
        self._reactor = MemoryReactorClock()
        self._reactor.advance(1_700_000_000)
        settings = Settings(node=NODE, database="memory:", limits=Limits())
        self._daemon = compose(settings, self._reactor).daemon
        self._daemon.startService()
        self._reactor.advance(0)
        self._heard = 0

    def take(self, data: bytes) -> str:
        """The first byte says how the rest comes."""
        number = data[0] % len(ENVELOPES) if data else 0
        key, properties = ENVELOPES[number]
        body = data[1:]
        _parse(body)
        message = Message(body, **properties)
        before = self._rejected()
        if number in POSTS:
            outcome = self._post(key, message)
        else:
            self._daemon._heard(key, message)
            outcome = "rejected" if self._rejected() > before else "heard"
        self._heard += 1
        self._reactor.advance(STEP if self._heard % PERIOD == 0 else 0)
        return outcome

    def _post(self, key: str, message: Message) -> str:
        results = begun(self._daemon._posted(key, message))
        assert results, "it waits for something"
        if isinstance(results[0], BadMessage):
            assert str(results[0])
            return "refused"
        if isinstance(results[0], BaseException):
            raise results[0]
        return "stored"

    def _rejected(self) -> int:
        missed = self._daemon.missed
        parts = [self._daemon.news.rejected, self._daemon.presence.rejected]
        return sum(parts) + (missed.rejected if missed is not None else 0)


def _make() -> Take:
    return _Node().take


_private = json.dumps(
    {**json.loads(examples("push")[0]), "type": "message", "room": "@bob", "seq": 1}
).encode()
BODIES = [
    *examples("push", "presence", "post"),
    _private,
    b"build 77 passed",
    b'{"fuzzed": 60000}',
]
_STATE: dict[str, Any] = {
    "kind": "state",
    "v": 1,
    "node": "alpha-3f9c",
    "incarnation": "0001763722080000",
    "version": 17,
    "serial": 1,
    "part": 1,
    "parts": 2,
    "users": [
        {"user": USER, "nick": "cy", "claimed": 1.5, "by": "alpha-3f9c", "rooms": ["lobby"]},
        {"user": OTHER, "nick": "bob", "claimed": 2.5, "by": "alpha-3f9c", "rooms": []},
    ],
    "holds": [{"nick": "ann", "user": USER, "seconds": 9.0}],
    "topics": [
        {"change": "topic", "room": "lobby", "from": "cy", "text": "tea", "time": 5.0, "by": "b"}
    ],
}
_KINDS: list[dict[str, Any]] = [
    {"kind": "hello"},
    {"kind": "beat", "topics": 5},
    {"kind": "ask", "of": NODE},
]
_KINDS += [{"kind": "bye"}, {"kind": "state", "part": 2}]
_CHANGES = [
    {"change": "nick", "user": USER, "nick": "cy", "claimed": 5.0, "by": "alpha-3f9c"},
    {"change": "join", "user": USER, "nick": "cy", "room": "lobby"},
    {"change": "leave", "user": USER, "nick": "cy", "room": "lobby", "reason": "left"},
    {"change": "gone", "user": USER, "nick": "cy", "hold": 10.0},
]
BODIES += [json.dumps({**_STATE, **kind}).encode() for kind in [{}, *_KINDS]]
BODIES += [
    json.dumps({**_STATE, "kind": "delta", "version": number, "changes": [change]}).encode()
    for number, change in enumerate(_CHANGES, 18)
]
CORPUS = [bytes([number]) + body for number in range(len(ENVELOPES)) for body in BODIES]
_drawn = st.one_of(
    objects_like([body for body in BODIES if body.startswith(b"{")]),
    st.binary(max_size=200),
    VALUES.map(lambda value: repr(value).replace("'", '"').encode("utf-8", "replace")),
)
AMQP = Target(
    "amqp",
    CORPUS,
    st.builds(
        lambda number, body: bytes([number]) + body, st.integers(0, len(ENVELOPES) - 1), _drawn
    ),
    _make,
)
