"""A dossier as PDF/UA-1, in the looks of the handbook."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import assert_never

from dotpicture import Face
from typstbook.columns import Cell as Asked
from typstbook.compile import TEMPLATE, compiled
from typstbook.grid import Letters, letters, measured, table
from typstbook.text import BOLD, EASED, LONGEST, LONGEST_HOST, MONO, REGULAR, coded, known, literal, markup, prose

from ..views.diagram import Diagram
from ..views.dossier import Dossier
from ..views.table import BREAK, Cell, Mark, Report, Span, Table, reworded, text
from .dossier import DECIDE
from .picture import svg
from .style import SIGNS

_HUES = {"works": "tip", "degraded": "warning", "undecided": "plain", "fails": "danger"}
"""The hue of each state, by its name in the template."""


def dossier_pdf(made: Dossier) -> bytes:
    """
    A document of A4 pages that needs no font of its reader; the same dossier gives the same bytes on every machine.

    A character that no bundled font has is shown by its number, such as ``U+6771``.
    """
    drawn = (part for part in made.parts if isinstance(part, Diagram))
    pictures = {_input(part): svg(part, link=lambda _: None) for part in drawn}
    return compiled(dossier_source(made).encode(), TEMPLATE.parent, pictures, 0)[0]


def dossier_source(made: Dossier) -> str:
    """The document as Typst; pictures are inputs, each by ``picture-`` and its id."""
    title = known(made.title)
    about, verdict = _paragraphs(made.about), _paragraphs(made.verdict)
    doubts = f'#admonition("warning", [{DECIDE}])[{_list(made.doubts)}]\n' if made.doubts else ""
    return (
        f"#import {literal(TEMPLATE.name)}: *\n#show: report.with(title: {literal(title)})\n"
        f'#hd(1, [Chapter], "", [{markup(title)}])\n'
        f'{about}\n#admonition("note", [], [#strong[{verdict}]])\n{doubts}{"".join(map(_part, made.parts))}'
    )


def _input(part: Diagram) -> str:
    return f"picture-{part.id}"


def _part(part: Report | Diagram) -> str:
    match part:
        case Diagram():
            shown = f"bytes(sys.inputs.at({literal(_input(part))}))"
            return f"\n#report-picture([{_prose(part.caption)}], {shown}, {literal(known(part.description))})\n"
        case Report():
            title = f'#hd(2, [Section], "", [{_prose(part.title)}])'
            lead = _list(part.lead) if part.lead[1:] else _paragraphs(part.lead)
            return f"\n{title}\n{lead}\n{''.join(map(_table, part.tables))}"
        case _:
            assert_never(part)


def _list(lines: Iterable[str]) -> str:
    items = [f"[{_prose(line)}]" for line in lines]
    return f"#list({', '.join(items)})" if items else ""


def _paragraphs(lines: Iterable[str]) -> str:
    return "\n\n".join(map(_prose, lines))


def _prose(words: str) -> str:
    return prose(known(words))


# Tables


def _table(made: Table) -> str:
    shown = reworded(made, known)
    heads, rows = [text(column.title) for column in shown.columns], [line.cells for line in shown.lines]
    tight = [column.tight for column in shown.columns]
    asked = [[measured([_letters(head, BOLD)]) for head in heads], *([*map(_asked, row, tight)] for row in rows)]
    body = table(asked, [*map(_inline, heads)], [[*map(_cell, row, tight)] for row in rows])
    return f"\n#fig-table([], [#strong[{prose(shown.caption)}]])[{body}]\n"


def _lines(cell: Cell) -> list[Cell]:
    return [tuple(spans) for ends, spans in groupby(cell, BREAK.__eq__) if not ends]


def _asked(cell: Cell, whole: bool) -> Asked:
    return measured([_letters(line, REGULAR) for line in _lines(cell)], whole=whole)


def _letters(line: Cell, face: Face) -> Letters:
    found: Letters = []
    for span in line:
        words, code = _text(span), span.mark is Mark.CODE
        whole = span.mark is Mark.TIGHT or (code and len(words) <= _longest(line))
        found += letters(words, MONO if code else face, whole=whole)
    return found


def _text(span: Span) -> str:
    """The text of a span, a state with its sign; one that is tight has no space to break at."""
    if span.mark is Mark.TIGHT:
        return span.text.replace(" ", "\N{NO-BREAK SPACE}")
    return f"{SIGNS[span.target]}\N{NO-BREAK SPACE}{span.text}" if span.mark is Mark.STATE else span.text


def _cell(cell: Cell, whole: bool) -> str:
    lines = [*map(_inline, _lines(cell))]
    return f"#box[{lines[0]}]" if whole and len(lines) == 1 else "\n\n".join(lines)


def _inline(line: Cell) -> str:
    words = "".join(_span(span, _longest(line)) for span in line)
    return f"#host[{words}]" if _is_host(line) else words


def _is_host(line: Cell) -> bool:
    """Whether a line begins with a name in code."""
    return bool(line) and line[0].mark is Mark.CODE


def _longest(line: Cell) -> int:
    """Characters of a name in code that stay whole."""
    return LONGEST_HOST if _is_host(line) else LONGEST


def _span(span: Span, longest: int) -> str:
    match span.mark:
        case Mark.CODE:
            return coded(span.text, longest, EASED)
        case Mark.TIGHT:
            return f"#box[{markup(_text(span))}]"
        case Mark.INFERRED:
            return f"#inferred[{markup(span.text)}]"
        case Mark.LINK:
            return f"#link({literal(span.target)})[{prose(span.text, EASED)}]"
        case Mark.STATE:
            return f"#box(text(fill: hues.{_HUES[span.target]}, weight: 700)[{markup(_text(span))}])"
        case Mark.SCREEN:
            return ""
        case _:
            return prose(span.text, EASED)
