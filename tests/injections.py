"""Texts that have to stay text wherever they are written, by kind, and texts of all kinds with them inside."""

from __future__ import annotations

import tomllib
from itertools import chain
from pathlib import Path

from hypothesis import strategies as st

BY_KIND: dict[str, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
INJECTIONS = [*dict.fromkeys(chain.from_iterable(BY_KIND.values()))]

some = st.sampled_from(INJECTIONS)
texts = st.one_of(
    some,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.lists(some | st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=2, max_size=4).map("".join),
)
