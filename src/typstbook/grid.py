"""A table as Typst source: what the text of its cells asks for, and the call that sets it; knows no docutils."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dotpicture import Face

from . import columns
from .columns import Cell, Layout, layout
from .text import EASED, LONGEST, array, is_host, pieces, width

_SPLIT_ROWS_FROM = 30
_HYPHENATED = 10
_HYPHEN = re.compile(r"(?<=[^\W\d]-)(?=[^\W\d])")
"""Longer words may break behind a hyphen between letters, as Typst does; TCP-TLS may not."""
_TARGETS = re.compile(r'^((?:#anchor\("[^"]*"\))*)')
_WHOLE = "\ufffc"
"""What letters of a name that stays whole pose as."""

Letters = list[tuple[str, float]]
"""The letters of a paragraph, each with its width in em."""


def letters(text: str, face: Face, *, whole: bool = False) -> Letters:
    """Measure each letter of *text*; a name in code that stays *whole* has no place to break."""
    return [(_WHOLE if whole and char != " " else char, width(char, face)) for char in text]


def measured(lines: Sequence[Letters], *, whole: bool = False, gap: float = 0.0) -> Cell:
    """
    What a cell of these paragraphs asks for.

    Args:
        lines: Its paragraphs.
        whole: No paragraph may be broken.
        gap: Width in em that something other than text takes from each paragraph, such as the marker of a list.
    """
    totals = tuple(gap + sum(size for _, size in line) for line in lines)
    words = [gap + word for line in lines for word in _words(line)]
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


def table(asked: Sequence[Sequence[Cell]], heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """
    Write a table as columns or, where it cannot be read so, as a list of its rows.

    Args:
        asked: What its cells ask for, those of the heads first.
        heads: Markup of the heads.
        rows: Markup of the cells of each row, empty where a cell is.
    """
    plan = layout(asked)
    return _grid(plan, heads, rows) if plan else records(heads, rows)


def _grid(plan: Layout, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    options = [
        f"columns: {array([f'{part + 2 * columns.INSET:.2f}fr' for part in plan.widths])}",
        f"width: {min(plan.share, 1):.2%}",
        f"size: {plan.size}pt",
        f"whole-rows: {'true' if plan.tallest < _SPLIT_ROWS_FROM else 'false'}",
        f"header: {array([f'[{head}]' for head in heads])}",
    ]
    written = "".join(f"  {', '.join(f'[{cell}]' for cell in row)},\n" for row in rows)
    return f"\n#grid-table({', '.join(options)},\n{written})\n"


def records(heads: Sequence[str], rows: Sequence[Sequence[str]], *, told: bool = False) -> str:
    """
    Write a table as a list of its rows: the first cell of each as a heading, and below it the others with their heads.

    A page of its own, turned, would tear the text around it apart. Rows that have the same first cell have one heading.
    Those that are *told* say what they are without the head of their first column.
    """
    written, before = "", ""
    for first, *others in rows:
        targets, words = _TARGETS.split(first, maxsplit=1)[1:]
        pairs = [(head, cell) for head, cell in zip(heads[1:], others, strict=True) if cell]
        if words == before and pairs:
            first, pairs[0] = "", (pairs[0][0], f"{targets}{pairs[0][1]}")
        before = words
        written += f"  ([{first}], {array([f'([{head}], [{cell}])' for head, cell in pairs])}),\n"
    return f"\n#records([{'' if told else heads[0]}],\n{written})\n"
