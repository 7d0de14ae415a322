"""JSON, names and texts as Hypothesis draws them: near enough to good ones to get far."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

NUMBERS = st.one_of(
    st.integers(), st.sampled_from([0, -1, 2**31, 2**53, 2**53 + 1, 2**64]), st.floats()
)
NAMES = st.one_of(
    st.sampled_from(["lobby", "#lobby", "@ann", "@+5f0c2b9e4d7a1136", "ann", "a.b", "#", "*", ""]),
    st.text(max_size=20),
)
WORDS = st.one_of(NAMES, st.text(max_size=200), st.sampled_from(["/me x", "//", "x" * 5000]))
VALUES: SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def objects_like(good: list[bytes]) -> SearchStrategy[bytes]:
    """Objects as these, some of whose fields are others, missing, or added."""
    fields = sorted({key for one in good for key in json.loads(one)})
    others = st.dictionaries(st.sampled_from(fields), VALUES, max_size=4)

    def changed(base: bytes, other: dict[str, Any], dropped: set[str]) -> bytes:
        made = {**json.loads(base), **other}
        for name in dropped:
            made.pop(name, None)
        return json.dumps(made, ensure_ascii=len(made) % 2 == 0).encode("utf-8", "surrogatepass")

    dropped = st.sets(st.sampled_from(fields), max_size=2)
    return st.builds(changed, st.sampled_from(good), others, dropped)
