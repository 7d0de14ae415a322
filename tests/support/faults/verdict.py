"""What a checker found."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_SHOWN = 10
"""Offenders of each kind that a report names."""

COUNTERS = ("lost", "duplicated", "unexpected", "out_of_order", "unresolved")


@dataclass
class Verdict:
    """What was found, by counter: one sentence each."""

    found: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in COUNTERS})

    def count(self, counter: str, sentence: str) -> None:
        """One more, and what it is."""
        self.found[counter].append(sentence)

    @property
    def lost(self) -> int:
        return len(self.found["lost"])

    @property
    def duplicated(self) -> int:
        return len(self.found["duplicated"])

    @property
    def unexpected(self) -> int:
        return len(self.found["unexpected"])

    @property
    def out_of_order(self) -> int:
        return len(self.found["out_of_order"])

    @property
    def unresolved(self) -> int:
        return len(self.found["unresolved"])

    @property
    def good(self) -> bool:
        """Whether all five are 0."""
        return not any(self.found.values())

    @property
    def counts(self) -> dict[str, int]:
        """The five numbers by name."""
        return {name: len(self.found[name]) for name in COUNTERS}

    def __str__(self) -> str:
        lines = [", ".join(f"{name} {count}" for name, count in self.counts.items())]
        for name in COUNTERS:
            found = self.found[name]
            lines += [f"{name}: {one}" for one in found[:MOST_SHOWN]]
            if len(found) > MOST_SHOWN:
                lines.append(f"{name}: and {len(found) - MOST_SHOWN} more")
        return "\n".join(lines)
