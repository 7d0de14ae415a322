"""The verdict on a history, in the manner of Jepsen: five counters that must all be 0.

- `lost`: stored (acknowledged, or shown to anybody), and not with a receiver that stayed or came
  back, or not in the log at the end, or there with another text than the last one; or the
  receiver was told that its past is gone: another epoch, `recovered: false`, another user under
  its session.
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

from support.faults.history import History, Publish
from support.faults.shown import Shown
from support.faults.verdict import Verdict

WITHIN = 10.0
"""Seconds for a final answer."""


def check(history: History) -> Verdict:
    """Judge a history that is over."""
    verdict = Verdict()
    shown = Shown(history, verdict)
    shown.look()
    _Conclusions(history, shown, verdict).draw()
    return verdict


class _Conclusions:
    """What all of it means."""

    def __init__(self, history: History, shown: Shown, verdict: Verdict) -> None:
        self._history = history
        self._shown = shown
        self._verdict = verdict

    def draw(self) -> None:
        """Count what no single thing shows."""
        self._stored_twice()
        self._holes()
        self._missing()
        self._forgotten()
        self._sequences()
        self._unanswered()

    def _stored_twice(self) -> None:
        for name, places in self._shown.places.of.items():
            if len(places) > 1:
                self._verdict.count("duplicated", f"{name!r} is stored at {sorted(places)}")

    def _holes(self) -> None:
        for room, there in self._shown.places.rooms.items():
            for seq in set(range(min(there, default=0), max(there, default=0))).difference(there):
                self._verdict.count("out_of_order", f"nobody was ever shown {room} {seq}")

    def _missing(self) -> None:
        for (client, room), start in self._shown.starts.items():
            if self._history.participants[client].present:
                there = self._shown.places.rooms[room]
                wanted = {seq for seq in there if seq > start}
                for seq in sorted(wanted - self._shown.seqs[client, room]):
                    self._verdict.count(
                        "lost", f"{client} was never shown {there[seq]!r}, {room} {seq}"
                    )

    def _forgotten(self) -> None:
        """Of a room whose log was read at the end."""
        for room, entries in self._history.kept.items():
            found = ((self._shown.places.find(entry), entry) for entry in entries)
            kept = {publish.name: entry.text for publish, entry in found if publish is not None}
            for publish in self._history.publishes:
                answer = publish.published
                if answer is not None and answer.room == room and publish.name not in kept:
                    where = f"{room} {answer.seq}"
                    self._verdict.count("lost", f"{publish.name!r}, {where}, is not in the log")
            for name, text in self._shown.places.latest_texts(room).items():
                if kept.get(name, text) != text:
                    self._verdict.count(
                        "lost", f"{name!r} is {kept[name]!r} in the log, not {text!r}"
                    )

    def _sequences(self) -> None:
        """What was acknowledged before something else was sent stands before that."""
        for room, there in self._shown.places.rooms.items():
            placed = [
                (publish, seq)
                for seq, name in there.items()
                if (publish := self._shown.places.said.get(name)) is not None and publish.attempts
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
                self._verdict.count(
                    "out_of_order",
                    f"{publish.name!r} is {room} {seq}, and was sent after {highest} was answered",
                )

    def _unanswered(self) -> None:
        for publish in self._history.publishes:
            if publish.answers and publish.attempts:
                by = max(self._history.healed, publish.attempts[0].sent) + WITHIN
                final = publish.final
                if final is None or (final.answered or 0.0) > by:
                    self._verdict.count("unresolved", f"{publish.name!r}: {_told(publish)}")
        for participant in self._history.participants.values():
            if not participant.present:
                self._verdict.count("unresolved", f"{participant.name} did not come back")


def _told(publish: Publish) -> str:
    answers = [
        f"{one.node} {'no answer' if one.answered is None else one.code or 'published'}"
        for one in publish.attempts
    ]
    return ", ".join(answers[-5:])
