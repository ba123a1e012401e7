"""
A table for the eye: a line for each row where there is room, else wrapped cells, else a block for each row.

Words are whole on every width that has room for them, and so are names of hosts, so that a copy from the screen is
right; a name that is longer than a line is broken after a dot.
Only printable characters leave this module. Whatever else is in a cell is shown as its escape, so that no text can
move the cursor, colour the screen or turn the direction of reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, zip_longest

from ..errors import printable
from ..views.table import Cell, Mark, Table, plain

GAP = "  "  # between columns
_SEAM = re.compile(r"(?<=[./])(?=.)")  # where a long name may be broken

Word = tuple[str, ...]
"""A word in the pieces that it may be broken into."""
Item = tuple[Word, ...]
"""An item of a cell, such as one host of a list, as words."""


def text_table(made: Table, width: int | None = None) -> str:
    """
    Write *made* with its caption, its heads and a rule; no line ends with a space.

    Args:
        made: Cells of *tight* columns are not broken.
        width: Columns of the terminal; None for a file or a pipe, where no line is broken.
    """
    heads = [printable(column.title) for column in made.columns]
    texts = [[printable(plain(cell)) for cell in line.cells] for line in made.lines]
    most = [max(map(len, column)) for column in zip(heads, *texts, strict=True)]
    room = None if width is None else width - len(GAP) * (len(heads) - 1)
    title = prose(made.caption, width)
    if room is None or width is None or sum(most) <= room:
        return _joined([*title, "", *_grid([[[text] for text in row] for row in (heads, *texts)], most)])
    rows = [[_items(cell) for cell in line.cells] for line in made.lines]
    least = [
        most[i] if column.tight else _longest([_item(heads[i]), *(item for row in rows for item in row[i])])
        for i, column in enumerate(made.columns)
    ]
    if sum(least) <= room:
        widths = shared(least, most, room)
        whole = [[[_item(head)] for head in heads], *rows]
        cells = [[_wrapped(items, size) for items, size in zip(row, widths, strict=True)] for row in whole]
        return _joined([*title, "", *_grid(cells, widths)])
    return _joined([*title, *(line for row in rows for line in ("", *_block(heads, row, width)))])


def prose(text: str, width: int | None) -> list[str]:
    """A text as lines of at most *width* columns, and as one line where that is None."""
    return [printable(text)] if width is None else _wrapped([_item(printable(text))], width)


def _joined(lines: Iterable[str]) -> str:
    return "".join(line.rstrip() + "\n" for line in lines)


def _grid(rows: Sequence[Sequence[list[str]]], widths: Sequence[int]) -> Iterator[str]:
    """Rows of cells in lines side by side, the first row above a rule."""
    for number, row in enumerate(rows):
        for parts in zip_longest(*row, fillvalue=""):
            yield GAP.join(part.ljust(size) for part, size in zip(parts, widths, strict=True))
        if number == 0:
            yield "─" * (sum(widths) + len(GAP) * (len(widths) - 1))


def _block(heads: Sequence[str], row: Sequence[list[Item]], width: int) -> Iterator[str]:
    """A row as lines of heads with their cells, which are below the heads where a word has no room next to them."""
    indent = max(map(len, heads)) + len(GAP)
    for head, items in zip(heads, row, strict=True):
        below = indent > width // 2 or _longest(items) > width - indent
        lines = _wrapped(items, max(1, width - (len(GAP) if below else indent)))
        if below:
            yield from _wrapped([_item(head)], width)
            yield from (f"{GAP}{line}" for line in lines)
        else:
            yield from (f"{'' if i else head:<{indent}}{line}" for i, line in enumerate(lines))


def _items(cell: Cell) -> list[Item]:
    """The items of a cell, between its seams and breaks."""
    groups = groupby(cell, lambda span: span.mark in (Mark.SEAM, Mark.BREAK))
    return [_item(printable(plain(tuple(spans)))) for between, spans in groups if not between] or [()]


def _item(text: str) -> Item:
    return tuple(tuple(_SEAM.split(word)) for word in text.split(" ") if word)


def _longest(items: Iterable[Item]) -> int:
    """Columns that the longest word takes."""
    return max((sum(map(len, word)) for item in items for word in item), default=1)


def _wrapped(items: Iterable[Item], width: int) -> list[str]:
    """Lines of at most *width*, a new one for each item; at least one line, if an empty one."""
    return [line for item in items for line in _lines(item, width)] or [""]


def _lines(item: Item, width: int) -> Iterator[str]:
    line = ""
    for word in item:
        whole = "".join(word)
        if line and len(line) + 1 + len(whole) <= width:
            line += f" {whole}"
            continue
        if line:
            yield line
        line = ""
        for piece in [whole] if len(whole) <= width else word:
            if len(line) + len(piece) > width:
                if line:
                    yield line
                line = piece
                while len(line) > width:  # no place to break it is left
                    yield line[:width]
                    line = line[width:]
            else:
                line += piece
    yield line


def shared(least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """
    Share *room*, which is enough for *least*, out among columns.

    Each gets at least what its longest word takes and at most what its longest text takes; between
    the two no column gets more while another has less.
    """
    fair = max(most, default=1)
    while fair > 1 and sum(_between(least, most, fair)) > room:
        fair -= 1
    widths = _between(least, most, fair)
    spare = room - sum(widths)
    for i, (now, wanted) in enumerate(zip(widths, most, strict=True)):
        if spare > 0 and now == fair < wanted:
            widths[i] += 1
            spare -= 1
    return widths


def _between(low: Sequence[int], high: Sequence[int], fair: int) -> list[int]:
    return [max(lowest, min(highest, fair)) for lowest, highest in zip(low, high, strict=True)]
