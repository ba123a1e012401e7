"""How wide the columns of a table are, how large its type is, and whether it can be read as columns at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import ceil, inf

ROOM = 470.0
"""Width of the text in points: A4 less the margins of 22 mm in template.typ."""
INSET = 5.0
"""Space in points at either side of a cell, as in template.typ."""
SIZES = (8.4, 8.0, 7.6)
"""Sizes of type in points that a table may have, the preferred one first."""
CRAMPED = 1.1
"""How much taller than wide a cell may be before smaller type is tried."""
LONG = 70
"""Lines from which a table goes on to further pages: one that is searched, not read."""
TOWER = 4.0
"""How much taller than wide a cell may be in a table that can be read as columns."""
_LEADING = 1.25  # em from line to line
_SAFETY = 1.03  # kerning and rounding
_SHORT = 3.2  # em of a number or an id
_PIECES = 3  # words or numbers that a line of a column should hold
_NAME = 17.0  # em of a name, as of a role
_TWO_WORDS = 9.5
_FEW = 6  # part of a column's cells that has to get shorter
_LEFT = 0.85  # of the room, for what columns of names hold at most, together with the longest words of others
_HELD = 0.9  # of the room, for what columns hold at least
_SHORTER = 0.9  # a table that gets so much shorter need not hold it
_TALLER = 1.05  # a table may get so much taller for its columns of names
_RAGGED = 1.2  # em that lines of unequal length lose


@dataclass(frozen=True)
class Cell:
    """
    What the text of one cell asks for, in em of the table's type.

    Args:
        lines: Width of each paragraph, set on one line.
        word: Width of the widest piece that should not be broken.
        piece: Width of a piece on average; half of one is lost at the end of a line.
    """

    lines: tuple[float, ...] = ()
    word: float = 0.0
    piece: float = 0.0

    def height(self, width: float) -> int:
        """Estimate the lines the cell takes in a column *width* em wide."""
        used = width - min(max(_RAGGED, self.piece / 2), width / 3)
        return sum(1 if line <= width else ceil(line / used) for line in self.lines)

    def width(self, height: int) -> float:
        """Give the least width in em at which the cell takes no more than *height* lines."""
        if height < max(1, len(self.lines)):
            return inf
        width = max([self.word, 0.1, sum(self.lines) / height])
        while self.height(width) > height:
            width *= 1.02
        return width


@dataclass(frozen=True)
class Layout:
    """
    What was chosen.

    Args:
        widths: Widths of the columns in points, without insets.
        size: Size of type in points.
        lines: Lines of all rows, estimated.
        tallest: Lines of the tallest cell, estimated.
        cramped: Height of the cell that is worst to read, in widths of its column.
    """

    widths: tuple[float, ...]
    size: float
    lines: int
    tallest: int
    cramped: float

    @property
    def share(self) -> float:
        """Width of the whole table, as a part of the room."""
        return (sum(self.widths) + 2 * INSET * len(self.widths)) / ROOM


def layout(rows: Sequence[Sequence[Cell]]) -> Layout | None:
    """
    Choose the largest type in which no word is broken and no cell is cramped; a long table has small type.

    Args:
        rows: Cells in rows of equal length.

    Returns:
        A layout that fits the room; if none is good, the one of the smallest type. None if the table cannot be read
        as columns: a word would be broken, or a cell is a tower.
    """
    whole = [plan for size in SIZES if (plan := _fit(rows, size))]
    good = [plan for plan in whole if plan.cramped <= CRAMPED]
    if good and good[0].lines <= LONG:
        return good[0]
    return whole[-1] if whole and whole[-1].cramped <= TOWER else None


def _fit(rows: Sequence[Sequence[Cell]], size: float) -> Layout | None:
    columns = list(zip(*rows, strict=True))
    space = (ROOM - 2 * INSET * len(columns)) / size / _SAFETY
    words = [max(0.8, *(cell.word for cell in column)) for column in columns]
    if sum(words) > space:
        return None
    widths = _chosen(rows, words, space)
    named = _named(columns, words, space)
    if named != words:
        wider = _chosen(rows, named, space)
        if sum(_height(row, wider) for row in rows) <= _TALLER * sum(_height(row, widths) for row in rows):
            widths = wider
    tall = [_height(row, widths) for row in rows]
    pairs = [pair for row in rows for pair in zip(row, widths, strict=True)]
    heights = ((cell.height(width), width) for cell, width in pairs)
    cramped = max([0.0, *(height * _LEADING / width for height, width in heights if height > 1)])
    return Layout(tuple(w * size * _SAFETY for w in widths), size, sum(tall), max(tall), cramped)


def _chosen(rows: Sequence[Sequence[Cell]], words: list[float], space: float) -> list[float]:
    """Choose the widths of columns, in em, of which none gets narrower than its part of *words*."""
    columns = list(zip(*rows, strict=True))
    least = _wished(columns, words, space)
    widths = _shifted(columns, _share(rows, least, space), least)
    tighter = _shifted(columns, widths, words)
    if sum(_height(row, tighter) for row in rows) <= _SHORTER * sum(_height(row, widths) for row in rows):
        return tighter
    return widths


def _named(columns: Sequence[Sequence[Cell]], words: list[float], space: float) -> list[float]:
    """Give columns of names, as of roles, room for two words in a line, where many get shorter by it."""
    widths = list(words)
    wider = {
        at: min(_TWO_WORDS, max(0.8 * max(cell.lines, default=0.0) for cell in column))
        for at, column in enumerate(columns)
        if all(len(cell.lines) < 2 and sum(cell.lines) <= _NAME for cell in column)
    }
    saved = {at: _lines(columns[at], words[at]) - _lines(columns[at], width) for at, width in wider.items()}
    for at in sorted(saved, key=lambda at: (-saved[at], at)):
        more = max(0.0, wider[at] - words[at])
        if saved[at] > len(columns[at]) / _FEW and sum(widths) + more <= _LEFT * space:
            widths[at] += more
    return widths


def _lines(column: Sequence[Cell], width: float) -> int:
    return sum(_heights(column, width))


def _wished(columns: Sequence[Sequence[Cell]], words: list[float], space: float) -> list[float]:
    """
    Give columns room for some pieces in a line, where it helps most cells first; a part of *space* is held back.

    Numbers and ids get it whatever else there is, words only if they are no small part of the table's text.
    """
    widths, spare = list(words), _HELD * space - sum(words)
    texts = [sum(sum(cell.lines) for cell in column) for column in columns]
    more: dict[int, list[float]] = {}
    for at, (column, word, text) in enumerate(zip(columns, words, texts, strict=True)):
        fair = space * text / max(0.1, sum(texts))
        wishes = [min(max(cell.lines, default=0), _PIECES * cell.piece) for cell in column]
        most = [wish if cell.piece <= _SHORT else min(wish, fair) for cell, wish in zip(column, wishes, strict=True)]
        more[at] = [wish - word for wish in most if wish > word] or [0.0]
    for at in sorted(more, key=lambda at: (sum(more[at]) / len(more[at]) ** 2, at)):
        given = min(sum(more[at]) / len(more[at]), max(0.0, spare))
        widths[at] += given
        spare -= given
    return widths


def _share(rows: Sequence[Sequence[Cell]], words: list[float], space: float) -> list[float]:
    """Start from the longest words; lower the tallest row, again and again, while columns fit."""
    widths = list(words)
    heights = {at: _height(row, widths) for at, row in enumerate(rows)}
    while heights:
        tallest = max(heights, key=heights.__getitem__)
        wider = [
            max(width, cell.width(heights[tallest] - 1)) for cell, width in zip(rows[tallest], widths, strict=True)
        ]
        if sum(wider) <= space:
            widths = wider
            heights = {at: _height(rows[at], widths) for at in heights}
        else:
            del heights[tallest]
    return _widened(widths, space)


def _shifted(columns: Sequence[Sequence[Cell]], widths: list[float], words: list[float]) -> list[float]:
    """Shift width from column to column as long as that makes the table shorter."""
    widths, heights = list(widths), [_heights(*column) for column in zip(columns, widths, strict=True)]
    least = _total(heights)
    for part in (0.08, 0.04, 0.02):
        step, pairs = part * sum(widths), list(permutations(range(len(widths)), 2))
        while pairs:
            one, other = pairs.pop()
            if widths[one] - step < words[one]:
                continue
            tried = list(heights)
            tried[one] = _heights(columns[one], widths[one] - step)
            tried[other] = _heights(columns[other], widths[other] + step)
            if (total := _total(tried)) < least:
                least, heights = total, tried
                widths[one], widths[other] = widths[one] - step, widths[other] + step
                pairs = list(permutations(range(len(widths)), 2))
    return widths


def _heights(column: Sequence[Cell], width: float) -> list[int]:
    return [cell.height(width) for cell in column]


def _total(heights: Sequence[Sequence[int]]) -> int:
    return sum(map(max, *heights)) if len(heights) > 1 else sum(heights[0])


def _height(row: Sequence[Cell], widths: Sequence[float]) -> int:
    return max(cell.height(width) for cell, width in zip(row, widths, strict=True))


def _widened(widths: list[float], space: float) -> list[float]:
    """Let a table that nearly fills the line fill it; a small one keeps its width."""
    if sum(widths) < 0.6 * space:
        return widths
    return [width + (space - sum(widths)) / len(widths) for width in widths]
