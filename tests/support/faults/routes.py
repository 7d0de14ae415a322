"""Which entrance a client takes next."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Optional

from support.faults.entrances import Entrance


class Routes:
    """Any entrance but the last one, if there is another."""

    def __init__(self, entrances: Sequence[Entrance]) -> None:
        self._entrances = list(entrances)

    def choose(self, random: Random, last: Optional[Entrance]) -> Entrance:
        """The next one to try."""
        others = [entrance for entrance in self._entrances if entrance != last]
        return random.choice(others or self._entrances)
