"""Reports as text: a title, sentences, warnings and tables, in Markdown and HTML; and whole dossiers, in HTML."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import assert_never

from ..views.diagram import Diagram
from ..views.dossier import Dossier
from ..views.table import Report, Table
from . import tables
from .picture import on_page
from .style import dark_css

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a page may load, though it asks for nothing: only its own style."""


def markdown(report: Report) -> str:
    """Headings and pipe tables."""
    lead = "".join(f"{tables.escaped(line)}\n\n" for line in report.lead)
    warnings = "".join(f"- {tables.escaped(line)}\n" for line in report.warnings)
    doubts = f"## Warnings\n\n{warnings}\n" if warnings else ""
    parts = "".join(f"## {tables.escaped(item.caption)}\n\n{tables.markdown(item)}\n" for item in report.tables)
    return f"# {tables.escaped(report.title)}\n\n{lead}{doubts}{parts}".rstrip("\n") + "\n"


def html(report: Report) -> str:
    """A whole page that needs no other file and loads nothing."""
    lead = "".join(f"<p>{escape(line)}</p>\n" for line in report.lead)
    doubts = _doubts("Warnings", report.warnings)
    return _page(report.title, f"{lead}{doubts}{''.join(map(_scrolling, report.tables))}")


def dossier_html(made: Dossier) -> str:
    """A whole page with pictures, each wide and for phones; like :func:`html` it loads nothing."""
    verdict = f'<p class="verdict">{escape(made.verdict)}</p>\n'
    lead = "".join(f"<p>{escape(line)}</p>\n" for line in made.lead)
    return _page(made.title, f"{verdict}{lead}{_doubts('Decide first', made.doubts)}{''.join(map(_part, made.parts))}")


def _part(part: Report | Diagram) -> str:
    match part:
        case Diagram():
            drawn = on_page(part, f"picture-{part.id}", lambda _: None, fixed=True)
            return f"<figure>\n{drawn}\n<figcaption>{escape(part.caption)}</figcaption>\n</figure>\n"
        case Report():
            lead = _list(part.lead)
            return f"<h2>{escape(part.title)}</h2>\n{lead}{''.join(map(_scrolling, part.tables))}"
        case _:
            assert_never(part)


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>\n" for line in lines)
    return f"<ul>\n{items}</ul>\n" if items else ""


def _doubts(title: str, lines: Iterable[str]) -> str:
    found = _list(lines)
    return f'<div class="doubts">\n<h2>{title}</h2>\n{found}</div>\n' if found else ""


def _scrolling(table: Table) -> str:
    label = escape(table.caption)
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">\n{tables.html(table)}</div>\n'


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}</main>\n</body>\n</html>\n"
    )


@cache
def _style() -> str:
    """The looks of a page, with those of pictures."""
    own = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    return f"{own}@media screen and (prefers-color-scheme: dark) {{\n{dark_css('.cmg-picture ')}}}\n"
