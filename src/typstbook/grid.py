"""A table as Typst source: what the text of its cells asks for, and the call that sets it; knows no docutils."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dotpicture import Face

from . import columns
from .columns import Cell, Layout
from .text import EASED, LONGEST, array, is_host, pieces, width

_SPLIT_ROWS_FROM = 30
_HYPHENATED = 10
_HYPHEN = re.compile(r"(?<=[^\W\d]-)(?=[^\W\d])")
"""Longer words may break behind a hyphen between letters, as Typst does; TCP-TLS may not."""
_WHOLE = "\ufffc"
"""What letters of a name that stays whole pose as."""

Letters = list[tuple[str, float]]
"""The letters of a paragraph, each with its width in em."""
Pair = tuple[str, str]
"""A head, and the cell below it as an item of code, such as ``[words]``."""


def letters(text: str, face: Face, *, whole: bool = False) -> Letters:
    """Measure each letter of *text*; a name in code that stays *whole* has no place to break."""
    return [(_WHOLE if whole and char != " " else char, width(char, face)) for char in text]


def measured(lines: Sequence[Letters], *, whole: bool = False, gap: float = 0.0, span: int = 1) -> Cell:
    """
    What a cell of these paragraphs asks for.

    Args:
        lines: Its paragraphs.
        whole: No paragraph may be broken.
        gap: Width in em that something other than text takes from each paragraph, such as the marker of a list.
        span: Number of columns that share what it asks for.
    """
    totals = tuple(gap + sum(size for _, size in line) / span for line in lines)
    words = [gap + word / span for line in lines for word in _words(line)]
    wide = [word for word in words if word > gap + 0.5]  # not spaces
    return Cell(totals, max([0.0, *(totals if whole else words)]), sum(wide) / max(1, len(wide)))


def _words(line: Letters) -> Iterator[float]:
    at = 0
    for word in _split("".join(char for char, _ in line)):
        yield sum(size for _, size in line[at : at + len(word)])
        at += len(word)


def _split(text: str) -> Iterator[str]:
    """Cut text behind its spaces and inside its longest words, without losing a character."""
    for word in text.replace("\n", " ").split(" "):
        for piece in [word] if _WHOLE in word else pieces(word, LONGEST, EASED):
            yield from _HYPHEN.split(piece) if len(word) > _HYPHENATED and not is_host(word) else [piece]
        yield " "


def grid(plan: Layout, heads: Sequence[Sequence[str]], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of columns; each cell is an item of code, such as ``table.cell()[words]``."""
    options = [
        f"columns: {array([f'{part + 2 * columns.INSET:.2f}fr' for part in plan.widths])}",
        f"width: {min(plan.share, 1):.2%}",
        f"size: {plan.size}pt",
        f"whole-rows: {'true' if plan.tallest < _SPLIT_ROWS_FROM else 'false'}",
        f"heads: {len(heads)}",
        f"header: {array([cell for row in heads for cell in row])}",
    ]
    return f"\n#grid-table({', '.join(options)},\n" + "".join(f"  {', '.join(row)},\n" for row in rows if row) + ")\n"


def records(head: str, rows: Iterable[tuple[str, Sequence[Pair]]]) -> str:
    """
    Write a table as a list of its rows: the first cell of each as a heading, and below it the others with their heads.

    *head* is written before each heading; where there is no first cell, the row belongs to the heading before it.
    """
    written = (f"([{first}], {array([f'([{name}], {cell})' for name, cell in pairs])})" for first, pairs in rows)
    return f"\n#records([{head}],\n" + "".join(f"  {record},\n" for record in written) + ")\n"
