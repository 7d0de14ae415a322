"""The verdict on a history, in the manner of Jepsen: five counters that must all be 0.

- `lost`: stored (acknowledged, or shown to anybody), and not with a receiver that stayed or came
  back, or not in the log at the end; or the receiver was told that its past is gone: another
  epoch, `recovered: false`, another user under its session.
- `duplicated`: stored under two places, or shown twice to one client. What one reads may overlap
  with what came by itself: that a client drops, by seq; it isn't counted.
- `unexpected`: shown and never said, said elsewhere or to others, or refused for certain.
- `out_of_order`: pushes that don't ascend or skip a seq that nothing announced, two who were shown
  different messages in one place, a message behind one that was sent only after it was
  acknowledged, a seq that nobody was ever shown.
- `unresolved`: no final answer `WITHIN` seconds after the last fault had ended, or after it was
  sent, whichever is later; a client that did not come back.

Somebody at a line client is promised less, because they see neither seqs nor answers: a line that
was typed may be lost, and is shown once to anybody at most; what a connection shows is in order,
without a hole and without a repeat, from its first message on; and of a connection that lives
still, up to the newest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from support.faults.history import Connected, Entry, History, Line, Page, Publish, Push
from support.faults.verdict import Verdict

WITHIN = 10.0
"""Seconds for a final answer."""


def check(history: History) -> Verdict:
    """Judge a history that is over."""
    return _Check(history).verdict()


@dataclass
class _Flow:
    """What one connection was pushed of one room, and what its join had covered.

    `last` None: anything above that may come first."""

    covered: int
    last: int | None
    pushed: set[int] = field(default_factory=set)


class _Check:
    def __init__(self, history: History) -> None:
        self._history = history
        self._verdict = Verdict()
        self._said = {publish.text: publish for publish in history.publishes}
        self._texts: dict[str, dict[int, str]] = defaultdict(dict)  # room: seq: text
        self._places: dict[str, set[tuple[str, int]]] = defaultdict(set)  # text: where it is
        self._shown: dict[tuple[str, str], set[int]] = defaultdict(set)  # client, room: seqs
        self._starts: dict[tuple[str, str], int] = {}  # client, room: all above is to be shown
        self._flows: dict[tuple[str, int, str], _Flow] = {}
        self._users: dict[str, str] = {}
        self._epoch = ""

    def verdict(self) -> Verdict:
        """Look at everything, in the order in which it came."""
        self._acknowledged()
        for seen in self._history.seen:
            if isinstance(seen, Connected):
                self._connected(seen)
            elif isinstance(seen, Page):
                self._page(seen)
            elif isinstance(seen, Push):
                self._push(seen)
        self._lines()
        self._stored_twice()
        self._holes()
        self._missing()
        self._forgotten()
        self._sequences()
        self._unanswered()
        return self._verdict

    def _count(self, counter: str, sentence: str) -> None:
        self._verdict.found[counter].append(sentence)

    # -- what is where

    def _acknowledged(self) -> None:
        for publish in self._history.publishes:
            for attempt in publish.attempts:
                if attempt.seq is not None:
                    self._place(attempt.room, attempt.seq, publish.text, publish.sender)

    def _place(self, room: str, seq: int, text: str, who: str) -> None:
        """`who` was told that this stands there."""
        there = self._texts[room].setdefault(seq, text)
        if there != text:
            self._count(
                "out_of_order", f"{who}: {text!r} is {room} {seq}, where others have {there!r}"
            )
        self._places[text].add((room, seq))

    def _shows(self, client: str, room: str, entry: Entry) -> None:
        """An entry was shown, by whatever way."""
        if self._may_see(client, room, entry.text):
            publish = self._said[entry.text]
            if publish.msgid and entry.msgid != publish.msgid:
                self._count(
                    "unexpected", f"{client}: {entry.text!r} has the msgid {entry.msgid!r}"
                )
            self._place(room, entry.seq, entry.text, client)
        self._shown[client, room].add(entry.seq)

    def _may_see(self, client: str, room: str, text: str) -> bool:
        publish, me = self._said.get(text), self._history.participants[client]
        if publish is None:
            problem = "which nobody said"
        elif publish.refused:
            problem = f"which was refused: {publish.attempts[-1].code}"
        elif publish.room != room:
            problem = f"which was said in {publish.room}"
        elif room not in me.rooms + me.private:
            problem = "where it is not"
        else:
            return True
        self._count("unexpected", f"{client} was shown {text!r} in {room}, {problem}")
        return False

    # -- what came to one client

    def _connected(self, seen: Connected) -> None:
        before = self._users.setdefault(seen.client, seen.user)
        if before != seen.user:
            self._count("lost", f"{seen.client} is {seen.user} and was {before}")
            self._users[seen.client] = seen.user
        for room in self._history.participants[seen.client].private:
            self._starts.setdefault((seen.client, room), 0)
            newest = seen.newest.get(room, 0)
            self._flows[seen.client, seen.connection, room] = _Flow(newest, newest)

    def _in_epoch(self, seen: Page | Push) -> None:
        self._epoch = self._epoch or seen.epoch
        if seen.epoch != self._epoch:
            self._count("lost", f"{seen.client}: {seen.room} has another epoch")

    def _page(self, page: Page) -> None:
        self._in_epoch(page)
        who = f"{page.client} reads {page.room}"
        if page.recovered is False and page.after is not None:
            self._count("lost", f"{who} after {page.after}, and it is not recovered")
        self._contiguous(page, who)
        for entry in page.entries:
            self._shows(page.client, page.room, entry)
        if page.recovered is not None:  # a join
            self._starts.setdefault((page.client, page.room), page.upto)
            last = None if page.more else page.upto
            self._flows[page.client, page.connection, page.room] = _Flow(page.upto, last)

    def _contiguous(self, page: Page, who: str) -> None:
        seqs = [entry.seq for entry in page.entries]
        first = seqs[0] if seqs else 0
        if page.after is not None and page.recovered is not False:
            first = page.after + 1
        if seqs != list(range(first, first + len(seqs))):
            self._count("out_of_order", f"{who} after {page.after}: {_short(seqs)}")
        elif not page.more and first and first + len(seqs) - 1 != page.upto:
            last = first + len(seqs) - 1
            self._count("out_of_order", f"{who} up to {page.upto}, and is shown up to {last}")

    def _push(self, push: Push) -> None:
        self._in_epoch(push)
        seq, who = push.entry.seq, f"{push.client} on its connection {push.connection}"
        flow = self._flows.get((push.client, push.connection, push.room))
        if flow is None:  # a room that it never joined there
            self._count("unexpected", f"{who} is pushed {push.entry.text!r} in {push.room}")
            return
        private = push.room in self._history.participants[push.client].private
        if seq in flow.pushed or (seq <= flow.covered and not private):
            self._count("duplicated", f"{who} is pushed {push.room} {seq} again")
        elif flow.last is None or seq == flow.last + 1:
            flow.last = seq
        elif private and not flow.pushed and seq <= flow.last:
            flow.last = seq  # it was known before, and comes all the same: dropped by seq
        else:
            self._count("out_of_order", f"{who} is pushed {push.room} {seq} after {flow.last}")
            flow.last = max(seq, flow.last)
        flow.pushed.add(seq)
        self._shows(push.client, push.room, push.entry)

    # -- what came to people at line clients

    def _lines(self) -> None:
        flows: dict[tuple[str, int, str], list[str]] = defaultdict(list)
        for seen in self._history.seen:
            if isinstance(seen, Line) and self._may_see(seen.client, seen.room, seen.text):
                flows[seen.client, seen.connection, seen.room].append(seen.text)
        for (client, connection, room), texts in flows.items():
            who = f"{client} on its connection {connection}"
            self._flow_of_lines(who, room, texts)
            me = self._history.participants[client]
            if me.present and me.connections == connection:
                self._up_to_newest(who, room, texts)

    def _flow_of_lines(self, who: str, room: str, texts: list[str]) -> None:
        for text, times in Counter(texts).items():
            if times > 1:
                self._count("duplicated", f"{who} is shown {text!r} {times} times")
        seqs = [min(seq for _, seq in self._places[t]) for t in texts if self._places[t]]
        for before, seq in zip(seqs, seqs[1:], strict=False):
            if seq not in (before, before + 1):
                self._count("out_of_order", f"{who} is shown {room} {seq} after {before}")

    def _up_to_newest(self, who: str, room: str, texts: list[str]) -> None:
        seqs = [seq for text in texts for _, seq in self._places[text]]
        newest = max(self._texts[room], default=0)
        for seq in range(max(seqs, default=newest) + 1, newest + 1):
            self._count("lost", f"{who} was not shown {room} {seq}")

    # -- what all of it means

    def _stored_twice(self) -> None:
        for text, places in self._places.items():
            if len(places) > 1:
                self._count("duplicated", f"{text!r} is stored at {sorted(places)}")

    def _holes(self) -> None:
        for room, texts in self._texts.items():
            first = min(texts)
            for seq in set(range(first, max(texts))).difference(texts):
                self._count("out_of_order", f"nobody was ever shown {room} {seq}")

    def _missing(self) -> None:
        for (client, room), start in self._starts.items():
            if self._history.participants[client].present:
                wanted = {seq for seq in self._texts[room] if seq > start}
                for seq in sorted(wanted - self._shown[client, room]):
                    text = self._texts[room][seq]
                    self._count("lost", f"{client} was never shown {text!r}, {room} {seq}")

    def _forgotten(self) -> None:
        """Of a room whose log was read at the end."""
        for room, entries in self._history.kept.items():
            kept = {entry.text for entry in entries}
            for publish in self._history.publishes:
                answer = publish.published
                if answer is not None and answer.room == room and publish.text not in kept:
                    where = f"{room} {answer.seq}"
                    self._count("lost", f"{publish.text!r}, {where}, is not in the log")

    def _sequences(self) -> None:
        """What was acknowledged before something else was sent stands before that."""
        for room, texts in self._texts.items():
            placed = [
                (publish, seq)
                for seq, text in texts.items()
                if (publish := self._said.get(text)) is not None and publish.attempts
            ]
            self._real_time(room, placed)

    def _real_time(self, room: str, placed: list[tuple[Publish, int]]) -> None:
        acknowledged = sorted(
            (publish.published.answered or 0.0, seq)
            for publish, seq in placed
            if publish.published is not None
        )
        highest, index = 0, 0
        for publish, seq in sorted(placed, key=lambda one: one[0].attempts[0].sent):
            sent = publish.attempts[0].sent
            while index < len(acknowledged) and acknowledged[index][0] < sent:
                highest = max(highest, acknowledged[index][1])
                index += 1
            if seq < highest:
                self._count(
                    "out_of_order",
                    f"{publish.text!r} is {room} {seq}, and was sent after {highest} was answered",
                )

    def _unanswered(self) -> None:
        for publish in self._history.publishes:
            if publish.answers and publish.attempts:
                by = max(self._history.healed, publish.attempts[0].sent) + WITHIN
                final = publish.final
                if final is None or (final.answered or 0.0) > by:
                    self._count("unresolved", f"{publish.text!r}: {_told(publish)}")
        for participant in self._history.participants.values():
            if not participant.present:
                self._count("unresolved", f"{participant.name} did not come back")


def _told(publish: Publish) -> str:
    answers = [
        f"{one.node} {'no answer' if one.answered is None else one.code or 'published'}"
        for one in publish.attempts
    ]
    return ", ".join(answers[-5:])


def _short(seqs: list[int]) -> str:
    return str(seqs) if len(seqs) < 12 else f"{seqs[:6]}...{seqs[-3:]}"
