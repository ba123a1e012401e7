"""
A table for the eye: a line for each row where there is room, else cells wrapped by words.

Only printable characters leave this module. Whatever else stands in a cell is shown as its escape,
so that no text can move the cursor, colour the screen or turn the direction of reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from textwrap import wrap
from unicodedata import category

from ..views.table import Table, plain

GAP = "  "  # between columns


def text_table(made: Table, width: int | None = None) -> str:
    """
    Write *made* with its caption, its heads and a rule; no line ends with a space.

    Args:
        made: Cells of *tight* columns are broken only where nothing else helps.
        width: Columns of the terminal; None for a file or a pipe, where no line is broken. A
            terminal without a place for each column gets longer lines all the same.
    """
    rows = [[printable(column.title) for column in made.columns]]
    rows += [[printable(plain(cell)) for cell in line.cells] for line in made.lines]
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, cells)) for cells in columns]
    gaps = len(GAP) * (len(columns) - 1)
    if width is not None and sum(widths) + gaps > width:
        least = [
            most if column.tight else max(len(word) for cell in cells for word in cell.split(" "))
            for column, cells, most in zip(made.columns, columns, widths, strict=True)
        ]
        widths = shared(least, widths, width - gaps)
    title = printable(made.caption)
    lines = [*_wrapped(title, len(title) if width is None else width), ""]
    lines += [*_row(rows[0], widths), "─" * (sum(widths) + gaps)]
    lines += [line for row in rows[1:] for line in _row(row, widths)]
    return "".join(line.rstrip() + "\n" for line in lines)


def shared(least: list[int], most: list[int], room: int) -> list[int]:
    """
    Share *room* out among columns.

    Each gets at least what its longest word takes and at most what its longest text takes; between
    the two no column gets more while another has less. Where there is no room for the words, no
    column gets more than another that has less than its words take.

    Returns:
        Widths of 1 or more, whose sum is *room* unless less is enough or 1 each is too much.
    """
    low, high = (least, most) if sum(least) <= room else ([1] * len(least), least)
    fair = max(high, default=1)
    while fair > 1 and sum(_between(low, high, fair)) > room:
        fair -= 1
    widths = _between(low, high, fair)
    spare = room - sum(widths)
    for i, (now, wanted) in enumerate(zip(widths, high, strict=True)):
        if spare > 0 and now == fair < wanted:
            widths[i] += 1
            spare -= 1
    return widths


def _between(low: list[int], high: list[int], fair: int) -> list[int]:
    return [max(lowest, min(highest, fair)) for lowest, highest in zip(low, high, strict=True)]


def printable(text: str) -> str:
    """Show each character that is neither a sign nor a space as its escape; a line break becomes a space."""
    if text.isprintable():
        return text

    return "".join(
        char if char.isprintable() or category(char) == "Zs" else char.encode("unicode_escape").decode()
        for char in " ".join(text.splitlines())
    )


def _row(cells: Iterable[str], widths: list[int]) -> Iterator[str]:
    """The lines of one row: as many as its longest cell takes."""
    blocks = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*blocks, fillvalue=""):
        yield GAP.join(part.ljust(width) for part, width in zip(parts, widths, strict=True))


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most *width*, broken at spaces; a longer word is folded. At least one line, if an empty one."""
    if len(text) <= width:
        return [text]

    return wrap(text, width, break_on_hyphens=False) or [""]
