"""Rows that are alike, put together without claiming anything that none of them says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Row = tuple[Any, ...]


def alike(rows: Iterable[Row], *places: int) -> Iterator[Row]:
    """
    Rows that differ in nothing but one place, as one that has there a tuple of all that they have, in order.

    Several *places* are merged one after the other. Any choice of one value from each tuple of a merged row is a row
    that was given, and each given row is found in exactly one merged row. Repeated rows count once.
    """
    made = dict.fromkeys(rows)
    for at in places:
        found: dict[Row, list[Any]] = {}
        for row in made:
            found.setdefault((*row[:at], *row[at + 1 :]), []).append(row[at])
        made = dict.fromkeys((*rest[:at], tuple(several), *rest[at:]) for rest, several in found.items())
    yield from made
