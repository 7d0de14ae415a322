"""docs/sockjs.md: its blocks of code and its tables."""

from __future__ import annotations

import re

from support.daemons import CHECKOUT

DOCUMENT = (CHECKOUT / "docs" / "sockjs.md").read_text("utf-8")

_FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

EXAMPLE, *FRAGMENTS = _FENCE.findall(DOCUMENT)
"""The complete program, and the others, which use what the text before them names."""


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without the heads of its columns."""
    section = re.split(r"^#+ ", DOCUMENT.partition(f"# {heading}\n")[2], flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
