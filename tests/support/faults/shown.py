"""What was shown to each client, one thing after the other."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Optional

from support.faults.history import Connected, Entry, History, Line, Page, Publish, Push
from support.faults.places import Places
from support.faults.verdict import Verdict


@dataclass
class _Flow:
    """What one connection was pushed of one room, and what its join had covered.

    `last` None: anything above that may come first."""

    covered: int
    last: int | None
    pushed: set[int] = field(default_factory=set)


class Shown:
    """Counts what is wrong with it, and keeps where everything stands (`places`), which seqs of
    a room each client was shown (`seqs`), and above which it is to be shown all (`starts`)."""

    def __init__(self, history: History, verdict: Verdict) -> None:
        self._history = history
        self._verdict = verdict
        self.places = Places(history.publishes)
        self.seqs: dict[tuple[str, str], set[int]] = defaultdict(set)  # client, room: seqs
        self.starts: dict[tuple[str, str], int] = {}  # client, room: all above is to be shown
        self._flows: dict[tuple[str, int, str], _Flow] = {}
        self._users: dict[str, str] = {}
        self._epoch = ""

    def look(self) -> None:
        """At everything, in the order in which it came."""
        self._acknowledged()
        for seen in self._history.seen:
            if isinstance(seen, Connected):
                self._connected(seen)
            elif isinstance(seen, Page):
                self._page(seen)
            elif isinstance(seen, Push):
                self._push(seen)
        self._lines()

    # -- what is where

    def _acknowledged(self) -> None:
        for publish in self._history.publishes:
            for attempt in publish.attempts:
                if attempt.seq is not None:
                    self._place(attempt.room, attempt.seq, publish.name, publish.sender)

    def _place(self, room: str, seq: int, name: str, who: str) -> None:
        """`who` was told that this stands there."""
        there = self.places.put(room, seq, name)
        if there != name:
            self._verdict.count(
                "out_of_order", f"{who}: {name!r} is {room} {seq}, where others have {there!r}"
            )

    def _shows(self, client: str, room: str, entry: Entry) -> None:
        """An entry was shown, by whatever way."""
        publish = self.places.find(entry)
        if self._may_see(client, room, publish, entry.text):
            assert publish is not None
            if publish.msgid and entry.msgid != publish.msgid:
                self._verdict.count(
                    "unexpected", f"{client}: {entry.text!r} has the msgid {entry.msgid!r}"
                )
            self._place(room, entry.seq, publish.name, client)
        self.seqs[client, room].add(entry.seq)

    def _may_see(self, client: str, room: str, publish: Optional[Publish], text: str) -> bool:
        me = self._history.participants[client]
        if publish is None:
            problem = "which nobody said"
        elif publish.refused:
            problem = f"which was refused: {publish.attempts[-1].code}"
        elif publish.room != room:
            problem = f"which was said in {publish.room}"
        elif room not in me.rooms + me.private:
            problem = "where it is not"
        elif not self.places.may_show(publish, text):
            problem = f"which was said as {publish.text!r}"
        else:
            return True
        self._verdict.count("unexpected", f"{client} was shown {text!r} in {room}, {problem}")
        return False

    # -- what came to one client

    def _connected(self, seen: Connected) -> None:
        before = self._users.setdefault(seen.client, seen.user)
        if before != seen.user:
            self._verdict.count("lost", f"{seen.client} is {seen.user} and was {before}")
            self._users[seen.client] = seen.user
        for room in self._history.participants[seen.client].private:
            self.starts.setdefault((seen.client, room), 0)
            newest = seen.newest.get(room, 0)
            self._flows[seen.client, seen.connection, room] = _Flow(newest, newest)

    def _in_epoch(self, seen: Page | Push) -> None:
        self._epoch = self._epoch or seen.epoch
        if seen.epoch != self._epoch:
            self._verdict.count("lost", f"{seen.client}: {seen.room} has another epoch")

    def _page(self, page: Page) -> None:
        self._in_epoch(page)
        who = f"{page.client} reads {page.room}"
        if page.recovered is False and page.after is not None:
            self._verdict.count("lost", f"{who} after {page.after}, and it is not recovered")
        self._contiguous(page, who)
        for entry in page.entries:
            self._shows(page.client, page.room, entry)
        if page.recovered is not None:  # a join
            self.starts.setdefault((page.client, page.room), page.upto)
            last = None if page.more else page.upto
            self._flows[page.client, page.connection, page.room] = _Flow(page.upto, last)

    def _contiguous(self, page: Page, who: str) -> None:
        seqs = [entry.seq for entry in page.entries]
        first = seqs[0] if seqs else 0
        if page.after is not None and page.recovered is not False:
            first = page.after + 1
        if seqs != list(range(first, first + len(seqs))):
            self._verdict.count("out_of_order", f"{who} after {page.after}: {_short(seqs)}")
        elif not page.more and first and first + len(seqs) - 1 != page.upto:
            last = first + len(seqs) - 1
            self._verdict.count(
                "out_of_order", f"{who} up to {page.upto}, and is shown up to {last}"
            )

    def _push(self, push: Push) -> None:
        self._in_epoch(push)
        seq, who = push.entry.seq, f"{push.client} on its connection {push.connection}"
        flow = self._flows.get((push.client, push.connection, push.room))
        if flow is None:  # a room that it never joined there
            self._verdict.count(
                "unexpected", f"{who} is pushed {push.entry.text!r} in {push.room}"
            )
            return
        private = push.room in self._history.participants[push.client].private
        if seq in flow.pushed or (seq <= flow.covered and not private):
            self._verdict.count("duplicated", f"{who} is pushed {push.room} {seq} again")
        elif flow.last is None or seq == flow.last + 1:
            flow.last = seq
        elif private and not flow.pushed and seq <= flow.last:
            flow.last = seq  # it was known before, and comes all the same: dropped by seq
        else:
            self._verdict.count(
                "out_of_order", f"{who} is pushed {push.room} {seq} after {flow.last}"
            )
            flow.last = max(seq, flow.last)
        flow.pushed.add(seq)
        self._shows(push.client, push.room, push.entry)

    # -- what came to people at line clients

    def _lines(self) -> None:
        flows: dict[tuple[str, int, str], list[str]] = defaultdict(list)
        for seen in self._history.seen:
            if not isinstance(seen, Line):
                continue
            publish = self.places.of_text(seen.text)
            if self._may_see(seen.client, seen.room, publish, seen.text):
                flows[seen.client, seen.connection, seen.room].append(seen.text)
        for (client, connection, room), texts in flows.items():
            who = f"{client} on its connection {connection}"
            self._flow_of_lines(who, room, texts)
            me = self._history.participants[client]
            if me.present and me.connections == connection:
                self._up_to_newest(who, room, texts)

    def _flow_of_lines(self, who: str, room: str, texts: list[str]) -> None:
        for name, times in Counter(self._names(texts)).items():
            if times > 1:
                self._verdict.count("duplicated", f"{who} is shown {name!r} {times} times")
        of = self.places.of
        seqs = [min(seq for _, seq in of[name]) for name in self._names(texts) if of[name]]
        for before, seq in zip(seqs, seqs[1:], strict=False):
            if seq < before or self.places.messages_between(room, before, seq):
                self._verdict.count("out_of_order", f"{who} is shown {room} {seq} after {before}")

    def _names(self, texts: list[str]) -> list[str]:
        found = (self.places.of_text(text) for text in texts)
        return [publish.name for publish in found if publish is not None]

    def _up_to_newest(self, who: str, room: str, texts: list[str]) -> None:
        seqs = [seq for name in self._names(texts) for _, seq in self.places.of[name]]
        newest = max(self.places.rooms[room], default=0)
        for seq in self.places.messages_between(room, max(seqs, default=newest), newest + 1):
            self._verdict.count("lost", f"{who} was not shown {room} {seq}")


def _short(seqs: list[int]) -> str:
    return str(seqs) if len(seqs) < 12 else f"{seqs[:6]}...{seqs[-3:]}"
