"""How wide the columns of a table are, how large its type is, and whether its page is turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

PORTRAIT, LANDSCAPE = 470.0, 717.0
"""Width of the text in points: A4 less the margins of 22 mm in template.typ."""
INSET = 5.0
"""Space in points at either side of a cell, as in template.typ."""
SIZES = (8.8, 8.2, 7.6)
"""Sizes of type in points that a table may have, the preferred one first."""
TALL, WIDE_TALL = 14, 5
"""Lines that a cell may take before the next layout is tried: in any table, in a ``wide`` one."""
_SAFETY = 1.03  # kerning and rounding


@dataclass(frozen=True, slots=True)
class Cell:
    """
    What the text of one cell asks for, in em of the table's type.

    Args:
        lines: Width of each paragraph, set on one line.
        word: Width of the widest piece that should not be broken.
    """

    lines: tuple[float, ...] = ()
    word: float = 0.0

    def height(self, width: float) -> int:
        """Count the lines the cell takes in a column *width* em wide."""
        return sum(max(1, ceil(line / width)) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Layout:
    """Widths in points without insets, size of type in points, and whether the page is turned."""

    widths: tuple[float, ...]
    size: float
    landscape: bool
    tallest: int

    @property
    def total(self) -> float:
        """Width of the whole table in points."""
        return sum(self.widths) + 2 * INSET * len(self.widths)


def layout(
    rows: Sequence[Sequence[Cell]], *, wide: bool = False, room: float = PORTRAIT,
    turn: bool = True,
) -> Layout:
    """
    Choose the first layout in which no word is broken and no cell is too tall.

    Args:
        rows: Cells in rows of equal length; a cell that spans columns counts as empty.
        wide: The author says that the table is wide: it may not get as tall.
        room: Width there is in points.
        turn: A page of its own, turned, may be used.

    Returns:
        A layout that always fits its room. If no layout is good, the one with the fewest lines in
        its tallest cell among those that break no word; if there is none of these, the smallest
        type, with words broken.
    """
    rooms = [(room, False), *([(LANDSCAPE, True)] if turn else [])]
    tries = [_fit(rows, width, size, turned) for width, turned in rooms for size in SIZES]
    whole = [found for found in tries if found is not None]
    limit = WIDE_TALL if wide else TALL
    good = (found for found in whole if found.tallest <= limit)
    best = min(whole, key=lambda found: found.tallest, default=None)
    return next(good, None) or best or _squeezed(rows, *rooms[-1])


def _fit(
    rows: Sequence[Sequence[Cell]], room: float, size: float, turned: bool
) -> Layout | None:
    columns = list(zip(*rows, strict=True))
    space = (room - 2 * INSET * len(columns)) / size / _SAFETY
    words = [max(0.8, *(cell.word for cell in column)) for column in columns]
    if sum(words) > space:
        return None
    widths = _share(rows, words, space)
    tallest = max(cell.height(width) for row in rows for cell, width in zip(row, widths, strict=True))
    return Layout(tuple(w * size * _SAFETY for w in widths), size, turned, tallest)


def _squeezed(rows: Sequence[Sequence[Cell]], room: float, turned: bool) -> Layout:
    words = [max(0.8, *(cell.word for cell in column)) for column in zip(*rows, strict=True)]
    scale = (room - 2 * INSET * len(words)) / sum(words)
    return Layout(tuple(word * scale for word in words), SIZES[-1], turned, 0)


def _share(rows: Sequence[Sequence[Cell]], words: list[float], space: float) -> list[float]:
    """Give columns what their longest word needs, then the rest step by step where rows are tall."""
    widths = list(words)
    longest = [max([0.0, *(max(cell.lines, default=0) for cell in column)])
               for column in zip(*rows, strict=True)]
    if sum(map(max, longest, words)) <= space:
        return _widened(list(map(max, longest, words)), space)
    step = (space - sum(words)) / 100
    for _ in range(100):
        need = [0.0] * len(widths)
        for row in rows:
            tall = [sum(cell.lines) / width if width < most else 0.0
                    for cell, width, most in zip(row, widths, longest, strict=True)]
            at = max(range(len(tall)), key=tall.__getitem__)
            need[at] += tall[at]
        widths[max(range(len(need)), key=need.__getitem__)] += step
    return widths


def _widened(widths: list[float], space: float) -> list[float]:
    """Let a table that nearly fills the line fill it; a small one keeps its width."""
    if sum(widths) < 0.6 * space:
        return widths
    return [width + (space - sum(widths)) / len(widths) for width in widths]
