"""Blocks of text, and what roles made in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Bound:
    """A span that a role made or asserted, and from what; a flow that is named only gives its sentence a subject."""

    start: int
    end: int
    role: str
    target: str


@dataclass(frozen=True)
class Prose:
    """
    A block of text, the spans in it that roles made, and those of literals.

    *around* is what it is part of, the smallest first: *inner* rows and items, then sections, then the page.
    """

    text: str
    bound: tuple[Bound, ...] = ()
    code: tuple[tuple[int, int], ...] = ()
    around: tuple[Prose, ...] = ()
    inner: int = 0


def joined(blocks: Iterable[Prose]) -> Prose:
    """One text of several, with what roles made in it."""
    text, bound = "", list[Bound]()
    for block in blocks:
        bound += (replace(item, start=item.start + len(text), end=item.end + len(text)) for item in block.bound)
        text += block.text + " | "
    return Prose(text, tuple(bound))
