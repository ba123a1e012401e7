"""Rows that are alike, put together without claiming anything that none of them says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Row = tuple[Any, ...]


def alike(rows: Iterable[Row], *places: int) -> Iterator[Row]:
    """
    Rows that differ in nothing but one place, as one that has there a tuple of all that they have, in order.

    With several *places*, the same is done for one after the other: each combination of what stands in a row is one
    of the rows given, and each of these is in one row. The same row twice counts once.
    """
    made = dict.fromkeys(rows)
    for at in places:
        found: dict[Row, list[Any]] = {}
        for row in made:
            found.setdefault((*row[:at], *row[at + 1 :]), []).append(row[at])
        made = dict.fromkeys((*rest[:at], tuple(several), *rest[at:]) for rest, several in found.items())
    yield from made
