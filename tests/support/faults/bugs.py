"""Bugs that the daemon does not have, to be put back: each breaks one promise, and the fault test
must see it. Nothing in the daemon knows of them.

    python -m support.faults.bugs BUG <the arguments of twistd>

runs a daemon with one. Each has the counter of the verdict on which its promise stands: there the
unchanged checker must count. `needs` are the kinds of fault (of `schedule.KINDS`) that show it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from twisted.scripts import twistd

from rabbitchat.chat.rooms import Room
from rabbitchat.delivery import Delivery
from rabbitchat.log import sql_appending
from rabbitchat.log.sql import SqlLog
from support.faults import log_bugs, order_bugs


class Replaced(NamedTuple):
    """`owner.name` is to be `value`."""

    owner: Any
    name: str
    value: Any


@dataclass(frozen=True)
class Bug:
    """How a promise is broken."""

    counter: str
    needs: tuple[str, ...]
    replaced: tuple[Replaced, ...]

    def put_back(self) -> None:
        """From now on this process has it, for good."""
        for one in self.replaced:
            setattr(one.owner, one.name, one.value)


BUGS: dict[str, Bug] = {
    "acknowledge_before_commit": Bug(
        "lost",
        ("daemon killed",),
        (
            Replaced(SqlLog, "append", log_bugs.append_and_answer_early),
            Replaced(sql_appending, "append", log_bugs.answer_and_commit_later),
        ),
    ),
    "no_gap_fill": Bug(
        "lost",
        ("queues deleted",),
        (Replaced(Room, "fill", order_bugs.pass_over),),
    ),
    "no_drop_by_seq": Bug(
        "duplicated",
        ("clients cut",),
        (
            Replaced(Room, "offer", order_bugs.offer_whatever_comes),
            Replaced(Room, "takes", order_bugs.takes_whatever_comes),
        ),
    ),
    "no_msgid_lookup": Bug(
        "duplicated",
        ("clients cut",),
        (
            Replaced(SqlLog, "find", log_bugs.find_nothing),
            Replaced(sql_appending, "append", log_bugs.append_without_looking),
        ),
    ),
    "seq_without_lock": Bug(
        "out_of_order",
        ("clients cut", "daemon killed"),
        (
            Replaced(sql_appending, "append", log_bugs.append_without_lock),
            Replaced(sql_appending, "_lock", log_bugs.count_and_let_go),
            Replaced(sql_appending, "_count", log_bugs.was_counted),
        ),
    ),
    "read_before_subscribe": Bug(
        "lost", ("clients cut",), (Replaced(Delivery, "enter", order_bugs.read_then_subscribe),)
    ),
}


def program(bug: str) -> list[str]:
    """What runs a daemon with a bug: takes the arguments of twistd."""
    return [sys.executable, "-m", "support.faults.bugs", bug]


def main(arguments: Sequence[str]) -> None:
    """Put a bug back, then be twistd."""
    if not arguments or arguments[0] not in BUGS:
        sys.exit(f"support.faults.bugs: say which bug first: {', '.join(BUGS)}")
    BUGS[arguments[0]].put_back()
    sys.argv = ["twistd", *arguments[1:]]
    twistd.run()


if __name__ == "__main__":
    main(sys.argv[1:])
