"""A dossier as HTML: one file with pictures in it that loads nothing."""

from __future__ import annotations

from html import escape
from typing import assert_never

from ..views.diagram import Diagram
from ..views.dossier import Dossier
from ..views.table import Report
from .picture import on_page
from .report import bullets, doubts_box, page, paragraphs, scrolling
from .style import dark_css

DECIDE = "Decide first"
"""The heading of what is doubtful."""


def dossier_html(made: Dossier) -> str:
    """A whole page; each picture is in it twice, wide and for phones."""
    verdict = f'<div class="verdict">\n{paragraphs(made.verdict)}</div>\n'
    doubts = doubts_box(DECIDE, made.doubts)
    dark = f"@media screen and (prefers-color-scheme: dark) {{\n{dark_css('.cmg-picture ')}}}\n"
    return page(made.title, f"{paragraphs(made.about)}{verdict}{doubts}{''.join(map(_part, made.parts))}", dark)


def _part(part: Report | Diagram) -> str:
    match part:
        case Diagram():
            drawn = on_page(part, f"picture-{part.id}", lambda _: None, fixed=True)
            return f"<figure>\n{drawn}\n<figcaption>{escape(part.caption)}</figcaption>\n</figure>\n"
        case Report():
            lead = bullets(part.lead) if part.lead[1:] else paragraphs(part.lead)
            return f"<h2>{escape(part.title)}</h2>\n{lead}{scrolling(part.tables)}"
        case _:
            assert_never(part)
