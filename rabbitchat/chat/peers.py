"""The other nodes: what each has told of its users, and when it is given up.

- A delta counts only if it is the very next one. After a gap the node is asked for its state.
- A state replaces what is known of its node, part by part: users are independent of one another,
  so each part is put into the view as it comes. The last part removes whoever wasn't told.
- A later incarnation replaces an earlier one, whose users stay for the grace time, as those of a
  node that said good-bye do. A node silent for LEASE is dropped with its users.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Optional, Union

from rabbitchat.chat.announcements import (
    AnyAnnouncement,
    Beat,
    Bye,
    Change,
    Delta,
    Gone,
    Hello,
    Joined,
    Left,
    Named,
    State,
    TopicSet,
    UserState,
)
from rabbitchat.chat.attendance import ROUNDING
from rabbitchat.chat.members import Claim, Hold, Stay, TopicLearned, View
from rabbitchat.chat.substitutes import Fold
from rabbitchat.chat.topics import KEPT_EMPTY, Topics

LEASE = 15.0  # seconds of silence after which a node is dropped
ASK_PAUSE = 1.0  # seconds between two questions for the state of one node
MOST_NODES = 1000


class TooManyNodes(Exception):
    """More nodes than there can be: a foreign program is making them up."""


@dataclass
class _Assembly:
    """A state of which some parts have come."""

    serial: int
    version: int
    parts: set[int] = field(default_factory=set)
    users: set[str] = field(default_factory=set)


@dataclass
class _Report:
    """What one incarnation of a node has told. `version` is None while something is missing."""

    source: int
    node: str
    incarnation: str
    heard: float
    version: Optional[int] = None
    assembly: Optional[_Assembly] = None
    asked: float = float("-inf")
    stays: dict[str, Stay] = field(default_factory=dict)


@dataclass
class _Departure:
    """A node that is gone and whose users go at a time."""

    report: _Report
    until: float
    reason: str
    hold: float


class Peers:
    """All other nodes. What they tell goes into `view` and `topics`."""

    def __init__(self, view: View, topics: Topics, fold: Fold, grace: float) -> None:
        self._view = view
        self._topics = topics
        self._fold = fold
        self._grace = grace
        self._sources = itertools.count(1)
        self._reports: dict[str, _Report] = {}
        self._departures: list[_Departure] = []
        self._departed: list[str] = []
        self._finished: dict[str, tuple[str, float]] = {}  # node: last incarnation, until when

    def nodes(self) -> list[str]:
        """The names of the nodes that are alive."""
        return sorted(self._reports)

    def receive(self, told: AnyAnnouncement, now: float) -> bool:
        """Take in what a node tells. True: its state is to be asked for, something is missing.

        Raises ChatError for a nick that isn't allowed and TooManyNodes; nothing was taken then.
        """
        self._check_nicks(told)
        report = self._report(told, now)
        if report is None:
            return False
        report.heard = now
        if isinstance(told, Bye):
            self._finished[told.node] = told.incarnation, now + LEASE
            self._depart(report, now + self._grace, "shutdown", 0.0)
            return False
        if isinstance(told, State):
            missing = self._state(report, told, now)
        elif isinstance(told, Delta):
            missing = self._delta(report, told, now)
        elif isinstance(told, Hello):
            missing = False  # its state follows
        else:
            missing = report.version is None or told.version > report.version
            if isinstance(told, Beat):
                missing = missing or told.topics != self._topics.digest
        return missing and self._may_ask(report, now)

    def _check_nicks(self, told: AnyAnnouncement) -> None:
        if isinstance(told, State):
            for user in told.users:
                self._fold(user.nick)
        elif isinstance(told, Delta):
            for change in told.changes:
                if isinstance(change, Named):
                    self._fold(change.nick)

    def _claim(self, told: Union[Named, UserState]) -> Claim:
        return Claim(told.nick, self._fold(told.nick), told.claimed, told.by)

    def _report(self, told: AnyAnnouncement, now: float) -> Optional[_Report]:
        report = self._reports.get(told.node)
        if report is not None and told.incarnation == report.incarnation:
            return report
        last, until = self._finished.get(told.node, ("", 0.0))
        if told.incarnation <= last and now < until:
            return None
        if report is not None:
            if told.incarnation < report.incarnation:
                return None
            self._depart(report, now + self._grace, "node lost", 0.0)
        if len(self._reports) >= MOST_NODES:
            raise TooManyNodes(f"more than {MOST_NODES} nodes")
        report = _Report(next(self._sources), told.node, told.incarnation, now)
        self._reports[told.node] = report
        return report

    def _may_ask(self, report: _Report, now: float) -> bool:
        if now - report.asked < ASK_PAUSE:
            return False
        report.asked = now
        return True

    # what it tells

    def _delta(self, report: _Report, told: Delta, now: float) -> bool:
        if report.version is None or told.version > report.version + 1:
            return True
        if told.version == report.version + 1:
            report.version = told.version
            for change in told.changes:
                self._change(report, change, now)
        return False

    def _change(self, report: _Report, change: Change, now: float) -> None:
        if isinstance(change, TopicSet):
            self._topic(change, now)
            return
        stay = report.stays.get(change.user)
        if isinstance(change, Named):
            rooms = stay.rooms if stay else frozenset[str]()
            self._put(report, change.user, Stay(self._claim(change), rooms), now)
        elif stay is None:
            return  # nobody that we were told of: a right node names first
        elif isinstance(change, Joined):
            stay = replace(stay, rooms=stay.rooms | {change.room})
            self._put(report, change.user, stay, now)
        elif isinstance(change, Left):
            stay = replace(stay, rooms=stay.rooms - {change.room})
            self._put(report, change.user, stay, now, change.reason)
        elif isinstance(change, Gone):
            hold = min(change.hold, self._grace)
            self._put(report, change.user, None, now, hold=hold)

    def _state(self, report: _Report, told: State, now: float) -> bool:
        for topic in told.topics:
            self._topic(topic, now)
        for held in told.holds:
            until = now + min(held.seconds, self._grace)
            if self._view.owner(held.nick, now) is None:
                self._view.hold(held.nick, Hold(held.user, until), now)
        if report.version is not None and told.version <= report.version:
            return False
        assembly = report.assembly
        if assembly is None or told.serial > assembly.serial:
            assembly = report.assembly = _Assembly(told.serial, told.version)
        if told.serial < assembly.serial or told.part in assembly.parts:
            return False
        report.version = None
        assembly.parts.add(told.part)
        for user in told.users:
            assembly.users.add(user.user)
            stay = Stay(self._claim(user), frozenset(user.rooms))
            self._put(report, user.user, stay, now)
        if len(assembly.parts) == told.parts:
            for name in [name for name in report.stays if name not in assembly.users]:
                self._put(report, name, None, now, hold=self._grace)
            report.version, report.assembly = told.version, None
        return False

    def _put(
        self,
        report: _Report,
        user: str,
        stay: Optional[Stay],
        now: float,
        reason: str = "left",
        hold: Optional[float] = None,
    ) -> None:
        if stay is None:
            report.stays.pop(user, None)
        else:
            report.stays[user] = stay
        kept = self._grace if hold is None else hold
        self._view.put(report.source, user, stay, now, reason=reason, hold=kept)

    def _topic(self, told: TopicSet, now: float) -> None:
        inhabited = self._view.count(told.room) > 0
        if (inhabited or told.empty < KEPT_EMPTY) and self._topics.learn(told.room, told.topic()):
            if inhabited:
                self._view.note(TopicLearned(told.room, told.nick, told.text))
            else:
                self._topics.emptied(told.room, now - told.empty)

    # when it goes

    def take_departed(self) -> list[str]:
        """The nodes that have gone since the last call."""
        departed, self._departed = self._departed, []
        return departed

    def _depart(self, report: _Report, until: float, reason: str, hold: float) -> None:
        self._departed.append(report.node)
        del self._reports[report.node]
        report.assembly = None
        self._departures.append(_Departure(report, until, reason, hold))

    def expire(self, now: float, most: int) -> None:
        """Drop silent nodes, and at most so many users of the departed; see `next_due`."""
        limit = now + ROUNDING
        for report in [each for each in self._reports.values() if each.heard + LEASE <= limit]:
            self._depart(report, now, "node lost", self._grace)
        for departure in self._departures:
            stays = departure.report.stays
            while departure.until <= limit and stays and most > 0:
                most -= 1
                self._put(
                    departure.report,
                    next(iter(stays)),
                    None,
                    now,
                    departure.reason,
                    departure.hold,
                )
        self._departures = [each for each in self._departures if each.report.stays]
        self._finished = {
            node: (last, until) for node, (last, until) in self._finished.items() if until > now
        }

    def next_due(self) -> Optional[float]:
        """When `expire` has something to do."""
        silent = [report.heard + LEASE for report in self._reports.values()]
        return min(silent + [each.until for each in self._departures], default=None)

    def held(self, now: float) -> list[tuple[str, Hold]]:
        """The nicks of departed users, as holds to tell a newcomer."""
        return [
            (stay.claim.folded, Hold(user, departure.until))
            for departure in self._departures
            for user, stay in departure.report.stays.items()
            if departure.until > now
        ]
