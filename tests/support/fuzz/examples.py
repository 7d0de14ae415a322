"""The examples of docs/protocol.md, which is where good inputs stand."""

from __future__ import annotations

import re
from pathlib import Path

PROTOCOL = Path(__file__).parents[3] / "docs" / "protocol.md"


def examples(*kinds: str) -> list[bytes]:
    """The JSON examples of these kinds: command, push, reply, presence, post."""
    found = re.findall(
        r"^```json (\w+)\n(.*?)^```", PROTOCOL.read_text(), re.MULTILINE | re.DOTALL
    )
    return [text.strip().encode() for kind, text in found if kind in kinds]
